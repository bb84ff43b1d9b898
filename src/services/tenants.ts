/** Making and changing tenants, for the operator: each with its entry in the audit log, felt here at once. */
import { problemOf } from "../core/errors.ts";
import { plainId, type TenantId } from "../core/ids.ts";
import { toRfc3339 } from "../core/time.ts";
import type { TenantDeletionWire } from "../core/wire/deletion.ts";
import type { NewTenant, TenantChange, TenantWire } from "../core/wire/tenant.ts";
import { entryOf, storedIdempotencyOf } from "../http/audit.ts";
import { type Ctx, random, runAfterResponse } from "../http/context.ts";
import { forgetTenant } from "../http/middleware/key-cache.ts";
import { ApiError, notFound, unwrap } from "../http/problem.ts";
import { auditRow } from "../store/audit.ts";
import { beginDeletion, DELETION, readDeletion } from "../store/deletions.ts";
import { makeOnce } from "../store/idempotency.ts";
import * as store from "../store/tenants.ts";
import { forgetTenantState } from "../store/tenants.ts";

/** A new tenant; to a repeat of the same Idempotency-Key the same one, as it is now. */
export async function createTenant(c: Ctx, { name, tier, ...settings }: NewTenant): Promise<TenantWire> {
  const { DB } = c.env;
  const at = Date.now();
  const id = plainId("ten", at, random);
  const detail = { tier, ...settings };
  const entry = entryOf(c, { tenant: id, mode: null, at, action: "tenant.created", target: id, detail });
  const statements = [store.insertTenant(DB, { id, name, tier, createdAt: at, settings }), auditRow(DB, entry)];
  const generatorJob = { id, at, check: async () => null, statements };
  return foundTenant(c, unwrap(await makeOnce(DB, await storedIdempotencyOf(c), generatorJob)).id);
}

/** Sets what is named and leaves the rest. */
export async function changeTenant(c: Ctx, id: TenantId, change: TenantChange): Promise<TenantWire> {
  const { name, ...detail } = change;
  const told = { tenant: id, mode: null, at: Date.now(), action: "tenant.changed", target: id, detail } as const;
  const changed = await store.changeTenant(c.env.DB, id, change, entryOf(c, told));
  forgetTenant(id);
  return checkDeleting(changed);
}

/** Pauses or resumes a tenant. Doing it again changes nothing. */
export async function moveTenant(c: Ctx, id: TenantId, to: "active" | "paused"): Promise<TenantWire> {
  const action = to === "paused" ? "tenant.paused" : "tenant.resumed";
  const entry = entryOf(c, { tenant: id, mode: null, at: Date.now(), action, target: id });
  const moved = await store.moveTenant(c.env.DB, id, to, entry);
  forgetTenantState(id);
  forgetTenant(id);
  return checkDeleting(moved);
}

/** Begins the end of a tenant: its keys stop at once, the rest is a job. Again: the same job, or its receipt. */
export async function deleteTenant(c: Ctx, id: TenantId): Promise<TenantDeletionWire> {
  const entry = entryOf(c, { tenant: id, mode: null, at: Date.now(), action: "tenant.deleted", target: id });
  await beginDeletion(c.env.DB, id, entry);
  forgetTenantState(id);
  forgetTenant(id);
  const begun = await foundDeletion(c, id);
  if (begun.state === "deleting") runAfterResponse(c, c.env.WAKE.send({ kind: DELETION, name: id }));
  return begun;
}

/** How far a tenant's deletion is, or its receipt; 404 when none was ever begun. */
export async function foundDeletion(c: Ctx, id: TenantId): Promise<TenantDeletionWire> {
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

/** The tenant; 404 when there is none. */
export async function foundTenant(c: Ctx, id: TenantId): Promise<TenantWire> {
  const tenant = await store.readTenant(c.env.DB, id);
  if (tenant === null) throw notFound();
  return tenant;
}

/** A tenant that may be changed. */
export function checkDeleting(tenant: TenantWire | null): TenantWire {
  if (tenant === null) throw notFound();
  if (tenant.state !== "deleting") return tenant;
  throw new ApiError(problemOf("tenant_deleting", "This tenant is being deleted and cannot be changed any more."));
}
