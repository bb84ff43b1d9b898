/**
 * A cache of API keys per isolate, since most requests use the same few keys.
 *
 * A key revoked in another isolate may still read for a minute and write for 5 s. Times in the row (expiry, the end of a
 * rotation's grace period) apply exactly. Unknown keys are cached separately, so that many of them evict no known key.
 */
import type { TenantId } from "../../core/ids.ts";
import { KEY_UNKNOWN_MAX_AGE_MS, KEYS_REMEMBERED } from "../../core/limits.ts";
import type { EpochMs } from "../../core/time.ts";
import type { KeyOwner } from "../../store/keys.ts";

/**
 * How long to wait for another request's look-up of the same key, in ms, before starting a new one. A look-up is cancelled
 * with its request, so the wait is bounded.
 */
const SHARED_WAIT_MS = 1_000;

type Find = (hash: string) => Promise<KeyOwner | null>;
type Entry<T> = { readonly owner: T; readonly at: EpochMs };

const known = new Map<string, Entry<KeyOwner>>();
const unknown = new Map<string, Entry<null>>();
const running = new Map<string, Promise<KeyOwner | null>>();

/**
 * The owner of the key with this hash, cached for at most `maxAgeMs`; null if the key did not exist within the last 30 seconds.
 * `find` reads D1, once for concurrent requests; all of them get its error.
 */
export async function keyOwner(hash: string, maxAgeMs: number, find: Find): Promise<KeyOwner | null> {
  const cached = readCached(known, hash, maxAgeMs) ?? readCached(unknown, hash, KEY_UNKNOWN_MAX_AGE_MS);
  if (cached) return cached.owner;
  const other = running.get(hash);
  const shared = other && (await Promise.race([other, later(SHARED_WAIT_MS)]));
  return shared === undefined ? load(hash, find) : shared;
}

/** True if a key with this hash is in the cache, at any age. */
export const isCached = (hash: string): boolean => known.has(hash);

/** Removes a key that was just changed. A running look-up of it is not cached either. */
export function forgetKey(hash: string): void {
  known.delete(hash);
  running.delete(hash);
}

/** Removes the keys of a tenant that was just changed. */
export function forgetTenant(tenant: TenantId): void {
  for (const [hash, { owner }] of known) if (owner.tenant === tenant) known.delete(hash);
  running.clear();
}

async function load(hash: string, find: Find): Promise<KeyOwner | null> {
  const reading = find(hash);
  put(running, hash, reading); // stays here if it is cancelled with its request
  try {
    const owner = await reading;
    if (running.get(hash) !== reading) return owner;
    if (owner === null) put(unknown, hash, { owner, at: Date.now() });
    else put(known, hash, { owner, at: Date.now() });
    return owner;
  } finally {
    if (running.get(hash) === reading) running.delete(hash);
  }
}

/** An entry that is recent enough; it becomes the most recently used one. */
function readCached<T>(entries: Map<string, Entry<T>>, hash: string, maxAgeMs: number): Entry<T> | null {
  const entry = entries.get(hash);
  if (!entry || Date.now() - entry.at > maxAgeMs) return null;
  put(entries, hash, entry);
  return entry;
}

/** An LRU on a Map's insertion order: the least recently used entry comes first and is evicted. */
function put<T>(map: Map<string, T>, hash: string, value: T): void {
  map.delete(hash);
  map.set(hash, value);
  const oldest = map.keys().next().value;
  if (map.size > KEYS_REMEMBERED && oldest !== undefined) map.delete(oldest);
}

const later = (ms: number): Promise<undefined> => new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
