/** Tenants in D1: their state and settings, and the watchdog rows of their objects. */

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

/**
 * Changes the given fields, with the audit entry; a quota of null resets it to its default. Null when there is no such
 * tenant.
 */
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

/**
 * Pauses an active tenant or resumes a paused one, with the audit entry; in any other state nothing changes. Null when
 * there is none.
 */
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
  const { quotas, spendingCaps: spending_caps, attribution, renderFileSeconds: render_file_seconds } = set;
  const lists = { scopes: [...set.scopes], origins: [...set.origins] };
  return {
    ...row,
    ...lists,
    render_file_seconds,
    quotas,
    spending_caps,
    attribution,
    created_at: toRfc3339(created_at),
  };
}

/* The `watchdogs` table: watchdog rows of objects with scheduled jobs. The cron reads only this. */

export type WatchdogRow = { readonly object_name: string; readonly kind: string; readonly due_at: number };

const WRITE = `INSERT INTO watchdogs (object_name, kind, due_at, created_at, outbox_backlog) VALUES (?1, ?2, ?3, ?4, ?5)
  ON CONFLICT (object_name, kind) DO UPDATE SET due_at = excluded.due_at, outbox_backlog = excluded.outbox_backlog`;

/**
 * Sets the time by which an object should have run its next job, and its number of events that were not published for a
 * minute. Repeating it moves the time.
 */
export async function writeWatchdog(
  db: D1Database,
  objectName: string,
  kind: string,
  dueAt: EpochMs,
  now: EpochMs,
  outbox = 0,
): Promise<void> {
  await db.prepare(WRITE).bind(objectName, kind, dueAt, now, outbox).run();
}

/**
 * Events that were not published for a minute. Each object reports its number whenever the cron wakes it, so the sum is
 * at most two minutes old.
 */
export async function outboxBacklog(db: D1Database): Promise<number> {
  return (
    (await db.prepare("SELECT sum(outbox_backlog) AS n FROM watchdogs WHERE outbox_backlog > 0").first<number>("n")) ??
    0
  );
}

/** Records that an object has no scheduled jobs. */
export async function deleteWatchdog(db: D1Database, objectName: string, kind: string): Promise<void> {
  await db.prepare("DELETE FROM watchdogs WHERE object_name = ?1 AND kind = ?2").bind(objectName, kind).run();
}

/** Rows due before `now`, oldest first, after the given row: keyset pagination, cheap for any table size. */
export async function overdue(
  db: D1Database,
  now: EpochMs,
  after: WatchdogRow | null,
  limit: number,
): Promise<WatchdogRow[]> {
  const from = after ?? { due_at: -1, kind: "", object_name: "" };
  const found = await db
    .prepare(
      "SELECT object_name, kind, due_at FROM watchdogs WHERE due_at <= ?1 AND (due_at, kind, object_name) > (?2, ?3, ?4) ORDER BY due_at, kind, object_name LIMIT ?5",
    )
    .bind(now, from.due_at, from.kind, from.object_name, limit)
    .all<WatchdogRow>();
  return found.results;
}

/** The earliest due time of all objects, or null when there is none: for health and the operator's status page. */
export async function oldestDue(db: D1Database): Promise<EpochMs | null> {
  const row = await db.prepare("SELECT min(due_at) AS due_at FROM watchdogs").first<{ due_at: number | null }>();
  return row?.due_at ?? null;
}

/*
 * Whether a tenant is stopped, for code that acts or answers without an API key: paused by the operator, or being
 * deleted. Cached per isolate for as long as the caller allows, so that a step of a job costs no query of its own.
 */

/** Cached tenants per isolate. Chosen: the same as cached keys. */
const CACHED_TENANTS = 2_000;

const READ_STATES = "SELECT state FROM tenants WHERE id = ?1";
const states = new Map<TenantId, { readonly isStopped: boolean; readonly at: EpochMs }>();

/** True when the tenant is stopped, as of at most `maxAgeMs` ago. Null when D1 fails and nothing is cached. */
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
    if (states.size > CACHED_TENANTS && oldest !== undefined) states.delete(oldest);
    return isStopped;
  } catch {
    return known?.isStopped ?? null;
  }
}

/** Removes a tenant from the cache after it was changed here. */
export const forgetTenantState = (id: TenantId): void => void states.delete(id);
