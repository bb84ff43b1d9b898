/** A state that an earlier version left behind, cut in the middle of everything, is opened by this one, and everything in it ends. */
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type Api, apiWith } from "../../scripts/lib/api.ts";
import { type Gateway, startGateway } from "../../scripts/lib/gateway.ts";
import { ROOT } from "../../scripts/lib/root.ts";
import { until } from "./support/client.ts";

const manifest = z.object({
  key: z.string(),
  hook_port: z.int(),
  turn: z.string(),
  render: z.string(),
  upload: z.string(),
  upload_bytes: z.int(),
  /** An upload of which half has arrived by tus. */
  tus_upload: z.string(),
  tus_bytes: z.int(),
  tus_sha256: z.string(),
});
type Manifest = z.infer<typeof manifest>;
const ended = z.object({ status: z.string(), ended_at: z.string().nullable() });
const upload = z.object({ status: z.string(), asset_id: z.string().nullable() });
const deliveries = z.object({ data: z.array(z.object({ state: z.string(), ended_at: z.string().nullable() })) });

/** A receiver where the fixture's endpoint points. Answers with how many deliveries came. */
function receive(port: number): Promise<{ server: Server; count: () => number }> {
  let count = 0;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      count++;
      response.writeHead(204).end();
    });
  });
  return new Promise((settle) => server.listen(port, "127.0.0.1", () => settle({ server, count: () => count })));
}

const endOf = (api: Api, path: string): Promise<z.infer<typeof ended>> =>
  until(
    () => api.get(path, ended),
    (got) => got.ended_at !== null,
  );

/** Continues the tus upload at its offset, or finds it expired. The first chunk was acknowledged, so it is there. */
async function endTus(api: Api, { tus_upload, tus_bytes, tus_sha256 }: Manifest): Promise<void> {
  const path = `/v1/uploads/${tus_upload}`;
  const tus = { "tus-resumable": "1.0.0" };
  const state = await api.get(path, upload);
  if (state.status === "expired") return;
  const offset = Number((await api.send(path, { method: "HEAD", headers: tus })).headers.get("upload-offset"));
  expect(offset).toBeGreaterThanOrEqual(6_000_000);
  const file = new Uint8Array(tus_bytes);
  file.set(readFileSync(join(ROOT, "test/media/clip.mp4")));
  const headers = { ...tus, "content-type": "application/offset+octet-stream", "upload-offset": String(offset) };
  await api.send(path, { method: "PATCH", headers, bytes: file.slice(offset) });
  const { asset_id } = await until(
    () => api.get(path, upload),
    (got) => got.asset_id !== null,
  );
  const stored = await api.get(`/v1/assets/${asset_id}`, z.object({ sha256: z.string().nullable() }));
  expect(stored.sha256).toBe(tus_sha256);
}

describe.each(globSync(join(ROOT, "test/fixtures/state-*.tar.gz")).sort())("the state in %s", (archive) => {
  it("opens, and everything in it ends", async ({ expect: check, onTestFinished }) => {
    const stateDir = mkdtempSync(join(tmpdir(), `${basename(archive, ".tar.gz")}-`));
    onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
    check(spawnSync("tar", ["-xzf", archive, "-C", stateDir]).status).toBe(0);
    const known = manifest.parse(JSON.parse(readFileSync(join(stateDir, "facts.json"), "utf8")));
    const hooks = await receive(known.hook_port);
    onTestFinished(() => {
      hooks.server.close(); // every state points at the same port
      hooks.server.closeAllConnections();
    });
    const gateway: Gateway = await startGateway({ stateDir, vars: { TIME_SCALE: "60" } });
    onTestFinished(() => gateway.stop());
    const api = apiWith(gateway.url, known.key);

    const [turn, render] = await Promise.all([
      endOf(api, `/v1/turns/${known.turn}`),
      endOf(api, `/v1/renders/${known.render}`),
    ]);
    check(["completed", "failed", "unknown"]).toContain(turn.status);
    check(["completed", "failed"]).toContain(render.status);

    const readUpload = (): Promise<z.infer<typeof upload>> => api.get(`/v1/uploads/${known.upload}`, upload);
    check(["open", "expired"]).toContain((await readUpload()).status);
    if ((await readUpload()).status === "open") {
      const bytes = new Uint8Array(known.upload_bytes);
      bytes.set(readFileSync(join(ROOT, "test/media/clip.mp4")).subarray(0, known.upload_bytes));
      await api.send(`/v1/uploads/${known.upload}/content`, { method: "PUT", bytes });
      await until(readUpload, (got) => got.asset_id !== null);
    }

    await endTus(api, known);

    const deliveriesValue = await until(
      () => api.get("/v1/deliveries?limit=100", deliveries),
      ({ data }) => data.length > 0 && data.every((one) => one.ended_at !== null),
    );
    // An event older than its 30 days is no longer sent; every other delivery must have arrived.
    const delivered = deliveriesValue.data.filter((one) => one.state === "delivered").length;
    check(hooks.count()).toBeGreaterThanOrEqual(delivered);
    check(delivered + deliveriesValue.data.filter((one) => one.state === "failed").length).toBe(
      deliveriesValue.data.length,
    );
  });
});

it("there is a state to open", () => {
  expect(globSync(join(ROOT, "test/fixtures/state-*.tar.gz")).length).toBeGreaterThan(0);
});
