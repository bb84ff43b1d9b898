/** Invites to the console in D1, found by the hash of the code in their link; the code itself is not stored. */
import type { InviteId, Mode, TenantId } from "../core/ids.ts";
import { CLOSED_INVITE_TTL_MS } from "../core/limits.ts";
import type { AuditEntry } from "../core/tenant.ts";
import { type EpochMs, toRfc3339 } from "../core/time.ts";
import type { InviteWire, KeyScope } from "../core/wire/key.ts";
import type { TenantWire } from "../core/wire/tenant.ts";
import { auditRow } from "./audit.ts";

/** Times in ms since epoch. */
type InviteRow = {
  id: InviteId;
  hash: string;
  tenant: TenantId;
  mode: Mode;
  label: string;
  /** JSON array of scopes; written by this module only. */
  scopes: string;
  created_at: number;
  expires_at: number;
  accepted_at: number | null;
  revoked_at: number | null;
};

/** An invite to store. Times in ms since epoch. */
export type NewInviteRecord = {
  readonly id: InviteId;
  readonly hash: string;
  readonly tenant: TenantId;
  readonly mode: Mode;
  readonly label: string;
  readonly scopes: readonly KeyScope[];
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs;
};

/** An invite with the state of its tenant. */
export type FoundInvite = { readonly wire: InviteWire; readonly tenantState: TenantWire["state"] };

/**
 * Counts in the same statement, because requests are concurrent. Above the limit, and for a tenant that is being deleted,
 * the id becomes null, which makes the whole batch fail.
 */
const INSERT = `INSERT INTO invites (id, hash, tenant, mode, label, scopes, created_at, expires_at)
  VALUES (CASE WHEN (SELECT count(*) FROM invites WHERE tenant = ?3 AND accepted_at IS NULL AND revoked_at IS NULL
    AND expires_at > ?7) < ?9 AND EXISTS (SELECT 1 FROM tenants WHERE id = ?3 AND state != 'deleting') THEN ?1 END,
    ?2, ?3, ?4, ?5, ?6, ?7, ?8)`;
const COUNT_OPEN = `SELECT count(*) AS n FROM invites
  WHERE tenant = ?1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ?2`;
const FIND = `SELECT invites.*, tenants.state AS tenant_state FROM invites JOIN tenants ON tenants.id = invites.tenant
  WHERE invites.hash = ?1`;
const READ = "SELECT * FROM invites WHERE id = ?1";
const OF_TENANT = "SELECT * FROM invites WHERE tenant = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
/** The hash of an invite that cannot be used becomes null, which makes the whole batch fail: of two requests one is first. */
const ACCEPT = `UPDATE invites SET accepted_at = ?2, hash = CASE WHEN accepted_at IS NULL AND revoked_at IS NULL
  AND expires_at > ?2 AND EXISTS (SELECT 1 FROM tenants WHERE id = invites.tenant AND state = 'active') THEN hash END
  WHERE id = ?1`;
const REVOKE = "UPDATE invites SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
/** What was opened and approved with it ends in its own row too, since the row of the invite is deleted earlier. */
const REVOKE_OPENED = "UPDATE keys SET revoked_at = ?2 WHERE parent = ?1 AND (revoked_at IS NULL OR revoked_at > ?2)";
const DELETE_EXPIRED = "DELETE FROM invites WHERE expires_at < ?1";

/** Above every id: the cursor of a list's first page. */
const LAST_ID = "inv_~";

/** The statement that stores an invite. It fails when `atMost` of its tenant can be used, or the tenant is being deleted. */
export const insertInvite = (db: D1Database, invite: NewInviteRecord, atMost: number): D1PreparedStatement =>
  db
    .prepare(INSERT)
    .bind(
      invite.id,
      invite.hash,
      invite.tenant,
      invite.mode,
      invite.label,
      JSON.stringify(invite.scopes),
      invite.createdAt,
      invite.expiresAt,
      atMost,
    );

/** The number of a tenant's invites that can be used. */
export const countOpenInvites = async (db: D1Database, tenant: TenantId, now: EpochMs): Promise<number> =>
  (await db.prepare(COUNT_OPEN).bind(tenant, now).first<number>("n")) ?? 0;

/** The invite whose code has this hash; null when there is none. */
export async function findInvite(db: D1Database, hash: string, now: EpochMs): Promise<FoundInvite | null> {
  const row = await db.prepare(FIND).bind(hash).first<InviteRow & { tenant_state: TenantWire["state"] }>();
  return row === null ? null : { wire: show(row, now), tenantState: row.tenant_state };
}

/** The invite with this id, of any tenant; null when there is none. */
export async function readInvite(db: D1Database, id: InviteId, now: EpochMs): Promise<InviteWire | null> {
  const row = await db.prepare(READ).bind(id).first<InviteRow>();
  return row === null ? null : show(row, now);
}

/** A tenant's invites, newest first, below the id `after`. */
export async function listInvites(
  db: D1Database,
  tenant: TenantId,
  limit: number,
  after: string | null,
  now: EpochMs,
): Promise<InviteWire[]> {
  const found = await db
    .prepare(OF_TENANT)
    .bind(tenant, after ?? LAST_ID, limit)
    .all<InviteRow>();
  return found.results.map((row) => show(row, now));
}

/** The statement that records the use of an invite. It fails when the invite cannot be used. */
export const recordAcceptance = (db: D1Database, id: InviteId, now: EpochMs): D1PreparedStatement =>
  db.prepare(ACCEPT).bind(id, now);

/** Revokes an invite, with the entry; a revoked one keeps its first time. */
export async function endInvite(db: D1Database, id: InviteId, entry: AuditEntry): Promise<void> {
  await db.batch([
    auditRow(db, entry, "EXISTS (SELECT 1 FROM invites WHERE id = ?7 AND revoked_at IS NULL)"),
    db.prepare(REVOKE_OPENED).bind(id, entry.at),
    db.prepare(REVOKE).bind(id, entry.at),
  ]);
}

/** Deletes invites that could be used until longer ago than they are listed. The audit log still contains them. */
export async function deleteExpiredInvites(db: D1Database, now: EpochMs): Promise<void> {
  await db
    .prepare(DELETE_EXPIRED)
    .bind(now - CLOSED_INVITE_TTL_MS)
    .run();
}

function show({ hash: _, scopes, ...row }: InviteRow, now: EpochMs): InviteWire {
  const { id, tenant, label, mode } = row;
  return {
    id,
    tenant,
    label,
    mode,
    scopes: JSON.parse(scopes) as KeyScope[], // written by this module only
    state: stateOf(row, now),
    created_at: toRfc3339(row.created_at),
    expires_at: toRfc3339(row.expires_at),
    accepted_at: row.accepted_at === null ? null : toRfc3339(row.accepted_at),
    revoked_at: row.revoked_at === null ? null : toRfc3339(row.revoked_at),
  };
}

function stateOf(
  { revoked_at, accepted_at, expires_at }: Pick<InviteRow, "revoked_at" | "accepted_at" | "expires_at">,
  now: EpochMs,
): InviteWire["state"] {
  if (revoked_at !== null) return "revoked";
  if (accepted_at !== null) return "accepted";
  return expires_at > now ? "open" : "expired";
}
