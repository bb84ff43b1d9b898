/**
 * The runtime of a Durable Object that its parts are given: storage, clock, random numbers, failpoints. Also the
 * deletion of an object's whole storage.
 */
import type { RandomBytes } from "../../core/ids.ts";
import type { EpochMs } from "../../core/time.ts";
import { type Config, type Env, type ObjectKind, readConfig } from "../../env.ts";
import { type Failpoint, failAt } from "../../failpoints.ts";
import { deleteEncryption, deleteWatchdog } from "../../store/status.ts";
import { deleteTokenStatuses } from "../../store/users.ts";
import { type Spans, spansTo } from "../../tracing.ts";
import type { Database } from "./database.ts";

/** What the parts of an object use of its storage. */
export type ObjectStorage = Pick<
  DurableObjectStorage,
  "sql" | "transactionSync" | "sync" | "setAlarm" | "deleteAlarm" | "deleteAll"
>;

export type ObjectRuntime = {
  readonly env: Env;
  readonly config: Config;
  readonly storage: ObjectStorage;
  /**
   * Calls `drop` whenever a transaction is rolled back: what is held in memory of the tables may be newer than they are,
   * and is read again. An instance is the only writer of its object's tables, so nothing else makes it out of date.
   */
  readonly onRollback: (drop: () => void) => void;
  readonly sql: SqlStorage;
  /** The name the object was reached by; it contains the tenant and the mode. */
  readonly name: string;
  readonly now: () => EpochMs;
  readonly random: RandomBytes;
  /** Random in [0, 1), for jitter. */
  readonly random01: () => number;
  /** Keeps the instance alive until the work is done. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Aborts this instance and everything it is doing; the next call or alarm starts a new one. */
  readonly abort: (why: string) => void;
  /** Takes spans for the operator's collector; null when none is set. */
  readonly spans: Spans | null;
  /** A failpoint between two outside effects: returns at once unless the test run is configured to crash here. */
  readonly failpoint: (at: Failpoint) => Promise<void>;
};

/**
 * The runtime of one instance. Throws when the object was not reached by name or a binding is missing: both are bugs in
 * this code.
 */
export function createRuntime(ctx: DurableObjectState, env: Env): ObjectRuntime {
  const config = readConfig(env);
  const name = ctx.id.name;
  if (name === undefined) throw new Error("an object is only ever reached by name");
  const { storage } = ctx;
  const drops: (() => void)[] = [];
  const transactionSync = <T>(run: () => T): T => {
    try {
      return storage.transactionSync(run);
    } catch (error) {
      for (const drop of drops) drop();
      throw error;
    }
  };
  return {
    env,
    config,
    storage: {
      sql: storage.sql,
      transactionSync,
      sync: () => storage.sync(),
      setAlarm: (at) => storage.setAlarm(at),
      deleteAlarm: () => storage.deleteAlarm(),
      deleteAll: () => storage.deleteAll(),
    },
    onRollback: (drop) => void drops.push(drop),
    sql: storage.sql,
    name,
    now: Date.now,
    random: (count) => crypto.getRandomValues(new Uint8Array(count)),
    random01: Math.random,
    waitUntil: (work) => ctx.waitUntil(work),
    abort: (why) => ctx.abort(why),
    spans: spansTo(config.traces, (work) => ctx.waitUntil(work)),
    failpoint: (at) => failAt(at, config),
  };
}

/* Deletion of an object: its storage, its alarm, its rows in D1 and the running instance. */

/** How long the instance lives on after its storage was deleted, in ms, so that its answer can be sent. */
const LAST_WORDS_MS = 20;

/**
 * Deletes everything and aborts the instance with `why` as the reason. Idempotent, also for an object that was never
 * written to.
 */
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

/**
 * Deletes an object that has no job running. The storage operations start synchronously, so no job can begin between
 * the caller's check and the deletion. The instance may continue.
 */
export async function wipeObject(runtime: ObjectRuntime, database: Database, kind: ObjectKind): Promise<void> {
  const wiped = [runtime.storage.deleteAlarm(), runtime.storage.deleteAll()];
  database.wiped();
  await Promise.all(wiped);
  await deleteRows(runtime, kind); // after a crash before this line, the cron's wake call finds nothing here and removes the rows
}

const deleteRows = ({ env, name }: ObjectRuntime, kind: ObjectKind): Promise<unknown> =>
  Promise.all([
    deleteWatchdog(env.DB, name, kind),
    deleteEncryption(env.DB, name, kind),
    deleteTokenStatuses(env.DB, name),
  ]);
