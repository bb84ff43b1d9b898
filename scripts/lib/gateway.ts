/**
 * The launcher: the whole gateway on this machine, in a process group of its own, with its own state, secrets and ports.
 *
 * Used by dev, demo and every test from outside. Two may run at the same time; nothing of it is left after `stop()`,
 * after a signal, or after the end of this process, even by SIGKILL.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onEnd } from "./cleanup.ts";
import { type CrashDoor, openCrashDoor } from "./crash-door.ts";
import { driveCron, tick } from "./cron.ts";
import { keepSecrets, writeEnvFile } from "./env-file.ts";
import { freePort, isFreeWithin, PortTakenError } from "./ports.ts";
import { isAlive, type ProcessGroup } from "./process-group.ts";
import { migrateLocally, startWrangler } from "./wrangler.ts";

/** A start takes 2 to 4 s; a busy machine gets three minutes. */
const READY_MS = 180_000;

export type GatewayOptions = {
  /** Holds everything: databases, files, secrets, logs. Made when absent, reused when there. */
  readonly stateDir: string;
  /** Absent: a free one. */
  readonly port?: number | undefined;
  /** Where ROOT_SECRET and ADMIN_TOKEN lie, made when absent. Absent: `secrets.env` in the state folder. */
  readonly secretsFile?: string | undefined;
  /** Variables of the Worker, e.g. NEMO_API_URL, NEMO_TOKEN, CRASH_AT, TIME_SCALE, ALARMS. */
  readonly vars?: Readonly<Record<string, string>> | undefined;
  /** Asked at each boundary that CRASH_AT names (`*`: all), whether it is killed there. Absent: at the first. */
  readonly isFatal?: ((at: string) => boolean) | undefined;
  /** False prints the gateway's own output as it comes. */
  readonly quiet?: boolean | undefined;
  /** Told every line that the gateway prints, its log lines too, as it comes. */
  readonly heard?: ((line: string) => void) | undefined;
};

export type Gateway = {
  /** `http://127.0.0.1:<port>`, without a slash. */
  readonly url: string;
  readonly adminToken: string;
  /** The process group, for tests that look whether it is gone. */
  readonly group: number;
  /** The boundary at which CRASH_AT stopped it; everything is killed by then. Pending for ever when that does not happen. */
  readonly crashed: Promise<string>;
  /** Ends when the gateway ends, by itself or by us. */
  readonly ended: Promise<void>;
  /** Runs the cron now, beside its every-minute rhythm. */
  readonly runCron: () => Promise<boolean>;
  readonly lastLines: () => string;
  /** SIGKILL to all of it at once: what a crash does. */
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** wrangler's advice to trigger the cron by hand, which we do. */
const CRON_ADVICE =
  /Scheduled Workers are not|manually trigger a scheduled|\/cdn-cgi\/local\/scheduled|#test-cron-triggers/;

/** Whether a line of wrangler's says something that we do not do anyway. */
export const isUseful = (line: string): boolean => line.trim() !== "" && !CRON_ADVICE.test(line);

type Place = {
  readonly stateDir: string;
  readonly secretsFile: string;
  readonly varsFile: string;
  readonly persistTo: string;
};

function placeOf(options: GatewayOptions): Place {
  const stateDir = resolve(options.stateDir);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  return {
    stateDir,
    secretsFile: resolve(options.secretsFile ?? join(stateDir, "secrets.env")),
    varsFile: join(stateDir, "vars.env"),
    persistTo: join(stateDir, "state"),
  };
}

/** Secrets and variables go in by files that only we can read: a command line is seen by everybody on the machine. */
const devArgs = (place: Place, port: number, inspectorPort: number, logLevel: "info" | "warn"): string[] => [
  "dev",
  ...["--ip", "127.0.0.1", "--port", String(port), "--inspector-port", String(inspectorPort)],
  ...["--env-file", place.secretsFile, "--env-file", place.varsFile],
  ...["--persist-to", place.persistTo, "--log-level", logLevel, "--show-interactive-dev-session=false"],
];

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) });
    await answer.body?.cancel();
    // 503: it runs, and what an earlier run left is overdue. The cron that sees to it starts when this answers.
    return answer.status === 200 || answer.status === 503;
  } catch {
    return false; // not listening yet
  }
}

/** How long a port may still be held by a gateway that was just killed. Chosen: seconds on a machine that is busy. */
const PORT_MS = 5_000;

/** Waits until the gateway is healthy, or throws with its last words. */
async function untilReady(url: string, group: ProcessGroup): Promise<void> {
  for (const until = Date.now() + READY_MS; Date.now() < until; await sleep(100)) {
    if (await answers(url)) return;
    if (!isAlive(group.id)) throw new Error(`the gateway ended while it started:\n${group.lastLines()}`);
  }
  throw new Error(`the gateway was not healthy within ${READY_MS / 1000} s:\n${group.lastLines()}`);
}

/** Kills the group as soon as the boundary is reached, and tells when nothing of it runs: the next one takes its port and files. */
async function crashOf(door: CrashDoor, group: ProcessGroup): Promise<string> {
  const at = await door.reached;
  group.kill();
  await group.ended;
  await group.stop(); // the leader's end is not yet that of all
  return at;
}

/** Starts the gateway and waits until it is healthy. Throws, with nothing left running, when it does not become so. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const place = placeOf(options);
  const print = (line: string): void => {
    options.heard?.(line);
    if (options.quiet === false && isUseful(line)) console.log(line);
  };
  const { ADMIN_TOKEN } = keepSecrets(place.secretsFile);
  const [port, inspectorPort, door] = await Promise.all([
    options.port ?? freePort(),
    freePort(),
    openCrashDoor(options.isFatal ?? (() => true)),
  ]);
  const vars = { ENVIRONMENT: "development", ALLOW_ANONYMOUS: "1", CRASH_URL: door.url, ...options.vars };
  writeEnvFile(place.varsFile, vars);
  await migrateLocally({ stateDir: place.stateDir }, place.persistTo);
  // Asked late, since the migrations take a while: another gateway on this port would answer our health check.
  if (!(await isFreeWithin(port, PORT_MS))) {
    door.close();
    throw new PortTakenError(port);
  }

  const url = `http://127.0.0.1:${port}`;
  const group = startWrangler(devArgs(place, port, inspectorPort, options.heard ? "info" : "warn"), {
    stateDir: place.stateDir,
    print,
  });
  const cron = new AbortController();
  const stop = async (): Promise<void> => {
    forget();
    cron.abort();
    door.close();
    await group.stop();
  };
  const forget = onEnd(stop);
  const crashed = crashOf(door, group);
  try {
    // A boundary may be reached by what an earlier run left behind, before the first health check; it is known before the kill.
    await Promise.race([untilReady(url, group), door.reached]);
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
