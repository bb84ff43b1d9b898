/** PROTOCOL.md section 9.7: the official MCP client connects by OAuth, as an app does whose person approves it in the console. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  auth,
  Client,
  type OAuthClientProvider,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { key, shownKey } from "../../src/core/wire/key.ts";
import { type Member, newMember, request, served, shown } from "./support/client.ts";
import { post } from "./support/mcp.ts";

const RESOURCE = new URL("/mcp", served.url);
const REDIRECT = "http://127.0.0.1/callback";
const keys = z.object({ data: z.array(key) });

/** Where the client publishes its description. */
let publisher: Server;
let clientId: string;
beforeAll(async () => {
  publisher = createServer((_, answer) => {
    answer.setHeader("content-type", "application/json");
    answer.end(JSON.stringify({ client_id: clientId, client_name: "Tester", redirect_uris: [REDIRECT] }));
  });
  await new Promise<void>((listening) => publisher.listen(0, "127.0.0.1", listening));
  clientId = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}/client.json`;
});
afterAll(() => publisher.close());

type Saved = {
  tokens?: Parameters<OAuthClientProvider["saveTokens"]>[0];
  discovery?: Parameters<NonNullable<OAuthClientProvider["saveDiscoveryState"]>>[0];
  verifier?: string;
  opened?: URL;
};

/** What a program with one connection stores. It listens on a port of its own. */
function storage(): OAuthClientProvider & { readonly saved: Saved } {
  const saved: Saved = {};
  return {
    saved,
    redirectUrl: "http://127.0.0.1:49152/callback",
    clientMetadata: { redirect_uris: [REDIRECT], client_name: "Tester", token_endpoint_auth_method: "none" },
    clientInformation: () => ({ client_id: clientId, issuer: served.url }),
    state: () => "state 1",
    tokens: () => saved.tokens,
    saveTokens: (tokens) => {
      saved.tokens = tokens;
    },
    saveCodeVerifier: (verifier) => {
      saved.verifier = verifier;
    },
    codeVerifier: () => saved.verifier ?? "",
    redirectToAuthorization: (url) => {
      saved.opened = url;
    },
    saveDiscoveryState: (state) => {
      saved.discovery = state;
    },
    discoveryState: () => saved.discovery,
  };
}

/** What the person's browser does with the address that the client opens: signs in, approves, and goes where it is sent. */
async function approve(member: Member, opened: URL | undefined): Promise<URL> {
  if (opened === undefined) throw new Error("the client opened no address");
  const asked = await fetch(opened, { redirect: "manual" });
  expect(asked.status).toBe(303);
  const pending = new URL(asked.headers.get("location") ?? "", served.url).hash.replace("#/authorize/", "");
  const page = { origin: served.url, "sec-fetch-site": "same-origin" };
  const opening = { headers: { authorization: `Bearer ${member.key.secret}`, ...page } };
  const session = await shown(request("POST", "/console/session", opening), shownKey, 201);
  const headers = { authorization: `Bearer ${session.secret}`, ...page };
  const seen = await shown(
    request("POST", "/console/app", { json: { request: pending }, headers }),
    z.looseObject({ name: z.string(), host: z.string(), redirect_host: z.string(), mode: z.string() }),
  );
  expect(seen).toMatchObject({ name: "Tester", host: "127.0.0.1", redirect_host: "127.0.0.1", mode: "test" });
  const json = { request: pending, approve: true };
  const decision = request("POST", "/console/app/decision", { json, headers });
  return new URL((await shown(decision, z.object({ redirect_to: z.string() }))).redirect_to);
}

async function connected(authProvider: OAuthClientProvider): Promise<Client> {
  const client = new Client({ name: "conformance", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(RESOURCE, { authProvider }));
  return client;
}

const statusOf = async (token: string | undefined): Promise<number> =>
  (await post({ authorization: `Bearer ${token}` }, { jsonrpc: "2.0", id: 1, method: "tools/list" })).response.status;

it("§9.7 the official client finds its way, is approved, renews its access, and is out when it is disconnected", async () => {
  const member = await newMember(null);
  const provider = storage();
  const { saved } = provider;
  const transport = new StreamableHTTPClientTransport(RESOURCE, { authProvider: provider });
  const first = new Client({ name: "conformance", version: "1" }).connect(transport);
  await expect(first).rejects.toThrow(UnauthorizedError);
  const to = await approve(member, saved.opened);
  expect(to.origin + to.pathname).toBe(provider.redirectUrl);
  expect(to.searchParams.get("state")).toBe("state 1");
  await transport.finishAuth(to.searchParams);

  const client = await connected(provider);
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain("make_video");
  await client.close();

  const before = saved.tokens;
  expect(await auth(provider, { serverUrl: RESOURCE })).toBe("AUTHORIZED");
  expect(saved.tokens?.refresh_token).not.toBe(before?.refresh_token);
  const again = await connected(provider);
  expect((await again.listTools()).tools.length).toBeGreaterThan(0);

  const [app] = (await member.get("/v1/keys", keys)).data.filter(({ app }) => app !== null);
  expect(app).toMatchObject({ name: "Tester", app: { host: "127.0.0.1", approved_by: member.key.id } });
  await shown(request("DELETE", `/v1/keys/${app?.id}`, { headers: member.headers }), key);
  for (const tokens of [before, saved.tokens]) expect(await statusOf(tokens?.access_token)).toBe(401);
  await expect(again.listTools()).rejects.toThrow();
  await again.close();
});
