/**
 * `npm run demo`: the gateway's main job on this machine: a clip and a prompt in, an MP4 out.
 *
 * It has ports, state, tenant, key and webhook receiver of its own, so two can run at once. Only the video is left afterwards.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type * as z from "zod";
import { project } from "../src/core/wire/project.ts";
import { type RenderWire, render } from "../src/core/wire/render.ts";
import type { TurnWire } from "../src/core/wire/turn.ts";
import { attachment, upload } from "../src/core/wire/upload.ts";
import { shownEndpoint } from "../src/core/wire/webhook.ts";
import { type Api, apiWith } from "./lib/api.ts";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { type DemoOptions, readDemoOptions } from "./lib/demo-options.ts";
import { readFlags } from "./lib/flags.ts";
import { type Gateway, startGateway } from "./lib/gateway.ts";
import { checkMp4 } from "./lib/mp4-check.ts";
import { bold, dim, green, red } from "./lib/paint.ts";
import { ROOT } from "./lib/root.ts";
import { elapsed, printDetail, StepFailed, step } from "./lib/steps.ts";
import { makeKey, makeTenant } from "./lib/tenant.ts";
import { printable, TurnPrinter } from "./lib/turn-printer.ts";
import { sayAndWatch } from "./lib/turn-stream.ts";
import { startReceiver, type WebhookReceiver } from "./lib/webhook-receiver.ts";

const PROMPT = "turn this video into a new short promotional clip with music and transitions";
const CLIP = join(ROOT, "test/media/clip.mp4");
const STATE = join(ROOT, `.state/demo-${process.pid}`);
const VIDEOS = join(ROOT, ".state/demo");

/** Explains why the file does not show the uploaded clip. */
const SANDBOX_PICTURE =
  "Its image is the sandbox's: blue, with the word TEST, as long as the timeline says. Nemo makes the real one: NEMO_TOKEN=… npm run demo -- --live";

/** The gateway's last lines of output, printed with an error; empty before it runs. */
let lastLines = (): string => "";

/** Timeouts: the sandbox takes seconds, the real host minutes. */
const TIMEOUTS = {
  test: { uploadMs: 30_000, turnMs: 180_000, renderMs: 180_000, webhookMs: 90_000 },
  live: { uploadMs: 60_000, turnMs: 20 * 60_000, renderMs: 30 * 60_000, webhookMs: 120_000 },
} as const;
type Timeout = (typeof TIMEOUTS)["test" | "live"];

/** Polls every second until `isOver`; throws after `timeoutMs`. */
async function poll<T>(ask: () => Promise<T>, isOver: (got: T) => boolean, timeoutMs: number): Promise<T> {
  for (const until = Date.now() + timeoutMs; Date.now() < until; await sleep(1_000)) {
    const got = await ask();
    if (isOver(got)) return got;
  }
  throw new Error(`it was not over within ${timeoutMs / 1000} s`);
}

async function start(options: DemoOptions): Promise<Gateway> {
  const gateway = await startGateway({ stateDir: STATE, vars: options.vars });
  lastLines = gateway.lastLines;
  printDetail(`${gateway.url}, with its own objects, database, files, queues and cron`);
  return gateway;
}

async function signIn(gateway: Gateway, options: DemoOptions): Promise<Api> {
  const admin = apiWith(gateway.url, gateway.adminToken);
  const tenant = await makeTenant(admin, "demo");
  printDetail(`${tenant} with a ${options.mode} key`);
  return apiWith(gateway.url, await makeKey(admin, tenant, options.mode, "demo"));
}

async function listen(api: Api): Promise<WebhookReceiver> {
  const receiver = await startReceiver();
  const json = { url: receiver.url, types: ["render.completed", "render.failed"] };
  const { id, secret } = await api.get("/v1/webhook_endpoints", shownEndpoint, { method: "POST", json });
  receiver.trust(secret);
  printDetail(`${id} at ${receiver.url}`);
  return receiver;
}

/** Uploads the clip; returns the asset's id. */
async function sendClip(api: Api, timeout: Timeout): Promise<string> {
  const bytes = new Uint8Array(readFileSync(CLIP));
  const json = { filename: "clip.mp4", size_bytes: bytes.byteLength };
  const made = await api.get("/v1/uploads", upload, { method: "POST", json });
  await api.send(made.content_url, { method: "PUT", bytes, headers: { "content-type": "video/mp4" } });
  const ask = (): Promise<z.infer<typeof upload>> => api.get(`/v1/uploads/${made.id}`, upload);
  const over = await poll(
    ask,
    ({ status, asset_id }) => (status === "completed" ? asset_id !== null : status !== "open"),
    timeout.uploadMs,
  );
  if (over.asset_id === null)
    throw new Error(`${over.id} is ${over.status}: ${over.error?.detail ?? "no reason given"}`);
  printDetail(`${bytes.byteLength} bytes are ${over.asset_id}`);
  return over.asset_id;
}

/** Creates a project; returns its id. */
async function makeProject(api: Api, assetId: string): Promise<string> {
  const { id } = await api.get("/v1/projects", project, { method: "POST", json: { name: "demo" } });
  const { status } = await api.get(`/v1/projects/${id}/assets`, attachment, {
    method: "POST",
    json: { asset_id: assetId },
  });
  printDetail(`${id}, clip ${status}`);
  return id;
}

async function say(api: Api, projectId: string, timeout: Timeout): Promise<TurnWire> {
  const printer = new TurnPrinter();
  let end: TurnWire | null = null;
  for await (const event of sayAndWatch(api, `/v1/projects/${projectId}/turns`, { prompt: PROMPT }, timeout.turnMs)) {
    printer.print(event);
    if ("turn" in event) end = event.turn;
  }
  if (end?.status !== "completed")
    throw new Error(`the turn ended as ${end?.status}: ${end?.error?.detail ?? "no reason given"}`);
  return end;
}

async function makeVideo(api: Api, projectId: string, timeout: Timeout): Promise<RenderWire> {
  const { id } = await api.get(`/v1/projects/${projectId}/renders`, render, { method: "POST", json: {} });
  let last = "";
  const ask = async (): Promise<RenderWire> => {
    const got = await api.get(`/v1/renders/${id}`, render);
    const line = `${got.status} ${got.progress} %`;
    if (line !== last) printDetail(`${line} ${dim(elapsed())}`);
    last = line;
    return got;
  };
  const over = await poll(ask, ({ status }) => status === "completed" || status === "failed", timeout.renderMs);
  if (over.status === "failed") throw new Error(`${id} failed: ${over.error?.detail ?? "no reason given"}`);
  return over;
}

async function receiveEvent(receiver: WebhookReceiver, renderId: string, timeout: Timeout): Promise<void> {
  try {
    const event = await receiver.waitFor(
      ({ type, data }) => type === "render.completed" && data.id === renderId,
      timeout.webhookMs,
    );
    printDetail(`${event.id} ${event.type}, its signature is right`);
  } catch (error) {
    const problem = receiver.problem();
    throw problem.length === 0
      ? error
      : new Error(`${problem.length} deliveries were rejected, the last one: ${problem.at(-1)}`);
  }
}

/** Saves the file; returns its path. */
async function download(api: Api, done: RenderWire): Promise<string> {
  const answer = await api.send(done.content_url ?? `/v1/renders/${done.id}/content`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (done.file && bytes.byteLength !== done.file.size_bytes)
    throw new Error(`${bytes.byteLength} bytes came, not ${done.file.size_bytes}`);
  const { durationMs, width, height, samples } = checkMp4(bytes);
  mkdirSync(VIDEOS, { recursive: true });
  const path = join(VIDEOS, `promo-${process.pid}.mp4`);
  writeFileSync(path, bytes);
  printDetail(
    `an MP4: ${(durationMs / 1000).toFixed(1)} s, ${width}×${height}, ${samples} frames, ${bytes.byteLength} bytes`,
  );
  return path;
}

async function runStory(options: DemoOptions): Promise<string> {
  const timeout = TIMEOUTS[options.mode];
  onEnd(() => rmSync(STATE, { recursive: true, force: true }));
  const gateway = await step("Start the gateway", "Run npm ci, then npm run demo again.", () => start(options));
  const log = "Run it again; where it fails at the same step, report it with the lines above.";
  const api = await step("Make a tenant and a key", log, () => signIn(gateway, options));
  const receiver = await step("Listen for webhooks", log, () => listen(api));
  const assetId = await step("Upload test/media/clip.mp4", log, () => sendClip(api, timeout));
  const projectId = await step("Create a project with it", log, () => makeProject(api, assetId));
  const refill =
    options.mode === "live" ? "Check that the account behind NEMO_TOKEN is signed in and has credits." : log;
  await step(`Say “${PROMPT}”`, refill, () => say(api, projectId, timeout));
  const done = await step("Render", refill, () => makeVideo(api, projectId, timeout));
  await step("Receive the webhook", log, () => receiveEvent(receiver, done.id, timeout));
  return step("Download the video", log, () => download(api, done));
}

const { flags } = readFlags({
  command: "npm run demo",
  says: "A clip and a prompt in, an MP4 out, with a gateway of its own. Offline, unless --live is said.",
  flags: {
    live: { says: "against Nemo itself, with NEMO_TOKEN; says what it will spend, and asks first" },
    yes: { says: "answers that question beforehand" },
  },
});

async function main(): Promise<number> {
  const options = await readDemoOptions(flags, process.env);
  if (typeof options === "string") {
    console.error(options);
    return 1;
  }
  try {
    const path = await runStory(options);
    console.log(`\n${green("✓")} ${bold(relative(process.cwd(), path))} ${dim(elapsed())}`);
    if (options.mode === "test") console.log(SANDBOX_PICTURE);
    return 0;
  } catch (error) {
    const failed =
      error instanceof StepFailed ? error : new StepFailed("The demo", String(error), "This is a fault of ours.");
    console.error(
      `\n${red("✗")} ${bold(failed.step)} failed: ${printable(failed.message)}\n${dim(lastLines())}\n${failed.advice}`,
    );
    return 1;
  }
}

const code = await main();
await cleanUp();
process.exit(code);
