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
import { pageSchema, plain } from "../core/wire/common.ts";
import { createdInvite, createdKey, invite, key, newInvite, newKey, rotation } from "../core/wire/key.ts";
import { gatewayStatus } from "../core/wire/status.ts";
import { auditEntry, createdTenant, newTenant, tenant, tenantChange, tenantDeletion } from "../core/wire/tenant.ts";
import { allUsagePage, allUsageQuery } from "../core/wire/usage.ts";
import type { AppEnv, Ctx } from "../http/context.ts";
import { jsonBody, jsonResponse, plainPage, problemResponses, sharedParameter } from "../http/define-route.ts";
import { adminAuth } from "../http/middleware/auth.ts";
import { operatorsToken } from "../http/objects.ts";
import { adminDocumentOf, type DocumentedRoute, serveDocument } from "../http/openapi.ts";
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
import { listInvites } from "../store/invites.ts";
import { listKeys } from "../store/keys.ts";
import {
  countDeadLettersSince,
  countStaleEncryptions,
  deadLetters,
  oldestDue,
  outboxBacklog,
  overdue,
} from "../store/status.ts";
import { listTenants } from "../store/tenants.ts";
import { countTokens } from "../store/users.ts";

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

/* The routes as their OpenAPI document describes them. A test compares it with the router. */

const tenantPath = z.object({ id: plain("ten") });
const keyPath = z.object({ id: plain("key") });
const keyPage = pageSchema(key);

type Described = Pick<DocumentedRoute, "method" | "path" | "request"> & {
  readonly operationId: string;
  readonly tag: "Tenants" | "Keys" | "Invites" | "Status" | "Usage";
  readonly summary: string;
  readonly description: string;
  readonly responses: DocumentedRoute["responses"];
};

const describe = ({ tag, responses, ...rest }: Described): DocumentedRoute => ({
  ...rest,
  tags: [tag],
  security: [{ admin: [] }],
  parameters: rest.method === "post" ? [sharedParameter("IdempotencyKey")] : [],
  responses: { ...responses, ...problemResponses },
});

const change = (action: "pause" | "resume", summary: string, description: string): DocumentedRoute =>
  describe({
    method: "post",
    path: `/admin/tenants/{id}/${action}`,
    operationId: `tenants.${action}`,
    tag: "Tenants",
    summary,
    description,
    request: { params: tenantPath },
    responses: { 200: jsonResponse(tenant, "The tenant.") },
  });

export const ADMIN_ROUTES: readonly DocumentedRoute[] = [
  describe({
    method: "post",
    path: "/admin/tenants",
    operationId: "tenants.create",
    tag: "Tenants",
    summary: "Create a tenant",
    description: "`warnings` says what the tenant cannot do yet.",
    request: { body: jsonBody(newTenant) },
    responses: { 201: jsonResponse(createdTenant, "The tenant.") },
  }),
  describe({
    method: "get",
    path: "/admin/tenants",
    operationId: "tenants.list",
    tag: "Tenants",
    summary: "List tenants",
    description: "Newest first.",
    request: { query: plainPage("ten") },
    responses: { 200: jsonResponse(pageSchema(tenant), "A page of tenants.") },
  }),
  describe({
    method: "get",
    path: "/admin/tenants/{id}",
    operationId: "tenants.retrieve",
    tag: "Tenants",
    summary: "Retrieve a tenant",
    description: "Returns the tenant with its quotas.",
    request: { params: tenantPath },
    responses: { 200: jsonResponse(tenant, "The tenant.") },
  }),
  describe({
    method: "patch",
    path: "/admin/tenants/{id}",
    operationId: "tenants.update",
    tag: "Tenants",
    summary: "Update a tenant",
    description: "Fields that are not sent keep their values; null resets a quota to its default.",
    request: { params: tenantPath, body: jsonBody(tenantChange) },
    responses: { 200: jsonResponse(tenant, "The tenant.") },
  }),
  change("pause", "Pause a tenant", "Its keys are rejected, and work that would start something waits."),
  change("resume", "Resume a tenant", "Its keys are accepted again, and waiting work continues."),
  describe({
    method: "delete",
    path: "/admin/tenants/{id}",
    operationId: "tenants.delete",
    tag: "Tenants",
    summary: "Delete a tenant",
    description: "Revokes its keys at once. A job deletes everything else.",
    request: { params: tenantPath },
    responses: { 202: jsonResponse(tenantDeletion, "The job that deletes the tenant.") },
  }),
  describe({
    method: "get",
    path: "/admin/tenants/{id}/deletion",
    operationId: "tenants.deletion",
    tag: "Tenants",
    summary: "Retrieve the deletion of a tenant",
    description: "Returns the job's step, and at the end what it deleted.",
    request: { params: tenantPath },
    responses: { 200: jsonResponse(tenantDeletion, "The job that deletes the tenant.") },
  }),
  describe({
    method: "get",
    path: "/admin/tenants/{id}/audit_log",
    operationId: "tenants.audit_log",
    tag: "Tenants",
    summary: "List the audit log entries of a tenant",
    description: "Newest first, of both modes.",
    request: { params: tenantPath, query: plainPage("aud") },
    responses: { 200: jsonResponse(pageSchema(auditEntry), "A page of audit log entries.") },
  }),
  describe({
    method: "post",
    path: "/admin/tenants/{id}/keys",
    operationId: "keys.create",
    tag: "Keys",
    summary: "Create an API key",
    description:
      "The secret is returned once: a repeated call with the same `Idempotency-Key` returns the key without it.",
    request: { params: tenantPath, body: jsonBody(newKey) },
    responses: { 201: jsonResponse(createdKey, "The key and its secret.") },
  }),
  describe({
    method: "get",
    path: "/admin/tenants/{id}/keys",
    operationId: "keys.list",
    tag: "Keys",
    summary: "List the API keys of a tenant",
    description: "Newest first, of both modes.",
    request: { params: tenantPath, query: plainPage("key") },
    responses: { 200: jsonResponse(keyPage, "A page of keys.") },
  }),
  describe({
    method: "post",
    path: "/admin/keys/{id}/rotate",
    operationId: "keys.rotate",
    tag: "Keys",
    summary: "Rotate an API key",
    description: "Creates a new key. The old key stays valid for `grace_seconds`.",
    request: { params: keyPath, body: jsonBody(rotation) },
    responses: { 201: jsonResponse(createdKey, "The new key and its secret.") },
  }),
  describe({
    method: "post",
    path: "/admin/keys/{id}/revoke",
    operationId: "keys.revoke",
    tag: "Keys",
    summary: "Revoke an API key",
    description: "Also revokes the last key that can create keys.",
    request: { params: keyPath },
    responses: { 200: jsonResponse(key, "The revoked key.") },
  }),
  describe({
    method: "post",
    path: "/admin/tenants/{id}/invites",
    operationId: "invites.create",
    tag: "Invites",
    summary: "Invite a person to the console",
    description:
      "`url` is a link that opens one session of the console at `/console`, for eight hours. In it the person creates keys. The link is returned once: a repeated call with the same `Idempotency-Key` returns the invite without it. A tenant has at most 20 open invites.",
    request: { params: tenantPath, body: jsonBody(newInvite) },
    responses: { 201: jsonResponse(createdInvite, "The invite and its link.") },
  }),
  describe({
    method: "get",
    path: "/admin/tenants/{id}/invites",
    operationId: "invites.list",
    tag: "Invites",
    summary: "List the invites of a tenant",
    description: "Newest first, of both modes. An invite is listed for 30 days after its end.",
    request: { params: tenantPath, query: plainPage("inv") },
    responses: { 200: jsonResponse(pageSchema(invite), "A page of invites.") },
  }),
  describe({
    method: "delete",
    path: "/admin/invites/{id}",
    operationId: "invites.revoke",
    tag: "Invites",
    summary: "Revoke an invite",
    description:
      "Its link opens nothing any more, and a session that it opened ends. Keys that were created in that session stay; revoke them by their ids.",
    request: { params: z.object({ id: plain("inv") }) },
    responses: { 200: jsonResponse(invite, "The revoked invite.") },
  }),
  describe({
    method: "get",
    path: "/admin/usage",
    operationId: "usage.list",
    tag: "Usage",
    summary: "List the usage of all tenants",
    description:
      "What each tenant's object has counted: the numbers of `GET /v1/usage` of that tenant. A page of tenants costs two calls to objects for each. Deleted tenants are not in it: export a month before you delete. A day is final two days after its end.",
    request: { query: allUsageQuery },
    responses: {
      200: {
        description: "A page of tenants with their usage, or the same as CSV.",
        content: {
          "application/json": { schema: allUsagePage },
          "text/csv": { schema: z.string(), example: "tenant,mode,day,kind,amount\r\n" },
        },
      },
    },
  }),
  describe({
    method: "get",
    path: "/admin/status",
    operationId: "status.retrieve",
    tag: "Status",
    summary: "Retrieve the status of the gateway",
    description:
      "Returns late work, unpublished events, dead letters and Nemo tokens by state. `checks` judges each value: its thresholds, what it means, and what to do. Also accepts `METRICS_TOKEN`.",
    responses: { 200: jsonResponse(gatewayStatus, "The status.") },
  }),
  describe({
    method: "get",
    path: "/admin/metrics",
    operationId: "status.metrics",
    tag: "Status",
    summary: "Retrieve the status as Prometheus metrics",
    description:
      "The values and checks of the status as gauges, in Prometheus text format 0.0.4. Labels have fixed values: no tenant is named. Also accepts `METRICS_TOKEN`.",
    responses: {
      200: {
        description: "The metrics.",
        content: { "text/plain": { schema: z.string(), example: 'nemo_gateway_check_state{check="late_work"} 0\n' } },
      },
    },
  }),
];
