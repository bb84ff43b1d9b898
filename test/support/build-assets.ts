/**
 * Builds the files of /docs and /console once per run, for the projects that serve or read them. wrangler does this before it
 * starts a Worker; the tests start their runtime without wrangler.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../../scripts/lib/root.ts";

const SCRIPTS = ["build-docs.ts", "build-console.mjs"];

/** On the process, because vitest loads this file anew for each project. */
const shared = globalThis as typeof globalThis & { assetsBuilt?: Promise<unknown> };

export async function setup(): Promise<void> {
  const run = promisify(execFile);
  shared.assetsBuilt ??= Promise.all(SCRIPTS.map((name) => run(process.execPath, [join(ROOT, "scripts", name)])));
  await shared.assetsBuilt;
}
