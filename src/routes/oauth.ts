/**
 * OAuth 2.1 for clients of `/mcp`: the metadata by which they find everything, the request that a person approves in the
 * console (`routes/console.ts`), and the tokens.
 */
import { type OauthFault, RESOURCE_METADATA, resourceMetadata, serverMetadata } from "../core/oauth.ts";
import { SECOND_MS } from "../core/time.ts";
import type { Api } from "../http/context.ts";
import { countRejected } from "../http/middleware/limits.ts";
import { ApiError, errorsAs } from "../http/problem.ts";
import { jsonValue, readFormText } from "../http/request-body.ts";
import { prepareApproval, registerClient, requestTokens } from "../services/apps.ts";

const NO_STORE = { "Cache-Control": "no-store" };
/** Metadata changes only with a deployment. */
const METADATA_HEADERS = { "Cache-Control": "public, max-age=300" };
const TEXT_HEADERS = {
  ...NO_STORE,
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
};

export function mountOauth(app: Api): void {
  for (const path of [RESOURCE_METADATA, `${RESOURCE_METADATA}/mcp`])
    app.get(path, (c) => c.json(resourceMetadata(c.var.origin), 200, METADATA_HEADERS));
  app.get("/.well-known/oauth-authorization-server", (c) =>
    c.json(serverMetadata(c.var.origin, c.var.config.mayRegister), 200, METADATA_HEADERS),
  );

  app.get("/authorize", async (c) => {
    const prepared = await prepareApproval(c, new URL(c.req.url).searchParams);
    if (!prepared.ok) return c.text(`The app cannot be connected. ${prepared.error.text}\n`, 400, TEXT_HEADERS);
    return c.body(null, 303, { ...TEXT_HEADERS, Location: `/console#/authorize/${prepared.value}` });
  });

  app.post("/token", asOauth, async (c) => {
    const given = await requestTokens(c, await readFormText(c));
    return given.ok ? c.json(given.value, 200, NO_STORE) : c.json(wireOf(given.error), 400, NO_STORE);
  });

  app.post("/register", asOauth, async (c) => {
    if (!c.var.config.mayRegister) {
      const text =
        "Registration is off: use the address of a client's description as client_id, or let the operator set MCP_DCR=on.";
      return c.json(wireOf({ error: "access_denied", text }), 403, NO_STORE);
    }
    await countRejected(c); // the strictest limit of a sender: a client registers once
    const made = await registerClient(c, await jsonValue(c));
    if (!made.ok) return c.json(wireOf(made.error), 400, NO_STORE);
    const { id, name, redirectUris } = made.value;
    const registered = {
      client_id: id,
      client_id_issued_at: Math.floor(Date.now() / SECOND_MS),
      client_name: name,
      redirect_uris: redirectUris,
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    };
    return c.json(registered, 201, NO_STORE);
  });
}

const wireOf = ({ error, text }: OauthFault) => ({ error, error_description: text });

/** Other errors in OAuth's form. What ends for good is `invalid_grant`, so that the client asks its person again. */
const asOauth = errorsAs((error, problem) => {
  const status = error instanceof ApiError ? error.status : 500;
  const name = nameOf(status, problem.code);
  return { body: wireOf({ error: name, text: problem.detail ?? "" }), status: name === "invalid_grant" ? 400 : status };
});

function nameOf(status: number, code: string): OauthFault["error"] {
  if (status === 401) return "invalid_grant";
  if (status === 429 || status === 503 || code === "tenant_paused") return "temporarily_unavailable";
  return status === 500 ? "server_error" : "invalid_request";
}
