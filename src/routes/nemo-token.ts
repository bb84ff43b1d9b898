/** The Nemo token that a user or the whole tenant brings: written, never read back; only its state is shown. */

import type { ProvidedToken } from "../core/rpc/token.ts";
import type { AuditAction } from "../core/wire/audit.ts";
import { nemoToken, newNemoToken, type TokenFor, tokenQuery, tokenTarget } from "../core/wire/token.ts";
import { auditedCall } from "../http/audit.ts";
import type { Api, Ctx } from "../http/context.ts";
import { answer, body, declare } from "../http/define-route.ts";
import { accountAddress } from "../http/idempotency.ts";
import { tokenObject, userObject } from "../http/objects.ts";
import { apiError, unwrap } from "../http/problem.ts";

const tags = ["Account"];
const path = "/v1/nemo_token";

const put = declare({
  method: "put",
  path,
  access: "keys",
  tags,
  summary: "Bring a Nemo token",
  description:
    "It is kept only when Nemo knows it, and replaces an earlier one. In test mode only a user may have one, of the sandbox: any that begins with `nmv_usr_sandbox_`.",
  request: { body: body(newNemoToken) },
  responses: { 200: answer(nemoToken, "Its state.") },
});

const read = declare({
  method: "get",
  path,
  access: "read",
  tags,
  summary: "How the Nemo token stands",
  request: { query: tokenQuery },
  responses: { 200: answer(nemoToken, "Its state.") },
});

const remove = declare({
  method: "delete",
  path,
  access: "keys",
  tags,
  summary: "Let go of a Nemo token",
  description: "The next in line is used from here on: the tenant's, the operator's, or an anonymous one.",
  request: { query: tokenTarget },
  responses: { 204: { description: "It is not kept any more." } },
});

export function mountNemoToken(app: Api): void {
  app.openapi(put, async (c) => {
    const { for: owner, ...token } = c.req.valid("json");
    return c.json(unwrap(await (await keeperOf(c, owner)).put(token)), 200);
  });

  app.openapi(read, async (c) => {
    const owner = c.req.valid("query").for;
    if (owner !== undefined) return c.json(await (await keeperOf(c, owner)).read(), 200);
    return c.json(await userObject(c.env, await accountAddress(c)).readToken(), 200);
  });

  app.openapi(remove, async (c) => {
    await (await keeperOf(c, c.req.valid("query").for)).remove();
    return c.body(null, 204);
  });
}

/** Where the token brought for a user or the tenant lies; what changes it is written into the audit log. */
async function keeperOf(c: Ctx, owner: TokenFor) {
  const told = (action: AuditAction, target: string, detail = {}) => auditedCall(c, { action, target, detail });
  if (owner === "tenant") {
    const keeper = tokenObject(c.env, c.var.caller);
    return {
      put: async (token: ProvidedToken) => keeper.put(await told("nemo_token.set", "nemo_token", until(token)), token),
      read: () => keeper.read(),
      remove: async () => keeper.remove(await told("nemo_token.removed", "nemo_token")),
    };
  }
  if (c.var.user === null) throw apiError("user_required", "Say whose token it is: send X-User-Id.");
  const address = await accountAddress(c);
  const user = userObject(c.env, address);
  const target = `nemo_token_${address.uh}`;
  return {
    put: async (token: ProvidedToken) => user.putToken(await told("nemo_token.set", target, until(token)), token),
    read: () => user.readToken("user"),
    remove: async () => user.removeToken(await told("nemo_token.removed", target)),
  };
}

/** What the audit log may know of a token. */
const until = ({ expires_at }: ProvidedToken) => ({ expires_at });
