/** What happens to keys in D1, as statements of one transaction with the entries that tell of it. */
import type { AuditEntry } from "../core/audit.ts";
import type { KeyId, Mode, TenantId } from "../core/ids.ts";
import { CLOSED_KEY_TTL_MS } from "../core/limits.ts";
import type { EpochMs } from "../core/time.ts";
import type { KeyScope } from "../core/wire/key.ts";
import { auditRow } from "./audit.ts";

/** A key to store. Moments in ms since epoch. */
export type NewKeyRecord = {
  readonly hash: string;
  readonly id: KeyId;
  readonly tenant: TenantId;
  readonly mode: Mode;
  readonly name: string;
  readonly hint: string;
  readonly scopes: readonly KeyScope[];
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs | null;
  /** The key that this one follows; a key is followed by one at most. */
  readonly replaces: KeyId | null;
};

/** Counts in the statement that stores, since requests come side by side. Without an id, which must be there, the whole batch fails. */
const INSERT = `INSERT INTO keys (hash, id, tenant, mode, name, hint, scopes, created_at, expires_at, replaces)
  VALUES (?1, CASE WHEN ?11 IS NULL OR (SELECT count(*) FROM keys WHERE tenant = ?3 AND mode = ?4
    AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?8)) < ?11 THEN ?2 END,
    ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`;
const ROTATE = "UPDATE keys SET rotated_at = ?2, revoked_at = min(coalesce(revoked_at, ?3), ?3) WHERE id = ?1";

/** A key that can make keys and stays: what must be left when one of them goes. */
const ANOTHER = `EXISTS (SELECT 1 FROM keys AS other WHERE other.tenant = keys.tenant AND other.mode = keys.mode
  AND other.id != keys.id AND other.scopes LIKE '%"keys"%' AND other.revoked_at IS NULL
  AND (other.expires_at IS NULL OR other.expires_at > ?2))`;
const REVOKE = `UPDATE keys SET revoked_at = ?2 WHERE id = ?1 AND (revoked_at IS NULL OR revoked_at > ?2)
  AND (?3 OR scopes NOT LIKE '%"keys"%' OR expires_at <= ?2 OR ${ANOTHER})`;
const TIDY = "DELETE FROM keys WHERE revoked_at < ?1 OR expires_at < ?1";
const STATE = "SELECT revoked_at FROM keys WHERE id = ?1";

/**
 * The statement that stores a key's hash. It fails when the tenant does not exist, when the key it follows has a successor, or where
 * `atMost` keys of its mode are open.
 */
export const insertKey = (db: D1Database, key: NewKeyRecord, atMost: number | null = null): D1PreparedStatement =>
  db
    .prepare(INSERT)
    .bind(
      key.hash,
      key.id,
      key.tenant,
      key.mode,
      key.name,
      key.hint,
      JSON.stringify(key.scopes),
      key.createdAt,
      key.expiresAt,
      key.replaces,
      atMost,
    );

/** The statement that says of a key that it has a successor, and closes it at `closesAt` at the latest. */
export const rotateKey = (db: D1Database, id: KeyId, now: EpochMs, closesAt: EpochMs): D1PreparedStatement =>
  db.prepare(ROTATE).bind(id, now, closesAt);

/**
 * Ends a key from the entry's moment on, with that entry; a key that has ended keeps its first moment. False, and nothing
 * done, when no other key could make keys afterwards and `force` is not given. One statement: two keys cannot end each other.
 */
export async function revokeKey(db: D1Database, id: KeyId, force: boolean, entry: AuditEntry): Promise<boolean> {
  const revoked = "EXISTS (SELECT 1 FROM keys WHERE id = ?7 AND revoked_at = ?4)";
  const [, , state] = await db.batch<{ revoked_at: number | null }>([
    db.prepare(REVOKE).bind(id, entry.at, force ? 1 : 0),
    auditRow(db, entry, revoked),
    db.prepare(STATE).bind(id),
  ]);
  const end = state?.results[0]?.revoked_at ?? null;
  return end !== null && end <= entry.at;
}

/** Forgets keys that have been closed for longer than they are listed. What was done with them stays in the audit log. */
export async function tidyKeys(db: D1Database, now: EpochMs): Promise<void> {
  await db
    .prepare(TIDY)
    .bind(now - CLOSED_KEY_TTL_MS)
    .run();
}
