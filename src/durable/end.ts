/** The end of an object whose owner is gone: its storage, its alarm, its rows in D1, and the instance that worked on them. */
import type { ObjectKind } from "../env.ts";
import { deleteBusy } from "../store/busy.ts";
import { deleteSeal } from "../store/seals.ts";
import { deleteStandings } from "../store/token-standings.ts";
import type { Ground } from "./ground.ts";

/** How long the instance outlives its storage, in ms, so that the answer leaves first. */
const LAST_WORDS_MS = 20;

/** Wipes the object. Again, or where nothing ever was: the same. */
export async function endObject(
  ctx: DurableObjectState,
  { env, storage, name }: Ground,
  kind: ObjectKind,
): Promise<void> {
  await Promise.all([deleteBusy(env.DB, name, kind), deleteSeal(env.DB, name, kind), deleteStandings(env.DB, name)]);
  await storage.deleteAlarm();
  await storage.deleteAll();
  const answered = new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
  ctx.waitUntil(answered.then(() => ctx.abort("its tenant was deleted")));
}
