/** PROTOCOL.md 7.3: every pending delivery of an endpoint arrives, however often the process is killed. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import { afterAll, expect, it } from "vitest";
import * as z from "zod";
import { apiWith } from "../../scripts/lib/api.ts";
import { type Gateway, startGateway } from "../../scripts/lib/gateway.ts";
import { freePort } from "../../scripts/lib/ports.ts";
import { makeKey, makeTenant } from "../../scripts/lib/tenant.ts";
import { shownEndpoint } from "../../src/core/wire/webhook.ts";
import { until } from "./support/client.ts";

const EVENTS = 2_000;
/** It is killed when so many have arrived: before the first, and three times in the middle. */
const KILLS = [0, 200, 800, 1_500];

/** It only ends a test that hangs. */
const TIMEOUT_MS = 120_000;

const scratch = mkdtempSync(join(tmpdir(), "nemo-recovery-"));
let gateway: Gateway | null = null;
afterAll(async () => {
  await gateway?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

/** A receiver that believes what is signed. By resource: the ids under which it came, and how often. */
async function startSink() {
  const came = new Map<string, string[]>();
  let webhook: Webhook | null = null;
  const message = z.object({ id: z.string(), data: z.object({ id: z.string() }) });
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    try {
      const { id, data } = message.parse(webhook?.verify(Buffer.concat(chunks).toString("utf8"), headers));
      if (id !== headers["webhook-id"]) throw new Error("it has two ids");
      came.set(data.id, [...(came.get(data.id) ?? []), id]);
      response.writeHead(204).end();
    } catch {
      response.writeHead(400).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const trust = (secret: string): void => {
    webhook = new Webhook(secret);
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`;
  return { url, trust, came, close: () => server.close() };
}

/** Writes events of an hour ago into the stopped gateway's only tenant object: as if they had been missed. */
function writeEvents(stateDir: string): Map<string, string> {
  const folder = join(stateDir, "state/v3/do/nemo-gateway-TenantObject");
  const written = new Map<string, string>();
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".sqlite") && one !== "metadata.sqlite")) {
    const db = new DatabaseSync(join(folder, name));
    const hasEndpoint = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'endpoints'").all().length > 0;
    if (hasEndpoint && db.prepare("SELECT 1 FROM endpoints").all().length > 0) {
      const row = db.prepare(
        "INSERT INTO events (id, type, resource, sequence, at, uh, user_cursor, is_named, is_sample, data) VALUES (?, 'render.completed', ?, 1, ?, 'u', ?, 1, 0, ?)",
      );
      db.exec("BEGIN");
      for (let n = 0; n < EVENTS; n++) {
        const [id, resource] = [`evt_${randomUUID()}`, `rnd_${n}`];
        row.run(id, resource, Date.now() - 3_600_000, n + 1, JSON.stringify({ id: resource }));
        written.set(resource, id);
      }
      db.exec("COMMIT");
    }
    db.close();
  }
  return written;
}

it("sends 2,000 events to a recovered endpoint, each under its one id, although the gateway is killed four times", async () => {
  const stateDir = join(scratch, "gateway");
  const port = await freePort();
  const start = async (): Promise<Gateway> => {
    gateway = await startGateway({ stateDir, port, vars: { TIME_SCALE: "60" } });
    return gateway;
  };
  const sink = await startSink();
  let life = await start();
  const admin = apiWith(life.url, life.adminToken);
  const api = apiWith(life.url, await makeKey(admin, await makeTenant(admin, "recovered"), "live", "main"));
  const json = { url: sink.url, types: ["render.completed"] };
  const endpoint = await api.get("/v1/webhook_endpoints", shownEndpoint, { method: "POST", json });
  sink.trust(endpoint.secret ?? "");
  await life.stop();
  const written = writeEvents(stateDir);
  expect(written.size).toBe(EVENTS);
  life = await start();
  const since = new Date(Date.now() - 2 * 3_600_000).toISOString();
  await api.send(`/v1/webhook_endpoints/${endpoint.id}/recover`, { method: "POST", json: { since } });
  for (const many of KILLS) {
    while (sink.came.size < many) await sleep(5);
    expect(sink.came.size).toBeLessThan(EVENTS);
    await life.kill();
    life = await start();
  }
  await until(
    async () => sink.came.size,
    (size) => size === EVENTS,
    TIMEOUT_MS,
  );
  for (const [resource, id] of written) expect(new Set(sink.came.get(resource))).toEqual(new Set([id]));
  const list = z.object({ data: z.array(z.unknown()) });
  const pending = () => api.get("/v1/deliveries?state=pending", list);
  await until(pending, ({ data }) => data.length === 0, TIMEOUT_MS);
  expect((await api.get("/v1/deliveries?state=failed", list)).data).toEqual([]);
  sink.close();
});
