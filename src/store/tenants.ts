/** Tenants in D1: who the operator has let in. */
import type { TenantId } from "../core/ids.ts";
import { type EpochMs, toRfc3339 } from "../core/time.ts";
import type { TenantWire } from "../core/wire/tenant.ts";

/** `created_at` in ms since epoch. */
type TenantRow = Omit<TenantWire, "created_at"> & { created_at: number };

const INSERT = "INSERT INTO tenants (id, name, state, tier, created_at) VALUES (?1, ?2, 'active', ?3, ?4) RETURNING *";
const READ = "SELECT * FROM tenants WHERE id = ?1";
const PAGE = "SELECT * FROM tenants WHERE id < ?1 ORDER BY id DESC LIMIT ?2";

/** Above every id: the cursor of a list's first page. */
const LAST_ID = "ten_~";

/** Stores a new, active tenant. */
export async function insertTenant(
  db: D1Database,
  tenant: {
    readonly id: TenantId;
    readonly name: string;
    readonly tier: TenantWire["tier"];
    readonly createdAt: EpochMs;
  },
): Promise<TenantWire> {
  const row = await db.prepare(INSERT).bind(tenant.id, tenant.name, tenant.tier, tenant.createdAt).first<TenantRow>();
  if (row === null) throw new Error("an insert returned no row");
  return show(row);
}

/** The tenant, or null. */
export async function readTenant(db: D1Database, id: TenantId): Promise<TenantWire | null> {
  const row = await db.prepare(READ).bind(id).first<TenantRow>();
  return row === null ? null : show(row);
}

/** Tenants with ids below `after`, newest first: ids begin with their time. */
export async function listTenants(db: D1Database, limit: number, after: string | null): Promise<TenantWire[]> {
  const found = await db
    .prepare(PAGE)
    .bind(after ?? LAST_ID, limit)
    .all<TenantRow>();
  return found.results.map(show);
}

const show = (row: TenantRow): TenantWire => ({ ...row, created_at: toRfc3339(row.created_at) });
