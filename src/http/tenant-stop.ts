/** What needs no key, links and stream tickets, asks for itself whether its tenant is stopped. */
import type { TenantId } from "../core/ids.ts";
import { isTenantStopped } from "../store/tenant-states.ts";
import { apiError } from "./api-error.ts";
import type { Ctx } from "./context.ts";

/** Refuses while the tenant is paused or being deleted. Where nobody can say, what was handed out goes on working. */
export async function refuseStopped({ env, var: { config } }: Ctx, tenant: TenantId): Promise<void> {
  if ((await isTenantStopped(env.DB, tenant, config.waits.tenantState, Date.now())) === true) throw tenantPaused();
}

export const tenantPaused = () => apiError("tenant_paused", "The operator has paused this account.");
