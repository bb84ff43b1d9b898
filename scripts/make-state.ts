/**
 * `node scripts/make-state.ts <name>`: makes test/fixtures/<name>.tar.gz, a persisted local state cut by SIGKILL in the middle
 * of everything: a running turn, a pending render, an upload whose body was on its way, a due delivery.
 *
 * Every later version opens it (test/conformance/state.test.ts). A fixture is made once, at the end of the version it
 * belongs to, and never made anew.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { apiWith } from "./lib/api.ts";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { startGateway } from "./lib/gateway.ts";
import { ROOT } from "./lib/root.ts";
import { makeKey, makeTenant } from "./lib/tenant.ts";

/** Where the fixture's endpoint points: nobody listens while it is made, so its delivery is due. */
const HOOK_PORT = 47_831;
const UPLOAD_BYTES = 400_000;

const made = z.object({ id: z.string() });
const ended = z.object({ ended_at: z.string().nullable() });

/** Sends the first half of a body and keeps the connection open: what a phone that lost its network does. */
async function sendHalf(url: URL, key: string): Promise<void> {
  const socket = connect(Number(url.port), url.hostname);
  socket.on("error", () => undefined); // the kill ends it
  const head = [`PUT ${url.pathname} HTTP/1.1`, `Host: ${url.host}`, `Authorization: Bearer ${key}`];
  socket.write(`${[...head, `Content-Length: ${UPLOAD_BYTES}`].join("\r\n")}\r\n\r\n`);
  socket.write(Buffer.alloc(UPLOAD_BYTES / 2, 7));
  await sleep(500);
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
  await sendHalf(new URL(`/v1/uploads/${upload.id}/content`, gateway.url), key);
  await sleep(1_500);
  await gateway.kill();

  const facts = {
    key,
    hook_port: HOOK_PORT,
    project: project.id,
    turn: turn.id,
    render: render.id,
    upload: upload.id,
    upload_bytes: UPLOAD_BYTES,
  };
  writeFileSync(join(stateDir, "facts.json"), `${JSON.stringify(facts, null, 2)}\n`);
  rmSync(join(stateDir, "vars.env"), { force: true });
  const target = join(ROOT, `test/fixtures/${name}.tar.gz`);
  const packed = spawnSync("tar", ["-czf", target, "-C", stateDir, "facts.json", "secrets.env", "state"], {
    stdio: "inherit",
  });
  if (packed.status !== 0) throw new Error("tar failed");
  console.log(target);
}

const [name] = process.argv.slice(2);
if (name === undefined) console.error("name the fixture: node scripts/make-state.ts state-v1");
else await main(name);
await cleanUp();
