/**
 * The launcher: runs the whole gateway on this machine in a process group of its own, with its own state, secrets and ports.
 *
 * Used by dev, demo and every test over HTTP. Several can run at the same time. No process is left after `stop()`, after a
 * signal, or after the end of this process, even by SIGKILL.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onEnd } from "./cleanup.ts";
import { driveCron, tick } from "./cron.ts";
import { keepSecrets, writeEnvFile } from "./env-file.ts";
import { type FailpointServer, startFailpointServer } from "./failpoint-server.ts";
import { freePort, isFreeWithin, PortTakenError } from "./ports.ts";
import { isAlive, type ProcessGroup } from "./process-group.ts";
import { migrateLocally, startWrangler } from "./wrangler.ts";

/** A start takes 2 to 4 s; a busy machine gets three minutes. */
const READY_MS = 180_000;

export type GatewayOptions = {
  /** The folder for databases, files, secrets and logs. Created if missing, reused if it exists. */
  readonly stateDir: string;
  /** Another configuration than wrangler.toml: the path of its file. */
  readonly config?: string | undefined;
  /** Default: a free one. */
  readonly port?: number | undefined;
  /** The file with ROOT_SECRET and ADMIN_TOKEN, created if missing. Default: `secrets.env` in the state folder. */
  readonly secretsFile?: string | undefined;
  /** Variables of the Worker, e.g. NEMO_API_URL, NEMO_TOKEN, CRASH_AT, TIME_SCALE, ALARMS. */
  readonly vars?: Readonly<Record<string, string>> | undefined;
  /** Decides at each failpoint that CRASH_AT names (`*`: all) whether the gateway is killed there. Default: at the first. */
  readonly isFatal?: ((at: string) => boolean) | undefined;
  /** False prints the gateway's own output. */
  readonly quiet?: boolean | undefined;
  /** Called with every line that the gateway prints, its log lines included. */
  readonly onLine?: ((line: string) => void) | undefined;
};

export type Gateway = {
  /** `http://127.0.0.1:<port>`, without a slash. */
  readonly url: string;
  readonly adminToken: string;
  /** The process group, for tests that check whether it has ended. */
  readonly group: number;
  /** The failpoint at which CRASH_AT stopped it; all its processes are killed by then. Pending for ever if none does. */
  readonly crashed: Promise<string>;
  /** Ends when the gateway ends, by itself or by us. */
  readonly ended: Promise<void>;
  /** Runs the cron now, in addition to every minute. */
  readonly runCron: () => Promise<boolean>;
  readonly lastLines: () => string;
  /** SIGKILL to all processes at once, like a crash. */
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** wrangler's advice to trigger the cron by hand, which the launcher does. */
const CRON_ADVICE =
  /Scheduled Workers are not|manually trigger a scheduled|\/cdn-cgi\/local\/scheduled|#test-cron-triggers/;

/** Whether a line of wrangler's is worth showing. */
export const isUseful = (line: string): boolean => line.trim() !== "" && !CRON_ADVICE.test(line);

type Slot = {
  readonly stateDir: string;
  readonly secretsFile: string;
  readonly varsFile: string;
  readonly persistTo: string;
};

function slotOf(options: GatewayOptions): Slot {
  const stateDir = resolve(options.stateDir);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  return {
    stateDir,
    secretsFile: resolve(options.secretsFile ?? join(stateDir, "secrets.env")),
    varsFile: join(stateDir, "vars.env"),
    persistTo: join(stateDir, "state"),
  };
}

/** Secrets and variables are passed in private files, because all users of the machine can see a command line. */
const devArgs = (
  slot: Slot,
  config: readonly string[],
  port: number,
  inspectorPort: number,
  logLevel: "info" | "warn",
): string[] => [
  "dev",
  ...config,
  ...["--ip", "127.0.0.1", "--port", String(port), "--inspector-port", String(inspectorPort)],
  ...["--env-file", slot.secretsFile, "--env-file", slot.varsFile],
  ...["--persist-to", slot.persistTo, "--log-level", logLevel, "--show-interactive-dev-session=false"],
];

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) });
    await answer.body?.cancel();
    // 503: it runs, and jobs of an earlier run are overdue. The cron that runs them starts after this check.
    return answer.status === 200 || answer.status === 503;
  } catch {
    return false; // not listening yet
  }
}

/** How long a port may still be held by a gateway that was just killed. Chosen: seconds on a machine that is busy. */
const PORT_MS = 5_000;

/** Waits until the gateway is healthy, or throws with its last lines. */
async function untilReady(url: string, group: ProcessGroup): Promise<void> {
  for (const until = Date.now() + READY_MS; Date.now() < until; await sleep(100)) {
    if (await answers(url)) return;
    if (!isAlive(group.id)) throw new Error(`the gateway ended while it started:\n${group.lastLines()}`);
  }
  throw new Error(`the gateway was not healthy within ${READY_MS / 1000} s:\n${group.lastLines()}`);
}

/** Kills the group when the failpoint is reached, and resolves when all its processes have ended: the next gateway uses its port and files. */
async function crashOf(failpoints: FailpointServer, group: ProcessGroup): Promise<string> {
  const at = await failpoints.reached;
  group.kill();
  await group.ended;
  await group.stop(); // other members may outlive the leader
  return at;
}

/** Starts the gateway and waits until it is healthy. If it does not become healthy, stops it and throws. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const slot = slotOf(options);
  const print = (line: string): void => {
    options.onLine?.(line);
    if (options.quiet === false && isUseful(line)) console.log(line);
  };
  const { ADMIN_TOKEN } = keepSecrets(slot.secretsFile);
  const [port, inspectorPort, failpoints] = await Promise.all([
    options.port ?? freePort(),
    freePort(),
    startFailpointServer(options.isFatal ?? (() => true)),
  ]);
  const vars = { ENVIRONMENT: "development", ALLOW_ANONYMOUS: "1", CRASH_URL: failpoints.url, ...options.vars };
  writeEnvFile(slot.varsFile, vars);
  const config = options.config === undefined ? [] : ["--config", options.config];
  await migrateLocally({ stateDir: slot.stateDir }, slot.persistTo, config);
  // Checked after the migrations, which take a while: another gateway on this port would answer the health check.
  if (!(await isFreeWithin(port, PORT_MS))) {
    failpoints.close();
    throw new PortTakenError(port);
  }

  const url = `http://127.0.0.1:${port}`;
  const group = startWrangler(devArgs(slot, config, port, inspectorPort, options.onLine ? "info" : "warn"), {
    stateDir: slot.stateDir,
    print,
  });
  const cron = new AbortController();
  const stop = async (): Promise<void> => {
    forget();
    cron.abort();
    failpoints.close();
    await group.stop();
  };
  const forget = onEnd(stop);
  const crashed = crashOf(failpoints, group);
  try {
    // Jobs of an earlier run may reach a failpoint before the first health check; it is known before the kill.
    await Promise.race([untilReady(url, group), failpoints.reached]);
  } catch (error) {
    await stop();
    throw error;
  }
  void driveCron(url, Number(options.vars?.TIME_SCALE ?? "1") || 1, cron.signal);
  return {
    url,
    adminToken: ADMIN_TOKEN,
    group: group.id,
    crashed,
    ended: group.ended.then(() => {}),
    runCron: () => tick(url),
    lastLines: group.lastLines,
    kill: async () => {
      group.kill();
      await stop();
    },
    stop,
  };
}
