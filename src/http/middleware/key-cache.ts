/**
 * What D1 said about a key, kept per isolate for a short while: most requests ask with the same few keys.
 *
 * So a key revoked elsewhere may still read for a minute and write for 5 s. What the row itself says about time (expiry, the
 * end of a rotation's grace) holds to the millisecond. Unknown keys are kept apart: a flood of them displaces no known one.
 */
import type { TenantId } from "../../core/ids.ts";
import { KEY_UNKNOWN_MAX_AGE_MS, KEYS_REMEMBERED } from "../../core/limits.ts";
import type { EpochMs } from "../../core/time.ts";
import type { KeyOwner } from "../../store/keys.ts";

/**
 * How long to wait for another request's look-up of the same key, in ms, before asking oneself. A look-up dies with the
 * request that made it, so nobody may wait for one for ever.
 */
const SHARED_WAIT_MS = 1_000;

type Find = (hash: string) => Promise<KeyOwner | null>;
type Verdict<T> = { readonly owner: T; readonly at: EpochMs };

const known = new Map<string, Verdict<KeyOwner>>();
const unknown = new Map<string, Verdict<null>>();
const running = new Map<string, Promise<KeyOwner | null>>();

/**
 * The owner of the key with this hash, at most `maxAgeMs` old; null when nobody held it half a minute ago or later.
 * `find` asks D1, once for all who ask at the same time; its failure is theirs too.
 */
export async function ownerOf(hash: string, maxAgeMs: number, find: Find): Promise<KeyOwner | null> {
  const remembered = recall(known, hash, maxAgeMs) ?? recall(unknown, hash, KEY_UNKNOWN_MAX_AGE_MS);
  if (remembered) return remembered.owner;
  const other = running.get(hash);
  const shared = other && (await Promise.race([other, later(SHARED_WAIT_MS)]));
  return shared === undefined ? ask(hash, find) : shared;
}

/** Whether a key with this hash was found before, however long ago. */
export const isRemembered = (hash: string): boolean => known.has(hash);

/** Drops what is known of a key: it was just changed here. A look-up on its way is not remembered either. */
export function forgetKey(hash: string): void {
  known.delete(hash);
  running.delete(hash);
}

/** Drops what is known of a tenant's keys: the tenant was just changed here. */
export function forgetTenant(tenant: TenantId): void {
  for (const [hash, { owner }] of known) if (owner.tenant === tenant) known.delete(hash);
  running.clear();
}

async function ask(hash: string, find: Find): Promise<KeyOwner | null> {
  const asked = find(hash);
  keep(running, hash, asked); // one that dies with its request is never taken out
  try {
    const owner = await asked;
    if (running.get(hash) !== asked) return owner;
    if (owner === null) keep(unknown, hash, { owner, at: Date.now() });
    else keep(known, hash, { owner, at: Date.now() });
    return owner;
  } finally {
    if (running.get(hash) === asked) running.delete(hash);
  }
}

/** A verdict that is young enough, which makes it the last to be dropped. */
function recall<T>(verdicts: Map<string, Verdict<T>>, hash: string, maxAgeMs: number): Verdict<T> | null {
  const verdict = verdicts.get(hash);
  if (!verdict || Date.now() - verdict.at > maxAgeMs) return null;
  keep(verdicts, hash, verdict);
  return verdict;
}

/** A Map keeps insertion order: what was used last stands at the end, what was not used for longest is dropped first. */
function keep<T>(map: Map<string, T>, hash: string, value: T): void {
  map.delete(hash);
  map.set(hash, value);
  const oldest = map.keys().next().value;
  if (map.size > KEYS_REMEMBERED && oldest !== undefined) map.delete(oldest);
}

const later = (ms: number): Promise<undefined> => new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
