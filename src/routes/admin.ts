/** The operator's routes. They require the admin token, have an OpenAPI document of their own and send no CORS headers. */

import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import * as z from "zod";
import { kidOf } from "../core/crypto.ts";
import { SWEEP_PAGE } from "../core/limits.ts";
import { rowsFor } from "../core/page.ts";
import { METRICS_TYPE, type Measured, metricsOf, statusOf } from "../core/status.ts";
import { tenantWarnings } from "../core/tenant.ts";
import { DAY_MS } from "../core/time.ts";
import { plain } from "../core/wire/common.ts";
import { newInvite } from "../core/wire/invite.ts";
import { newKey, rotation } from "../core/wire/key.ts";
import { newTenant, tenantChange } from "../core/wire/tenant.ts";
import { allUsageQuery } from "../core/wire/usage.ts";
import type { AppEnv, Ctx } from "../http/context.ts";
import { plainPage } from "../http/define-route.ts";
import { adminAuth } from "../http/middleware/auth.ts";
import { operatorsToken } from "../http/objects.ts";
import { adminDocumentOf, serveDocument } from "../http/openapi.ts";
import { pageOfRows, pageRequest } from "../http/page.ts";
import { checkInvalid } from "../http/problem.ts";
import { readJson, readValuesOf } from "../http/request-body.ts";
import { createInvite, revokeInvite } from "../services/invites.ts";
import { createKey, getKey, revokeStoredKey, rotateStoredKey } from "../services/keys.ts";
import {
  checkNotDeleting,
  createTenant,
  getTenant,
  getTenantDeletion,
  setTenantState,
  startTenantDeletion,
  updateTenant,
} from "../services/tenants.ts";
import { showTenantUsage, usageCsv, usageOfTenants } from "../services/usage.ts";
import { listAudit } from "../store/audit.ts";
import { countDeadLettersSince, deadLetters } from "../store/dead-letters.ts";
import { countStaleEncryptions } from "../store/encryption.ts";
import { listInvites } from "../store/invites.ts";
import { listKeys } from "../store/keys.ts";
import { listTenants, oldestDue, outboxBacklog, overdue } from "../store/tenants.ts";
import { countTokens } from "../store/users.ts";
import { ADMIN_ROUTES } from "./admin-document.ts";

const tenantParams = zValidator("param", z.object({ id: plain("ten") }), checkInvalid);
const tenantQuery = zValidator("query", plainPage("ten"), checkInvalid);
const keyParams = zValidator("param", z.object({ id: plain("key") }), checkInvalid);
const keyQuery = zValidator("query", plainPage("key"), checkInvalid);
const inviteParams = zValidator("param", z.object({ id: plain("inv") }), checkInvalid);
const inviteQuery = zValidator("query", plainPage("inv"), checkInvalid);
const entryQuery = zValidator("query", plainPage("aud"), checkInvalid);

function adminTenants(): Hono<AppEnv> {
  const admin = new Hono<AppEnv>();

  admin.post("/tenants", readJson, readValuesOf(newTenant), zValidator("json", newTenant, checkInvalid), async (c) => {
    const made = await createTenant(c, c.req.valid("json"));
    return c.json({ ...made, warnings: tenantWarnings(c.var.config) }, 201, { Location: `/admin/tenants/${made.id}` });
  });

  admin.get("/tenants", tenantQuery, async (c) => {
    const page = pageRequest(c.req.valid("query"));
    return c.json(pageOfRows(await listTenants(c.env.DB, rowsFor(page), page.after), page));
  });

  admin.get("/tenants/:id", tenantParams, async (c) => c.json(await getTenant(c, c.req.valid("param").id)));

  admin.patch(
    "/tenants/:id",
    tenantParams,
    readJson,
    readValuesOf(tenantChange),
    zValidator("json", tenantChange, checkInvalid),
    async (c) => c.json(await updateTenant(c, c.req.valid("param").id, c.req.valid("json"))),
  );

  admin.post("/tenants/:id/pause", tenantParams, async (c) =>
    c.json(await setTenantState(c, c.req.valid("param").id, "paused")),
  );

  admin.post("/tenants/:id/resume", tenantParams, async (c) =>
    c.json(await setTenantState(c, c.req.valid("param").id, "active")),
  );

  admin.delete("/tenants/:id", tenantParams, async (c) => {
    const deletion = await startTenantDeletion(c, c.req.valid("param").id);
    return c.json(deletion, 202, { Location: `/admin/tenants/${deletion.tenant}/deletion` });
  });

  admin.get("/tenants/:id/deletion", tenantParams, async (c) =>
    c.json(await getTenantDeletion(c, c.req.valid("param").id)),
  );

  admin.get("/tenants/:id/audit_log", tenantParams, entryQuery, async (c) => {
    const page = pageRequest(c.req.valid("query"));
    const of = { tenant: c.req.valid("param").id, mode: null };
    return c.json(pageOfRows(await listAudit(c.env.DB, of, rowsFor(page), page.after), page));
  });

  return admin;
}

/**
 * What the status and the metrics are made of: nine queries of indexes in D1 and one call to the object of the
 * operator's token, however many tenants there are.
 */
async function measure({ env, var: { config } }: Ctx): Promise<Measured> {
  const { DB } = env;
  const now = Date.now();
  const [late, oldestDueAt, outboxBacklogCount, dead, deadLettersToday, staleEncryption, live, test, operators] =
    await Promise.all([
      overdue(DB, now, null, SWEEP_PAGE),
      oldestDue(DB),
      outboxBacklog(DB),
      deadLetters(DB),
      countDeadLettersSince(DB, now - DAY_MS),
      kidOf(config.rootSecret).then((kid) => countStaleEncryptions(DB, kid)),
      countTokens(DB, "live", now),
      countTokens(DB, "test", now),
      operatorsToken(env).read(),
    ]);
  return {
    now,
    overdue: late.length,
    overdueLimit: SWEEP_PAGE,
    oldestDueAt,
    outboxBacklog: outboxBacklogCount,
    deadLetters: dead,
    deadLettersToday,
    staleEncryption,
    hasPreviousRoot: config.rootSecretPrevious !== null,
    tokens: { operator: operators.state, live, test },
  };
}

function adminStatus(): Hono<AppEnv> {
  const admin = new Hono<AppEnv>();
  admin.get("/status", async (c) => c.json(statusOf(await measure(c))));
  admin.get("/metrics", async (c) => c.body(metricsOf(await measure(c)), 200, { "Content-Type": METRICS_TYPE }));
  return admin;
}

function adminUsage(): Hono<AppEnv> {
  const admin = new Hono<AppEnv>();
  admin.get("/usage", zValidator("query", allUsageQuery, checkInvalid), async (c) => {
    const query = c.req.valid("query");
    const { data, has_more, next_cursor, from, to } = await usageOfTenants(c, query);
    if (query.format === "json") return c.json({ data: data.map(showTenantUsage), has_more, next_cursor, from, to });
    const next = new URL(c.req.url);
    if (next_cursor !== null) next.searchParams.set("after", next_cursor);
    return c.body(usageCsv(data), 200, {
      "Content-Type": "text/csv; charset=utf-8; header=present",
      ...(next_cursor === null ? {} : { Link: `<${next.pathname}${next.search}>; rel="next"` }),
    });
  });
  return admin;
}

function adminKeys(): Hono<AppEnv> {
  const admin = new Hono<AppEnv>();

  admin.post(
    "/tenants/:id/keys",
    tenantParams,
    readJson,
    readValuesOf(newKey),
    zValidator("json", newKey, checkInvalid),
    async (c) => {
      const { id: tenant } = checkNotDeleting(await getTenant(c, c.req.valid("param").id));
      const { mode, name, scopes, expires_at } = c.req.valid("json");
      const expiresAt = expires_at === null ? null : Date.parse(expires_at);
      return c.json(await createKey(c, { tenant, mode }, { name, scopes, expiresAt }), 201);
    },
  );

  admin.get("/tenants/:id/keys", tenantParams, keyQuery, async (c) => {
    const page = pageRequest(c.req.valid("query"));
    const of = { tenant: c.req.valid("param").id, mode: null };
    return c.json(pageOfRows(await listKeys(c.env.DB, of, rowsFor(page), page.after), page));
  });

  admin.post(
    "/keys/:id/rotate",
    keyParams,
    readJson,
    readValuesOf(rotation),
    zValidator("json", rotation, checkInvalid),
    async (c) => {
      const old = await getKey(c, c.req.valid("param").id);
      return c.json(await rotateStoredKey(c, old, c.req.valid("json").grace_seconds), 201);
    },
  );

  admin.post("/keys/:id/revoke", keyParams, async (c) => {
    return c.json(await revokeStoredKey(c, await getKey(c, c.req.valid("param").id), true));
  });

  return admin;
}

function adminInvites(): Hono<AppEnv> {
  const admin = new Hono<AppEnv>();

  admin.post(
    "/tenants/:id/invites",
    tenantParams,
    readJson,
    readValuesOf(newInvite),
    zValidator("json", newInvite, checkInvalid),
    async (c) => c.json(await createInvite(c, c.req.valid("param").id, c.req.valid("json")), 201),
  );

  admin.get("/tenants/:id/invites", tenantParams, inviteQuery, async (c) => {
    const page = pageRequest(c.req.valid("query"));
    const found = await listInvites(c.env.DB, c.req.valid("param").id, rowsFor(page), page.after, Date.now());
    return c.json(pageOfRows(found, page));
  });

  admin.delete("/invites/:id", inviteParams, async (c) => c.json(await revokeInvite(c, c.req.valid("param").id)));

  return admin;
}

/** The admin app; mount it under `/admin`. */
export function adminRoutes(): Hono<AppEnv> {
  const admin = new Hono<AppEnv>();
  admin.use(adminAuth);
  admin.get(
    "/openapi.json",
    serveDocument(() => adminDocumentOf(ADMIN_ROUTES)),
  );
  for (const part of [adminTenants(), adminKeys(), adminInvites(), adminStatus(), adminUsage()]) admin.route("/", part);
  return admin;
}
