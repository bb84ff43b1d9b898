/** What the parts of a user's object share. Made once by the object, handed to each part. */
import type { UserAddress } from "../../core/address.ts";
import type { Call } from "../../core/ports.ts";
import type { Database } from "../database.ts";
import { readMeta, writeMeta } from "../database.ts";
import type { Ground } from "../ground.ts";
import type { Outbox } from "../outbox.ts";
import type { Schedule } from "../schedule.ts";
import type { Account } from "./account.ts";
import { makeKnown } from "./registry.ts";
import type { TurnLog } from "./turn-log.ts";

export type Home = {
  readonly ground: Ground;
  readonly address: UserAddress;
  readonly database: Database;
  readonly schedule: Schedule;
  readonly outbox: Outbox;
  readonly account: Account;
  readonly log: TurnLog;
};

/** Kinds of rows in the schedule. */
export const TURN = "turn";
export const RENDER = "render";
export const ATTACH = "attach";
export const ACT = "act";
export const VIDEO = "video";
/** A generator to be written by the agent. */
export const MAKING = "making";
export const BATCH = "batch";
export const TIDY = "tidy";
/** What is kept of uploads and deleted things for weeks: its time may be over. */
export const AGED = "aged";
/** A project, a video or an asset that was deleted, to be taken out. */
export const REMOVE = "remove";
/** A finished file, to be removed when its time is over. */
export const FILE = "file";

/** Prepares the object for a write and remembers where its callers reach it: links in webhooks start there. */
export function enter(home: Home, call: Call): void {
  settleIn(home, call.user ?? null);
  const { sql } = home.ground;
  if (readMeta(sql, "origin") !== call.origin) writeMeta(sql, "origin", call.origin);
  if (readMeta(sql, "named") === null) writeMeta(sql, "named", call.named ? "1" : "0");
  if (call.attribution) home.account.tellFrom(call.attribution);
}

/** The same where no caller is to be remembered. `name`: the tenant's own name of the user, sealed. */
export function settleIn(home: Home, name: string | null): void {
  home.database.ready();
  makeKnown(home, name);
}

/** The start of every link this object hands out. */
export const originOf = ({ ground }: Home): string => ground.config.publicUrl ?? readMeta(ground.sql, "origin") ?? "";

/** Whether this object's callers named its user. Things made without one may be combined across objects. */
export const isNamed = ({ ground }: Pick<Home, "ground">): boolean => readMeta(ground.sql, "named") === "1";
