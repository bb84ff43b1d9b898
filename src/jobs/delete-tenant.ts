/**
 * Deletes a tenant in passes. A pass is started by the operator's request, by the pass before, or by the cron.
 *
 * The current step is stored in D1. A step does its work before the next step is stored, so after a crash it is
 * repeated, and every step is idempotent: rows and files are counted before they are removed.
 */

import { tenantObjectName, tenantPrefix, type UserAddress, userObjectName } from "../core/address.ts";
import { MODES, type Mode, type TenantId, type UserHash } from "../core/ids.ts";
import { QUEUE_BATCH, SWEEP_PAGE } from "../core/limits.ts";
import type { ClosedTenant, TenantRpc } from "../core/rpc/tenant.ts";
import type { TokenRpc } from "../core/rpc/token.ts";
import type { UserRpc } from "../core/rpc/user.ts";
import { type Deletion, nextDeletionStep } from "../core/tenant.ts";
import { DAY_MS, type EpochMs, SECOND_MS } from "../core/time.ts";
import type { Timings } from "../core/timings.ts";
import type { TenantRemovedWire } from "../core/wire/tenant.ts";
import { type Env, readConfig } from "../env.ts";
import { type Failpoint, failAt } from "../failpoints.ts";
import * as store from "../store/tenants.ts";
import { deleteUser } from "../store/users.ts";

/** Steps stored in one pass. Chosen: some thousand files, well within the subrequest limit of one invocation. */
const MAX_STEPS = 10;
/** Objects deleted concurrently. */
const CONCURRENCY = 20;

/** The result of a step: the next state of the deletion, or the time to wait until. */
type Progress = { readonly next: Deletion } | { readonly waitUntil: EpochMs };
type Step = (dependencies: DeletionDependencies, tenant: TenantId, at: Deletion, now: EpochMs) => Promise<Progress>;

const STEPS: Readonly<Record<Exclude<Deletion["step"], "rows">, Step>> = {
  endpoints: closeEndpoints,
  quiet: async ({ timings }, _tenant, at, now) => {
    const over = at.requestedAt + timings.tenantQuiet;
    return now >= over ? { next: nextDeletionStep(at) } : { waitUntil: over };
  },
  count: countEverything,
  users: eraseUsers,
  files: async (dependencies, tenant, at) => {
    const isOver = (await dependencies.deleteFiles(tenant)) === 0;
    await dependencies.failpoint("tenant.files_deleted");
    return { next: isOver ? nextDeletionStep(at) : at };
  },
  objects: async (dependencies, tenant, at) => {
    await Promise.all(
      MODES.flatMap((mode) => [dependencies.destroyTenant(tenant, mode), dependencies.destroyToken(tenant, mode)]),
    );
    await dependencies.failpoint("tenant.ended");
    return { next: nextDeletionStep(at) };
  },
};

/**
 * One pass over the deletion of a tenant, if it is due and no other pass is running. Rejects when a step fails: it is
 * retried soon.
 */
export async function deleteTenant(dependencies: DeletionDependencies, tenant: TenantId, now: EpochMs): Promise<void> {
  if (!(await dependencies.claim(tenant, now))) return;
  try {
    await runSteps(dependencies, tenant, now);
  } catch (error) {
    // If this fails too, the cron resumes when the claim has expired.
    await dependencies.postpone(tenant, now + dependencies.timings.retry, now).catch(() => undefined);
    throw error;
  }
}

async function runSteps(dependencies: DeletionDependencies, tenant: TenantId, now: EpochMs): Promise<void> {
  let deletion = await dependencies.read(tenant);
  for (let steps = 0; deletion !== null && deletion.completedAt === null && steps < MAX_STEPS; steps++) {
    if (deletion.step === "rows") return dependencies.finish(tenant, now);
    const progress = await STEPS[deletion.step](dependencies, tenant, deletion, now);
    if ("waitUntil" in progress) return dependencies.postpone(tenant, progress.waitUntil, now);
    deletion = progress.next;
    await dependencies.save(tenant, deletion);
  }
  await dependencies.postpone(tenant, now, now);
}

async function closeEndpoints(dependencies: DeletionDependencies, tenant: TenantId, at: Deletion): Promise<Progress> {
  const closed = await Promise.all(MODES.map((mode) => dependencies.closeTenant(tenant, mode)));
  await dependencies.failpoint("tenant.closed");
  const sum = (of: keyof ClosedTenant) => closed.reduce((all, one) => all + (one[of] ?? 0), 0);
  const counted = {
    endpoints: sum("endpoints"),
    hooks: sum("hooks"),
    events: sum("events"),
    deliveries: sum("deliveries"),
  };
  return { next: nextDeletionStep(withCounts(at, counted)) };
}

/** Lists the tenant's files once, a page at a time, then counts the rows. */
async function countEverything(dependencies: DeletionDependencies, tenant: TenantId, at: Deletion): Promise<Progress> {
  const page = await dependencies.listFiles(tenant, at.cursor);
  const before = at.cursor === null ? { files: 0, file_bytes: 0 } : at.removed;
  const counted = {
    files: before.files + page.files.length,
    file_bytes: before.file_bytes + page.files.reduce((sum, { size }) => sum + size, 0),
  };
  const last = page.files.at(-1)?.key;
  if (page.hasMore && last !== undefined) return { next: { ...withCounts(at, counted), cursor: last } };
  return { next: nextDeletionStep(withCounts(at, { ...counted, ...(await dependencies.countRows(tenant)) })) };
}

/** Starts the deletion of every user's object. It takes time; a user leaves the list when its deletion has started. */
async function eraseUsers(
  dependencies: DeletionDependencies,
  tenant: TenantId,
  at: Deletion,
  now: EpochMs,
): Promise<Progress> {
  const [mode = "", uh = ""] = at.cursor?.split(":") ?? [];
  const users = await dependencies.usersAfter(tenant, { mode, uh });
  await concurrently(users, (user) => dependencies.eraseUser({ tenant, ...user }));
  await dependencies.failpoint("tenant.left");
  const last = users.at(-1);
  if (last !== undefined) return { next: { ...at, cursor: `${last.mode}:${last.uh}` } };
  // A tombstone expires a month later by itself; every job that is due sooner belongs to the deletion.
  if ((await dependencies.unfinishedUsers(tenant, now + DAY_MS)) === 0) return { next: nextDeletionStep(at) };
  if (at.cursor !== null) return { next: { ...at, cursor: null } };
  return { waitUntil: now + dependencies.timings.retry };
}

const withCounts = (at: Deletion, counted: Partial<TenantRemovedWire>): Deletion => ({
  ...at,
  removed: { ...at.removed, ...counted },
});

async function concurrently<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += CONCURRENCY) await Promise.all(items.slice(at, at + CONCURRENCY).map(work));
}

/* The dependencies of a deletion, so that a test can make each of them fail once. */

type File = { readonly key: string; readonly size: number };

export type DeletionDependencies = ReturnType<typeof deletionDependencies>;

/** The dependencies for one environment. Every function is idempotent. */
export function deletionDependencies(env: Env) {
  const { DB, MEDIA, USER, TENANT, TOKEN, WAKE } = env;
  const config = readConfig(env);
  const { timings } = config;
  // each class implements its RPC interface; stubs carry its methods under the same names
  const tenantOf = (tenant: TenantId, mode: Mode) =>
    TENANT.getByName(tenantObjectName({ tenant, mode })) as unknown as TenantRpc;
  const tokenOf = (tenant: TenantId, mode: Mode) =>
    TOKEN.getByName(tenantObjectName({ tenant, mode })) as unknown as TokenRpc;
  const userOf = (address: UserAddress) => USER.getByName(userObjectName(address)) as unknown as UserRpc;
  return {
    timings: timings as Timings,
    claim: (tenant: TenantId, now: EpochMs): Promise<boolean> =>
      store.claimDeletion(DB, tenant, now, now + timings.stepLease),
    read: (tenant: TenantId): Promise<Deletion | null> => store.readDeletion(DB, tenant),
    save: (tenant: TenantId, deletion: Deletion): Promise<void> => store.saveDeletion(DB, tenant, deletion),
    /** Continues at a given time, with a wake message of its own, which is sooner than the cron. */
    postpone: async (tenant: TenantId, dueAt: EpochMs, now: EpochMs): Promise<void> => {
      await store.postponeDeletion(DB, tenant, dueAt);
      const delaySeconds = Math.max(0, Math.ceil((dueAt - now) / SECOND_MS));
      await WAKE.send({ kind: store.DELETION, name: tenant }, { delaySeconds });
    },
    finish: (tenant: TenantId, now: EpochMs): Promise<void> => store.finishDeletion(DB, tenant, now),
    closeTenant: (tenant: TenantId, mode: Mode): Promise<ClosedTenant> => tenantOf(tenant, mode).close(),
    destroyTenant: (tenant: TenantId, mode: Mode): Promise<void> => tenantOf(tenant, mode).destroy(),
    destroyToken: (tenant: TenantId, mode: Mode): Promise<void> => tokenOf(tenant, mode).destroy(),
    countRows: (tenant: TenantId) => store.countRows(DB, tenant),
    usersAfter: (tenant: TenantId, after: { mode: string; uh: string }): Promise<{ mode: Mode; uh: UserHash }[]> =>
      store.usersAfter(DB, tenant, after, QUEUE_BATCH),
    unfinishedUsers: (tenant: TenantId, before: EpochMs): Promise<number> => store.unfinishedUsers(DB, tenant, before),
    /** A listed user whose object no longer exists is removed from the list. */
    eraseUser: async (address: UserAddress): Promise<void> => {
      const started = await userOf(address).eraseUser();
      if (!started.ok) await deleteUser(DB, address, Date.now());
    },
    /** A failpoint between two outside effects: returns at once unless the test run is configured to crash here. */
    failpoint: (at: Failpoint): Promise<void> => failAt(at, config),
    /** A page of the tenant's files in order of key, after the given one. */
    listFiles: async (tenant: TenantId, after: string | null): Promise<{ files: File[]; hasMore: boolean }> => {
      const from = after === null ? {} : { startAfter: after };
      const page = await MEDIA.list({ prefix: tenantPrefix(tenant), limit: SWEEP_PAGE, ...from });
      return { files: page.objects.map(({ key, size }) => ({ key, size })), hasMore: page.truncated };
    },
    /** Deletes a page of the tenant's files; returns how many there were. */
    deleteFiles: async (tenant: TenantId): Promise<number> => {
      const { objects } = await MEDIA.list({ prefix: tenantPrefix(tenant), limit: SWEEP_PAGE });
      if (objects.length > 0) await MEDIA.delete(objects.map(({ key }) => key));
      return objects.length;
    },
  };
}
