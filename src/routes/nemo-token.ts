/** The Nemo token of a user or of the tenant: write-only; reads return its status. */

import type { ProvidedToken } from "../core/rpc/token.ts";
import type { AuditAction } from "../core/wire/tenant.ts";
import { nemoToken, newNemoToken, type TokenFor, tokenQuery, tokenTarget } from "../core/wire/token.ts";
import type { Api, Ctx } from "../http/context.ts";
import { defineRoute, jsonBody, jsonResponse } from "../http/define-route.ts";
import { accountAddress, auditedCall } from "../http/idempotency.ts";
import { tokenObject, userObject } from "../http/objects.ts";
import { apiError, unwrap } from "../http/problem.ts";

const tags = ["Account"];
const path = "/v1/nemo_token";

const put = defineRoute({
  method: "put",
  path,
  operationId: "nemo_token.set",
  access: "keys",
  tags,
  summary: "Set the Nemo token",
  description:
    "Stores the token of a user or of the tenant and replaces an earlier one. The token is first checked with Nemo; a rejected token is not stored. In test mode, only users have tokens, and a token must start with `nmv_usr_sandbox_`.",
  request: { body: jsonBody(newNemoToken) },
  responses: { 200: jsonResponse(nemoToken, "The token's status.") },
});

const read = defineRoute({
  method: "get",
  path,
  operationId: "nemo_token.retrieve",
  access: "read",
  tags,
  summary: "Retrieve the Nemo token's status",
  description: "The token itself is never returned.",
  request: { query: tokenQuery },
  responses: { 200: jsonResponse(nemoToken, "The token's status.") },
});

const remove = defineRoute({
  method: "delete",
  path,
  operationId: "nemo_token.delete",
  access: "keys",
  tags,
  summary: "Delete the Nemo token",
  description: "From then on, the next available token is used: the tenant's, the operator's, or an anonymous one.",
  request: { query: tokenTarget },
  responses: { 204: { description: "The token was deleted." } },
});

export function mountNemoToken(app: Api): void {
  app.openapi(put, async (c) => {
    const { for: owner, ...token } = c.req.valid("json");
    return c.json(unwrap(await (await tokenStoreOf(c, owner)).put(token)), 200);
  });

  app.openapi(read, async (c) => {
    const owner = c.req.valid("query").for;
    if (owner !== undefined) return c.json(await (await tokenStoreOf(c, owner)).read(), 200);
    return c.json(await userObject(c.env, await accountAddress(c)).readToken(), 200);
  });

  app.openapi(remove, async (c) => {
    await (await tokenStoreOf(c, c.req.valid("query").for)).remove();
    return c.body(null, 204);
  });
}

/** Access to the stored token of a user or of the tenant. Changes are written to the audit log. */
async function tokenStoreOf(c: Ctx, owner: TokenFor) {
  const audited = (action: AuditAction, target: string, detail = {}) => auditedCall(c, { action, target, detail });
  if (owner === "tenant") {
    const object = tokenObject(c.env, c.var.caller);
    return {
      put: async (token: ProvidedToken) =>
        object.put(await audited("nemo_token.set", "nemo_token", until(token)), token),
      read: () => object.read(),
      remove: async () => object.remove(await audited("nemo_token.removed", "nemo_token")),
    };
  }
  if (c.var.user === null) throw apiError("user_required", "Send X-User-Id to name the user whose token this is.");
  const address = await accountAddress(c);
  const user = userObject(c.env, address);
  const target = `nemo_token_${address.uh}`;
  return {
    put: async (token: ProvidedToken) => user.putToken(await audited("nemo_token.set", target, until(token)), token),
    read: () => user.readToken("user"),
    remove: async () => user.removeToken(await audited("nemo_token.removed", target)),
  };
}

/** The only part of a token that the audit log records. */
const until = ({ expires_at }: ProvidedToken) => ({ expires_at });
