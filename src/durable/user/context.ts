/** What the parts of a user's object share. Made once by the object, handed to each part. */
import { type UserAddress, userNameOwner } from "../../core/address.ts";
import { decrypt, isUnreadable, kidOfEncrypted, type RootSecrets, reEncrypt } from "../../core/crypto.ts";
import type { Limit, Problem } from "../../core/errors.ts";
import type { Want } from "../../core/quota.ts";
import { ok, type Result } from "../../core/result.ts";
import type { Call } from "../../core/rpc/user.ts";
import { putUser } from "../../store/users.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { type Database, deleteMeta, readMeta, writeMeta } from "../shared/database.ts";
import type { JobScheduler } from "../shared/jobs.ts";
import type { Outbox } from "../shared/outbox.ts";
import { takeQuota } from "../shared/problems.ts";
import type { Account } from "./account.ts";
import type { TurnEventLog } from "./turns/event-log.ts";

/* This user in the list of users: owed by the object's first write, written to D1 by its schedule. */

export const REGISTER = "register";

/** What registering takes of a user's object. */
type Parts = { readonly runtime: ObjectRuntime; readonly address: UserAddress; readonly jobs: JobScheduler };

/** Meta: a name that came while one is kept that was sealed under another root secret; `register` decides between them. */
const OFFERED = "user_offered";

/**
 * Notes that the object is in use, and under which name, sealed by the caller. The first name is kept at once; one that comes
 * after a rotation of the root secret is only offered, since only an asynchronous look can tell whether either opens. Call
 * before a write.
 */
export function registerUser({ runtime, jobs }: Omit<Parts, "address">, encrypted: string | null): void {
  const { sql, now } = runtime;
  const isNew = readMeta(sql, "since") === null;
  if (isNew) writeMeta(sql, "since", String(now()));
  const kept = readMeta(sql, "user");
  const isNamed = encrypted !== null && (kept === null || kidOfEncrypted(kept) !== kidOfEncrypted(encrypted));
  if (isNamed) writeMeta(sql, kept === null ? "user" : OFFERED, encrypted);
  if (isNew || isNamed) jobs.schedule(REGISTER, "", now());
}

/** The schedule's work: the row in D1. Twice is once. `noteEncryptions` makes sure that a rotation of the root secret finds the name. */
export async function register({ runtime, address, jobs }: Parts, noteEncryptions: () => Promise<void>): Promise<void> {
  const offered = readMeta(runtime.sql, OFFERED);
  await chooseName(runtime, address, offered);
  const name = readMeta(runtime.sql, "user");
  if (name !== null) await noteEncryptions();
  await putUser(runtime.env.DB, address, readMeta(runtime.sql, "user"), sinceOf(runtime));
  // What came during an await owed this work again; it is done then.
  if (readMeta(runtime.sql, OFFERED) === offered && (name === null) === (readMeta(runtime.sql, "user") === null)) {
    deleteMeta(runtime.sql, OFFERED);
    jobs.done(REGISTER, "");
  }
}

/**
 * Keeps a name that opens here: the one that is kept where it does, else the one that was offered. A name that was sealed for
 * another user is no name of this one; the next call that brings the right name gives it.
 */
async function chooseName({ sql, config }: ObjectRuntime, address: UserAddress, offered: string | null): Promise<void> {
  const owner = userNameOwner(address);
  const kept = readMeta(sql, "user");
  if (kept === null || (await opens(kept, owner, config.roots))) return;
  const isGood = offered !== null && (await opens(offered, owner, config.roots));
  const isWrong = await isUnreadable(kept, owner, config.roots);
  if (readMeta(sql, "user") !== kept) return;
  if (isGood) writeMeta(sql, "user", offered);
  else if (isWrong) deleteMeta(sql, "user");
}

const opens = async (encrypted: string, owner: string, roots: RootSecrets): Promise<boolean> =>
  (await decrypt(encrypted, owner, roots)) !== null;

/** Seals the user's name under the current root secret, in D1 and then here; answers how many seals there are. */
export async function renewName(runtime: ObjectRuntime, address: UserAddress): Promise<number> {
  const { sql, env, config, random } = runtime;
  const name = readMeta(sql, "user");
  if (name === null) return 0;
  const fresh = await reEncrypt(name, userNameOwner(address), config.roots, random);
  if (fresh === null) return 1;
  await putUser(env.DB, address, fresh, sinceOf(runtime));
  if (readMeta(sql, "user") === name) writeMeta(sql, "user", fresh);
  return 1;
}

const sinceOf = ({ sql, now }: ObjectRuntime): number => Number(readMeta(sql, "since") ?? now());

export type UserContext = {
  readonly runtime: ObjectRuntime;
  readonly address: UserAddress;
  readonly database: Database;
  readonly jobs: JobScheduler;
  readonly outbox: Outbox;
  readonly account: Account;
  readonly log: TurnEventLog;
};

/** Kinds of rows in the schedule. */
export const TURN = "turn";
export const RENDER = "render";
export const ATTACH = "attach";
export const ACT = "act";
export const VIDEO = "video";
/** A generator to be written by the agent. */
export const GENERATOR_JOB = "generator_job";
export const BATCH = "batch";
export const TIDY = "tidy";
/** What is kept of uploads and deleted things for weeks: its time may be over. */
export const AGED = "aged";
/** A project, a video or an asset that was deleted, to be taken out. */
export const DELETE_JOB = "remove";
/** A finished file, to be removed when its time is over. */
export const FILE = "file";

/** Prepares the object for a write and remembers where its callers reach it: links in webhooks start there. */
export function enter(context: UserContext, call: Call): void {
  ensureInitialised(context, call.user ?? null);
  const { sql } = context.runtime;
  if (readMeta(sql, "origin") !== call.origin) writeMeta(sql, "origin", call.origin);
  if (readMeta(sql, "named") === null) writeMeta(sql, "named", call.named ? "1" : "0");
  if (call.attribution) context.account.setAttribution(call.attribution);
}

/** The same where no caller is to be remembered. `name`: the tenant's own name of the user, sealed. */
export function ensureInitialised(context: UserContext, name: string | null): void {
  context.database.ready();
  registerUser(context, name);
}

/** The start of every link this object hands out. */
export const originOf = ({ runtime }: UserContext): string =>
  runtime.config.publicUrl ?? readMeta(runtime.sql, "origin") ?? "";

/** Whether this object's callers named its user. Things made without one may be combined across objects. */
export const isNamed = ({ runtime }: Pick<UserContext, "runtime">): boolean => readMeta(runtime.sql, "named") === "1";

/* A user that nobody has written for yet counts against the tenant's new users of the day. */

/**
 * Prepares the object for a write that may be the user's first, and takes what else is wanted in the same breath. Answers what
 * is left of that (nothing where nothing had to be taken), or why no user may be made here now.
 */
export async function admitNewUser(
  context: UserContext,
  call: Call,
  others: readonly Want[] = [],
): Promise<Result<readonly Limit[], Problem>> {
  const { runtime, address, database } = context;
  const isNew = !database.exists() && call.named;
  const wants = isNew ? [{ quota: "new_users_per_day", ref: address.uh, amount: 1 } as const, ...others] : others;
  const taken = wants.length === 0 ? ok([]) : await takeQuota(runtime, call, wants);
  if (taken.ok) enter(context, call);
  return taken;
}
