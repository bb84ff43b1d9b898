/**
 * Code samples of the OpenAPI document: for every operation a curl command, and TypeScript with the SDK.
 *
 * Commands are made from the operation itself, with its recorded example as the body. The TypeScript is the table below.
 * `test/node/code-samples.test.ts` compiles and runs the TypeScript, and compares with the operation what it sends, and what
 * the commands would send.
 */
import type { DocumentedRoute } from "./openapi.ts";

export type CodeSample = { readonly lang: string; readonly label: string; readonly source: string };

/** The id in a path of samples, by its collection. */
const IDS: Readonly<Record<string, string>> = {
  videos: "vid_123",
  projects: "prj_123",
  turns: "trn_123",
  uploads: "upl_123",
  assets: "ast_123",
  renders: "rnd_123",
  generators: "quote-card",
  generator_jobs: "gjb_123",
  batches: "bat_123",
  webhook_endpoints: "whk_123",
  hooks: "whk_123",
  events: "evt_123",
  deliveries: "dlv_123",
  users: "ada",
  keys: "key_123",
};

/** Parameters without which an operation cannot be called. */
const QUERIES: Readonly<Record<string, string>> = {
  "hooks.delete_address": "?target_url=https://example.com/hooks/nemo",
  "hooks.samples": "?event=video.completed",
  "nemo_token.delete": "?for=user",
};

/** What a command needs where its body is a file. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  "uploads.content": ['-H "Content-Type: application/octet-stream"', "--data-binary @clip.mp4"],
  "uploads.append": [
    '-H "Tus-Resumable: 1.0.0"',
    '-H "Upload-Offset: 0"',
    '-H "Content-Type: application/offset+octet-stream"',
    "--data-binary @clip.mp4",
  ],
};

/** The samples of an operation; `body`: the recorded example of what is sent. */
export function codeSamplesOf(route: DocumentedRoute, body: unknown): CodeSample[] {
  const { operationId = "" } = route;
  const command = { lang: "Shell", label: "curl", source: curlOf(route, body) };
  const call = Object.hasOwn(CALLS, operationId) ? CALLS[operationId] : undefined;
  if (call === undefined) return [command];
  return [command, { lang: "TypeScript", label: "TypeScript SDK", source: typescriptOf(call, body) }];
}

function curlOf({ method, path, operationId = "", security, responses }: DocumentedRoute, body: unknown): string {
  const filled = path.replace(/(\w+)\/\{(\w+)\}/g, (_, collection: string, name: string) => {
    return `${collection}/${IDS[collection] ?? name.toUpperCase()}`;
  });
  const url = `"$NEMO_GATEWAY_URL${filled.replace("{name}", "NAME")}${QUERIES[operationId] ?? ""}"`;
  const types = Object.values(responses).flatMap((one) => ("content" in one ? Object.keys(one.content ?? {}) : []));
  const isStream = types[0] === "text/event-stream";
  const isFile = method === "get" && types[0]?.startsWith("video/") === true;
  const verb = {
    get: [],
    head: ["-I"],
    post: ["-X POST"],
    put: ["-X PUT"],
    patch: ["-X PATCH"],
    delete: ["-X DELETE"],
  };
  const lines = [
    `curl ${isStream ? "-N " : ""}${url}`,
    ...verb[method as keyof typeof verb],
    ...(security?.length === 0 ? [] : ['-H "Authorization: Bearer $NEMO_GATEWAY_API_KEY"']),
    ...(isStream ? ['-H "Accept: text/event-stream"'] : []),
    ...(FILES[operationId] ?? []),
    ...(body === undefined ? [] : ['-H "Content-Type: application/json"', `-d '${quoted(JSON.stringify(body))}'`]),
    ...(isFile ? ["-o clip.mp4"] : []),
  ];
  return lines.join(" \\\n  ");
}

/** Text within single quotes of a shell. */
const quoted = (text: string): string => text.replaceAll("'", "'\\''");

function typescriptOf(call: string, body: unknown): string {
  const file = call.includes("openAsBlob") ? ['import { openAsBlob } from "node:fs";'] : [];
  const filled = call.replace("$body", () => literalOf(body));
  return [...file, 'import { NemoGateway } from "nemo-gateway";', "", "const nemo = new NemoGateway();", filled].join(
    "\n",
  );
}

/** A value as TypeScript is written: names of fields without quotation marks. */
const literalOf = (value: unknown): string =>
  JSON.stringify(value ?? {}, null, 2).replace(/^(\s*)"([A-Za-z_]\w*)":/gm, "$1$2:");

/** `$body` is the recorded example of what is sent. The client takes address and key from the environment. */
const CALLS: Readonly<Record<string, string>> = {
  "videos.create": "const video = await nemo.videos.createAndWait($body);\nconsole.log(video.download_url);",
  "videos.list": "for await (const video of nemo.videos.list()) console.log(video.id, video.user, video.status);",
  "generators.videos.create": 'const video = await nemo.generators.createVideo("quote-card", $body);',
  "videos.retrieve": 'const video = await nemo.videos.retrieve("vid_123");',
  "videos.delete": 'await nemo.videos.delete("vid_123");',
  "videos.continue": 'const video = await nemo.videos.continue("vid_123", $body);',
  "videos.cancel": 'const video = await nemo.videos.cancel("vid_123");',
  "videos.content": 'const response = await nemo.videos.content("vid_123");\nconst file = await response.blob();',
  "videos.link": 'const { download_url } = await nemo.videos.link("vid_123", { expires_in_seconds: 3600 });',
  "videos.events": 'for await (const event of nemo.videos.events("vid_123")) console.log(event.type);',
  "projects.create": "const project = await nemo.projects.create();",
  "projects.list": "for await (const project of nemo.projects.list()) console.log(project.id, project.user);",
  "projects.retrieve": 'const project = await nemo.projects.retrieve("prj_123");',
  "projects.update": 'const project = await nemo.projects.update("prj_123", { name: "summer" });',
  "projects.delete": 'await nemo.projects.delete("prj_123");',
  "projects.timeline": 'const timeline = await nemo.projects.timeline("prj_123");',
  "projects.browser_link": 'const { url } = await nemo.projects.browserLink("prj_123");',
  "projects.renders": 'for await (const render of nemo.projects.renders("prj_123")) console.log(render.id);',
  "turns.create":
    'for await (const event of nemo.turns.createAndStream("prj_123", $body)) {\n  if (event.type === "message") console.log(event.text);\n}',
  "turns.list": 'for await (const turn of nemo.turns.list("prj_123")) console.log(turn.id, turn.status);',
  "turns.retrieve": 'const turn = await nemo.turns.retrieve("trn_123");',
  "turns.cancel": 'const turn = await nemo.turns.cancel("trn_123");',
  "turns.stream_ticket": 'const ticket = await nemo.turns.streamTicket("trn_123");',
  "turns.events": 'for await (const event of nemo.turns.stream("trn_123")) console.log(event.type);',
  "uploads.create":
    'const file = await openAsBlob("clip.mp4");\nconst upload = await nemo.uploads.send(file, { filename: "clip.mp4" });\nconst asset = await nemo.uploads.waitForAsset(upload.id);',
  "uploads.list": "for await (const upload of nemo.uploads.list()) console.log(upload.id, upload.user);",
  "uploads.retrieve": 'const upload = await nemo.uploads.retrieve("upl_123");',
  "uploads.delete": 'await nemo.uploads.delete("upl_123");',
  "uploads.import": 'const upload = await nemo.uploads.importUrl("https://example.com/clip.mp4");',
  "assets.list": 'for await (const asset of nemo.assets.list({}, { user: "ada" })) console.log(asset.id);',
  "assets.retrieve": 'const asset = await nemo.assets.retrieve("ast_123");',
  "assets.delete": 'await nemo.assets.delete("ast_123");',
  "assets.attach": 'const attachment = await nemo.assets.attach("prj_123", $body);',
  "renders.create": 'const render = await nemo.renders.create("prj_123");',
  "renders.list": "for await (const render of nemo.renders.list()) console.log(render.id, render.user);",
  "renders.cancel": 'const render = await nemo.renders.cancel("rnd_123");',
  "renders.retrieve": 'const render = await nemo.renders.retrieve("rnd_123");',
  "renders.content": 'const response = await nemo.renders.content("rnd_123");\nconst file = await response.blob();',
  "renders.link": 'const { download_url } = await nemo.renders.link("rnd_123", { expires_in_seconds: 3600 });',
  "generators.create": "const generator = await nemo.generators.create($body);",
  "generators.list": "for await (const generator of nemo.generators.list()) console.log(generator.slug);",
  "generators.retrieve": 'const generator = await nemo.generators.retrieve("quote-card");',
  "generators.update": 'const generator = await nemo.generators.update("quote-card", $body);',
  "generators.delete": 'await nemo.generators.delete("quote-card");',
  "generators.make": "const job = await nemo.generators.make($body);",
  "generator_jobs.retrieve": 'const job = await nemo.generators.job("gjb_123");',
  "batches.create": "const batch = await nemo.batches.create($body);",
  "batches.list": 'for await (const batch of nemo.batches.list({}, { user: "ada" })) console.log(batch.id);',
  "batches.retrieve": 'const batch = await nemo.batches.retrieve("bat_123");',
  "batches.videos": 'for await (const item of nemo.batches.videos("bat_123")) console.log(item.status);',
  "batches.pause": 'const batch = await nemo.batches.pause("bat_123");',
  "batches.resume": 'const batch = await nemo.batches.resume("bat_123");',
  "batches.cancel": 'const batch = await nemo.batches.cancel("bat_123");',
  "webhook_endpoints.create":
    "const endpoint = await nemo.webhookEndpoints.create($body);\nconsole.log(endpoint.secret);",
  "webhook_endpoints.list": "for await (const endpoint of nemo.webhookEndpoints.list()) console.log(endpoint.url);",
  "webhook_endpoints.retrieve": 'const endpoint = await nemo.webhookEndpoints.retrieve("whk_123");',
  "webhook_endpoints.update": 'const endpoint = await nemo.webhookEndpoints.update("whk_123", { state: "disabled" });',
  "webhook_endpoints.delete": 'await nemo.webhookEndpoints.delete("whk_123");',
  "webhook_endpoints.enable": 'const endpoint = await nemo.webhookEndpoints.enable("whk_123");',
  "webhook_endpoints.test":
    'const delivery = await nemo.webhookEndpoints.test("whk_123", { type: "video.completed" });',
  "webhook_endpoints.recover": 'const endpoint = await nemo.webhookEndpoints.recover("whk_123", $body);',
  "webhook_endpoints.rotate_secret": 'const { secret } = await nemo.webhookEndpoints.rotateSecret("whk_123");',
  "webhook_endpoints.jwks": 'const keys = await nemo.request("GET", "/v1/webhook_endpoints/whk_123/jwks.json");',
  "webhook_secret.show": "const { secret } = await nemo.webhookSecret.show();",
  "webhook_secret.rotate": "const { secret } = await nemo.webhookSecret.rotate();",
  "hooks.create": "const hook = await nemo.hooks.create($body);",
  "hooks.list": "for await (const hook of nemo.hooks.list()) console.log(hook.target_url);",
  "hooks.delete": 'await nemo.hooks.delete("whk_123");',
  "hooks.delete_address":
    'await nemo.request("DELETE", "/v1/hooks?target_url=https%3A%2F%2Fexample.com%2Fhooks%2Fnemo");',
  "hooks.samples": 'const samples = await nemo.hooks.samples({ event: "video.completed" });',
  "hooks.test": 'const delivery = await nemo.request("POST", "/v1/hooks/whk_123/test");',
  "events.list": "for await (const event of nemo.events.poll()) console.log(event.type);",
  "events.retrieve": 'const event = await nemo.events.retrieve("evt_123");',
  "deliveries.list":
    'for await (const delivery of nemo.deliveries.list({ state: "failed" })) console.log(delivery.id);',
  "deliveries.retrieve": 'const delivery = await nemo.deliveries.retrieve("dlv_123");',
  "deliveries.retry": 'const delivery = await nemo.deliveries.retry("dlv_123");',
  "users.list": "for await (const user of nemo.users.list()) console.log(user.id);",
  "users.retrieve": 'const user = await nemo.users.retrieve("ada");',
  "users.delete": 'const user = await nemo.users.delete("ada");',
  "users.tokens.create": 'const { token } = await nemo.users.createToken("ada");',
  "users.sign_out": 'await nemo.users.signOut("ada");',
  "keys.create": "const { secret } = await nemo.keys.create($body);",
  "keys.list": "for await (const key of nemo.keys.list()) console.log(key.name);",
  "keys.retrieve": 'const key = await nemo.keys.retrieve("key_123");',
  "keys.revoke": 'const key = await nemo.keys.revoke("key_123");',
  "keys.rotate": 'const { secret } = await nemo.keys.rotate("key_123", $body);',
  "audit_log.list": "for await (const entry of nemo.auditLog()) console.log(entry.action);",
  "me.retrieve": "const { mode, scopes, quotas } = await nemo.me();",
  "usage.list": 'for await (const row of nemo.usage({ by: "day" })) console.log(row);',
  "credits.retrieve": "const credits = await nemo.credits();",
  "nemo_token.set": 'const token = await nemo.request("PUT", "/v1/nemo_token", $body);',
  "nemo_token.retrieve": 'const token = await nemo.request("GET", "/v1/nemo_token");',
  "nemo_token.delete": 'await nemo.request("DELETE", "/v1/nemo_token?for=user");',
  "health.retrieve": "const { status } = await nemo.health();",
};
