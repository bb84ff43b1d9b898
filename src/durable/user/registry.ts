/** This user in the list of users: owed by the object's first write, written to D1 by its schedule. */
import { type UserAddress, userNameOwner } from "../../core/address.ts";
import { kidOfSeal, reseal } from "../../core/seal.ts";
import { putUser } from "../../store/users.ts";
import { readMeta, writeMeta } from "../database.ts";
import type { Ground } from "../ground.ts";
import type { Schedule } from "../schedule.ts";

export const REGISTER = "register";

/** What registering takes of a user's object. */
type Parts = { readonly ground: Ground; readonly address: UserAddress; readonly schedule: Schedule };

/**
 * Notes that the object is in use, and under which name, sealed by the caller: the first one, and again after the root
 * secret was rotated. Call before a write.
 */
export function makeKnown({ ground, schedule }: Omit<Parts, "address">, sealed: string | null): void {
  const { sql, now } = ground;
  const isNew = readMeta(sql, "since") === null;
  if (isNew) writeMeta(sql, "since", String(now()));
  const kept = readMeta(sql, "user");
  const isNamed = sealed !== null && (kept === null || kidOfSeal(kept) !== kidOfSeal(sealed));
  if (isNamed) writeMeta(sql, "user", sealed);
  if (isNew || isNamed) schedule.owe(REGISTER, "", now());
}

/** The schedule's work: the row in D1. Twice is once. `noteSeals` makes sure that a rotation of the root secret finds the name. */
export async function register({ ground, address, schedule }: Parts, noteSeals: () => Promise<void>): Promise<void> {
  if (readMeta(ground.sql, "user") !== null) await noteSeals();
  await putUser(ground.env.DB, address, readMeta(ground.sql, "user"), sinceOf(ground));
  schedule.done(REGISTER, "");
}

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
