/** Whether an object's tenant is stopped: asked before work that may cost something or leaves for somebody else's machine. */
import { parseScope } from "../core/address.ts";
import { isTenantStopped } from "../store/tenant-states.ts";
import type { Ground } from "./ground.ts";

/** Whether work of the tenant has to wait. It waits too where nobody can say: waiting costs nothing and is over by itself. */
export const mustWait = async (ground: Ground): Promise<boolean> => (await stopped(ground)) ?? true;

/** Whether what is open has to end. It stays open where nobody can say: it ends by itself soon. */
export const mustEnd = async (ground: Ground): Promise<boolean> => (await stopped(ground)) ?? false;

const stopped = ({ env, name, config, now }: Ground): Promise<boolean | null> =>
  isTenantStopped(env.DB, parseScope(name).tenant, config.waits.tenantState, now());
