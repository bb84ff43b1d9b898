/** API keys, judged: from the text in a header, or the id in a user token, to the owner's rights at this moment. */
import type { KeyId } from "../core/ids.ts";
import { keyHash, modeOfKey } from "../core/key.ts";
import { KEY_LOOKUP_MS, KEY_READ_MAX_AGE_MS, KEY_WRITE_MAX_AGE_MS } from "../core/limits.ts";
import { type EpochMs, toDay } from "../core/time.ts";
import { findKey, findKeyById, type KeyOwner, noteUse } from "../store/keys.ts";
import { afterwards } from "./afterwards.ts";
import { apiError } from "./api-error.ts";
import type { Caller, Ctx } from "./context.ts";
import { countLookup } from "./gate.ts";
import { isRemembered, ownerOf } from "./key-cache.ts";
import { tenantPaused } from "./tenant-stop.ts";

/** Who holds the key, and until when. A key of the wrong form or checksum is refused without a database read. */
export async function judgeKey(c: Ctx, sent: string): Promise<Caller> {
  const owner = await ownerOf(await keyHash(sent), maxAgeOf(c), async (hash) => {
    if (modeOfKey(sent) === null) throw apiError("unauthenticated", explainForm(sent));
    if (!isRemembered(hash)) await countLookup(c);
    return look(c, findKey(c.env.DB, hash));
  });
  if (owner === null) throw apiError("unauthenticated", "No such API key.");
  return callerOf(owner, Date.now());
}

/** Which part of what was sent as a key is wrong, without repeating any of it. */
const explainForm = (sent: string): string =>
  /^ngw_(test|live)_/.test(sent)
    ? "This API key was mistyped or cut: its checksum is wrong. Copy it again, from its first to its last character."
    : "This is not an API key of ours: one begins with `ngw_test_` or `ngw_live_`.";

/** Who comes on the word of the key with this id; null when it is unknown, revoked or over. */
export async function judgeKeyId(c: Ctx, id: KeyId): Promise<Caller | null> {
  const owner = await ownerOf(id, maxAgeOf(c), () => look(c, findKeyById(c.env.DB, id)));
  return owner !== null && isOpen(owner, Date.now()) ? callerOf(owner, Date.now()) : null;
}

const maxAgeOf = ({ req }: Ctx): number =>
  req.method === "GET" || req.method === "HEAD" ? KEY_READ_MAX_AGE_MS : KEY_WRITE_MAX_AGE_MS;

/** Awaits D1, not for ever. On the way it notes the day on which a key is used, once a day. */
async function look(c: Ctx, asked: Promise<KeyOwner | null>): Promise<KeyOwner | null> {
  const owner = await inTime(asked).catch(() => {
    throw apiError("auth_unavailable", "Keys cannot be looked up at the moment; try again.", { retryAfterSeconds: 1 });
  });
  const today = toDay(Date.now());
  if (owner !== null && owner.lastUsedOn !== today && isOpen(owner, Date.now()))
    afterwards(c, noteUse(c.env.DB, owner.id, today));
  return owner;
}

function inTime<T>(asked: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the key's look-up took too long")), KEY_LOOKUP_MS);
  });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

const isPast = (moment: EpochMs | null, now: EpochMs): boolean => moment !== null && moment <= now;
const isOpen = ({ revokedAt, expiresAt }: KeyOwner, now: EpochMs): boolean =>
  !isPast(revokedAt, now) && !isPast(expiresAt, now);

function callerOf(owner: KeyOwner, now: EpochMs): Caller {
  if (isPast(owner.revokedAt, now)) throw apiError("key_revoked", "This API key was revoked; use another one.");
  if (isPast(owner.expiresAt, now)) throw apiError("key_expired", "This API key has expired; use another one.");
  if (owner.tenantState !== "active") throw tenantPaused();
  const { tenant, mode, tenantName, tier, origins, quotas, attribution, scopes, id: keyId } = owner;
  const { rotatedAt, revokedAt, expiresAt } = owner;
  const ends = [revokedAt, expiresAt].filter((moment) => moment !== null);
  const endsAt = ends.length > 0 ? Math.min(...ends) : null;
  return { tenant, mode, tenantName, tier, origins, quotas, attribution, scopes, keyId, rotatedAt, endsAt, pass: null };
}
