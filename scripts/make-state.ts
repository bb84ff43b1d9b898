/**
 * `node scripts/make-state.ts <name>`: creates test/fixtures/<name>.tar.gz, a persisted local state that was interrupted by
 * SIGKILL: a running turn, a pending render, an upload in the middle of its body, half of a tus upload (a part in R2, the rest
 * in rows, the next bytes in transit), a due delivery.
 *
 * Every later version must open it (test/conformance/state.test.ts). A fixture is created once, at the end of its version, and
 * never again.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { type Api, apiWith } from "./lib/api.ts";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { readFlags } from "./lib/flags.ts";
import { startGateway } from "./lib/gateway.ts";
import { ROOT } from "./lib/root.ts";
import { makeKey, makeTenant } from "./lib/tenant.ts";

/** The address of the fixture's endpoint. Nothing listens there during the run, so its delivery is due. */
const HOOK_PORT = 47_831;
const UPLOAD_BYTES = 400_000;
const TUS_BYTES = 14_000_000;
const TUS_CHUNK_BYTES = 6_000_000;

const { words } = readFlags({
  command: "node scripts/make-state.ts",
  says: "Makes test/fixtures/<name>.tar.gz, a state that every later version opens. Once per version.",
  words: { name: "name", says: "the fixture, e.g. state-v2", most: 1 },
});
const [name] = words;
if (name === undefined || !/^[\w-]+$/.test(name)) {
  console.error("Name the fixture: node scripts/make-state.ts state-v2");
  process.exit(2);
}

const made = z.object({ id: z.string() });
const ended = z.object({ ended_at: z.string().nullable() });

/** Sends the first half of a body and keeps the connection open, like a phone that lost its network. */
async function sendHalf(method: string, url: URL, headers: Record<string, string>, bytes: Uint8Array): Promise<void> {
  const socket = connect(Number(url.port), url.hostname);
  socket.on("error", () => undefined); // the kill ends it
  const lines = Object.entries({ Host: url.host, ...headers, "Content-Length": bytes.length });
  const head = lines.map(([name, value]) => `${name}: ${value}`).join("\r\n");
  socket.write(`${method} ${url.pathname} HTTP/1.1\r\n${head}\r\n\r\n`);
  socket.write(bytes.subarray(0, bytes.length / 2));
  await sleep(500);
}

/** A file of this size: the clip and zeros, which compress well. */
function fileOf(bytes: number): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(bytes);
  file.set(readFileSync(join(ROOT, "test/media/clip.mp4")));
  return file;
}

/** A tus upload with one chunk stored and the next in transit; returns its id. */
async function halfByTus(api: Api, key: string): Promise<string> {
  const file = fileOf(TUS_BYTES);
  const tus = { "tus-resumable": "1.0.0" };
  const metadata = `filename ${btoa("clip.mp4")}`;
  const headers = { ...tus, "x-user-id": "kept", "upload-length": String(TUS_BYTES), "upload-metadata": metadata };
  const path = (await api.send("/v1/uploads", { method: "POST", headers })).headers.get("location") ?? "";
  const patch = { ...tus, "content-type": "application/offset+octet-stream" };
  const first = file.slice(0, TUS_CHUNK_BYTES);
  await api.send(path, { method: "PATCH", headers: { ...patch, "upload-offset": "0" }, bytes: first });
  const next = { ...patch, authorization: `Bearer ${key}`, "upload-offset": String(TUS_CHUNK_BYTES) };
  await sendHalf("PATCH", new URL(path, api.url), next, file.slice(TUS_CHUNK_BYTES, 2 * TUS_CHUNK_BYTES));
  return path.split("/").at(-1) ?? "";
}

async function main(name: string): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), "nemo-state-"));
  onEnd(() => rmSync(stateDir, { recursive: true, force: true }));
  const gateway = await startGateway({ stateDir });
  const key = await makeKey(
    apiWith(gateway.url, gateway.adminToken),
    await makeTenant(apiWith(gateway.url, gateway.adminToken), name),
    "test",
    name,
  );
  const api = apiWith(gateway.url, key);
  const user = { "x-user-id": "kept" };
  const post = (path: string, json: unknown): Promise<z.infer<typeof made>> =>
    api.get(path, made, { method: "POST", json, headers: user });

  await post("/v1/webhook_endpoints", { url: `http://127.0.0.1:${HOOK_PORT}/hooks`, types: ["*"] });
  const project = await post("/v1/projects", { name });
  const first = await post(`/v1/projects/${project.id}/turns`, { prompt: "make a 3 second video of the sea" });
  while ((await api.get(`/v1/turns/${first.id}`, ended)).ended_at === null) await sleep(200);
  const render = await post(`/v1/projects/${project.id}/renders`, {});
  const turn = await post(`/v1/projects/${project.id}/turns`, { prompt: "make it longer #slow:300s" });
  const upload = await post("/v1/uploads", { filename: "clip.mp4", size_bytes: UPLOAD_BYTES });
  const content = new URL(`/v1/uploads/${upload.id}/content`, gateway.url);
  await sendHalf("PUT", content, { Authorization: `Bearer ${key}` }, fileOf(UPLOAD_BYTES));
  const tusUpload = await halfByTus(api, key);
  await sleep(1_500);
  await gateway.kill();

  const manifest = {
    key,
    hook_port: HOOK_PORT,
    project: project.id,
    turn: turn.id,
    render: render.id,
    upload: upload.id,
    upload_bytes: UPLOAD_BYTES,
    tus_upload: tusUpload,
    tus_bytes: TUS_BYTES,
    tus_sha256: createHash("sha256").update(fileOf(TUS_BYTES)).digest("hex"),
  };
  writeFileSync(join(stateDir, "facts.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  rmSync(join(stateDir, "vars.env"), { force: true });
  const target = join(ROOT, `test/fixtures/${name}.tar.gz`);
  const packed = spawnSync("tar", ["-czf", target, "-C", stateDir, "facts.json", "secrets.env", "state"], {
    stdio: "inherit",
  });
  if (packed.status !== 0) throw new Error("tar failed");
  console.log(target);
}

await main(name);
await cleanUp();
