/** Creates, rotates and revokes API keys, for the operator and for tenants. A secret is only ever in one response. */
import type { Scope } from "../core/address.ts";
import { issueKey, keyHash, keyHint } from "../core/auth.ts";
import { problemOf } from "../core/errors.ts";
import { type KeyId, plainId } from "../core/ids.ts";
import { CONSOLE_SESSION_MS, CONSOLE_SESSIONS_PER_KEY, OPEN_KEYS_PER_SCOPE } from "../core/limits.ts";
import { type EpochMs, SECOND_MS, toRfc3339 } from "../core/time.ts";
import type { CreatedKeyWire, KeyScope, KeyWire, ShownKeyWire } from "../core/wire/key.ts";
import { type Ctx, random } from "../http/context.ts";
import { entryOf, storedIdempotencyOf } from "../http/idempotency.ts";
import { forgetTenant } from "../http/middleware/auth.ts";
import { ApiError, apiError, notFound, unwrap } from "../http/problem.ts";
import { auditRow } from "../store/audit.ts";
import { makeOnce } from "../store/idempotency.ts";
import * as changes from "../store/keys.ts";
import { countOpenKeys, readKey, type StoredKey } from "../store/keys.ts";

type KeyFields = { readonly name: string; readonly scopes: readonly KeyScope[]; readonly expiresAt: EpochMs | null };

/** A new key with its secret. A replay of the same Idempotency-Key returns the key without it. */
export async function createKey(c: Ctx, { tenant, mode }: Scope, fields: KeyFields): Promise<CreatedKeyWire> {
  const { DB } = c.env;
  const { record, secret } = await issue({ tenant, mode }, fields, NOT_RELATED);
  const { id, createdAt: at, scopes } = record;
  const detail = { scopes, expires_at: momentOf(fields.expiresAt) };
  const entry = entryOf(c, { tenant, mode, at, action: "key.created", target: id, detail });
  const check = async () =>
    (await countOpenKeys(DB, { tenant, mode }, at)) < OPEN_KEYS_PER_SCOPE ? null : tooManyKeys();
  const statements = [changes.insertKey(DB, record, OPEN_KEYS_PER_SCOPE), auditRow(DB, entry)];
  const made = unwrap(await makeOnce(DB, await storedIdempotencyOf(c), { id, at, check, statements }));
  return shown(c, made, secret);
}

/**
 * A session of the console: a key that ends after eight hours, or with the key of the caller. It has that key's scopes. The
 * oldest of more than twenty sessions of a key ends. An invite opens one session, so a session that is opened with that one
 * ends no later: a person who makes no key needs another invite.
 */
export async function openConsoleSession(c: Ctx): Promise<ShownKeyWire> {
  const { DB } = c.env;
  const { tenant, mode, scopes, keyId, parent } = c.var.caller;
  const opener = parent?.id ?? keyId;
  const now = Date.now();
  const opened = parent === null || parent.id.startsWith("inv_") ? c.var.caller.endsAt : parent.endsAt;
  const expiresAt = Math.min(opened ?? Number.POSITIVE_INFINITY, now + CONSOLE_SESSION_MS);
  const fields = { name: "Console session", scopes, expiresAt };
  const { record, secret } = await issue({ tenant, mode }, fields, { replaces: null, parent: opener, app: null }, now);
  const { id, createdAt: at } = record;
  const detail = { scopes, expires_at: momentOf(expiresAt), session_of: opener };
  const entry = entryOf(c, { tenant, mode, at, action: "key.created", target: id, detail });
  await DB.batch([
    changes.insertKey(DB, record),
    changes.endOldSessions(DB, opener, at, CONSOLE_SESSIONS_PER_KEY),
    auditRow(DB, entry),
  ]);
  return { ...(await getKey(c, id)).wire, secret };
}

/** A new key with the same name, scopes and expiry. The old key is revoked at the end of the grace period. */
export async function rotateStoredKey(c: Ctx, old: StoredKey, graceSeconds: number): Promise<CreatedKeyWire> {
  const { DB } = c.env;
  const { tenant, wire } = old;
  if (wire.app !== null)
    throw apiError("key_closed", "A connected app has no key to rotate; revoke it, then connect the app again.", {
      hint: `DELETE /v1/keys/${wire.id}`,
    });
  const fields = { ...wire, expiresAt: wire.expires_at === null ? null : Date.parse(wire.expires_at) };
  const { record, secret } = await issue({ tenant, mode: wire.mode }, fields, {
    replaces: wire.id,
    parent: wire.session_of,
    app: null,
  });
  const { id, createdAt: at, mode } = record;
  const closesAt = at + graceSeconds * SECOND_MS;
  const detail = { successor: id, revoked_at: toRfc3339(closesAt) };
  const entry = entryOf(c, { tenant, mode, at, action: "key.rotated", target: wire.id, detail });
  const check = async () => checkClosed((await readKey(DB, wire.id))?.wire ?? wire, at);
  const statements = [changes.insertKey(DB, record), changes.rotateKey(DB, wire.id, at, closesAt), auditRow(DB, entry)];
  const made = unwrap(await makeOnce(DB, await storedIdempotencyOf(c), { id, at, check, statements }));
  forget(old);
  return shown(c, made, secret);
}

/** Revokes a key. Throws `last_key` if no other key could create keys afterwards, unless forced. */
export async function revokeStoredKey(c: Ctx, old: StoredKey, force: boolean): Promise<KeyWire> {
  const { wire, tenant } = old;
  const entry = entryOf(c, { tenant, mode: wire.mode, at: Date.now(), action: "key.revoked", target: wire.id });
  const isOver = await changes.revokeKey(c.env.DB, wire.id, force, entry);
  if (!isOver) throw new ApiError(lastKey(wire.id));
  forget(old);
  return (await getKey(c, wire.id)).wire;
}

/** The key with this id, of any tenant; throws 404 if there is none. */
export async function getKey(c: Ctx, id: KeyId): Promise<StoredKey> {
  const key = await readKey(c.env.DB, id);
  if (key === null) throw notFound();
  return key;
}

/** Removes a key from the cache, with all keys of its tenant: its console sessions end with it. */
function forget({ tenant }: StoredKey): void {
  forgetTenant(tenant);
}

/** What a new key follows: the key that it replaces, or what a console session or an app ends with. */
type Related = Pick<changes.NewKeyRecord, "replaces" | "parent" | "app">;
const NOT_RELATED: Related = { replaces: null, parent: null, app: null };

async function issue(
  { tenant, mode }: Scope,
  { name, scopes, expiresAt }: KeyFields,
  related: Related,
  createdAt: EpochMs = Date.now(),
) {
  const secret = issueKey(mode, random);
  const id = plainId("key", createdAt, random);
  const [hash, hint] = [await keyHash(secret), keyHint(secret)];
  return { record: { hash, id, tenant, mode, name, hint, scopes, createdAt, expiresAt, ...related }, secret };
}

async function shown(
  c: Ctx,
  { id, isFirst }: { id: KeyId; isFirst: boolean },
  secret: string,
): Promise<CreatedKeyWire> {
  const { wire } = await getKey(c, id);
  return isFirst ? { ...wire, secret } : { ...wire, secret_shown_once: true };
}

function checkClosed({ revoked_at, expires_at }: KeyWire, now: EpochMs) {
  if (revoked_at === null && (expires_at === null || Date.parse(expires_at) > now)) return null;
  return problemOf("key_closed", "This key has expired, was revoked or was already rotated; create a new key.", {
    hint: "POST /v1/keys",
  });
}

const tooManyKeys = () =>
  problemOf(
    "too_many_keys",
    `A tenant can have at most ${OPEN_KEYS_PER_SCOPE} valid keys in each mode; revoke one first.`,
    {
      hint: "DELETE /v1/keys/{id}",
    },
  );
const lastKey = (id: KeyId) =>
  problemOf("last_key", "No other key could create keys afterwards; create one first, or send force=true.", {
    hint: `DELETE /v1/keys/${id}?force=true`,
  });

const momentOf = (at: EpochMs | null): string | null => (at === null ? null : toRfc3339(at));
