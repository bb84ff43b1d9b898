/** OAuth for `/mcp`: how an app is connected, how it is disconnected, and what is rejected. */
import { createExecutionContext } from "cloudflare:test";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { issueKey } from "../../src/core/auth.ts";
import { encrypt } from "../../src/core/crypto.ts";
import { base64url, sha256 } from "../../src/core/encoding.ts";
import { CLIENT_DOCUMENT_BYTES, REGISTERED_REDIRECTS_CHARS } from "../../src/core/limits.ts";
import { redirectWith } from "../../src/core/oauth.ts";
import type { KeyScope, KeyWire, ShownKeyWire } from "../../src/core/wire/key.ts";
import type { AuditEntryWire } from "../../src/core/wire/tenant.ts";
import {
  adminHeaders,
  call,
  env,
  jsonOf,
  type Member,
  makeKey,
  makeMember,
  makeTenant,
  ORIGIN,
  readProblem,
  send,
} from "../support/gateway.ts";
import { random, until } from "../support/objects.ts";
import { type PlayedSources, playSources } from "../support/sources.ts";

const VERIFIER = "a-verifier-of-43-characters-or-more-0123456789";
const REDIRECT = "https://app.example.org/callback?from=nemo";
const RESOURCE = `${ORIGIN}/mcp`;
const bearer = (secret: string) => ({ Authorization: `Bearer ${secret}` });
const fromPage = { Origin: ORIGIN, "Sec-Fetch-Site": "same-origin" };

let sources: PlayedSources;
let challenge: string;
/** A client that publishes its description. */
let client: string;

/** The address of a description; `more` replaces its fields. */
const publish = (more: Record<string, unknown> = {}, host?: string): string => {
  const url = sources.at(
    "/client.json",
    () =>
      Response.json({
        client_id: url,
        client_name: "Video \u202eapp",
        redirect_uris: [REDIRECT, "http://127.0.0.1/callback", "cursor://anysphere.cursor-mcp/oauth/callback"],
        ...more,
      }),
    host,
  );
  return url;
};

beforeAll(async () => {
  sources = playSources();
  challenge = base64url(await sha256(VERIFIER));
  client = publish();
});
afterAll(() => void vi.restoreAllMocks());

type Query = Record<string, string | null>;

/** What the client's browser opens; null leaves a parameter out. */
function authorizeUrl(query: Query = {}): string {
  const all: Query = {
    response_type: "code",
    client_id: client,
    redirect_uri: REDIRECT,
    code_challenge: challenge,
    code_challenge_method: "S256",
    resource: RESOURCE,
    state: "s 1",
    ...query,
  };
  return redirectWith(`${ORIGIN}/authorize`, all).slice(ORIGIN.length);
}

/** The request as the console's page gets it. */
async function requested(query: Query = {}): Promise<string> {
  const response = await call(authorizeUrl(query), { redirect: "manual" });
  const text = await response.text();
  if (response.status !== 303) throw new Error(text);
  const [page, request = ""] = (response.headers.get("Location") ?? "").split("#/authorize/");
  expect(page).toBe("/console");
  return request;
}

const signIn = async (key: { secret: string }): Promise<string> =>
  (
    await jsonOf<ShownKeyWire>(
      await call("/console/session", { method: "POST", headers: { ...bearer(key.secret), ...fromPage } }),
      201,
    )
  ).secret;

const decide = (session: string, request: string, more: object = {}, headers: Record<string, string> = fromPage) =>
  send("POST", "/console/app/decision", { request, approve: true, ...more }, { ...bearer(session), ...headers });

/** The address that the person's browser is sent to. */
const decided = async (response: Response): Promise<URL> =>
  new URL((await jsonOf<{ redirect_to: string }>(response)).redirect_to);

async function codeFor(key: { secret: string }, query: Query = {}, more: object = {}): Promise<string> {
  const to = await decided(await decide(await signIn(key), await requested(query), more));
  return to.searchParams.get("code") ?? "";
}

type Tokens = { access_token: string; refresh_token: string; expires_in: number; scope: string; token_type: string };

const askToken = (form: Query | string) =>
  call("/token", {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body:
      typeof form === "string"
        ? form
        : new URLSearchParams(Object.entries(form).flatMap(([name, value]) => (value === null ? [] : [[name, value]]))),
  });
const useCode = (code: string, more: Query = {}) =>
  askToken({
    grant_type: "authorization_code",
    code,
    client_id: client,
    redirect_uri: REDIRECT,
    code_verifier: VERIFIER,
    resource: RESOURCE,
    ...more,
  });
const useRefresh = (refresh_token: string, more: Query = {}) =>
  askToken({ grant_type: "refresh_token", refresh_token, client_id: client, resource: RESOURCE, ...more });

const connect = async (key: { secret: string }, query: Query = {}, more: object = {}): Promise<Tokens> =>
  jsonOf<Tokens>(await useCode(await codeFor(key, query, more)));

/** The error of an answer in OAuth's form. */
async function faultOf(response: Response): Promise<string> {
  const { error, error_description } = await response.json<{ error: string; error_description: string }>();
  expect(error_description).not.toBe("");
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  return `${response.status} ${error}`;
}

const listTools = (token: string, headers: Record<string, string> = {}) =>
  send("POST", "/mcp", { jsonrpc: "2.0", id: 1, method: "tools/list", params: {} }, { ...bearer(token), ...headers });
async function toolsOf(token: string): Promise<string[]> {
  const text = await (await listTools(token)).text();
  return [...text.matchAll(/"name":"(\w+)"/g)].map(([, name = ""]) => name);
}
const statusOf = async (token: string): Promise<number> => {
  const response = await listTools(token);
  await response.body?.cancel();
  return response.status;
};
const appsOf = async (key: { secret: string }): Promise<KeyWire[]> =>
  (await jsonOf<{ data: KeyWire[] }>(await call("/v1/keys?limit=100", { headers: bearer(key.secret) }))).data.filter(
    ({ app }) => app !== null,
  );
const onlyApp = async (key: { secret: string }): Promise<KeyWire> => {
  const [app, ...others] = await appsOf(key);
  if (app === undefined || others.length > 0) throw new Error(`${others.length} others`);
  return app;
};

describe("the metadata", () => {
  it("leads a client from the rejected request to every endpoint", async () => {
    const rejected = await send("POST", "/mcp", { jsonrpc: "2.0", id: 1, method: "tools/list" });
    expect(rejected.status).toBe(401);
    expect(rejected.headers.get("WWW-Authenticate")).toBe(
      `Bearer realm="nemo-gateway", resource_metadata="${ORIGIN}/.well-known/oauth-protected-resource/mcp", scope="read chat upload render"`,
    );
    expect(rejected.headers.get("Access-Control-Expose-Headers")).toContain("WWW-Authenticate");
    const wrong = await listTools(issueKey("access", random));
    expect([wrong.status, wrong.headers.get("WWW-Authenticate")]).toEqual([
      401,
      expect.stringContaining('error="invalid_token"'),
    ]);
    const resource = await jsonOf<{ resource: string; authorization_servers: string[] }>(
      await call("/.well-known/oauth-protected-resource/mcp"),
    );
    expect(resource).toMatchObject({ resource: RESOURCE, authorization_servers: [ORIGIN] });
    const response = await call("/.well-known/oauth-authorization-server");
    expect(response.headers.get("Access-Control-Allow-Origin")).toBe("*");
    expect(await jsonOf(response)).toMatchObject({
      issuer: ORIGIN,
      authorization_endpoint: `${ORIGIN}/authorize`,
      token_endpoint: `${ORIGIN}/token`,
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["none"],
      client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true,
    });
  });
});

describe("a connected app", () => {
  it("gets what the person approved, is listed among the keys, and is out at once when it is revoked", async () => {
    const { key } = await makeMember();
    const session = await signIn(key);
    const request = await requested();
    const asked = await jsonOf(await send("POST", "/console/app", { request }, { ...bearer(session), ...fromPage }));
    expect(asked).toEqual({
      name: "Video app",
      host: new URL(client).hostname,
      redirect_host: "app.example.org",
      mode: "test",
      scopes: ["read", "chat", "upload", "render"],
      missing_scopes: [],
    });
    const to = await decided(await decide(session, request));
    expect(to.origin + to.pathname).toBe("https://app.example.org/callback");
    expect(Object.fromEntries(to.searchParams)).toMatchObject({ from: "nemo", state: "s 1", iss: ORIGIN });
    const response = await useCode(to.searchParams.get("code") ?? "");
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const tokens = await jsonOf<Tokens>(response);
    expect(tokens).toMatchObject({ token_type: "Bearer", expires_in: 3600, scope: "read chat upload render" });
    expect(await toolsOf(tokens.access_token)).toContain("make_video");
    const app = await onlyApp(key);
    expect(app).toMatchObject({
      name: "Video app",
      hint: "",
      session_of: null,
      scopes: ["read", "chat", "upload", "render"],
      app: { host: new URL(client).hostname, redirect_host: "app.example.org", user_hash: null, approved_by: key.id },
    });

    const next = await jsonOf<Tokens>(await useRefresh(tokens.refresh_token));
    expect(await statusOf(next.access_token)).toBe(200);
    expect(await statusOf(tokens.access_token)).toBe(200); // requests that are on their way keep their token
    await jsonOf(await call(`/v1/keys/${app.id}`, { method: "DELETE", headers: bearer(key.secret) }));
    for (const token of [tokens.access_token, next.access_token]) {
      const rejected = await listTools(token);
      expect(rejected.status).toBe(401);
      expect(await rejected.text()).toContain("This app was disconnected");
    }
    expect(await faultOf(await useRefresh(next.refresh_token))).toBe("400 invalid_grant");
    const { data } = await jsonOf<{ data: AuditEntryWire[] }>(
      await call("/v1/audit_log", { headers: bearer(key.secret) }),
    );
    expect(data.filter(({ target }) => target === app.id).map(({ action }) => action)).toEqual([
      "key.revoked",
      "key.created",
    ]);
  });

  it("reads D1 for every request: a revocation that no isolate has noticed holds at once", async () => {
    const { key } = await makeMember();
    const { access_token } = await connect(key);
    expect(await statusOf(access_token)).toBe(200);
    const app = await onlyApp(key);
    await env.DB.prepare("UPDATE keys SET revoked_at = ?2 WHERE id = ?1").bind(app.id, Date.now()).run();
    expect(await statusOf(access_token)).toBe(401);
  });

  it("is denied without a trace", async () => {
    const { key } = await makeMember();
    const to = await decided(await decide(await signIn(key), await requested(), { approve: false }));
    expect(Object.fromEntries(to.searchParams)).toEqual({
      from: "nemo",
      error: "access_denied",
      state: "s 1",
      iss: ORIGIN,
    });
    expect(await appsOf(key)).toEqual([]);
  });

  it("has at most the scopes of the key, those it asks for, and those an app can have", async () => {
    const tenant = await makeTenant();
    const narrow = await makeKey(tenant.id, { scopes: ["read", "keys"] });
    expect((await connect(narrow)).scope).toBe("read");
    const tokens = await connect(narrow, { scope: "read keys webhooks offline_access" });
    expect(tokens.scope).toBe("read");
    expect(await toolsOf(tokens.access_token)).not.toContain("make_video");
    const other = await makeKey(tenant.id, { scopes: ["webhooks"] as KeyScope[] });
    const none = await decide(await signIn(other), await requested());
    expect(await readProblem(none)).toMatchObject({ status: 403, code: "missing_scope" });
  });

  it("acts for one user if it was approved so", async () => {
    const { key } = await makeMember();
    const { access_token } = await connect(key, {}, { user: "ada@example.org" });
    const stored = await env.DB.prepare("SELECT app FROM keys WHERE id = ?1")
      .bind((await onlyApp(key)).id)
      .first("app");
    expect(stored).not.toContain("ada@example.org");
    const other = await listTools(access_token, { "X-User-Id": "grace" });
    expect([other.status, await other.text()]).toEqual([403, expect.stringContaining("wrong_user")]);
    expect(await statusOf(access_token)).toBe(200);
    const make = { name: "chat", arguments: { prompt: "make a 2 second clip of the sea", wait_seconds: 0 } };
    await (
      await send("POST", "/mcp", { jsonrpc: "2.0", id: 2, method: "tools/call", params: make }, bearer(access_token))
    ).text();
    const projects = await call("/v1/projects", { headers: { ...bearer(key.secret), "X-User-Id": "ada@example.org" } });
    const { data } = await jsonOf<{ data: { id: string }[] }>(projects);
    expect(data).toHaveLength(1);
    const { app } = await onlyApp(key);
    expect(data[0]?.id.endsWith(app?.user_hash ?? "none")).toBe(true);
  });

  it.each([
    ["http://127.0.0.1:49152/callback", "127.0.0.1"],
    ["cursor://anysphere.cursor-mcp/oauth/callback", "cursor:"],
  ])("may be a program on this machine: %s", async (redirect_uri, host) => {
    const { key } = await makeMember();
    const code = await codeFor(key, { redirect_uri });
    expect(await faultOf(await useCode(code))).toBe("400 invalid_grant");
    expect((await useCode(code, { redirect_uri })).status).toBe(200);
    expect((await onlyApp(key)).app?.redirect_host).toBe(host);
  });

  it("has nothing to rotate, and its token opens /mcp alone", async () => {
    const { key } = await makeMember();
    const { access_token, refresh_token } = await connect(key);
    const app = await onlyApp(key);
    const rotated = await send("POST", `/v1/keys/${app.id}/rotate`, { grace_seconds: 0 }, bearer(key.secret));
    expect(await readProblem(rotated)).toMatchObject({ status: 409, code: "key_closed" });
    for (const path of ["/v1/me", "/v1/keys", "/v1/videos"])
      expect(await readProblem(await call(path, { headers: bearer(access_token) }))).toMatchObject({
        status: 401,
        code: "unauthenticated",
      });
    const session = await call("/console/session", {
      method: "POST",
      headers: { ...bearer(access_token), ...fromPage },
    });
    expect(session.status).toBe(401);
    expect(await statusOf(refresh_token)).toBe(401);
  });

  it("ends with the invite in whose session it was approved, also when the invite is no longer stored", async () => {
    const tenant = await makeTenant();
    const made = await send("POST", `/admin/tenants/${tenant.id}/invites`, { label: "ada" }, adminHeaders);
    const { id, url } = await jsonOf<{ id: string; url: string }>(made, 201);
    const headers = { ...bearer(url.split("#invite=")[1] ?? ""), ...fromPage, "Idempotency-Key": crypto.randomUUID() };
    const session = await jsonOf<ShownKeyWire>(await call("/console/session/invite", { method: "POST", headers }), 201);
    const { access_token, refresh_token } = await connect(session);
    expect((await onlyApp(session)).app?.approved_by).toBe(id);
    expect(await statusOf(access_token)).toBe(200);
    expect((await call(`/admin/invites/${id}`, { method: "DELETE", headers: adminHeaders })).status).toBe(200);
    expect(await statusOf(access_token)).toBe(401);
    await env.DB.prepare("DELETE FROM invites WHERE id = ?1").bind(id).run();
    expect(await statusOf(access_token)).toBe(401);
    expect(await faultOf(await useRefresh(refresh_token))).toBe("400 invalid_grant");
  });

  it("is not seen or ended by another tenant, nor by the other mode", async () => {
    const { key, tenant } = await makeMember();
    const { access_token } = await connect(key);
    const app = await onlyApp(key);
    const stranger = await makeMember();
    const live = await makeKey(tenant.id, { mode: "live" });
    for (const { secret } of [stranger.key, live]) {
      expect(await appsOf({ secret })).toEqual([]);
      for (const method of ["GET", "DELETE"])
        expect((await call(`/v1/keys/${app.id}`, { method, headers: bearer(secret) })).status).toBe(404);
    }
    expect(await statusOf(access_token)).toBe(200);
  });
});

describe("an app ends", () => {
  const ends: [string, (member: Member) => Promise<unknown>][] = [
    ["with the revocation of its key", ({ key }) => send("POST", `/admin/keys/${key.id}/revoke`, "", adminHeaders)],
    [
      "with the grace period of its key's rotation",
      ({ key }) => send("POST", `/v1/keys/${key.id}/rotate`, { grace_seconds: 0 }, bearer(key.secret)),
    ],
    [
      "with its tenant",
      ({ tenant }) =>
        call(`/admin/tenants/${tenant.id}?confirm=${tenant.id}`, { method: "DELETE", headers: adminHeaders }),
    ],
  ];
  it.each(ends)("%s", async (_, end) => {
    const member = await makeMember();
    const code = await codeFor(member.key);
    const { access_token, refresh_token } = await connect(member.key);
    await end(member);
    expect(await statusOf(access_token)).toBe(401);
    expect(await faultOf(await useRefresh(refresh_token))).toBe("400 invalid_grant");
    expect(await faultOf(await useCode(code))).toBe("400 invalid_grant");
  });

  it("with the root secret under which its user is encrypted, unless it renews its tokens before", async () => {
    const { key } = await makeMember();
    const tokens = await Promise.all([connect(key, {}, { user: "ada" }), connect(key, {}, { user: "ada" })]);
    const under = (path: string, init: RequestInit, more: object) =>
      Promise.resolve(
        createApp().fetch(new Request(ORIGIN + path, init), { ...env, ...more }, createExecutionContext()),
      );
    const next = { ROOT_SECRET: "another-root-secret-0123456789-0123456789-0123456789" };
    const refresh = { grant_type: "refresh_token", refresh_token: tokens[0].refresh_token, client_id: client };
    const form = { method: "POST", body: new URLSearchParams(refresh) };
    const renewed = await jsonOf<Tokens>(
      await under("/token", form, { ...next, ROOT_SECRET_PREVIOUS: env.ROOT_SECRET }),
    );
    const list = (token: string) => {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
      return under("/mcp", { method: "POST", body, headers: bearer(token) }, next);
    };
    expect((await list(renewed.access_token)).status).toBe(200);
    expect((await list(tokens[1].access_token)).status).toBe(401);
  });

  it("with its key's expiry at the latest", async () => {
    const expires_at = new Date(Date.now() + 600_000).toISOString();
    const key = await makeKey((await makeTenant()).id, { expires_at });
    const { expires_in } = await connect(key);
    expect(expires_in).toBeLessThanOrEqual(600);
    expect((await onlyApp(key)).expires_at).toBe(expires_at);
  });

  it("with the user that it acts for, whose name is removed", async () => {
    const { key } = await makeMember();
    await jsonOf(await send("POST", "/v1/users/ada/tokens", {}, bearer(key.secret)), 201);
    const [ada, all] = [await connect(key, {}, { user: "ada" }), await connect(key)];
    const app = (await appsOf(key)).find(({ app }) => app?.user_hash !== null);
    const nameOf = () =>
      env.DB.prepare("SELECT json_extract(app, '$.user.name') AS name FROM keys WHERE id = ?1")
        .bind(app?.id)
        .first("name");
    expect(await nameOf()).not.toBe("");
    await jsonOf(await call("/v1/users/ada", { method: "DELETE", headers: bearer(key.secret) }), 202);
    await until(async () => (await nameOf()) === "");
    expect(await statusOf(ada.access_token)).toBe(401);
    expect(await faultOf(await useRefresh(ada.refresh_token))).toBe("400 invalid_grant");
    expect(await statusOf(all.access_token)).toBe(200);
  });

  it("for the time of a pause, and loses nothing by it", async () => {
    const { tenant, key } = await makeMember();
    const { access_token, refresh_token } = await connect(key);
    await jsonOf(await send("POST", `/admin/tenants/${tenant.id}/pause`, "", adminHeaders));
    expect(await statusOf(access_token)).toBe(403);
    expect(await faultOf(await useRefresh(refresh_token))).toBe("403 temporarily_unavailable");
    await jsonOf(await send("POST", `/admin/tenants/${tenant.id}/resume`, "", adminHeaders));
    expect(await statusOf(access_token)).toBe(200);
    expect((await useRefresh(refresh_token)).status).toBe(200);
  });

  it("when its code is used twice", async () => {
    const { key } = await makeMember();
    const code = await codeFor(key);
    const { access_token, refresh_token } = await jsonOf<Tokens>(await useCode(code));
    expect(await faultOf(await useCode(code, { code_verifier: `${VERIFIER}x` }))).toBe("400 invalid_grant");
    expect(await statusOf(access_token)).toBe(200); // without the verifier nothing is ended
    expect(await faultOf(await useCode(code))).toBe("400 invalid_grant");
    expect(await statusOf(access_token)).toBe(401);
    expect(await faultOf(await useRefresh(refresh_token))).toBe("400 invalid_grant");
  });

  it("when a refresh token is used twice: one of the two was stolen", async () => {
    const { key } = await makeMember();
    const first = await connect(key);
    const second = await jsonOf<Tokens>(await useRefresh(first.refresh_token));
    const replayed = await useRefresh(first.refresh_token);
    expect(await faultOf(replayed)).toBe("400 invalid_grant");
    for (const { access_token } of [first, second]) expect(await statusOf(access_token)).toBe(401);
    expect(await faultOf(await useRefresh(second.refresh_token))).toBe("400 invalid_grant");
    const app = await onlyApp(key);
    expect(app.revoked_at).not.toBeNull();
    const { data } = await jsonOf<{ data: AuditEntryWire[] }>(
      await call("/v1/audit_log", { headers: bearer(key.secret) }),
    );
    expect(data[0]).toMatchObject({ action: "key.revoked", target: app.id, actor: app.id });
  });

  it("when several requests use one code at the same time; at most one gets tokens", async () => {
    const { key } = await makeMember();
    const code = await codeFor(key);
    const answers = await Promise.all(Array.from({ length: 5 }, () => useCode(code)));
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, 400, 400, 400, 400]);
    const given = answers.find(({ status }) => status === 200);
    expect(await statusOf((await given?.json<Tokens>())?.access_token ?? "")).toBe(401);
  });

  it("by itself, when its code is not exchanged in time", async () => {
    const { key } = await makeMember();
    const code = await codeFor(key);
    const app = await onlyApp(key);
    await env.DB.batch([
      env.DB.prepare("UPDATE app_tokens SET expires_at = 1 WHERE key = ?1").bind(app.id),
      env.DB.prepare("UPDATE keys SET expires_at = 1 WHERE id = ?1").bind(app.id),
    ]);
    expect(await faultOf(await useCode(code))).toBe("400 invalid_grant");
  });
});

describe("a request of an app", () => {
  const wrong: [string, Query, string][] = [
    ["another response type", { response_type: "token" }, "response_type must be code"],
    ["no challenge", { code_challenge: null }, "PKCE is required"],
    ["a plain challenge", { code_challenge_method: "plain" }, "PKCE is required"],
    ["no method", { code_challenge_method: null }, "PKCE is required"],
    ["a short challenge", { code_challenge: "abc" }, "PKCE is required"],
    ["another resource", { resource: "https://other.example.org/mcp" }, "resource must be"],
    ["another path of the resource", { resource: ORIGIN }, "resource must be"],
    ["only unknown scopes", { scope: "admin keys" }, "scope must name"],
    ["a long state", { state: "x".repeat(2_001) }, "state may have at most"],
    ["a state of other characters", { state: "\u00e9" }, "state may have at most"],
    ["no client", { client_id: null }, "client_id is required"],
    ["a long client id", { client_id: `https://a.org/${"x".repeat(4_000)}` }, "client_id may have at most"],
    ["an unknown client", { client_id: "someone" }, "client_id must be the https address"],
    ["no redirect", { redirect_uri: null }, "redirect_uri is required"],
    [
      "another host",
      { redirect_uri: "https://app.example.org.evil.org/callback?from=nemo" },
      "redirect_uri is required",
    ],
    ["another path", { redirect_uri: "https://app.example.org/callback" }, "redirect_uri is required"],
    [
      "a path of this machine that is not listed",
      { redirect_uri: "http://127.0.0.1:1/other" },
      "redirect_uri is required",
    ],
    ["http elsewhere", { redirect_uri: "http://app.example.org/callback?from=nemo" }, "redirect_uri is required"],
    ["a script", { redirect_uri: "javascript:alert(1)" }, "redirect_uri is required"],
  ];
  it.each(wrong)("with %s is answered with a text, and leads nowhere", async (_, query, words) => {
    const response = await call(authorizeUrl(query), { redirect: "manual" });
    expect([response.status, response.headers.get("Location")]).toEqual([400, null]);
    expect(response.headers.get("Content-Type")).toMatch(/^text\/plain/);
    expect(response.headers.get("Content-Security-Policy")).toContain("frame-ancestors 'none'");
    expect(await response.text()).toContain(words);
  });

  it("with a repeated parameter is rejected", async () => {
    const response = await call(`${authorizeUrl()}&client_id=https://evil.org/c.json`, { redirect: "manual" });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("client_id is repeated")]);
  });

  it("of a client that asks for no state and no resource gets none", async () => {
    const { key } = await makeMember();
    const request = await requested({ state: null, resource: null });
    const to = await decided(await decide(await signIn(key), request));
    expect([...to.searchParams.keys()]).toEqual(["from", "code", "iss"]);
    expect((await useCode(to.searchParams.get("code") ?? "", { resource: null, redirect_uri: null })).status).toBe(200);
  });

  it("is shown and approved by the console's page in a session alone, and not once it was changed", async () => {
    const { key } = await makeMember();
    const [session, request] = [await signIn(key), await requested()];
    for (const headers of [
      {},
      { Origin: "https://evil.org", "Sec-Fetch-Site": "same-origin" },
      { Origin: ORIGIN, "Sec-Fetch-Site": "cross-site" },
    ])
      expect((await decide(session, request, {}, headers as Record<string, string>)).status).toBe(403);
    expect(await readProblem(await decide(key.secret, request))).toMatchObject({ status: 409, code: "key_closed" });
    expect((await decide("", request)).status).toBe(401);
    const roots = { current: env.ROOT_SECRET, previous: null };
    const old = await encrypt(JSON.stringify({ until: 1 }), "oauth|request", roots, random);
    const foreign = await encrypt(JSON.stringify({ name: "x", redirectUris: [] }), "oauth|client", roots, random);
    for (const changed of [`${request}x`, request.slice(1), "", "..", old, foreign])
      expect(await readProblem(await decide(session, changed)), changed).toMatchObject({ code: "link_expired" });
    expect(await readProblem(await decide(session, "x".repeat(9_000)))).toMatchObject({ code: "invalid_request" });
    expect(await readProblem(await decide(session, request, { user: " ada" }))).toMatchObject({
      code: "invalid_request",
    });
    expect(await readProblem(await decide(session, request, { scopes: ["keys"] }))).toMatchObject({
      code: "invalid_request",
    });
    expect(await appsOf(key)).toEqual([]);
  });
});

describe("a client's description", () => {
  const json =
    (body: string | ReadableStream, init: ResponseInit = {}) =>
    () =>
      new Response(body, init);
  const at = (answer: () => Response, host?: string) => sources.at("/client.json", answer, host);
  const hostile: [string, () => string][] = [
    ["is missing", () => at(json("{}", { status: 404 }))],
    ["is redirected", () => at(json("", { status: 302, headers: { location: client } }))],
    ["is no JSON", () => at(json("<html>"))],
    ["is no UTF-8", () => at(() => new Response(new Uint8Array([0x22, 0xff, 0x22])))],
    ["is deep", () => at(json("[".repeat(CLIENT_DOCUMENT_BYTES)))],
    ["is too large", () => at(json(`{"client_name":"${"x".repeat(CLIENT_DOCUMENT_BYTES)}"}`))],
    ["never ends", () => at(json(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(1_000)) })))],
    ["is of another client", () => publish({ client_id: client })],
    ["wants a secret", () => publish({ token_endpoint_auth_method: "client_secret_basic" })],
    ["has no redirects", () => publish({ redirect_uris: [] })],
    [
      "has many redirects",
      () => publish({ redirect_uris: Array.from({ length: 21 }, (_, n) => `https://a.org/${n}`) }),
    ],
    ["lists a script", () => publish({ redirect_uris: [REDIRECT, "javascript:alert(1)//"] })],
    ["lists a fragment", () => publish({ redirect_uris: [`${REDIRECT}#a`] })],
    ["lists a user name", () => publish({ redirect_uris: ["https://app.example.org@evil.org/callback"] })],
    ["is in a private network", () => publish({}, "inside.example.org")],
    ["is at an IP address", () => "https://10.0.0.7/client.json"],
    ["is on another port", () => "https://files.org:8443/client.json"],
    ["has no path", () => "https://files.org/"],
    ["has a fragment", () => `${client}#a`],
    ["is written in another way", () => client.replace("https://", "HTTPS://")],
    ["is at an unknown address", () => "https://nowhere.org/client.json"],
  ];
  it.each(hostile)("that %s is rejected", async (_, address) => {
    const response = await call(authorizeUrl({ client_id: address() }), { redirect: "manual" });
    expect([response.status, response.headers.get("Location")]).toEqual([400, null]);
    expect(await response.text()).toContain("The app cannot be connected. The client");
  });

  it("that is the gateway's own is rejected: a request could make another", async () => {
    const own = { ...env, PUBLIC_URL: "https://own.files.org" };
    const resource = "https://own.files.org/mcp";
    const client_id = sources.at("/client.json", () => Response.json({}), "own.files.org");
    const response = await createApp().request(authorizeUrl({ client_id, resource }), {}, own);
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("this gateway's own")]);
    expect(sources.asked.filter(({ url }) => url === client_id)).toEqual([]);
  });

  it("is asked for without a credential, and without following redirects", async () => {
    await requested();
    const asked = sources.asked.findLast(({ url }) => url === client);
    expect([asked?.redirect, asked?.headers.get("authorization"), asked?.headers.get("cookie")]).toEqual([
      "manual",
      null,
      null,
    ]);
  });
});

describe("the token endpoint", () => {
  it("rejects what a code needs and lacks, and the code stays usable", async () => {
    const { key } = await makeMember();
    const code = await codeFor(key);
    const wrong: Query[] = [
      { code_verifier: null },
      { code_verifier: "short" },
      { code_verifier: `${VERIFIER}x` },
      { redirect_uri: "https://app.example.org/callback" },
      { client_id: null },
      { client_id: publish() },
      { code: issueKey("code", random) },
      { code: code.replace("ngw_code_", "ngw_refresh_") },
    ];
    for (const more of wrong)
      expect(await faultOf(await useCode(code, more)), JSON.stringify(more)).toBe("400 invalid_grant");
    expect(await faultOf(await useCode(code, { resource: "https://other.org/mcp" }))).toBe("400 invalid_target");
    expect(await faultOf(await useCode(code, { grant_type: "password" }))).toBe("400 unsupported_grant_type");
    expect(await faultOf(await useCode(code, { grant_type: "constructor" }))).toBe("400 unsupported_grant_type");
    expect(await faultOf(await askToken(`grant_type=authorization_code&code=${code}&code=${code}`))).toBe(
      "400 invalid_request",
    );
    expect(await faultOf(await askToken(""))).toBe("400 unsupported_grant_type");
    const large = await askToken(`grant_type=${"x".repeat(300_000)}`);
    expect(await faultOf(large)).toBe("413 invalid_request");
    expect((await useCode(code)).status).toBe(200);
  });

  it("rejects a refresh token of another client, and it stays usable", async () => {
    const { key } = await makeMember();
    const { refresh_token, access_token } = await connect(key);
    expect(await faultOf(await useRefresh(refresh_token, { client_id: publish() }))).toBe("400 invalid_grant");
    expect(await faultOf(await useRefresh(access_token))).toBe("400 invalid_grant");
    expect((await useRefresh(refresh_token)).status).toBe(200);
  });

  it("rejects a refresh token and an access token that have expired", async () => {
    const { key } = await makeMember();
    const { refresh_token, access_token } = await connect(key);
    const app = await onlyApp(key);
    await env.DB.prepare("UPDATE app_tokens SET expires_at = ?2 WHERE key = ?1")
      .bind(app.id, Date.now() - 1)
      .run();
    expect(await statusOf(access_token)).toBe(401);
    expect(await faultOf(await useRefresh(refresh_token))).toBe("400 invalid_grant");
  });
});

describe("registration", () => {
  const app = createApp();
  /** A request to a gateway with MCP_DCR=on. */
  const open = (path: string, init: RequestInit = {}) =>
    Promise.resolve(app.fetch(new Request(ORIGIN + path, init), openEnv, createExecutionContext()));
  const openEnv = { ...env, MCP_DCR: "on" };
  const register = (body: unknown) =>
    open("/register", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });

  it("is off", async () => {
    const sent = { client_name: "App", redirect_uris: [REDIRECT] };
    expect(await faultOf(await send("POST", "/register", sent))).toBe("403 access_denied");
    expect(await (await call("/.well-known/oauth-authorization-server")).text()).not.toContain("registration_endpoint");
  });

  it("gives a client that stores nothing here an id, while the operator allows it", async () => {
    const metadata = await open("/.well-known/oauth-authorization-server");
    expect(await jsonOf(metadata)).toMatchObject({ registration_endpoint: `${ORIGIN}/register` });
    const made = await jsonOf<{ client_id: string }>(
      await register({
        client_name: "Desk app",
        redirect_uris: [REDIRECT],
        token_endpoint_auth_method: "client_secret_post",
      }),
      201,
    );
    expect(made).toMatchObject({ client_name: "Desk app", token_endpoint_auth_method: "none" });
    const started = await open(authorizeUrl({ client_id: made.client_id }), { redirect: "manual" });
    const request = started.headers.get("Location")?.split("#/authorize/")[1] ?? "";
    const { key } = await makeMember();
    const to = await decided(await decide(await signIn(key), request));
    const code = to.searchParams.get("code") ?? "";
    expect((await useCode(code, { client_id: made.client_id })).status).toBe(200);
    expect(await onlyApp(key)).toMatchObject({
      name: "Desk app",
      app: { host: null, redirect_host: "app.example.org" },
    });
    const closed = await call(authorizeUrl({ client_id: made.client_id }), { redirect: "manual" });
    expect(closed.status).toBe(400);
  });

  it("is bounded", async () => {
    const wrong: [unknown, string][] = [
      ["", "400 invalid_client_metadata"],
      ["[", "400 invalid_request"],
      ["[]", "400 invalid_client_metadata"],
      [{}, "400 invalid_redirect_uri"],
      [{ redirect_uris: ["javascript:alert(1)"] }, "400 invalid_redirect_uri"],
      [{ redirect_uris: ["http://app.example.org/"] }, "400 invalid_redirect_uri"],
      [{ redirect_uris: REDIRECT }, "400 invalid_redirect_uri"],
      [{ redirect_uris: [REDIRECT], client_name: 7 }, "400 invalid_client_metadata"],
      [
        {
          redirect_uris: Array.from({ length: 4 }, () => `https://a.org/${"x".repeat(REGISTERED_REDIRECTS_CHARS / 4)}`),
        },
        "400 invalid_redirect_uri",
      ],
      [`{"redirect_uris":["${"x".repeat(300_000)}"]}`, "413 invalid_request"],
    ];
    for (const [body, says] of wrong)
      expect(await faultOf(await register(body)), JSON.stringify(body).slice(0, 80)).toBe(says);
  });
});
