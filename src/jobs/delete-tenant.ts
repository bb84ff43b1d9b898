/**
 * The end of a tenant, pass by pass: a nudge from the operator's request, from the pass before, or from the cron.
 *
 * Where it stands is in D1. A step does its work and only then is the next place written down, so whatever dies in between
 * is done again, and every step bears that: erasing is idempotent, and what is counted is counted before it goes.
 */

import { tenantObjectName, tenantPrefix, type UserAddress, userObjectName } from "../core/address.ts";
import type { Failpoint } from "../core/failpoints.ts";
import { MODES, type Mode, type TenantId, type UserHash } from "../core/ids.ts";
import { QUEUE_BATCH, SWEEP_PAGE } from "../core/limits.ts";
import type { ClosedTenant, TenantRpc } from "../core/rpc/tenant.ts";
import type { TokenRpc } from "../core/rpc/token.ts";
import type { UserRpc } from "../core/rpc/user.ts";
import { type Deletion, nextStep } from "../core/tenant.ts";
import { DAY_MS, type EpochMs, SECOND_MS } from "../core/time.ts";
import type { Timings } from "../core/timings.ts";
import type { TenantRemovedWire } from "../core/wire/deletion.ts";
import { type Env, readConfig } from "../env.ts";
import { failAt } from "../failpoints.ts";
import * as deletions from "../store/deletions.ts";
import { deleteUser } from "../store/users.ts";

/** Places written down in one pass. Chosen: some thousand files, well within one invocation's subrequests. */
const MOVES = 10;
/** Objects ended side by side. */
const CONCURRENCY = 20;

/** Where a step leaves off: the deletion's next place, or the news that it must wait until a moment. */
type Progress = { readonly next: Deletion } | { readonly waitUntil: EpochMs };
type Step = (world: DeletionWorld, tenant: TenantId, at: Deletion, now: EpochMs) => Promise<Progress>;

const STEPS: Readonly<Record<Exclude<Deletion["step"], "rows">, Step>> = {
  endpoints: closeEndpoints,
  quiet: async ({ timings }, _tenant, at, now) => {
    const over = at.requestedAt + timings.tenantQuiet;
    return now >= over ? { next: nextStep(at) } : { waitUntil: over };
  },
  count: countEverything,
  users: eraseUsers,
  files: async (world, tenant, at) => {
    const isOver = (await world.deleteFiles(tenant)) === 0;
    await world.boundary("tenant.filed");
    return { next: isOver ? nextStep(at) : at };
  },
  objects: async (world, tenant, at) => {
    await Promise.all(MODES.flatMap((mode) => [world.endTenant(tenant, mode), world.endToken(tenant, mode)]));
    await world.boundary("tenant.ended");
    return { next: nextStep(at) };
  },
};

/** One pass over the deletion of a tenant, if it is due and nobody else has it. Rejects when a step fails: it is due again soon. */
export async function deleteTenant(world: DeletionWorld, tenant: TenantId, now: EpochMs): Promise<void> {
  if (!(await world.take(tenant, now))) return;
  try {
    await moveOn(world, tenant, now);
  } catch (error) {
    // Where this fails too, the cron comes back when the time it was taken for is over.
    await world.postpone(tenant, now + world.timings.retry, now).catch(() => undefined);
    throw error;
  }
}

async function moveOn(world: DeletionWorld, tenant: TenantId, now: EpochMs): Promise<void> {
  let deletion = await world.read(tenant);
  for (let moves = 0; deletion !== null && deletion.completedAt === null && moves < MOVES; moves++) {
    if (deletion.step === "rows") return world.finish(tenant, now);
    const progress = await STEPS[deletion.step](world, tenant, deletion, now);
    if ("waitUntil" in progress) return world.postpone(tenant, progress.waitUntil, now);
    deletion = progress.next;
    await world.move(tenant, deletion);
  }
  await world.postpone(tenant, now, now);
}

async function closeEndpoints(world: DeletionWorld, tenant: TenantId, at: Deletion): Promise<Progress> {
  const closed = await Promise.all(MODES.map((mode) => world.closeTenant(tenant, mode)));
  await world.boundary("tenant.closed");
  const sum = (of: keyof ClosedTenant) => closed.reduce((all, one) => all + (one[of] ?? 0), 0);
  const counted = {
    endpoints: sum("endpoints"),
    hooks: sum("hooks"),
    events: sum("events"),
    deliveries: sum("deliveries"),
  };
  return { next: nextStep(withCounts(at, counted)) };
}

/** Goes through the store once by the names of files, a page at a time, then counts the rows. */
async function countEverything(world: DeletionWorld, tenant: TenantId, at: Deletion): Promise<Progress> {
  const page = await world.listFiles(tenant, at.cursor);
  const before = at.cursor === null ? { files: 0, file_bytes: 0 } : at.removed;
  const counted = {
    files: before.files + page.files.length,
    file_bytes: before.file_bytes + page.files.reduce((sum, { size }) => sum + size, 0),
  };
  const last = page.files.at(-1)?.key;
  if (page.hasMore && last !== undefined) return { next: { ...withCounts(at, counted), cursor: last } };
  return { next: nextStep(withCounts(at, { ...counted, ...(await world.countRows(tenant)) })) };
}

/** Tells every user's object to erase itself; they take their time, and leave the list when they have begun. */
async function eraseUsers(world: DeletionWorld, tenant: TenantId, at: Deletion, now: EpochMs): Promise<Progress> {
  const [mode = "", uh = ""] = at.cursor?.split(":") ?? [];
  const users = await world.usersAfter(tenant, { mode, uh });
  await concurrently(users, (user) => world.eraseUser({ tenant, ...user }));
  await world.boundary("tenant.left");
  const last = users.at(-1);
  if (last !== undefined) return { next: { ...at, cursor: `${last.mode}:${last.uh}` } };
  // A tombstone goes by itself, a month later; everything that is due sooner is still part of the erasing.
  if ((await world.unfinishedUsers(tenant, now + DAY_MS)) === 0) return { next: nextStep(at) };
  if (at.cursor !== null) return { next: { ...at, cursor: null } };
  return { waitUntil: now + world.timings.retry };
}

const withCounts = (at: Deletion, counted: Partial<TenantRemovedWire>): Deletion => ({
  ...at,
  removed: { ...at.removed, ...counted },
});

async function concurrently<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += CONCURRENCY) await Promise.all(items.slice(at, at + CONCURRENCY).map(work));
}

/* Everything that a tenant's deletion touches outside itself, so that a test can break each touch once. */

type File = { readonly key: string; readonly size: number };

export type DeletionWorld = ReturnType<typeof deletionWorld>;

/** The world of one environment. Every function may be called again with the same effect. */
export function deletionWorld(env: Env) {
  const { DB, MEDIA, USER, TENANT, TOKEN, WAKE } = env;
  const config = readConfig(env);
  const { timings } = config;
  // Each class implements its port; RPC stubs carry its methods under the same names.
  const tenantOf = (tenant: TenantId, mode: Mode) =>
    TENANT.getByName(tenantObjectName({ tenant, mode })) as unknown as TenantRpc;
  const tokenOf = (tenant: TenantId, mode: Mode) =>
    TOKEN.getByName(tenantObjectName({ tenant, mode })) as unknown as TokenRpc;
  const userOf = (address: UserAddress) => USER.getByName(userObjectName(address)) as unknown as UserRpc;
  return {
    timings: timings as Timings,
    take: (tenant: TenantId, now: EpochMs): Promise<boolean> =>
      deletions.takeDeletion(DB, tenant, now, now + timings.stepLease),
    read: (tenant: TenantId): Promise<Deletion | null> => deletions.readDeletion(DB, tenant),
    move: (tenant: TenantId, deletion: Deletion): Promise<void> => deletions.moveDeletion(DB, tenant, deletion),
    /** Goes on at a moment; sooner than the cron would, with a nudge of its own. */
    postpone: async (tenant: TenantId, dueAt: EpochMs, now: EpochMs): Promise<void> => {
      await deletions.postponeDeletion(DB, tenant, dueAt);
      const delaySeconds = Math.max(0, Math.ceil((dueAt - now) / SECOND_MS));
      await WAKE.send({ kind: deletions.DELETION, name: tenant }, { delaySeconds });
    },
    finish: (tenant: TenantId, now: EpochMs): Promise<void> => deletions.finishDeletion(DB, tenant, now),
    closeTenant: (tenant: TenantId, mode: Mode): Promise<ClosedTenant> => tenantOf(tenant, mode).close(),
    endTenant: (tenant: TenantId, mode: Mode): Promise<void> => tenantOf(tenant, mode).destroy(),
    endToken: (tenant: TenantId, mode: Mode): Promise<void> => tokenOf(tenant, mode).destroy(),
    countRows: (tenant: TenantId) => deletions.countRows(DB, tenant),
    usersAfter: (tenant: TenantId, after: { mode: string; uh: string }): Promise<{ mode: Mode; uh: UserHash }[]> =>
      deletions.usersAfter(DB, tenant, after, QUEUE_BATCH),
    unfinishedUsers: (tenant: TenantId, before: EpochMs): Promise<number> =>
      deletions.unfinishedUsers(DB, tenant, before),
    /** A listed user that has no object any more is listed no more. */
    eraseUser: async (address: UserAddress): Promise<void> => {
      const begun = await userOf(address).eraseUser();
      if (!begun.ok) await deleteUser(DB, address);
    },
    /** A named moment between two outside effects; returns at once unless this run is meant to die here. */
    boundary: (at: Failpoint): Promise<void> => failAt(at, config),
    /** A page of the tenant's files by name, behind the given one. */
    listFiles: async (tenant: TenantId, after: string | null): Promise<{ files: File[]; hasMore: boolean }> => {
      const from = after === null ? {} : { startAfter: after };
      const page = await MEDIA.list({ prefix: tenantPrefix(tenant), limit: SWEEP_PAGE, ...from });
      return { files: page.objects.map(({ key, size }) => ({ key, size })), hasMore: page.truncated };
    },
    /** Removes a page of the tenant's files; how many there were. */
    deleteFiles: async (tenant: TenantId): Promise<number> => {
      const { objects } = await MEDIA.list({ prefix: tenantPrefix(tenant), limit: SWEEP_PAGE });
      if (objects.length > 0) await MEDIA.delete(objects.map(({ key }) => key));
      return objects.length;
    },
  };
}
