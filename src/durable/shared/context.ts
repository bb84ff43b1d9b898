/** What every part of an object stands on: its storage, its clock, its chance, and where it may be told to die. */
import type { Failpoint } from "../../core/failpoints.ts";
import type { RandomBytes } from "../../core/ids.ts";
import type { Page, PageRequest } from "../../core/rpc/user.ts";
import type { EpochMs } from "../../core/time.ts";
import { type Config, type Env, type ObjectKind, readConfig } from "../../env.ts";
import { failAt } from "../../failpoints.ts";
import { deleteEncryption } from "../../store/encryption.ts";
import { deleteBusy } from "../../store/tenants.ts";
import { deleteTokenStatuses } from "../../store/users.ts";
import type { Database } from "./database.ts";

export type ObjectRuntime = {
  readonly env: Env;
  readonly config: Config;
  readonly storage: DurableObjectStorage;
  readonly sql: SqlStorage;
  /** The object's own name: where it lives, and whose it is. */
  readonly name: string;
  readonly now: () => EpochMs;
  readonly random: RandomBytes;
  /** Random in [0, 1), for jitter. */
  readonly random01: () => number;
  /** Keeps the instance alive until the work is done. */
  readonly keep: (work: Promise<unknown>) => void;
  /** Ends this instance with everything it is doing; the next call or alarm makes a new one. */
  readonly restart: (why: string) => void;
  /** A named moment between two outside effects; returns at once unless this run is meant to die here. */
  readonly boundary: (at: Failpoint) => Promise<void>;
};

/** The ground under one instance. Throws when the object was not reached by name or a binding is missing: both are bugs of ours. */
export function createRuntime(ctx: DurableObjectState, env: Env): ObjectRuntime {
  const config = readConfig(env);
  const name = ctx.id.name;
  if (name === undefined) throw new Error("an object is only ever reached by name");
  return {
    env,
    config,
    storage: ctx.storage,
    sql: ctx.storage.sql,
    name,
    now: Date.now,
    random: (count) => crypto.getRandomValues(new Uint8Array(count)),
    random01: Math.random,
    keep: (work) => ctx.waitUntil(work),
    restart: (why) => ctx.abort(why),
    boundary: (at) => failAt(at, config),
  };
}

/* The end of an object whose owner is gone: its storage, its alarm, its rows in D1, and the instance that worked on them. */

/** How long the instance outlives its storage, in ms, so that the answer leaves first. */
const LAST_WORDS_MS = 20;

/** Wipes the object and ends its instance, saying why. Again, or where nothing ever was: the same. */
export async function endObject(
  ctx: DurableObjectState,
  runtime: ObjectRuntime,
  kind: ObjectKind,
  why = "its tenant was deleted",
): Promise<void> {
  await deleteRows(runtime, kind);
  await runtime.storage.deleteAlarm();
  await runtime.storage.deleteAll();
  const answered = new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
  ctx.waitUntil(answered.then(() => ctx.abort(why)));
}

/** Wipes an object that has no work under way, at once: between the caller's question whether it has and the end nothing can begin. Its instance may go on. */
export async function wipeObject(runtime: ObjectRuntime, database: Database, kind: ObjectKind): Promise<void> {
  const wiped = [runtime.storage.deleteAlarm(), runtime.storage.deleteAll()];
  database.wiped();
  await Promise.all(wiped);
  await deleteRows(runtime, kind); // after a crash before it the cron's nudge finds nothing here, and removes them
}

const deleteRows = ({ env, name }: ObjectRuntime, kind: ObjectKind): Promise<unknown> =>
  Promise.all([
    deleteBusy(env.DB, name, kind),
    deleteEncryption(env.DB, name, kind),
    deleteTokenStatuses(env.DB, name),
  ]);

/* One page of a list, newest first, by the id of its last row. */

/** Cuts rows, of which one more than the limit was asked for, into a page. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  { limit }: PageRequest,
  idOf: (row: Row) => string,
  show: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit;
  return { data: shown.map(show), has_more: more, next_cursor: more && last !== undefined ? idOf(last) : null };
}

/** The id below which the next page starts; every id sorts below this one when none is given. */
export const cursorOf = ({ after }: PageRequest): string => after ?? "~";

/** The page of an object that nobody ever wrote to. */
export const NO_PAGE = { data: [], has_more: false, next_cursor: null } as const;
