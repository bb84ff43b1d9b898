/**
 * `npm run integrations:n8n -- FOLDER`: integrations/n8n in a real n8n against a gateway with a test key.
 *
 * FOLDER holds an installation of n8n (`npm install n8n@1.123.81` there) whose packages are used; n8n's own data is temporary.
 * Build the nodes first. It takes some minutes, most of them n8n's starts.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { apiWith } from "./lib/api.ts";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { readFlags } from "./lib/flags.ts";
import { startGateway } from "./lib/gateway.ts";
import { largeMp4 } from "./lib/large-mp4.ts";
import { freePort } from "./lib/ports.ts";
import { isAlive, type ProcessGroup, startGroup } from "./lib/process-group.ts";
import { ROOT } from "./lib/root.ts";
import { makeKey, makeTenant } from "./lib/tenant.ts";

const { words } = readFlags({
  command: "npm run integrations:n8n",
  says: "Runs integrations/n8n in a real n8n against a gateway with a test key.",
  words: { name: "FOLDER", says: "a folder in which n8n is installed", most: 1 },
});
const [folder] = words;
if (folder === undefined)
  throw new Error("Name the folder in which n8n is installed: npm run integrations:n8n -- FOLDER");
const N8N = join(resolve(folder), "node_modules/n8n");
const version = (JSON.parse(readFileSync(join(N8N, "package.json"), "utf8")) as { version: string }).version;

/** A start of n8n on a busy machine. */
const START_MS = 300_000;
const RUN_MS = 600_000;

const userFolder = mkdtempSync(join(tmpdir(), "n8n-check-"));
onEnd(() => rmSync(userFolder, { recursive: true, force: true }));
mkdirSync(join(userFolder, ".n8n/custom/node_modules"), { recursive: true });
symlinkSync(join(ROOT, "integrations/n8n"), join(userFolder, ".n8n/custom/node_modules/n8n-nodes-nemo-gateway"));

const say = (line: string): void => console.log(`ok  ${line}`);

const gateway = await startGateway({ stateDir: join(userFolder, "gateway") });
const admin = apiWith(gateway.url, gateway.adminToken);
const key = await makeKey(admin, await makeTenant(admin, "n8n"), "test", "n8n");
const api = apiWith(gateway.url, key);

const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const broker = await freePort();

/** The Node that n8n runs on: its native packages were built for it. */
const node = process.env.N8N_NODE ?? process.execPath;

/** In memory, or as files: the two ways in which n8n keeps binary fields. */
async function startN8n(binaryMode: "default" | "filesystem"): Promise<ProcessGroup> {
  const group = startGroup({
    command: node,
    args: [join(N8N, "bin/n8n"), "start"],
    cwd: userFolder,
    env: {
      PATH: process.env.PATH ?? "",
      N8N_USER_FOLDER: userFolder,
      N8N_PORT: String(port),
      N8N_LISTEN_ADDRESS: "127.0.0.1",
      N8N_RUNNERS_BROKER_PORT: String(broker),
      WEBHOOK_URL: `${url}/`,
      N8N_ENCRYPTION_KEY: "a key for this check only",
      N8N_DIAGNOSTICS_ENABLED: "false",
      N8N_VERSION_NOTIFICATIONS_ENABLED: "false",
      N8N_TEMPLATES_ENABLED: "false",
      N8N_PERSONALIZATION_ENABLED: "false",
      N8N_SECURE_COOKIE: "false",
      N8N_COMMUNITY_PACKAGES_ALLOW_TOOL_USAGE: "true",
      DB_SQLITE_POOL_SIZE: "2",
      N8N_DEFAULT_BINARY_DATA_MODE: binaryMode,
    },
  });
  onEnd(() => group.stop());
  for (const until = Date.now() + START_MS; Date.now() < until; await sleep(500)) {
    const ready = await fetch(`${url}/rest/settings`).catch(() => null);
    await ready?.body?.cancel();
    if (ready?.headers.get("content-type")?.includes("json") && ready.ok) return group;
    if (!isAlive(group.id)) throw new Error(`n8n ended:\n${group.lastLines()}`);
  }
  throw new Error(`n8n was not ready:\n${group.lastLines()}`);
}

/** n8n's own REST API, with the owner's cookie. */
let cookie = "";
async function rest(method: string, path: string, json?: unknown): Promise<unknown> {
  const answer = await fetch(`${url}/rest${path}`, {
    method,
    headers: { cookie, "browser-id": "check", ...(json === undefined ? {} : { "content-type": "application/json" }) },
    body: json === undefined ? null : JSON.stringify(json),
  });
  const set = answer.headers.getSetCookie().find((one) => one.startsWith("n8n-auth="));
  if (set !== undefined) cookie = set.split(";")[0] ?? "";
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return (JSON.parse(text) as { data?: unknown }).data;
}

async function until<T>(what: string, ask: () => Promise<T | null>, ms = RUN_MS): Promise<T> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(500)) {
    const got = await ask();
    if (got !== null) return got;
  }
  throw new Error(`${what}: not within ${ms / 1000} s`);
}

type Node = { name: string; type: string; parameters: object; [more: string]: unknown };
const NEMO = { typeVersion: 1, position: [0, 0] };

/** A workflow of nodes in a row. It starts with a webhook unless the first node is a trigger of ours. */
async function makeWorkflow(name: string, nodes: readonly Node[]): Promise<string> {
  const connections = Object.fromEntries(
    nodes
      .slice(0, -1)
      .map((one, index) => [one.name, { main: [[{ node: nodes[index + 1]?.name, type: "main", index: 0 }]] }]),
  );
  const made = (await rest("POST", "/workflows", {
    name,
    nodes: nodes.map((one, index) => ({ id: crypto.randomUUID(), ...NEMO, position: [index * 200, 0], ...one })),
    connections,
    active: false,
    settings: { executionOrder: "v1", saveManualExecutions: true },
  })) as { id: string };
  return made.id;
}

async function setActive(id: string, active: boolean): Promise<void> {
  const { versionId } = (await rest("GET", `/workflows/${id}`)) as { versionId: string };
  await rest("PATCH", `/workflows/${id}?forceSave=true`, { active, versionId });
}

type Execution = { id: string; status: string };
async function executionsOf(workflowId: string): Promise<Execution[]> {
  const filter = encodeURIComponent(JSON.stringify({ workflowId }));
  return ((await rest("GET", `/executions?filter=${filter}`)) as { results: Execution[] }).results;
}

const statusOf = async (workflowId: string): Promise<string> => (await executionsOf(workflowId))[0]?.status ?? "none";
const untilStatus = (workflowId: string, status: string): Promise<true> =>
  until(`${status} of workflow ${workflowId}`, async () => {
    const now = await statusOf(workflowId);
    if (status !== "error" && ["error", "crashed"].includes(now))
      throw new Error(`the execution has the status ${now}: ${JSON.stringify(await resultOf(workflowId))}`);
    return now === status ? true : null;
  });

/** n8n stores the data of an execution as a flat list, in which indexes in text stand for values. */
function unflatten(text: string): unknown {
  const list = JSON.parse(text) as unknown[];
  const seen = new Map<number, unknown>();
  const at = (index: number): unknown => {
    if (seen.has(index)) return seen.get(index);
    const value = list[index];
    if (typeof value !== "object" || value === null) return value;
    const into: Record<string, unknown> = Array.isArray(value) ? ([] as never) : {};
    seen.set(index, into);
    for (const [name, one] of Object.entries(value)) into[name] = typeof one === "string" ? at(Number(one)) : one;
    return into;
  };
  return at(0);
}

type Output = {
  json: Record<string, unknown>;
  binary?: Record<string, { id?: string; data: string; mimeType: string }>;
};
type Run = {
  data?: { main: (Output[] | null)[] };
  error?: { message: string; description?: string; httpCode?: string };
};

/** The last run of each node. */
async function resultOf(workflowId: string): Promise<Record<string, Run>> {
  const [last] = await executionsOf(workflowId);
  const { data } = (await rest("GET", `/executions/${last?.id}`)) as { data: string };
  const { resultData } = unflatten(data) as { resultData: { runData: Record<string, Run[]> } };
  return Object.fromEntries(Object.entries(resultData.runData).map(([name, runs]) => [name, runs.at(-1) ?? {}]));
}

const itemOf = (run: Run | undefined): Output => {
  const item = run?.data?.main[0]?.[0];
  assert.ok(item, `no output: ${JSON.stringify(run)}`);
  return item;
};

let n8n = await startN8n("default");
say(`n8n ${version} is ready on Node, with the package linked into its custom folder`);
await rest("POST", "/owner/setup", {
  email: "owner@example.com",
  firstName: "A",
  lastName: "B",
  password: "Password-1234",
});

const types = (await (await fetch(`${url}/types/nodes.json`, { headers: { cookie } })).json()) as { name: string }[];
const names = types.map(({ name }) => name).filter((name) => /nemo/i.test(name));
assert.deepEqual(names.sort(), ["CUSTOM.nemoGateway", "CUSTOM.nemoGatewayTool", "CUSTOM.nemoGatewayTrigger"]);
say(`node types: ${names.join(", ")}`);

const credential = {
  name: "Gateway",
  type: "nemoGatewayApi",
  data: { baseUrl: `${gateway.url}/`, apiKey: key, user: "ada" },
};
/** Stores a credential, and asks n8n to test it as its form does. */
async function makeCredential(data: object): Promise<{ id: string; status: string }> {
  const stored = { ...credential, data: { ...credential.data, ...data } };
  const { id } = (await rest("POST", "/credentials", stored)) as { id: string };
  const { status } = (await rest("POST", "/credentials/test", { credentials: { id, ...stored } })) as {
    status: string;
  };
  return { id, status };
}
const { id: credentialId, status: goodStatus } = await makeCredential({});
assert.equal(goodStatus, "OK");
assert.equal((await makeCredential({ apiKey: "ngw_test_wrong" })).status, "Error");
say("the credential's test passes with the key and fails with a wrong one");
const credentials = { nemoGatewayApi: { id: credentialId, name: credential.name } };

/** What a list or a form of the editor shows. */
async function editor(list: string, methodName: string, parameters: object): Promise<unknown> {
  return await rest("POST", `/dynamic-node-parameters/${list}`, {
    path: "parameters.generator",
    methodName,
    nodeTypeAndVersion: { name: "CUSTOM.nemoGateway", version: 1 },
    currentNodeParameters: parameters,
    credentials,
  });
}
{
  await api.send("/v1/projects", { method: "POST", json: { name: "A film" }, headers: { "x-user-id": "ada" } });
  type Found = { results: { name: string; value: string }[] };
  const generators = (await editor("resource-locator-results", "searchGenerators", {})) as Found;
  assert.ok(generators.results.some(({ value }) => value === "free-generation-maker"));
  const projects = (await editor("resource-locator-results", "searchProjects", {})) as Found;
  assert.deepEqual(
    projects.results.map(({ name }) => name),
    ["A film"],
  );
  const generator = { __rl: true, mode: "list", value: "free-generation-maker" };
  const form = (await editor("resource-mapper-fields", "getVariables", {
    resource: "video",
    operation: "makeFromGenerator",
    generator,
  })) as { fields: { id: string }[] };
  assert.ok(form.fields.some(({ id }) => id === "topic"));
  say("the editor's lists of generators and projects, and the form of a generator's variables");
}

const nemo = (name: string, resource: string, operation: string, parameters: object, more: object = {}): Node => ({
  name,
  type: "CUSTOM.nemoGateway",
  parameters: { resource, operation, ...parameters },
  credentials,
  ...more,
});
const byWebhook = (path: string): Node => ({
  name: "Start",
  type: "n8n-nodes-base.webhook",
  webhookId: crypto.randomUUID(),
  typeVersion: 2,
  parameters: { path, httpMethod: "POST", responseMode: "onReceived" },
});
const call = async (path: string, json: unknown = {}): Promise<void> => {
  const answer = await fetch(`${url}/webhook/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(json),
  });
  assert.equal(answer.status, 200, await answer.text());
};
const runWorkflow = async (name: string, nodes: readonly Node[], json: unknown = {}, end = "success") => {
  const id = await makeWorkflow(name, [byWebhook(name), ...nodes]);
  await setActive(id, true);
  await call(name, json);
  await untilStatus(id, end);
  return await resultOf(id);
};

const waiting = (prompt: string): Node[] => [
  nemo("Make", "video", "sendAndWait", {
    source: "prompt",
    prompt,
    options: { metadata: { label: [{ name: "order", value: 7 }] } },
  }),
  nemo("Download", "video", "download", { id: "={{ $json.id }}", output: "file" }),
];
const assertVideo = (result: Record<string, Run>, what: string): void => {
  const made = itemOf(result.Make).json;
  assert.equal(made.status, "completed", what);
  assert.deepEqual(made.metadata, { order: "7" });
  const file = itemOf(result.Download).binary?.file;
  assert.equal(file?.mimeType, "video/mp4");
};

{
  const result = await runWorkflow("make-and-wait", waiting("={{ $json.body.prompt }}"), {
    prompt: "make a 4 second clip of the sea",
  });
  assertVideo(result, "make and wait");
  say("Make and Wait, then Download: an MP4 as a binary field");
}

{
  // The render outlasts a start of n8n: what resumes while n8n starts is marked as crashed by n8n itself.
  const id = await makeWorkflow("killed", [
    byWebhook("killed"),
    ...waiting("make a 4 second clip of a lake #slow_render:150s"),
  ]);
  await setActive(id, true);
  await call("killed");
  await untilStatus(id, "waiting");
  const [execution] = await executionsOf(id);
  const forged = await fetch(`${url}/webhook-waiting/${execution?.id}/none`, { method: "POST", body: "{}" });
  assert.equal(forged.status, 401);
  assert.equal(await statusOf(id), "waiting");
  say("a waiting execution rejects an address without n8n's signature");
  n8n.kill();
  await n8n.ended;
  n8n = await startN8n("filesystem");
  await rest("POST", "/login", { emailOrLdapLoginId: "owner@example.com", password: "Password-1234" });
  await untilStatus(id, "success");
  assertVideo(await resultOf(id), "killed");
  assert.equal((await executionsOf(id)).length, 1);
  say("n8n killed with SIGKILL while it waits: after its next start the same execution continues to the MP4");
}

{
  const id = await makeWorkflow("trigger", [
    {
      name: "Event",
      type: "CUSTOM.nemoGatewayTrigger",
      webhookId: crypto.randomUUID(),
      parameters: { event: "video.completed" },
      credentials,
    },
    { name: "End", type: "n8n-nodes-base.noOp", parameters: {} },
  ]);
  const page = z.object({ data: z.array(z.looseObject({ event: z.string(), target_url: z.string() })) });
  const hooks = async (): Promise<number> => (await api.get("/v1/hooks", page)).data.length;
  assert.equal(await hooks(), 0);
  await setActive(id, true);
  assert.equal(await hooks(), 1);
  const made = z.object({ id: z.string() });
  const video = await api.get("/v1/videos", made, { method: "POST", json: { prompt: "make a 4 second clip of rain" } });
  await untilStatus(id, "success");
  const event = itemOf((await resultOf(id)).Event).json;
  assert.deepEqual([event.type, event.video_id, event.status], ["video.completed", video.id, "completed"]);
  await setActive(id, false);
  assert.equal(await hooks(), 0);
  say("the trigger: a hook while the workflow is active, its event flat, no hook afterwards");
}

{
  const result = await runWorkflow("project", [
    nemo("Create", "project", "create", { options: { name: "A film", language: "={{ null }}" } }),
    nemo("Chat", "project", "sendAndWait", {
      project: { __rl: true, mode: "id", value: "={{ $json.id }}" },
      prompt: "make a 4 second clip of the sea",
      options: {},
    }),
    nemo("Timeline", "project", "getTimeline", {
      project: { __rl: true, mode: "id", value: "={{ $json.project_id }}" },
    }),
    nemo("Export", "render", "sendAndWait", {
      project: { __rl: true, mode: "id", value: "={{ $json.project_id }}" },
      options: { reuse: false },
    }),
    nemo("File", "render", "download", { id: "={{ $json.id }}", output: "data" }),
    nemo("Upload", "upload", "fromBinary", { input: "data", user: "" }),
    nemo("Again", "upload", "get", { id: "={{ $json.id }}" }),
  ]);
  assert.equal(itemOf(result.Chat).json.status, "completed");
  assert.equal(itemOf(result.Timeline).json.exportable, true);
  assert.equal(itemOf(result.Export).json.status, "completed");
  assert.equal(itemOf(result.File).binary?.data?.mimeType, "video/mp4");
  const upload = itemOf(result.Again).json;
  assert.equal(upload.status, "completed");
  say("project, Chat and Wait, timeline, Create and Wait, download, upload of the binary field");
}

{
  const result = await runWorkflow("generator", [
    nemo("List", "generator", "getMany", { returnAll: false, limit: 1 }, { executeOnce: true }),
    nemo("Make", "video", "makeFromGenerator", {
      generator: { __rl: true, mode: "id", value: "free-generation-maker" },
      variables: { mappingMode: "defineBelow", value: { topic: "coffee", seconds: "5", style: null }, schema: [] },
      options: { assets: "", language: "={{ undefined }}" },
    }),
    nemo("Cancel", "video", "cancel", { id: "={{ $json.id }}" }),
    nemo("Token", "userToken", "create", { userId: "ada", options: { expires_in_seconds: "120" } }),
    nemo("Raw", "request", "send", { method: "GET", path: "v1/me", query: "{}", body: "{}", user: "" }),
  ]);
  assert.match(String(itemOf(result.Make).json.id), /^vid_/);
  assert.equal(itemOf(result.Cancel).json.status, "cancelled");
  assert.match(String(itemOf(result.Token).json.token), /^ey/);
  assert.equal(itemOf(result.Raw).json.mode, "test");
  say("generators, a video from one with empty values, cancel, user token, raw request");
}

{
  const bad = [nemo("Get", "video", "get", { id: "vid_none", wait: 0 })];
  const { Get } = await runWorkflow("error", bad, {}, "error");
  assert.equal(Get?.error?.httpCode, "404");
  assert.ok((Get?.error?.message ?? "").length > 0);
  assert.match(Get?.error?.description ?? "", /not_found, request /);
  const blank = await runWorkflow("blank", [nemo("Get", "video", "get", { id: "={{ null }}", wait: 0 })], {}, "error");
  assert.equal(blank.Get?.error?.message, "Video ID is empty");
  const fields = await runWorkflow(
    "fields",
    [nemo("Make", "video", "make", { prompt: "a clip", options: { language: "12" } })],
    {},
    "error",
  );
  assert.match(fields.Make?.error?.description ?? "", /\/language: /);
  const onward = [nemo("Get", "video", "get", { id: "vid_none", wait: 0 }, { onError: "continueRegularOutput" })];
  const { json } = itemOf((await runWorkflow("onward", onward)).Get);
  assert.match(String(json.description), /not_found, request /);
  say(
    `errors: "${Get?.error?.message}" with the field, code and request id; empty IDs; and on to the next node where asked`,
  );
}

{
  const secret = z.object({ secret: z.string() });
  const rotated = await api.get("/v1/webhook_secret/rotate", secret, { method: "POST", json: {} });
  const { id } = await makeCredential({ signingSecret: rotated.secret });
  const event: Node = {
    name: "Event",
    type: "CUSTOM.nemoGatewayTrigger",
    webhookId: crypto.randomUUID(),
    parameters: { event: "turn.completed" },
    credentials: { nemoGatewayApi: { id, name: credential.name } },
  };
  const workflow = await makeWorkflow("signed", [event, { name: "End", type: "n8n-nodes-base.noOp", parameters: {} }]);
  await setActive(workflow, true);
  const page = z.object({ data: z.array(z.looseObject({ target_url: z.string() })) });
  const [hook] = (await api.get("/v1/hooks", page)).data;
  const forged = await fetch(hook?.target_url ?? "", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: "turn.completed" }),
  });
  assert.equal(forged.status, 401);
  const made = z.object({ id: z.string() });
  const project = await api.get("/v1/projects", made, { method: "POST", json: {} });
  await api.send(`/v1/projects/${project.id}/turns`, { method: "POST", json: { prompt: "hello" } });
  await untilStatus(workflow, "success");
  assert.equal((await executionsOf(workflow)).length, 1);
  await setActive(workflow, false);
  say("a trigger with the signing secret: the gateway's message starts the workflow, a forged one is 401");
}

{
  const bytes = largeMp4(70_000_000);
  const file = createServer((_, answer) => void answer.writeHead(200, { "content-type": "video/mp4" }).end(bytes));
  await new Promise<void>((settle) => file.listen(0, "127.0.0.1", settle));
  const { Again } = await runWorkflow("large", [
    {
      name: "File",
      type: "n8n-nodes-base.httpRequest",
      typeVersion: 4.2,
      parameters: {
        url: `http://127.0.0.1:${(file.address() as AddressInfo).port}/large.mp4`,
        options: { response: { response: { responseFormat: "file" } } },
      },
    },
    nemo("Upload", "upload", "fromBinary", { input: "data", user: "" }),
    nemo("Again", "upload", "get", { id: "={{ $json.id }}" }),
  ]);
  const upload = itemOf(Again).json;
  assert.deepEqual([upload.status, upload.size_bytes], ["completed", bytes.length]);
  const assetOf = z.object({ asset_id: z.string().nullable() });
  const headers = { "x-user-id": "ada" };
  const assetId = await until("the asset", async () => {
    return (await api.get(`/v1/uploads/${upload.id}`, assetOf, { headers })).asset_id;
  });
  const { sha256 } = await api.get(`/v1/assets/${assetId}`, z.object({ sha256: z.string() }), { headers });
  assert.equal(sha256, createHash("sha256").update(bytes).digest("hex"));
  file.close();
  say("an upload of 70 MB from a binary field on disk, in chunks: the same SHA-256");
}

{
  // A server that passes the first try on and drops its answer: "Retry On Fail" must find what was made.
  let isFirst = true;
  const proxy = createServer(async (incoming, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).filter(([name]) => !["host", "connection", "content-length"].includes(name)),
    ) as Record<string, string>;
    const got = await fetch(`${gateway.url}${incoming.url}`, {
      method: incoming.method ?? "GET",
      headers,
      body: chunks.length === 0 ? null : Buffer.concat(chunks),
    });
    const text = await got.text();
    if (incoming.method === "POST" && isFirst) {
      isFirst = false;
      return void answer.destroy();
    }
    return void answer.writeHead(got.status, { "content-type": "application/json" }).end(text);
  });
  await new Promise<void>((settle) => proxy.listen(0, "127.0.0.1", settle));
  const { id } = await makeCredential({
    user: "grace",
    baseUrl: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
  });
  const retried = nemo(
    "Make",
    "video",
    "make",
    { prompt: "a clip of a tree", options: {} },
    {
      credentials: { nemoGatewayApi: { id, name: credential.name } },
      retryOnFail: true,
      maxTries: 3,
      waitBetweenTries: 100,
    },
  );
  const { Make } = await runWorkflow("lossy", [retried]);
  const listed = z.object({ data: z.array(z.looseObject({ id: z.string() })) });
  const { data } = await api.get("/v1/videos", listed, { headers: { "x-user-id": "grace" } });
  assert.deepEqual(
    data.map((one) => one.id),
    [itemOf(Make).json.id],
  );
  assert.equal(isFirst, false);
  proxy.close();
  say("an answer lost on the way, and Retry On Fail: one video");
}

await cleanUp();
console.log("all passed");
