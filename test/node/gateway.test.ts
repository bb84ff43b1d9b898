/** The launcher with the real runtime: two gateways at once, a crash at a boundary, a stop that leaves nothing. */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readEnvFile } from "../../scripts/lib/env-file.ts";
import { type Gateway, startGateway } from "../../scripts/lib/gateway.ts";
import { isAlive } from "../../scripts/lib/process-group.ts";

const folders: string[] = [];
const running: Gateway[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "gateway-test-"));
  folders.push(folder);
  return folder;
}

async function start(stateDir: string): Promise<Gateway> {
  const gateway = await startGateway({ stateDir });
  running.push(gateway);
  return gateway;
}

const health = async ({ url }: Gateway): Promise<number> => (await fetch(`${url}/healthz`)).status;

afterAll(async () => {
  await Promise.all(running.map((gateway) => gateway.stop()));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe("the launcher", () => {
  it("runs two gateways at once, kills one at its failpoint, starts it again and stops both for good", async () => {
    const [first, second] = await Promise.all([start(newFolder()), start(newFolder())]);
    expect(first.url).not.toBe(second.url);
    expect(await Promise.all([health(first), health(second)])).toEqual([200, 200]);
    expect(first.adminToken).not.toBe(second.adminToken);

    const [stateDir = ""] = folders;
    const { CRASH_URL = "" } = readEnvFile(join(stateDir, "vars.env"));
    void fetch(CRASH_URL, { method: "POST", body: JSON.stringify({ at: "turn.sent" }) }).catch(() => {});
    expect(await first.crashed).toBe("turn.sent");
    expect([isAlive(first.group), isAlive(second.group)]).toEqual([false, true]);

    const again = await start(stateDir);
    expect(again.adminToken).toBe(first.adminToken);
    expect(await health(again)).toBe(200);
    expect(await again.runCron()).toBe(true);

    await Promise.all([again.stop(), second.stop()]);
    expect([isAlive(again.group), isAlive(second.group)]).toEqual([false, false]);
  });

  it("keeps its secrets in files that only their owner can read", () => {
    const [stateDir = ""] = folders;
    for (const name of ["secrets.env", "vars.env"]) {
      expect(`${name} ${(statSync(join(stateDir, name)).mode & 0o777).toString(8)}`).toBe(`${name} 600`);
    }
    expect(readFileSync(join(stateDir, "vars.env"), "utf8")).not.toMatch(/ROOT_SECRET|ADMIN_TOKEN/);
  });
});
