/** Tenants in D1: who the operator has let in, and with what. */

import type { TenantId } from "../core/ids.ts";
import { type AuditEntry, type StoredSettings, settingsOf } from "../core/tenant.ts";
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

/* The `busy` table: which objects owe something, and since when it is overdue. The cron's only question. */

export type WatchdogRow = { readonly object_name: string; readonly kind: string; readonly due_at: number };

const WRITE = `INSERT INTO busy (object_name, kind, due_at, since, outbox) VALUES (?1, ?2, ?3, ?4, ?5)
  ON CONFLICT (object_name, kind) DO UPDATE SET due_at = excluded.due_at, outbox = excluded.outbox`;

/** Says that an object owes something by `dueAt` at the latest, and how many facts it could not tell for a minute. Repeating it moves the time. */
export async function writeBusy(
  db: D1Database,
  objectName: string,
  kind: string,
  dueAt: EpochMs,
  now: EpochMs,
  outbox = 0,
): Promise<void> {
  await db.prepare(WRITE).bind(objectName, kind, dueAt, now, outbox).run();
}

/** Facts that their objects could not tell for a minute. Each says so whenever the cron wakes it, so this is two minutes old at most. */
export async function outboxBacklog(db: D1Database): Promise<number> {
  return (await db.prepare("SELECT sum(outbox) AS n FROM busy WHERE outbox > 0").first<number>("n")) ?? 0;
}

/** Says that an object owes nothing. */
export async function deleteBusy(db: D1Database, objectName: string, kind: string): Promise<void> {
  await db.prepare("DELETE FROM busy WHERE object_name = ?1 AND kind = ?2").bind(objectName, kind).run();
}

/** Rows due before `now`, oldest first, after the given row: a keyset page that stays cheap however long the table is. */
export async function overdue(
  db: D1Database,
  now: EpochMs,
  after: WatchdogRow | null,
  limit: number,
): Promise<WatchdogRow[]> {
  const from = after ?? { due_at: -1, kind: "", object_name: "" };
  const found = await db
    .prepare(
      "SELECT object_name, kind, due_at FROM busy WHERE due_at <= ?1 AND (due_at, kind, object_name) > (?2, ?3, ?4) ORDER BY due_at, kind, object_name LIMIT ?5",
    )
    .bind(now, from.due_at, from.kind, from.object_name, limit)
    .all<WatchdogRow>();
  return found.results;
}

/** The earliest due time of all, or null when nothing is owed: what health and the operator's status look at. */
export async function oldestDue(db: D1Database): Promise<EpochMs | null> {
  const row = await db.prepare("SELECT min(due_at) AS due_at FROM busy").first<{ due_at: number | null }>();
  return row?.due_at ?? null;
}

/*
 * Whether a tenant is stopped, for everything that acts or answers without a key: paused by the operator, or being deleted.
 * Remembered per isolate for as long as the caller allows, so a step of work costs no query of its own.
 */

/** Tenants that an isolate remembers. Chosen: as many as it remembers keys of. */
const REMEMBERED = 2_000;

const READ_STATES = "SELECT state FROM tenants WHERE id = ?1";
const states = new Map<TenantId, { readonly isStopped: boolean; readonly at: EpochMs }>();

/** True when it is stopped, by a look that is at most `maxAgeMs` old. Null when D1 cannot say and nothing is remembered. */
export async function isTenantStopped(
  db: D1Database,
  id: TenantId,
  maxAgeMs: number,
  now: EpochMs,
): Promise<boolean | null> {
  const known = states.get(id);
  if (known !== undefined && Math.abs(now - known.at) <= maxAgeMs) return known.isStopped;
  try {
    const row = await db.prepare(READ_STATES).bind(id).first<{ state: string }>();
    const isStopped = row !== null && row.state !== "active";
    states.delete(id);
    states.set(id, { isStopped, at: now });
    const oldest = states.keys().next().value;
    if (states.size > REMEMBERED && oldest !== undefined) states.delete(oldest);
    return isStopped;
  } catch {
    return known?.isStopped ?? null;
  }
}

/** Drops what is remembered of a tenant: it was just changed here. */
export const forgetTenantState = (id: TenantId): void => void states.delete(id);
