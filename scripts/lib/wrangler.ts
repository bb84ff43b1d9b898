/** wrangler for local runs: without telemetry, and separate from other runs. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writePrivate } from "./env-file.ts";
import { type ProcessGroup, startGroup } from "./process-group.ts";
import { ROOT, WRANGLER } from "./root.ts";

/** The database's binding in wrangler.toml. */
const DATABASE = "DB";

/** The environment of a local run: no telemetry, and a development registry of its own. */
export function quietEnv(stateDir: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    CLOUDFLARE_INCLUDE_PROCESS_ENV: "false",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_LOG_PATH: join(stateDir, "logs"),
    WRANGLER_REGISTRY_PATH: join(stateDir, "registry"),
    X_LOCAL_OBSERVABILITY: "false",
    X_LOCAL_EXPLORER: "false",
  };
}

export type LocalRun = {
  readonly stateDir: string;
  readonly print?: ((line: string) => void) | undefined;
  /** The folder in which wrangler runs the build of its configuration; the repository by default. */
  readonly root?: string;
};

/** Starts wrangler with these arguments in its own process group. */
export function startWrangler(args: readonly string[], run: LocalRun): ProcessGroup {
  return startGroup({
    command: process.execPath,
    args: ["--no-warnings", WRANGLER, ...args],
    cwd: run.root ?? ROOT,
    env: quietEnv(run.stateDir),
    print: run.print,
  });
}

/** Migrates the local database of this state folder. Takes about 3 s, so it is skipped if there are no new migrations. */
export async function migrateLocally(run: LocalRun, persistTo: string, config: readonly string[] = []): Promise<void> {
  const stamp = join(run.stateDir, "migrated");
  const names = readdirSync(join(ROOT, "migrations")).sort().join("\n");
  if (readIfThere(stamp) === names) return;
  const group = startWrangler(
    ["d1", "migrations", "apply", DATABASE, "--local", "--persist-to", persistTo, ...config],
    run,
  );
  const code = await group.ended;
  if (code !== 0) throw new Error(`the database's migrations failed:\n${group.lastLines()}`);
  writePrivate(stamp, names);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
