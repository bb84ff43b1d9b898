/** This user in the list of users: owed by the object's first write, written to D1 by its schedule. */
import { type UserAddress, userNameOwner } from "../../core/address.ts";
import type { RootSecrets } from "../../core/derive.ts";
import { isUnreadable, kidOfSeal, reseal, unseal } from "../../core/seal.ts";
import { putUser } from "../../store/users.ts";
import { deleteMeta, readMeta, writeMeta } from "../database.ts";
import type { Ground } from "../ground.ts";
import type { Schedule } from "../schedule.ts";

export const REGISTER = "register";

/** What registering takes of a user's object. */
type Parts = { readonly ground: Ground; readonly address: UserAddress; readonly schedule: Schedule };

/** Meta: a name that came while one is kept that was sealed under another root secret; `register` decides between them. */
const OFFERED = "user_offered";

/**
 * Notes that the object is in use, and under which name, sealed by the caller. The first name is kept at once; one that comes
 * after a rotation of the root secret is only offered, since only an asynchronous look can tell whether either opens. Call
 * before a write.
 */
export function makeKnown({ ground, schedule }: Omit<Parts, "address">, sealed: string | null): void {
  const { sql, now } = ground;
  const isNew = readMeta(sql, "since") === null;
  if (isNew) writeMeta(sql, "since", String(now()));
  const kept = readMeta(sql, "user");
  const isNamed = sealed !== null && (kept === null || kidOfSeal(kept) !== kidOfSeal(sealed));
  if (isNamed) writeMeta(sql, kept === null ? "user" : OFFERED, sealed);
  if (isNew || isNamed) schedule.owe(REGISTER, "", now());
}

/** The schedule's work: the row in D1. Twice is once. `noteSeals` makes sure that a rotation of the root secret finds the name. */
export async function register({ ground, address, schedule }: Parts, noteSeals: () => Promise<void>): Promise<void> {
  const offered = readMeta(ground.sql, OFFERED);
  await chooseName(ground, address, offered);
  const name = readMeta(ground.sql, "user");
  if (name !== null) await noteSeals();
  await putUser(ground.env.DB, address, readMeta(ground.sql, "user"), sinceOf(ground));
  // What came during an await owed this work again; it is done then.
  if (readMeta(ground.sql, OFFERED) === offered && (name === null) === (readMeta(ground.sql, "user") === null)) {
    deleteMeta(ground.sql, OFFERED);
    schedule.done(REGISTER, "");
  }
}

/**
 * Keeps a name that opens here: the one that is kept where it does, else the one that was offered. A name that was sealed for
 * another user is no name of this one; the next call that brings the right name gives it.
 */
async function chooseName({ sql, config }: Ground, address: UserAddress, offered: string | null): Promise<void> {
  const owner = userNameOwner(address);
  const kept = readMeta(sql, "user");
  if (kept === null || (await opens(kept, owner, config.roots))) return;
  const isGood = offered !== null && (await opens(offered, owner, config.roots));
  const isWrong = await isUnreadable(kept, owner, config.roots);
  if (readMeta(sql, "user") !== kept) return;
  if (isGood) writeMeta(sql, "user", offered);
  else if (isWrong) deleteMeta(sql, "user");
}

const opens = async (sealed: string, owner: string, roots: RootSecrets): Promise<boolean> =>
  (await unseal(sealed, owner, roots)) !== null;

/** Seals the user's name under the current root secret, in D1 and then here; answers how many seals there are. */
export async function renewName(ground: Ground, address: UserAddress): Promise<number> {
  const { sql, env, config, random } = ground;
  const name = readMeta(sql, "user");
  if (name === null) return 0;
  const fresh = await reseal(name, userNameOwner(address), config.roots, random);
  if (fresh === null) return 1;
  await putUser(env.DB, address, fresh, sinceOf(ground));
  if (readMeta(sql, "user") === name) writeMeta(sql, "user", fresh);
  return 1;
}

const sinceOf = ({ sql, now }: Ground): number => Number(readMeta(sql, "since") ?? now());
