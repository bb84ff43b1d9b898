/** What every part of an object stands on: its storage, its clock, its chance, and where it may be told to die. */
import type { Boundary } from "../core/boundaries.ts";
import type { RandomBytes } from "../core/ids.ts";
import type { EpochMs } from "../core/time.ts";
import { dieAt } from "../crash.ts";
import { type Config, type Env, readConfig } from "../env.ts";

export type Ground = {
  readonly env: Env;
  readonly config: Config;
  readonly storage: DurableObjectStorage;
  readonly sql: SqlStorage;
  /** The object's own name: where it lives, and whose it is. */
  readonly name: string;
  readonly now: () => EpochMs;
  readonly random: RandomBytes;
  /** Random in [0, 1), for jitter. */
  readonly spin: () => number;
  /** Keeps the instance alive until the work is done. */
  readonly keep: (work: Promise<unknown>) => void;
  /** Ends this instance with everything it is doing; the next call or alarm makes a new one. */
  readonly restart: (why: string) => void;
  /** A named moment between two outside effects; returns at once unless this run is meant to die here. */
  readonly boundary: (at: Boundary) => Promise<void>;
};

/** The ground under one instance. Throws when the object was not reached by name or a binding is missing: both are bugs of ours. */
export function layGround(ctx: DurableObjectState, env: Env): Ground {
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
    spin: Math.random,
    keep: (work) => ctx.waitUntil(work),
    restart: (why) => ctx.abort(why),
    boundary: (at) => dieAt(at, config),
  };
}
