/** The operator's routes, as their own OpenAPI document describes them. A test compares it with the router. */
import * as z from "zod";
import { pageSchema, plain } from "../core/wire/common.ts";
import { createdInvite, invite, newInvite } from "../core/wire/invite.ts";
import { createdKey, key, newKey, rotation } from "../core/wire/key.ts";
import { gatewayStatus } from "../core/wire/status.ts";
import { auditEntry, createdTenant, newTenant, tenant, tenantChange, tenantDeletion } from "../core/wire/tenant.ts";
import { allUsagePage, allUsageQuery } from "../core/wire/usage.ts";
import { jsonBody, jsonResponse, plainPage, problemResponses, sharedParameter } from "../http/define-route.ts";
import type { DocumentedRoute } from "../http/document.ts";

const tenantParams = z.object({ id: plain("ten") });
const keyParams = z.object({ id: plain("key") });
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
    request: { params: tenantParams },
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
    request: { params: tenantParams },
    responses: { 200: jsonResponse(tenant, "The tenant.") },
  }),
  describe({
    method: "patch",
    path: "/admin/tenants/{id}",
    operationId: "tenants.update",
    tag: "Tenants",
    summary: "Update a tenant",
    description: "Fields that are not sent keep their values; null resets a quota to its default.",
    request: { params: tenantParams, body: jsonBody(tenantChange) },
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
    request: { params: tenantParams },
    responses: { 202: jsonResponse(tenantDeletion, "The job that deletes the tenant.") },
  }),
  describe({
    method: "get",
    path: "/admin/tenants/{id}/deletion",
    operationId: "tenants.deletion",
    tag: "Tenants",
    summary: "Retrieve the deletion of a tenant",
    description: "Returns the job's step, and at the end what it deleted.",
    request: { params: tenantParams },
    responses: { 200: jsonResponse(tenantDeletion, "The job that deletes the tenant.") },
  }),
  describe({
    method: "get",
    path: "/admin/tenants/{id}/audit_log",
    operationId: "tenants.audit_log",
    tag: "Tenants",
    summary: "List the audit log entries of a tenant",
    description: "Newest first, of both modes.",
    request: { params: tenantParams, query: plainPage("aud") },
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
    request: { params: tenantParams, body: jsonBody(newKey) },
    responses: { 201: jsonResponse(createdKey, "The key and its secret.") },
  }),
  describe({
    method: "get",
    path: "/admin/tenants/{id}/keys",
    operationId: "keys.list",
    tag: "Keys",
    summary: "List the API keys of a tenant",
    description: "Newest first, of both modes.",
    request: { params: tenantParams, query: plainPage("key") },
    responses: { 200: jsonResponse(keyPage, "A page of keys.") },
  }),
  describe({
    method: "post",
    path: "/admin/keys/{id}/rotate",
    operationId: "keys.rotate",
    tag: "Keys",
    summary: "Rotate an API key",
    description: "Creates a new key. The old key stays valid for `grace_seconds`.",
    request: { params: keyParams, body: jsonBody(rotation) },
    responses: { 201: jsonResponse(createdKey, "The new key and its secret.") },
  }),
  describe({
    method: "post",
    path: "/admin/keys/{id}/revoke",
    operationId: "keys.revoke",
    tag: "Keys",
    summary: "Revoke an API key",
    description: "Also revokes the last key that can create keys.",
    request: { params: keyParams },
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
    request: { params: tenantParams, body: jsonBody(newInvite) },
    responses: { 201: jsonResponse(createdInvite, "The invite and its link.") },
  }),
  describe({
    method: "get",
    path: "/admin/tenants/{id}/invites",
    operationId: "invites.list",
    tag: "Invites",
    summary: "List the invites of a tenant",
    description: "Newest first, of both modes. An invite is listed for 30 days after its end.",
    request: { params: tenantParams, query: plainPage("inv") },
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
