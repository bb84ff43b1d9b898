/** Operator routes for tenants. */
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import * as z from "zod";
import { tenantWarnings } from "../../core/tenant.ts";
import { plain } from "../../core/wire/common.ts";
import { newTenant, tenantChange } from "../../core/wire/tenant.ts";
import type { AppEnv } from "../../http/context.ts";
import { plainPage } from "../../http/define-route.ts";
import { cutPage } from "../../http/page.ts";
import { checkInvalid } from "../../http/problem.ts";
import { readJson, readValuesOf } from "../../http/request-body.ts";
import {
  createTenant,
  getTenant,
  getTenantDeletion,
  setTenantState,
  startTenantDeletion,
  updateTenant,
} from "../../services/tenants.ts";
import { listAudit } from "../../store/audit.ts";
import { listTenants } from "../../store/tenants.ts";

const params = zValidator("param", z.object({ id: plain("ten") }), checkInvalid);
const query = zValidator("query", plainPage("ten"), checkInvalid);
const entryQuery = zValidator("query", plainPage("aud"), checkInvalid);

export function adminTenants(): Hono<AppEnv> {
  const admin = new Hono<AppEnv>();

  admin.post("/tenants", readJson, readValuesOf(newTenant), zValidator("json", newTenant, checkInvalid), async (c) => {
    const made = await createTenant(c, c.req.valid("json"));
    return c.json({ ...made, warnings: tenantWarnings(c.var.config) }, 201, { Location: `/admin/tenants/${made.id}` });
  });

  admin.get("/tenants", query, async (c) => {
    const { limit, after } = c.req.valid("query");
    return c.json(cutPage(await listTenants(c.env.DB, limit + 1, after ?? null), limit));
  });

  admin.get("/tenants/:id", params, async (c) => c.json(await getTenant(c, c.req.valid("param").id)));

  admin.patch(
    "/tenants/:id",
    params,
    readJson,
    readValuesOf(tenantChange),
    zValidator("json", tenantChange, checkInvalid),
    async (c) => c.json(await updateTenant(c, c.req.valid("param").id, c.req.valid("json"))),
  );

  admin.post("/tenants/:id/pause", params, async (c) =>
    c.json(await setTenantState(c, c.req.valid("param").id, "paused")),
  );

  admin.post("/tenants/:id/resume", params, async (c) =>
    c.json(await setTenantState(c, c.req.valid("param").id, "active")),
  );

  admin.delete("/tenants/:id", params, async (c) => {
    const deletion = await startTenantDeletion(c, c.req.valid("param").id);
    return c.json(deletion, 202, { Location: `/admin/tenants/${deletion.tenant}/deletion` });
  });

  admin.get("/tenants/:id/deletion", params, async (c) => c.json(await getTenantDeletion(c, c.req.valid("param").id)));

  admin.get("/tenants/:id/audit_log", params, entryQuery, async (c) => {
    const { limit, after } = c.req.valid("query");
    const of = { tenant: c.req.valid("param").id, mode: null };
    return c.json(cutPage(await listAudit(c.env.DB, of, limit + 1, after ?? null), limit));
  });

  return admin;
}
