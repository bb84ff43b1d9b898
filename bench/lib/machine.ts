/** The machine of a run, and the cores and folders of its processes. */
import { spawnSync } from "node:child_process";
import { accessSync, chmodSync, constants, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { onEnd } from "../../scripts/lib/cleanup.ts";
import { ROOT } from "../../scripts/lib/root.ts";

/** The measured server has this core to itself; upstream and load share the other one. */
export const SERVER_CPU = 0;
export const LOAD_CPU = 1;

export const canPin: boolean = availableParallelism() > 1 && spawnSync("taskset", ["-c", "0", "true"]).status === 0;

/** A command pinned to one core, if the system supports that. */
export const pinned = (cpu: number, command: readonly string[]): readonly string[] =>
  canPin ? ["taskset", "-c", String(cpu), ...command] : command;

/** A memory disk if there is one: waits of real disks differ between machines and would dominate. */
function scratchRoot(): string {
  try {
    accessSync("/dev/shm", constants.W_OK);
    return "/dev/shm";
  } catch {
    return tmpdir();
  }
}

/** A folder for everything a run writes; removed at its end. BENCH_DIR chooses another disk. */
export function scratchDir(): string {
  const dir = mkdtempSync(join(process.env.BENCH_DIR ?? scratchRoot(), "nemo-bench-"));
  chmodSync(dir, 0o711); // PostgreSQL runs as another user, in a folder inside
  // A datastore that has been ended a moment ago may still write.
  onEnd(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10 }));
  return dir;
}

const installed = z.object({ version: z.string() });

function versionOf(name: string): string {
  return installed.parse(JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8"))).version;
}

/** The line above every table. */
export function machineLine(dir: string): string {
  const cores = `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? "unknown CPU"}`;
  const versions = ["workerd", "miniflare", "hono"].map((name) => `${name} ${versionOf(name)}`);
  const load = loadavg()
    .map((value) => value.toFixed(1))
    .join(" ");
  const disk = `state in ${dir.startsWith("/dev/shm") ? "memory" : dir}`;
  const when = new Date().toISOString().slice(0, 16).replace("T", " ");
  return [`${when} UTC`, cores, canPin ? "pinned" : "not pinned", disk, `load before ${load}`]
    .concat(`Node ${process.versions.node}`, versions)
    .join(" · ");
}
