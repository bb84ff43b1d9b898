/** A copy with other names for everything: it builds, its local queues do what those of the original do, and a copy of its state can be restored. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import * as z from "zod";
import { apiWith } from "../../scripts/lib/api.ts";
import { startGateway } from "../../scripts/lib/gateway.ts";
import { ROOT } from "../../scripts/lib/root.ts";
import { makeKey, makeTenant } from "../../scripts/lib/tenant.ts";
import { startReceiver } from "../../scripts/lib/webhook-receiver.ts";
import { startWrangler } from "../../scripts/lib/wrangler.ts";
import { accountNames, unknownQueues } from "../../scripts/lib/wrangler-toml.ts";

const folder = mkdtempSync(join(tmpdir(), "renamed-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** wrangler.toml with other names, and absolute paths because it is elsewhere. */
const renamed = readFileSync(join(ROOT, "wrangler.toml"), "utf8")
  .replaceAll("nemo-gateway-", "acme-staging-")
  .replaceAll('"nemo-gateway"', '"acme-staging"')
  .replace('"src/index.ts"', JSON.stringify(join(ROOT, "src/index.ts")))
  .replace('"migrations"', JSON.stringify(join(ROOT, "migrations")))
  .replace('"dist/assets"', JSON.stringify(join(ROOT, "dist/assets")))
  .replace(/^watch_dir = .*$/m, "")
  .replaceAll("node scripts/", `node ${join(ROOT, "scripts/")}`);

it("builds, delivers a webhook through renamed queues, and serves a file from a restored copy of its state", async () => {
  expect(renamed).not.toContain('"nemo-gateway');
  expect(accountNames(renamed).queues).toEqual(["acme-staging-wake", "acme-staging-deliveries", "acme-staging-dead"]);
  expect(unknownQueues(renamed)).toEqual([]);
  expect(unknownQueues(renamed.replaceAll("acme-staging-dead", "failures"))).toEqual(["failures"]);
  const configured = `DEAD_QUEUE = "failures"\n${renamed.replaceAll("acme-staging-dead", "failures")}`;
  expect(unknownQueues(configured)).toEqual([]);

  const config = join(folder, "wrangler.toml");
  writeFileSync(config, renamed);
  const lines: string[] = [];
  const build = startWrangler(["deploy", "--dry-run", "--config", config, "--outdir", join(folder, "out")], {
    stateDir: folder,
    print: (line) => void lines.push(line),
  });
  expect(await build.ended, lines.join("\n")).toBe(0);
  expect(lines.join("\n")).toContain("acme-staging-wake");

  const logged: string[] = [];
  const clip = readFileSync(join(ROOT, "test/media/clip.mp4"));
  let key = "";
  let asset = "";
  const [gateway, receiver] = await Promise.all([
    startGateway({
      stateDir: join(folder, "state"),
      config,
      vars: { TIME_SCALE: "60" },
      onLine: (line) => logged.push(line),
    }),
    startReceiver(),
  ]);
  try {
    const admin = apiWith(gateway.url, gateway.adminToken);
    key = await makeKey(admin, await makeTenant(admin, "t"), "test", "k");
    const api = apiWith(gateway.url, key);
    const made = z.object({ id: z.string(), secret: z.string() });
    const endpoint = await api.get("/v1/webhook_endpoints", made, { method: "POST", json: { url: receiver.url } });
    receiver.trust(endpoint.secret);
    await api.send(`/v1/webhook_endpoints/${endpoint.id}/test`, { method: "POST", json: {} });
    await receiver.waitFor(() => true, 120_000);
    const form = new FormData();
    form.append("file", new File([clip], "clip.mp4", { type: "video/mp4" }));
    const headers = { authorization: `Bearer ${key}` };
    const sent = await fetch(`${gateway.url}/v1/uploads`, { method: "POST", headers, body: form });
    const [upload = ""] = /upl_[0-9a-z]+/.exec(await sent.text()) ?? [];
    const shown = z.object({ asset_id: z.string().nullable() });
    while (asset === "") asset = (await api.get(`/v1/uploads/${upload}`, shown)).asset_id ?? "";
    expect(logged.filter((line) => /unknown_queue|unknown_message/.test(line))).toEqual([]);
  } finally {
    await Promise.all([gateway.stop(), receiver.close()]);
  }

  // a backup is a copy of the stopped gateway's folder; a gateway that starts from it serves the same file
  cpSync(join(folder, "state"), join(folder, "restored"), { recursive: true });
  rmSync(join(folder, "state"), { recursive: true });
  const restored = await startGateway({ stateDir: join(folder, "restored"), config, vars: { TIME_SCALE: "60" } });
  try {
    const api = apiWith(restored.url, key);
    const { download_url } = await api.get(`/v1/assets/${asset}`, z.object({ download_url: z.string() }));
    const file = await fetch(new URL(new URL(download_url).pathname, restored.url)); // the link names the port of before
    expect(Buffer.compare(Buffer.from(await file.arrayBuffer()), clip)).toBe(0);
  } finally {
    await restored.stop();
  }
});
