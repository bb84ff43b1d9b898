/**
 * Every route of the document, asked with every credential it is not for. What must come follows from the route's own
 * declaration (`x-scope`, `x-credentials`, its path), so a new route is covered without a line here, and one that its owner
 * cannot reach fails. The table is printed.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { OWNED_PREFIXES, type TenantId, userHash } from "../../src/core/ids.ts";
import { SCOPES } from "../../src/core/wire/key.ts";
import type { UserTokenWire } from "../../src/core/wire/user.ts";
import { signUserToken } from "../../src/http/middleware/auth.ts";
import {
  type ApiDocument,
  type Headers,
  pathOf,
  prefixOf,
  type Route,
  requestOf,
  routesOf,
} from "../support/document.ts";
import {
  adminHeaders,
  call,
  env,
  jsonOf,
  type Member,
  makeKey,
  makeMember,
  readProblem,
  send,
} from "../support/gateway.ts";
import { until } from "../support/objects.ts";
import { createResources } from "../support/resources.ts";

const USER = "ada";

let owner: Member;
let document: ApiDocument;
let routes: Route[];
/** What there is to reach, by the prefix of its id. */
let resources: Map<string, string>;
const named = () => ({ ...owner.headers, "X-User-Id": USER });

beforeAll(async () => {
  owner = await makeMember(null);
  document = await jsonOf<ApiDocument>(await call("/openapi.json"));
  routes = routesOf(document).filter(({ operation }) => operation["x-scope"] !== "public");
  resources = await createResources((path, init) => call(path, { ...init, headers: { ...init?.headers, ...named() } }));
});

async function ask(route: Route, headers: Headers): Promise<Response> {
  const request = requestOf(route, document, resources);
  return call(pathOf(route, resources, USER), {
    method: route.method.toUpperCase(),
    body: request.body,
    headers: { ...request.headers, ...headers },
  });
}

/** What a rejection says: the code, or the status if there is no body. */
async function said(route: Route, response: Response): Promise<string> {
  if (response.status < 400) {
    await response.body?.cancel();
    return String(response.status);
  }
  return route.method === "head" ? String(response.status) : (await readProblem(response)).code;
}

const inHead: Record<string, string> = {
  not_found: "404",
  unauthenticated: "401",
  key_revoked: "401",
  key_expired: "401",
  user_token_revoked: "401",
  user_token_expired: "401",
  missing_scope: "403",
  key_required: "403",
};
/** Scopes of which one is needed: `a_or_b` names two, and a ticket is none. */
const scopesFor = ({ operation }: Route): readonly string[] =>
  operation["x-scope"].split("_or_").filter((scope) => scope !== "any" && scope !== "ticket");
const acceptsTokens = ({ operation }: Route): boolean => operation["x-credentials"] === "key_or_user_token";
/** The path names a resource of the owner. The same user name of another tenant is another user, who may be created. */
const namesAResource = ({ path, name }: Route): boolean => path.includes("{") && name !== "post /v1/users/{id}/tokens";

/** The path names a user, or a resource whose id ends in its user's hash. */
const isOwned = (route: Route): boolean =>
  /\{\w+\}/.test(route.path) &&
  (route.path.startsWith("/v1/users/") || OWNED_PREFIXES.some((prefix) => prefix === prefixOf(route, "id")));

/** Generators, which all users of their tenant work with. */
const isTenants = ({ path }: Route): boolean => /^\/v1\/generators(\/\{|$)/.test(path);

const bearer = (secret: string): Headers => ({ Authorization: `Bearer ${secret}` });
const issue = async (headers: Headers, user: string) =>
  bearer((await jsonOf<UserTokenWire>(await send("POST", `/v1/users/${user}/tokens`, {}, headers), 201)).token);

/** A way to be the wrong one: the headers to come with, and what a route must say; null: nothing of the owner's, whatever else. */
type Wrong = {
  who: string;
  headers: (route: Route) => Promise<Headers>;
  says: (route: Route) => string | null | "skip";
};

async function wrongOnes(): Promise<Wrong[]> {
  const tenant = owner.tenant.id;
  const always = (headers: Headers) => async () => headers;
  const same = (code: string) => () => code;
  const missing = (route: Route) => (namesAResource(route) ? "not_found" : null);
  const tokenSays = (then: (route: Route) => string | null | "skip") => (route: Route) =>
    acceptsTokens(route) ? then(route) : "key_required";
  const revoked = await makeKey(tenant);
  await send("POST", `/admin/keys/${revoked.id}/revoke`, "", adminHeaders);
  const expired = await makeKey(tenant, { expires_at: "2020-01-01T00:00:00.000Z" });
  const stranger = await makeMember(null);
  const left = await issue(owner.headers, "left");
  await jsonOf(await send("POST", "/v1/users/left/sign_out", "", owner.headers));
  const over = await signUserToken(
    {
      tenant: tenant as TenantId,
      mode: "test",
      keyId: owner.key.id as `key_${string}`,
      scopes: ["read"],
      grant: { uh: await userHash(tenant as TenantId, USER), epoch: 0, until: 1_700_000_060_000 },
    },
    1_700_000_000_000,
    { current: env.ROOT_SECRET, previous: null },
  );
  return [
    { who: "without a key", headers: always({}), says: same("unauthenticated") },
    {
      who: "a mistyped key",
      headers: always(bearer(`${owner.key.secret.slice(0, -2)}zz`)),
      says: same("unauthenticated"),
    },
    { who: "a revoked key", headers: always(bearer(revoked.secret)), says: same("key_revoked") },
    { who: "an expired key", headers: always(bearer(expired.secret)), says: same("key_expired") },
    {
      who: "a key without the scope",
      headers: async (route) => {
        const scopes = SCOPES.filter((scope) => !scopesFor(route).includes(scope));
        return bearer((await makeKey(tenant, { scopes })).secret);
      },
      says: (route) => (scopesFor(route).length === 0 ? "skip" : "missing_scope"),
    },
    {
      who: "another tenant",
      // A fresh one each time: what it makes in passing is its own.
      headers: async () => ({ ...(await makeMember(null)).headers, "X-User-Id": USER }),
      says: missing,
    },
    {
      who: "the other mode",
      headers: always({ ...bearer((await makeKey(tenant, { mode: "live" })).secret), "X-User-Id": USER }),
      // Keys, generators and the log of what was done to them are the tenant's in both modes; without an id, live calls leave for Nemo.
      says: (route) =>
        namesAResource(route) && !/^\/v1\/(keys\/|generators\/\{)/.test(route.path) ? "not_found" : "skip",
    },
    {
      who: "a key that names another user",
      headers: always({ ...owner.headers, "X-User-Id": "bob" }),
      says: (route) => (isOwned(route) ? "not_found" : "skip"),
    },
    {
      who: "another user's token",
      headers: always(await issue(owner.headers, "bob")),
      says: tokenSays((route) => (isTenants(route) ? "skip" : missing(route))),
    },
    { who: "another tenant's token", headers: always(await issue(stranger.headers, USER)), says: tokenSays(missing) },
    {
      who: "a signed-out token",
      headers: always(left),
      says: tokenSays((route) => (namesAResource(route) ? "skip" : "user_token_revoked")),
    },
    { who: "an expired token", headers: always(bearer(over)), says: same("user_token_expired") },
  ];
}

describe("every route", () => {
  it("rejects every credential it is not for, without details", async () => {
    const table: string[] = [];
    for (const wrong of await wrongOnes()) {
      for (const route of routes) {
        const expected = wrong.says(route);
        if (expected === "skip") continue;
        const response = await ask(route, await wrong.headers(route));
        if (expected === null) {
          const text = await response.text();
          for (const id of resources.values()) expect(text.includes(id), `${wrong.who}: ${route.name}`).toBe(false);
          table.push(`${route.name} | ${wrong.who} | nothing of the owner's`);
          continue;
        }
        const wanted = route.method === "head" ? inHead[expected] : expected;
        expect(await said(route, response), `${wrong.who}: ${route.name}`).toBe(wanted);
        table.push(`${route.name} | ${wrong.who} | ${expected}`);
      }
    }
    // biome-ignore lint/suspicious/noConsole: the table is what this test is read for
    console.log(table.toSorted().join("\n"));
    expect(table.length).toBeGreaterThan(routes.length * 8);
  });

  it("still returns its resource to its owner afterwards, by key, and by user token if allowed", async () => {
    const last = ({ method, path }: Route): number => (method !== "delete" ? 0 : path.startsWith("/v1/users") ? 2 : 1);
    await until(async () => {
      const video = await call(`/v1/videos/${resources.get("vid")}`, { headers: named() });
      return (await jsonOf<{ status: string }>(video)).status === "completed"; // so that it has a file
    });
    for (const route of routes.toSorted((a, b) => last(a) - last(b))) {
      if (acceptsTokens(route) && route.method === "get") {
        const answer = await ask(route, await issue(owner.headers, USER));
        expect(await said(route, answer), `token: ${route.name}`).toMatch(/^(2\d\d|304)$/);
      }
      // 409: it is there, and this is not its moment.
      const response = await ask(route, named());
      const status = response.status;
      const words = status < 400 ? "" : await response.text();
      if (status < 400) await response.body?.cancel();
      expect(status < 400 || status === 409, `${route.name}: ${status} ${words}`).toBe(true);
    }
  });
});
