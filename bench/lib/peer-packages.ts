/** The packages of the peers, in `bench/peers`: installed by the first run that measures them, never with the repository's own. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { ROOT } from "../../scripts/lib/root.ts";

export const PEERS = join(ROOT, "bench/peers");

const lockFile = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional(), optional: z.boolean().optional() })),
});
const packageFile = z.object({ dependencies: z.record(z.string(), z.string()) });

function packagesIn(path: string): z.infer<typeof lockFile>["packages"] | null {
  try {
    return lockFile.parse(JSON.parse(readFileSync(join(PEERS, path), "utf8"))).packages;
  } catch {
    return null; // npm writes the one in node_modules at the end of an installation
  }
}

/** Whether what the lock file lists is installed, except packages for other systems. */
function isInstalled(): boolean {
  const wanted = packagesIn("package-lock.json") ?? {};
  const there = packagesIn("node_modules/.package-lock.json");
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === "" || optional === true || there?.[path]?.version === version,
  );
}

/** Installs the packages of the peers if they are missing or outdated. */
export function installPeers(): void {
  if (isInstalled()) return;
  console.error("Installing the packages of the peers, bench/peers, with npm ci. It takes about a minute.");
  // npm's lines go to stderr: the tables are on stdout.
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: PEERS, stdio: ["ignore", 2, 2] });
}

/** A package with its pinned version: `agents 0.32.0`. */
export function withVersion(name: string): string {
  const { dependencies } = packageFile.parse(JSON.parse(readFileSync(join(PEERS, "package.json"), "utf8")));
  return `${name} ${dependencies[name]}`;
}
