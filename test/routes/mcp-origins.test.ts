/** Which web pages may call `/mcp`: `MCP_ORIGINS`, the tenant's origins, and names that resolve to a local gateway. */
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import type { UserTokenWire } from "../../src/core/wire/user.ts";
import { adminHeaders, env, jsonOf, makeMember, ORIGIN, send } from "../support/gateway.ts";

type Answer = { readonly id: unknown; readonly error?: { readonly code: number; readonly data?: { code: string } } };

/** The status and the code of the problem that answers a `tools/list`. */
async function ask(headers: Record<string, string>, origin = ORIGIN, bindings: object = env) {
  const response = await createApp().request(
    `${origin}/mcp`,
    {
      method: "POST",
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
      headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream", ...headers },
    },
    bindings,
  );
  const text = await response.text();
  if (response.status === 200) return [200, null];
  const { id, error }: Answer = JSON.parse(text);
  expect([id, error?.code]).toEqual([null, -32_000]);
  return [response.status, error?.data?.code];
}

/** A user token, and the key that issued it. */
async function credentials() {
  const member = await makeMember(null);
  const { token } = await jsonOf<UserTokenWire>(await send("POST", "/v1/users/ada/tokens", {}, member.headers), 201);
  return { member, key: member.headers, user: { Authorization: `Bearer ${token}` } };
}

describe("a request from a web page", () => {
  it("is accepted from the gateway's own origin and those of MCP_ORIGINS", async () => {
    const { user } = await credentials();
    const allowed = { ...env, MCP_ORIGINS: "https://one.example, https://two.example:8443" };
    for (const [origin, status] of [
      [ORIGIN, 200],
      ["https://one.example", 200],
      ["https://two.example:8443", 200],
      ["https://two.example", 403],
      ["http://one.example", 403],
      ["https://one.example.evil.example", 403],
      ["https://sub.one.example", 403],
      ["null", 403],
      ["", 403],
    ] as const)
      expect(await ask({ ...user, Origin: origin }, ORIGIN, allowed), origin).toEqual(
        status === 200 ? [200, null] : [403, "origin_not_allowed"],
      );
    expect(await ask({ ...user, Origin: "https://one.example" })).toEqual([403, "origin_not_allowed"]);
  });

  it("with an API key is accepted from the tenant's origins only", async () => {
    const { member, key, user } = await credentials();
    const allowed = { ...env, MCP_ORIGINS: "https://one.example" };
    expect(await ask({ ...key, Origin: "https://one.example" }, ORIGIN, allowed)).toEqual([403, "key_in_browser"]);
    const origins = ["https://app.example"];
    await jsonOf(await send("PATCH", `/admin/tenants/${member.tenant.id}`, { origins }, adminHeaders));
    for (const headers of [key, user])
      expect(await ask({ ...headers, Origin: "https://app.example" })).toEqual([200, null]);
  });

  it("under a name that resolves to a local gateway is rejected with 403, and another request with 503", async () => {
    const { user } = await credentials();
    const local = { ...env, ENVIRONMENT: "development" };
    const page = { ...user, Origin: "http://evil.example.com" };
    expect(await ask(page, "http://evil.example.com", local)).toEqual([403, "origin_not_allowed"]);
    expect(await ask(user, "http://evil.example.com", local)).toEqual([503, "misconfigured"]);
    for (const own of ["http://127.0.0.1:8787", "http://localhost:8787"])
      expect(await ask({ ...user, Origin: own }, own, local)).toEqual([200, null]);
  });
});
