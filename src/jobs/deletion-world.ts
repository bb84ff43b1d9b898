/** Everything that a tenant's deletion touches outside itself, so that a test can break each touch once. */
import { tenantObjectName, tenantPrefix, type UserAddress, userObjectName } from "../core/address.ts";
import type { Boundary } from "../core/boundaries.ts";
import type { Deletion } from "../core/deletion.ts";
import type { Mode, TenantId, UserHash } from "../core/ids.ts";
import { QUEUE_BATCH, SWEEP_PAGE } from "../core/limits.ts";
import type { UserPort } from "../core/ports.ts";
import type { ClosedTenant, TenantPort } from "../core/tenant-port.ts";
import { type EpochMs, SECOND_MS } from "../core/time.ts";
import type { TokenPort } from "../core/token-port.ts";
import type { Waits } from "../core/waits.ts";
import { dieAt } from "../crash.ts";
import { type Env, readConfig } from "../env.ts";
import * as deletions from "../store/deletions.ts";
import { deleteUser } from "../store/users.ts";

type File = { readonly key: string; readonly size: number };

export type DeletionWorld = ReturnType<typeof deletionWorld>;

/** The world of one environment. Every function may be called again with the same effect. */
export function deletionWorld(env: Env) {
  const { DB, MEDIA, USER, TENANT, TOKEN, WAKE } = env;
  const config = readConfig(env);
  const { waits } = config;
  // Each class implements its port; RPC stubs carry its methods under the same names.
  const tenantOf = (tenant: TenantId, mode: Mode) =>
    TENANT.getByName(tenantObjectName({ tenant, mode })) as unknown as TenantPort;
  const tokenOf = (tenant: TenantId, mode: Mode) =>
    TOKEN.getByName(tenantObjectName({ tenant, mode })) as unknown as TokenPort;
  const userOf = (address: UserAddress) => USER.getByName(userObjectName(address)) as unknown as UserPort;
  return {
    waits: waits as Waits,
    take: (tenant: TenantId, now: EpochMs): Promise<boolean> =>
      deletions.takeDeletion(DB, tenant, now, now + waits.stepLease),
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
    boundary: (at: Boundary): Promise<void> => dieAt(at, config),
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
