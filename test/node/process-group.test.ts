import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { isAlive, type ProcessGroup, startGroup } from "../../scripts/lib/process-group.ts";

const LIBRARY = resolve(import.meta.dirname, "../../scripts/lib/process-group.ts");

const started: ProcessGroup[] = [];
afterEach(() => {
  for (const group of started.splice(0)) group.kill();
});

/** A shell in a group of its own. */
function shell(script: string): ProcessGroup {
  const group = startGroup({ command: "/bin/sh", args: ["-c", script], cwd: "/", env: process.env });
  started.push(group);
  return group;
}

async function untilSaid(group: ProcessGroup, word: string): Promise<void> {
  while (!group.lastLines().includes(word)) await sleep(20);
}

/** A busy machine takes its time; the test's own timeout ends a wait for what never ends. */
async function untilGone(id: number): Promise<void> {
  while (isAlive(id)) await sleep(20);
}

describe("a process group", () => {
  it("reports how its command ended and its last output", async () => {
    const group = shell("echo one; echo two >&2; exit 7");
    expect(await group.ended).toBe(7);
    expect(group.lastLines().split("\n").sort()).toEqual(["one", "two"]);
    expect(isAlive(group.id)).toBe(false);
  });

  it("stops children of children too", async () => {
    const group = shell("(sleep 1000 & sleep 1000) & echo up; sleep 1000");
    await untilSaid(group, "up");
    await group.stop();
    expect(isAlive(group.id)).toBe(false);
  });

  it("kills what ignores SIGTERM", async () => {
    const group = shell("trap '' TERM; echo up; while :; do sleep 1; done");
    await untilSaid(group, "up");
    await group.stop();
    expect(isAlive(group.id)).toBe(false);
  });

  it("leaves nothing when its launcher is killed with SIGKILL", async () => {
    const script = `
      import { startGroup } from ${JSON.stringify(LIBRARY)};
      const group = startGroup({ command: "/bin/sh", args: ["-c", "sleep 1000 & sleep 1000"], cwd: "/", env: process.env });
      console.log(group.id);`;
    const launcher = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [output] = await once(launcher.stdout, "data");
    const id = Number(String(output));
    expect(isAlive(id)).toBe(true);
    launcher.kill("SIGKILL");
    await untilGone(id);
  });
});
