/** With PUBLIC_URL set, Nemo fetches an upload by a signed link; the gateway and Nemo's stand-in talk over a real network. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, it } from "vitest";
import * as z from "zod";
import { apiWith } from "../../scripts/lib/api.ts";
import { startGateway } from "../../scripts/lib/gateway.ts";
import { freePort } from "../../scripts/lib/ports.ts";
import { ROOT } from "../../scripts/lib/root.ts";
import { startSandbox } from "../../scripts/lib/sandbox-server.ts";
import { makeKey, makeTenant } from "../../scripts/lib/tenant.ts";
import { until } from "./support/client.ts";

const made = z.object({ id: z.string() });
const upload = z.object({ asset_id: z.string().nullable() });
const attachment = z.object({ status: z.string() });
const requestLog = z.object({ uploads: z.array(z.object({ sha256: z.string().nullable(), filename: z.string() })) });

const scratch = mkdtempSync(join(tmpdir(), "nemo-pull-"));
const open: { stop: () => unknown }[] = [{ stop: () => rmSync(scratch, { recursive: true, force: true }) }];
afterAll(async () => {
  for (const one of open.reverse()) await one.stop();
});

describe("§5 an asset of a live key", () => {
  it("is downloaded by Nemo through a signed link, byte for byte", async ({ expect }) => {
    const sandbox = await startSandbox({ stateDir: join(scratch, "sandbox"), timeScale: 20 });
    open.push(sandbox);
    const switches = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"url_upload":"fetch"}',
    };
    expect((await fetch(`${sandbox.url}/__switches`, switches)).status).toBe(200);
    const port = await freePort();
    const vars = { PUBLIC_URL: `http://127.0.0.1:${port}`, NEMO_API_URL: sandbox.url, TIME_SCALE: "20" };
    const gateway = await startGateway({ stateDir: join(scratch, "gateway"), port, vars });
    open.push(gateway);
    const admin = apiWith(gateway.url, gateway.adminToken);
    const api = apiWith(gateway.url, await makeKey(admin, await makeTenant(admin, "pull"), "live", "pull"));

    const bytes = new Uint8Array(readFileSync(join(ROOT, "test/media/clip.mp4")));
    const headers = { "x-user-id": "puller" };
    const json = { filename: "clip.mp4", size_bytes: bytes.byteLength };
    const { id } = await api.get("/v1/uploads", made, { method: "POST", json, headers });
    await api.send(`/v1/uploads/${id}/content`, { method: "PUT", bytes });
    const { asset_id } = await until(
      () => api.get(`/v1/uploads/${id}`, upload),
      (got) => got.asset_id !== null,
    );
    const project = await api.get("/v1/projects", made, { method: "POST", json: {}, headers });
    const attach = () =>
      api.get(`/v1/projects/${project.id}/assets`, attachment, { method: "POST", json: { asset_id }, headers });
    await until(attach, (got) => got.status === "attached");

    const seen = requestLog.parse(await (await fetch(`${sandbox.url}/__requests`)).json());
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(seen.uploads).toEqual([{ sha256, filename: "clip.mp4" }]);
  });
});
