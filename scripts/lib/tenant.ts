/** A tenant and its key, made by the operator's routes. */
import * as z from "zod";
import { shownKey } from "../../src/core/wire/key.ts";
import { tenant } from "../../src/core/wire/tenant.ts";
import type { Api } from "./api.ts";

/** A new tenant; answers with its id. */
export async function makeTenant(admin: Api, name: string): Promise<string> {
  const made = await admin.get("/admin/tenants", z.object({ id: tenant.shape.id }), { method: "POST", json: { name } });
  return made.id;
}

/** A new key of this tenant, with every scope. The secret is shown this one time. */
export async function makeKey(admin: Api, tenantId: string, mode: "live" | "test", name: string): Promise<string> {
  const secret = z.object({ secret: shownKey.shape.secret });
  const made = await admin.get(`/admin/tenants/${tenantId}/keys`, secret, { method: "POST", json: { name, mode } });
  return made.secret;
}
