/**
 * What D1 said about a key, kept per isolate for a short while: most requests ask with the same few keys.
 *
 * So a revoked key may still read for a minute in another isolate, and write for 5 s. Unknown keys are not kept: a flood of
 * them would push the known ones out.
 */
import type { KeyOwner } from "../store/keys.ts";

/** How old a verdict may be, in ms. Chosen: a revoked key stops writing within seconds, and D1 is spared its reads. */
export const READ_MAX_AGE_MS = 60_000;
export const WRITE_MAX_AGE_MS = 5_000;
/** Keys remembered. Chosen: about 1 MB. */
const KEYS = 2_000;
/**
 * How long to wait for another request's look-up of the same key, in ms, before asking oneself. A look-up dies with the
 * request that made it, so nobody may wait for one for ever.
 */
const SHARED_WAIT_MS = 1_000;

type Verdict = { readonly owner: KeyOwner; readonly at: number };

const verdicts = new Map<string, Verdict>();
const running = new Map<string, Promise<KeyOwner | null>>();

/** The owner of the key with this hash, at most `maxAgeMs` old; `find` asks D1, once for all who ask at the same time. */
export async function ownerOf(
  hash: string,
  maxAgeMs: number,
  find: (hash: string) => Promise<KeyOwner | null>,
): Promise<KeyOwner | null> {
  const known = verdicts.get(hash);
  if (known && Date.now() - known.at <= maxAgeMs) return touch(hash, known);
  const other = running.get(hash);
  const shared = other && (await Promise.race([other.catch(() => undefined), later(SHARED_WAIT_MS)]));
  return shared === undefined ? ask(hash, find) : shared;
}

/** Drops what is known of a key: it was just revoked here. */
export const forgetKey = (hash: string): boolean => verdicts.delete(hash);

async function ask(hash: string, find: (hash: string) => Promise<KeyOwner | null>): Promise<KeyOwner | null> {
  const asked = find(hash);
  running.set(hash, asked);
  try {
    const owner = await asked;
    if (owner === null) verdicts.delete(hash);
    else touch(hash, { owner, at: Date.now() });
    return owner;
  } finally {
    if (running.get(hash) === asked) running.delete(hash);
  }
}

/** A Map keeps insertion order: what was used last is put at the end, what was not used for longest is dropped first. */
function touch(hash: string, verdict: Verdict): KeyOwner {
  verdicts.delete(hash);
  verdicts.set(hash, verdict);
  const oldest = verdicts.keys().next().value;
  if (verdicts.size > KEYS && oldest !== undefined) verdicts.delete(oldest);
  return verdict.owner;
}

const later = (ms: number): Promise<undefined> => new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
