/** Creates a tenant and its key through the operator's routes. */
import * as z from "zod";
import { shownKey } from "../../src/core/wire/key.ts";
import { tenant } from "../../src/core/wire/tenant.ts";
import type { Api } from "./api.ts";

/** Creates a tenant; returns its id. `more`: other fields of the request. */
export async function makeTenant(
  admin: Api,
  name: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const json = { name, ...more };
  const made = await admin.get("/admin/tenants", z.object({ id: tenant.shape.id }), { method: "POST", json });
  return made.id;
}

/** Creates a key of this tenant with every scope; returns its secret. */
export async function makeKey(admin: Api, tenantId: string, mode: "live" | "test", name: string): Promise<string> {
  const secret = z.object({ secret: shownKey.shape.secret });
  const made = await admin.get(`/admin/tenants/${tenantId}/keys`, secret, { method: "POST", json: { name, mode } });
  return made.secret;
}
