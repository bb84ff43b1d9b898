/** Tenants in D1: who the operator has let in, and with what. */
import type { AuditEntry } from "../core/audit.ts";
import type { TenantId } from "../core/ids.ts";
import { type StoredSettings, settingsOf } from "../core/tenant.ts";
import { type EpochMs, toRfc3339 } from "../core/time.ts";
import type { TenantChange, TenantWire, Tier } from "../core/wire/tenant.ts";
import { auditRow } from "./audit.ts";

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

const INSERT = `INSERT INTO tenants (id, name, state, tier, created_at, settings)
  VALUES (?1, ?2, 'active', ?3, ?4, json_patch('{}', ?5))`;
const READ = "SELECT * FROM tenants WHERE id = ?1";
const CHANGE = `UPDATE tenants SET name = coalesce(?2, name), tier = coalesce(?3, tier), settings = json_patch(settings, ?4)
  WHERE id = ?1 AND state != 'deleting'`;
const MOVE = "UPDATE tenants SET state = ?2 WHERE id = ?1 AND state = ?3";
const PAGE = "SELECT * FROM tenants WHERE id < ?1 ORDER BY id DESC LIMIT ?2";

/** Above every id: the cursor of a list's first page. */
const LAST_ID = "ten_~";

/** A tenant to store. `createdAt` in ms since epoch. */
export type NewTenantRecord = {
  readonly id: TenantId;
  readonly name: string;
  readonly tier: Tier;
  readonly createdAt: EpochMs;
  readonly settings: Omit<TenantChange, "name" | "tier">;
};

/** The statement that stores a new, active tenant. */
export const insertTenant = (db: D1Database, tenant: NewTenantRecord): D1PreparedStatement =>
  db.prepare(INSERT).bind(tenant.id, tenant.name, tenant.tier, tenant.createdAt, JSON.stringify(tenant.settings));

/** Changes what is named, with its entry; a quota of null goes back to its default. Null when there is no such tenant. */
export async function changeTenant(
  db: D1Database,
  id: TenantId,
  { name, tier, ...settings }: TenantChange,
  entry: AuditEntry,
): Promise<TenantWire | null> {
  await db.batch([
    auditRow(db, entry, "EXISTS (SELECT 1 FROM tenants WHERE id = ?7 AND state != 'deleting')"),
    db.prepare(CHANGE).bind(id, name ?? null, tier ?? null, JSON.stringify(settings)),
  ]);
  return readTenant(db, id);
}

/** Pauses an active tenant or wakes a paused one, with its entry; any other stays as it is. Null when there is none. */
export async function moveTenant(
  db: D1Database,
  id: TenantId,
  to: "active" | "paused",
  entry: AuditEntry,
): Promise<TenantWire | null> {
  const from = to === "active" ? "paused" : "active";
  await db.batch([
    auditRow(db, entry, `EXISTS (SELECT 1 FROM tenants WHERE id = ?7 AND state = '${from}')`),
    db.prepare(MOVE).bind(id, to, from),
  ]);
  return readTenant(db, id);
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
  const set = settingsOf(JSON.parse(settings) as StoredSettings); // written here only
  const { quotas, attribution, renderFileSeconds: render_file_seconds } = set;
  const lists = { scopes: [...set.scopes], origins: [...set.origins] };
  return { ...row, ...lists, render_file_seconds, quotas, attribution, created_at: toRfc3339(created_at) };
}
