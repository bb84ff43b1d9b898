/**
 * Nothing leaks. A gateway gets unique words, then every request of its document, with every valid and invalid kind of
 * credential, and is stopped. Then everything it returned, sent, printed and stored is searched. A table below says where a
 * word may be; anywhere else fails.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { randomSecret, writeEnvFile } from "../../scripts/lib/env-file.ts";
import { type Gateway, startGateway } from "../../scripts/lib/gateway.ts";
import { startReceiver } from "../conformance/support/receiver.ts";
import { type ApiDocument, pathOf, type Route, requestOf, routesOf } from "../support/document.ts";
import { createResources } from "../support/resources.ts";
import { type Content, contentOf, contentsOf, find } from "./support/leaks.ts";

const mark = (): string => randomBytes(9).toString("hex");
const planted = {
  "admin token": randomSecret(),
  "root secret": randomSecret(),
  "operator's Nemo token": `nmv_usr_${mark()}${mark()}`,
  "Nemo token": `nmv_usr_sandbox_${mark()}`,
  prompt: `a film about ${mark()}`,
  "signature of an address": mark(),
  "file name": `holiday-${mark()}.png`,
  "user's name": `ada+${mark()}@example.com`,
};

/**
 * Where a word may be, by its name; a word that is not here may be nowhere. `owner …`: an answer to who it belongs to, by whatever
 * credential. `webhook`: its tenant's own. `…Object bytes`, `…Object.table`: what an object keeps.
 */
const ALLOWED: Readonly<Record<string, readonly RegExp[]>> = {
  key: [/^operator makes a key$/],
  "operator's Nemo token": [/^vars\.env bytes$/], // the launcher's own file, from which the Worker is given it
  "Nemo token": [/^SandboxObject( bytes|\.\w+)$/], // Nemo's own side of test mode
  "user token": [/^owner post \/v1\/users\/\{id\}\/tokens$/],
  "webhook secret": [/^owner post \/v1\/webhook_endpoints$/],
  "webhook secret's bytes": [/^owner post \/v1\/webhook_endpoints$/],
  "link signature": [/^owner post \/v1\/renders\/\{id\}\/link$/],
  "signature of a shown link": [/^owner /, /^webhook$/],
  "stream ticket": [/^owner post \/v1\/turns\/\{id\}\/stream_ticket$/],
  prompt: [/^owner /, /^webhook$/, /^(User|Tenant|Sandbox)Object( bytes|\.\w+)$/],
  "file name": [/^owner /, /^webhook$/, /^(User|Tenant|Upload|Sandbox)Object( bytes|\.\w+)$/],
  // A stranger who names a user of the same name in a path gets that name back, as a user of its own.
  "user's name": [/^owner /, /^stranger.* \w+ \/v1\/users\/\{id\}/],
};

const folder = mkdtempSync(join(tmpdir(), "leaks-"));
let gateway: Gateway | null = null;
afterAll(async () => {
  await gateway?.stop();
  rmSync(folder, { recursive: true, force: true });
});

type Sent = { readonly method: string; readonly headers: Record<string, string>; readonly body?: string | null };

/** Sends a request, and records the answer under the name of its sender. Of a stream that continues, its first moments are read. */
function listener(url: string, responses: Content[]) {
  return async (who: string, route: string, path: string, sent: Sent): Promise<{ status: number; text: string }> => {
    const response = await fetch(url + path, {
      method: sent.method.toUpperCase(),
      headers: sent.headers,
      body: sent.body ?? null,
      redirect: "manual",
    });
    const text = await textOf(response);
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    const outcome = response.status < 400 ? "" : " rejected";
    responses.push(contentOf(`${who} ${route}${outcome}`, `${headers}\n\n${text}`));
    return { status: response.status, text };
  };
}

async function textOf(response: Response): Promise<string> {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream"))
    return Buffer.from(await response.arrayBuffer()).toString("latin1");
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const chunks: Uint8Array[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    for (let got = await reader.read(); !got.done; got = await reader.read()) {
      chunks.push(got.value);
      timer ??= setTimeout(() => void reader.cancel(), 200); // from the first chunk on: a slow machine still receives it
    }
  } catch {
    // cut by the timer
  }
  clearTimeout(timer);
  return Buffer.concat(chunks).toString("latin1");
}

const json = { "content-type": "application/json" };

it("exposes nothing of another tenant or user, prints nothing, and keeps secrets encrypted", {
  timeout: 900_000, // it calls every route nine times, and a busy machine takes its time
}, async () => {
  const printed: string[] = [];
  const responses: Content[] = [];
  const secretsFile = join(folder, "secrets.env");
  writeEnvFile(secretsFile, { ROOT_SECRET: planted["root secret"], ADMIN_TOKEN: planted["admin token"] });
  const stateDir = join(folder, "gateway");
  gateway = await startGateway({
    stateDir,
    secretsFile,
    vars: { TIME_SCALE: "60", NEMO_TOKEN: planted["operator's Nemo token"], NEMO_API_URL: "http://127.0.0.1:9" },
    // The local dev server prints a line of its own with each request's URL; no such server is deployed.
    onLine: (line) => void (/^\[wrangler:info\]/.test(line) || printed.push(line)),
  });
  const receiver = await startReceiver([{ status: 500, body: `no thanks ${planted.prompt}` }]);
  const ask = listener(gateway.url, responses);
  const asked = async (who: string, route: string, path: string, sent: Sent) =>
    JSON.parse((await ask(who, route, path, sent)).text);
  const operator = { authorization: `Bearer ${planted["admin token"]}`, ...json };
  const post = { method: "post", headers: operator };

  const newKey = async (mode: "live" | "test"): Promise<{ tenant: string; key: string }> => {
    const tenant = await asked("operator", "makes a tenant", "/admin/tenants", { ...post, body: '{"name":"acme"}' });
    const path = `/admin/tenants/${tenant.id}/keys`;
    const key = await asked("operator", "makes a key", path, { ...post, body: JSON.stringify({ mode }) });
    return { tenant: tenant.id, key: key.secret };
  };
  const owner = await newKey("test");
  const live = await newKey("live");
  const stranger = await newKey("test");
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
  const named = { ...bearer(owner.key), "x-user-id": planted["user's name"] };

  const url = gateway.url;
  const words = { prompt: planted.prompt, filename: planted["file name"], url: receiver.url };
  const things = await createResources(
    (path, init) => fetch(url + path, { ...init, headers: { ...init?.headers, ...named } }),
    words,
  );
  const document: ApiDocument = await asked("a caller", "/openapi.json", "/openapi.json", {
    method: "get",
    headers: {},
  });
  const routes = routesOf(document);

  const put = { method: "put", headers: { ...named, ...json } };
  const provided = JSON.stringify({ token: planted["Nemo token"], for: "user" });
  expect((await ask("owner", "put /v1/nemo_token", "/v1/nemo_token", { ...put, body: provided })).status).toBe(200);
  const endpoint = await asked("owner", "post /v1/webhook_endpoints", "/v1/webhook_endpoints", {
    method: "post",
    headers: { ...named, ...json },
    body: JSON.stringify({ url: receiver.url }),
  });
  const make: Sent = { method: "post", headers: { ...named, ...json }, body: "{}" };
  const userPath = `/v1/users/${encodeURIComponent(planted["user's name"])}`;
  const token = await asked("owner", "post /v1/users/{id}/tokens", `${userPath}/tokens`, make);
  // No server answers there, so that each is tried again and reported as failed.
  const address = `http://127.0.0.1:9/clip.mp4?signature=${planted["signature of an address"]}`;
  const { prompt } = planted;
  for (const [path, body] of [
    ["/v1/uploads/import", { url: address }],
    ["/v1/videos", { prompt, assets: [address] }],
    ["/v1/batches", { items: [{ prompt, assets: [address] }] }],
  ] as const) {
    const sent = { ...make, body: JSON.stringify(body) };
    expect([path, (await ask("owner", `post ${path}`, path, sent)).status]).toEqual([path, 202]);
  }
  const link = await asked("owner", "post /v1/renders/{id}/link", `/v1/renders/${things.get("rnd")}/link`, make);
  const render = await asked("owner", "get /v1/renders/{id}", `/v1/renders/${things.get("rnd")}`, {
    method: "get",
    headers: named,
  });
  const ticket = await asked(
    "owner",
    "post /v1/turns/{id}/stream_ticket",
    `/v1/turns/${things.get("trn")}/stream_ticket`,
    make,
  );
  things.set("f", link.download_url.split("/f/")[1]);
  const signatureOf = (text: string): string => text.slice(text.lastIndexOf(".") + 1).replace(/[?&].*$/, "");
  const canaries: Record<string, string | Buffer> = {
    ...planted,
    key: owner.key,
    "webhook secret": endpoint.secret.slice("whsec_".length),
    "webhook secret's bytes": Buffer.from(endpoint.secret.slice("whsec_".length), "base64"),
    "user token": signatureOf(token.token),
    "link signature": signatureOf(link.download_url),
    "signature of a shown link": signatureOf(render.download_url),
    "stream ticket": signatureOf(ticket.url ?? ticket.ticket),
  };

  // Every route as its owner sends it, with every kind of credential; what ends access comes last.
  const isEnd = ({ method, path }: Route): number => (method !== "delete" ? 0 : path.startsWith("/v1/users") ? 2 : 1);
  const forms: Record<string, Record<string, string>> = {
    owner: bearer(owner.key),
    "owner by header": { "x-api-key": owner.key },
    "owner by Basic": { authorization: `Basic ${btoa(`${owner.key}:`)}` },
    "owner by token": bearer(token.token),
    "a caller": {},
    "a caller with half a key": bearer(owner.key.slice(0, -2)),
    "a caller with a bad token": bearer(`${token.token.slice(0, -4)}AAAA`),
    stranger: bearer(stranger.key),
    "stranger in live mode": bearer(live.key),
  };
  for (const route of routes.toSorted((a, b) => isEnd(a) - isEnd(b))) {
    const request = requestOf(route, document, things);
    const path = pathOf(route, things, planted["user's name"]);
    const isWriting = !/^(get|head)$/.test(route.method);
    for (const [who, credential] of Object.entries(forms).toReversed()) {
      const named =
        who === "owner by token" || who.startsWith("stranger") ? {} : { "x-user-id": planted["user's name"] };
      const headers = { ...request.headers, ...credential, ...named };
      await ask(who, route.name, path, { method: route.method, headers, body: isWriting ? request.body : null });
      if (isEnd(route) > 0 || (who !== "owner" && who !== "owner by token")) continue;
      // Error rows: what was sent comes back in no error but the caller's own.
      const bad = { ...json, ...credential, ...named };
      const inQuery = `${path.split("?")[0]}?limit=${encodeURIComponent(planted.prompt)}&after=${encodeURIComponent(owner.key)}`;
      await ask(who, route.name, inQuery, { method: route.method, headers: bad, body: isWriting ? "{}" : null });
      if (!isWriting) continue;
      for (const body of [
        `{"prompt":"${planted.prompt}`,
        JSON.stringify({ [planted.prompt]: planted["Nemo token"] }),
        "[]",
      ])
        await ask(who, route.name, path, { method: route.method, headers: bad, body });
    }
  }
  for (const path of [
    `/v1/${planted.prompt}`,
    `/v1/turns/${owner.key}`,
    `/f/${link.download_url.split("/f/")[1]}x`,
    "/docs/errors",
  ])
    await ask("a caller", "an odd path", path, { method: "get", headers: named });

  await gateway.runCron();
  await gateway.stop();
  gateway = null;
  receiver.close();
  for (const got of receiver.received)
    responses.push(contentOf("webhook", `${JSON.stringify(got.headers)}\n${got.path}\n${got.body}`));
  responses.push(contentOf("printed", printed.join("\n")));

  const leaks = [...find(canaries, responses), ...find(canaries, contentsOf(stateDir))];
  const strange = leaks.filter(({ canary, location }) => !ALLOWED[canary]?.some((one) => one.test(location)));
  expect(strange).toEqual([]);
  expect(receiver.received.length).toBeGreaterThan(3);
  expect(printed.length).toBeGreaterThan(routes.length);
});
