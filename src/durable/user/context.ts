/**
 * The context that the services of a user's object share, the registration of the user in D1, and the checks before a
 * write.
 */

import { type UserAddress, userNameOwner } from "../../core/address.ts";
import { decrypt, isUnreadable, kidOfEncrypted, type RootSecrets, reEncrypt } from "../../core/crypto.ts";
import type { Limit, Problem } from "../../core/errors.ts";
import type { KeyId } from "../../core/ids.ts";
import { ok, type Result } from "../../core/result.ts";
import type { Reservation } from "../../core/rpc/tenant.ts";
import type { Call } from "../../core/rpc/user.ts";
import type { QuotaRequest } from "../../core/usage/quota.ts";
import { putUser } from "../../store/users.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { type Database, deleteMeta, readMeta, writeMeta } from "../shared/database.ts";
import { stepKey } from "../shared/idempotency.ts";
import type { JobScheduler } from "../shared/jobs.ts";
import type { Outbox } from "../shared/outbox.ts";
import { reserveQuota } from "../shared/problems.ts";
import type { Account } from "./account.ts";
import type { TurnEventLog } from "./turns/event-log.ts";

export const REGISTER = "register";

/** The parts of the context that registration needs. */
type Parts = { readonly runtime: ObjectRuntime; readonly address: UserAddress; readonly jobs: JobScheduler };

/**
 * Meta key: a new encrypted name, sent while one that is encrypted under another root secret is stored. `register`
 * chooses.
 */
const CANDIDATE_NAME = "user_name_candidate";

/**
 * Schedules the registration of this user in D1, with the user's name as encrypted by the caller. The first name is
 * stored at once. A name encrypted under another root secret than the stored one is stored as "offered": decryption
 * is asynchronous, so `register` decides which of them to use. Call before a write.
 */
export function registerUser({ runtime, jobs }: Omit<Parts, "address">, encrypted: string | null): void {
  const { sql, now } = runtime;
  const isNew = readMeta(sql, "created_at") === null;
  if (isNew) writeMeta(sql, "created_at", String(now()));
  const stored = readMeta(sql, "user_name");
  const isNamed = encrypted !== null && (stored === null || kidOfEncrypted(stored) !== kidOfEncrypted(encrypted));
  if (isNamed) writeMeta(sql, stored === null ? "user_name" : CANDIDATE_NAME, encrypted);
  if (isNew || isNamed) jobs.schedule(REGISTER, "", now());
}

/**
 * Job: writes the user's row in D1. Idempotent. `noteEncryptions` registers the object for re-encryption after a
 * rotation of the root secret.
 */
export async function register({ runtime, address, jobs }: Parts, noteEncryptions: () => Promise<void>): Promise<void> {
  const offered = readMeta(runtime.sql, CANDIDATE_NAME);
  await chooseName(runtime, address, offered);
  const name = readMeta(runtime.sql, "user_name");
  if (name !== null) await noteEncryptions();
  await putUser(runtime.env.DB, address, readMeta(runtime.sql, "user_name"), sinceOf(runtime));
  // A name stored during one of the awaits has scheduled this job again; that run completes it.
  if (
    readMeta(runtime.sql, CANDIDATE_NAME) === offered &&
    (name === null) === (readMeta(runtime.sql, "user_name") === null)
  ) {
    deleteMeta(runtime.sql, CANDIDATE_NAME);
    jobs.done(REGISTER, "");
  }
}

/**
 * Chooses the name that can be decrypted: the stored one if possible, else the offered one. A name that was encrypted
 * for another user is deleted; the next call with the right name replaces it.
 */
async function chooseName({ sql, config }: ObjectRuntime, address: UserAddress, offered: string | null): Promise<void> {
  const owner = userNameOwner(address);
  const stored = readMeta(sql, "user_name");
  if (stored === null || (await canDecrypt(stored, owner, config.roots))) return;
  const isOfferedReadable = offered !== null && (await canDecrypt(offered, owner, config.roots));
  const isStoredUnreadable = await isUnreadable(stored, owner, config.roots);
  if (readMeta(sql, "user_name") !== stored) return;
  if (isOfferedReadable) writeMeta(sql, "user_name", offered);
  else if (isStoredUnreadable) deleteMeta(sql, "user_name");
}

const canDecrypt = async (encrypted: string, owner: string, roots: RootSecrets): Promise<boolean> =>
  (await decrypt(encrypted, owner, roots)) !== null;

/**
 * Re-encrypts the user's name under the current root secret, in D1 and then here. Returns how many encrypted values
 * there are.
 */
export async function renewName(runtime: ObjectRuntime, address: UserAddress): Promise<number> {
  const { sql, env, config, random } = runtime;
  const name = readMeta(sql, "user_name");
  if (name === null) return 0;
  const fresh = await reEncrypt(name, userNameOwner(address), config.roots, random);
  if (fresh === null) return 1;
  await putUser(env.DB, address, fresh, sinceOf(runtime));
  if (readMeta(sql, "user_name") === name) writeMeta(sql, "user_name", fresh);
  return 1;
}

const sinceOf = ({ sql, now }: ObjectRuntime): number => Number(readMeta(sql, "created_at") ?? now());

export type UserContext = {
  readonly runtime: ObjectRuntime;
  readonly address: UserAddress;
  readonly database: Database;
  readonly jobs: JobScheduler;
  readonly outbox: Outbox;
  readonly account: Account;
  readonly log: TurnEventLog;
};

/** Job kinds of the user's object. */
export const TURN = "turn";
export const RENDER = "render";
export const ATTACH = "attach";
export const SUGGESTED_RENDER = "suggested_render";
export const VIDEO = "video";
/** Has the agent write a generator. */
export const GENERATOR_JOB = "generator_job";
export const BATCH = "batch";
export const CLEANUP = "cleanup";
/** Deletes records of uploads and deletions after their retention of weeks. */
export const RETENTION = "retention";
/** Deletes a project, a video or an asset with its files. */
export const DELETE_JOB = "delete";
/** Deletes a finished file when it expires. */
export const FILE_EXPIRY = "file_expiry";

/** Prepares the object for a write and stores the caller's origin, from which links in webhooks are built. */
export function recordCaller(context: UserContext, call: Call): void {
  ensureInitialised(context, call.user ?? null);
  const { sql } = context.runtime;
  if (readMeta(sql, "origin") !== call.origin) writeMeta(sql, "origin", call.origin);
  if (readMeta(sql, "named") === null) writeMeta(sql, "named", call.named ? "1" : "0");
  if (call.attribution) context.account.setAttribution(call.attribution);
}

/** Prepares the object for a write that has no caller. `name`: the tenant's own name of the user, encrypted. */
export function ensureInitialised(context: UserContext, name: string | null): void {
  context.database.ready();
  registerUser(context, name);
}

/** The base URL of every link that this object returns. */
export const originOf = ({ runtime }: Pick<UserContext, "runtime">): string =>
  runtime.config.publicUrl ?? readMeta(runtime.sql, "origin") ?? "";

/** Whether callers name this user. What is made without a user name may be combined across objects. */
export const isNamed = ({ runtime }: Pick<UserContext, "runtime">): boolean => readMeta(runtime.sql, "named") === "1";

/**
 * The call that a step of a workflow makes, with the idempotency key of that step: a step that runs again finds what it
 * created before.
 */
export const stepCall = (
  context: Pick<UserContext, "runtime">,
  { id, key = null }: { readonly id: string; readonly key?: KeyId | null },
  step: string,
): Call => ({
  origin: originOf(context),
  named: isNamed(context),
  idempotency: { key: stepKey(id, step), fingerprint: id },
  key,
  channel: "workflow",
});

/**
 * Prepares the object for a write that may be the user's first one: a new user counts towards the tenant's quota of
 * new users per day. Reserves `additional` in the same request, which also enters what is created in the lists of all
 * users, and checks the spending caps for paid work. Returns the remaining limits (none where nothing was reserved), or
 * why the quota or a cap does not allow it.
 */
export async function admitNewUser(
  context: UserContext,
  call: Call,
  additional: readonly QuotaRequest[] = [],
  more: Reservation = {},
): Promise<Result<readonly Limit[], Problem>> {
  const { runtime, address, database } = context;
  const isNew = !database.exists() && call.named;
  const wants = isNew
    ? [{ quota: "new_users_per_day", ref: address.uh, amount: 1 } as const, ...additional]
    : additional;
  const isNeeded = wants.length > 0 || more.isPaid === true || (more.entered ?? []).length > 0;
  const reserved = isNeeded ? await reserveQuota(runtime, call, wants, more) : ok([]);
  if (reserved.ok) recordCaller(context, call);
  return reserved;
}
