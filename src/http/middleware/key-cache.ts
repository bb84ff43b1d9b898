/**
 * A cache of API keys per isolate, since most requests use the same few keys.
 *
 * A key revoked in another isolate may still read for a minute and write for 5 s. Times in the row (expiry, the end of a
 * rotation's grace period) apply exactly. Unknown keys are cached separately, so that many of them evict no known key.
 */
import { keyHash } from "../../core/auth.ts";
import type { TenantId } from "../../core/ids.ts";
import { KEY_UNKNOWN_MAX_AGE_MS, KEYS_REMEMBERED } from "../../core/limits.ts";
import { Lru } from "../../core/lru.ts";
import type { EpochMs } from "../../core/time.ts";
import type { KeyOwner } from "../../store/keys.ts";
import { withTimeout } from "../../timeout.ts";

/**
 * How long to wait for another request's look-up of the same key, in ms, before starting a new one. A look-up is cancelled
 * with its request, so the wait is bounded.
 */
const SHARED_WAIT_MS = 1_000;

type Find = (hash: string) => Promise<KeyOwner | null>;
type Entry<T> = { readonly owner: T; readonly at: EpochMs };

const known = new Lru<Entry<KeyOwner>>(KEYS_REMEMBERED);
const unknown = new Lru<Entry<null>>(KEYS_REMEMBERED);
const running = new Lru<Promise<KeyOwner | null>>(KEYS_REMEMBERED);
/** The hashes of keys that exist, by the key itself: computing one costs more than the rest of a look-up. */
const hashes = new Lru<string>(KEYS_REMEMBERED);

/** The hash of a key as it was sent. */
export async function hashOfKey(sent: string): Promise<string> {
  const cached = hashes.get(sent);
  if (cached !== undefined) return cached;
  const hash = await keyHash(sent);
  if (known.has(hash)) hashes.set(sent, hash);
  return hash;
}

/**
 * The owner of the key with this hash, cached for at most `maxAgeMs`; null if the key did not exist within the last 30 seconds.
 * `find` reads D1, once for concurrent requests; all of them get its error.
 */
export async function keyOwner(hash: string, maxAgeMs: number, find: Find): Promise<KeyOwner | null> {
  const cached = readCached(known, hash, maxAgeMs) ?? readCached(unknown, hash, KEY_UNKNOWN_MAX_AGE_MS);
  if (cached) return cached.owner;
  const other = running.get(hash);
  const shared = other && (await withTimeout(other, SHARED_WAIT_MS, () => undefined));
  return shared === undefined ? load(hash, find) : shared;
}

/** True if a key with this hash is in the cache, at any age. */
export const isCached = (hash: string): boolean => known.has(hash);

/** Removes the keys of a tenant that was just changed, or of which one was. Running look-ups are not cached either. */
export function forgetTenant(tenant: TenantId): void {
  for (const [hash, { owner }] of known.entries()) if (owner.tenant === tenant) known.delete(hash);
  running.clear();
}

async function load(hash: string, find: Find): Promise<KeyOwner | null> {
  const reading = find(hash);
  running.set(hash, reading); // stays here if it is cancelled with its request
  try {
    const owner = await reading;
    if (running.get(hash) !== reading) return owner;
    if (owner === null) unknown.set(hash, { owner, at: Date.now() });
    else known.set(hash, { owner, at: Date.now() });
    return owner;
  } finally {
    if (running.get(hash) === reading) running.delete(hash);
  }
}

/** An entry that is recent enough. */
function readCached<T>(entries: Lru<Entry<T>>, hash: string, maxAgeMs: number): Entry<T> | null {
  const entry = entries.get(hash);
  return entry === undefined || Date.now() - entry.at > maxAgeMs ? null : entry;
}
