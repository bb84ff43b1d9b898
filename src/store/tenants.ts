/** Tenants in D1: who the operator has let in, and with what. */
import type { TenantId } from "../core/ids.ts";
import { type StoredSettings, settingsOf } from "../core/tenant.ts";
import { type EpochMs, toRfc3339 } from "../core/time.ts";
import type { TenantWire, Tier } from "../core/wire/tenant.ts";

type TenantRow = {
  id: TenantId;
  name: string;
  state: TenantWire["state"];
  tier: Tier;
  /** ms since epoch. */
  created_at: number;
  /** JSON of StoredSettings. */
  settings: string;
};

const INSERT =
  "INSERT INTO tenants (id, name, state, tier, created_at, settings) VALUES (?1, ?2, 'active', ?3, ?4, ?5) RETURNING *";
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
    readonly tier: Tier;
    readonly createdAt: EpochMs;
    readonly settings?: StoredSettings;
  },
): Promise<TenantWire> {
  const { id, name, tier, createdAt, settings = {} } = tenant;
  const row = await db.prepare(INSERT).bind(id, name, tier, createdAt, JSON.stringify(settings)).first<TenantRow>();
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

function show({ settings, created_at, ...row }: TenantRow): TenantWire {
  const { scopes, origins, quotas } = settingsOf(JSON.parse(settings) as StoredSettings); // written here only
  return { ...row, scopes: [...scopes], origins: [...origins], quotas, created_at: toRfc3339(created_at) };
}
