/** The end of an object whose owner is gone: its storage, its alarm, its rows in D1, and the instance that worked on them. */
import type { ObjectKind } from "../env.ts";
import { deleteBusy } from "../store/busy.ts";
import { deleteSeal } from "../store/seals.ts";
import { deleteStandings } from "../store/token-standings.ts";
import type { Database } from "./database.ts";
import type { Ground } from "./ground.ts";

/** How long the instance outlives its storage, in ms, so that the answer leaves first. */
const LAST_WORDS_MS = 20;

/** Wipes the object and ends its instance, saying why. Again, or where nothing ever was: the same. */
export async function endObject(
  ctx: DurableObjectState,
  ground: Ground,
  kind: ObjectKind,
  why = "its tenant was deleted",
): Promise<void> {
  await deleteRows(ground, kind);
  await ground.storage.deleteAlarm();
  await ground.storage.deleteAll();
  const answered = new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
  ctx.waitUntil(answered.then(() => ctx.abort(why)));
}

/** Wipes an object that has no work under way, at once: between the caller's question whether it has and the end nothing can begin. Its instance may go on. */
export async function wipeObject(ground: Ground, database: Database, kind: ObjectKind): Promise<void> {
  const wiped = [ground.storage.deleteAlarm(), ground.storage.deleteAll()];
  database.wiped();
  await Promise.all(wiped);
  await deleteRows(ground, kind); // after a crash before it the cron's nudge finds nothing here, and removes them
}

const deleteRows = ({ env, name }: Ground, kind: ObjectKind): Promise<unknown> =>
  Promise.all([deleteBusy(env.DB, name, kind), deleteSeal(env.DB, name, kind), deleteStandings(env.DB, name)]);
