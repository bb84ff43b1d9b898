/** Creates, updates, pauses and deletes tenants, for the operator. Each change writes an audit log entry and clears the caches. */
import { problemOf } from "../core/errors.ts";
import { plainId, type TenantId } from "../core/ids.ts";
import { toRfc3339 } from "../core/time.ts";
import type { NewTenant, TenantChange, TenantDeletionWire, TenantWire } from "../core/wire/tenant.ts";
import { type Ctx, random, runAfterResponse } from "../http/context.ts";
import { entryOf, storedIdempotencyOf } from "../http/idempotency.ts";
import { forgetTenant } from "../http/middleware/auth.ts";
import { ApiError, notFound, unwrap } from "../http/problem.ts";
import { auditRow } from "../store/audit.ts";
import { makeOnce } from "../store/idempotency.ts";
import * as store from "../store/tenants.ts";
import { DELETION, forgetTenantState, readDeletion, startDeletion } from "../store/tenants.ts";

/** A new tenant. A replay of the same Idempotency-Key returns the same tenant, with its current values. */
export async function createTenant(c: Ctx, { name, tier, ...settings }: NewTenant): Promise<TenantWire> {
  const { DB } = c.env;
  const at = Date.now();
  const id = plainId("ten", at, random);
  const detail = { tier, ...settings };
  const entry = entryOf(c, { tenant: id, mode: null, at, action: "tenant.created", target: id, detail });
  const statements = [store.insertTenant(DB, { id, name, tier, createdAt: at, settings }), auditRow(DB, entry)];
  const creation = { id, at, check: async () => null, statements };
  return getTenant(c, unwrap(await makeOnce(DB, await storedIdempotencyOf(c), creation)).id);
}

/** Sets the given fields. */
export async function updateTenant(c: Ctx, id: TenantId, change: TenantChange): Promise<TenantWire> {
  const { name, ...detail } = change;
  const fields = { tenant: id, mode: null, at: Date.now(), action: "tenant.changed", target: id, detail } as const;
  const changed = await store.changeTenant(c.env.DB, id, change, entryOf(c, fields));
  forgetTenant(id);
  return checkNotDeleting(changed);
}

/** Pauses or resumes a tenant. A repeated call changes nothing. */
export async function setTenantState(c: Ctx, id: TenantId, to: "active" | "paused"): Promise<TenantWire> {
  const action = to === "paused" ? "tenant.paused" : "tenant.resumed";
  const entry = entryOf(c, { tenant: id, mode: null, at: Date.now(), action, target: id });
  const updated = await store.moveTenant(c.env.DB, id, to, entry);
  forgetTenantState(id);
  forgetTenant(id);
  return checkNotDeleting(updated);
}

/** Starts the deletion of a tenant: its keys stop working at once, a job deletes the rest. A repeated call returns the same job. */
export async function startTenantDeletion(c: Ctx, id: TenantId): Promise<TenantDeletionWire> {
  const entry = entryOf(c, { tenant: id, mode: null, at: Date.now(), action: "tenant.deleted", target: id });
  await startDeletion(c.env.DB, id, entry);
  forgetTenantState(id);
  forgetTenant(id);
  const deletion = await getTenantDeletion(c, id);
  if (deletion.state === "deleting") runAfterResponse(c, c.env.WAKE.send({ kind: DELETION, name: id }));
  return deletion;
}

/** The progress or receipt of a tenant's deletion; throws 404 if none was started. */
export async function getTenantDeletion(c: Ctx, id: TenantId): Promise<TenantDeletionWire> {
  const found = await readDeletion(c.env.DB, id);
  if (found === null) throw notFound();
  const { step, requestedAt, completedAt, removed } = found;
  return {
    tenant: id,
    state: completedAt === null ? "deleting" : "deleted",
    step,
    requested_at: toRfc3339(requestedAt),
    completed_at: completedAt === null ? null : toRfc3339(completedAt),
    removed,
  };
}

/** The tenant; throws 404 if there is none. */
export async function getTenant(c: Ctx, id: TenantId): Promise<TenantWire> {
  const tenant = await store.readTenant(c.env.DB, id);
  if (tenant === null) throw notFound();
  return tenant;
}

/** The tenant; throws if it does not exist or is being deleted. */
export function checkNotDeleting(tenant: TenantWire | null): TenantWire {
  if (tenant === null) throw notFound();
  if (tenant.state !== "deleting") return tenant;
  throw new ApiError(problemOf("tenant_deleting", "This tenant is being deleted and can no longer be changed."));
}
