/**
 * `npm run dev [-- --port N]`: the gateway on port 8787 until Ctrl-C, with a stable test key and commands to paste.
 *
 * State is in .state/dev, secrets are in .dev.vars; both are created at the first start and reused. Another port has its own
 * state, .state/dev-<port>, so that two gateways never write to the same files.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { type Api, apiWith, ResponseError } from "./lib/api.ts";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { curlLines, namesLine } from "./lib/curls.ts";
import { devLines } from "./lib/dev-lines.ts";
import { writePrivate } from "./lib/env-file.ts";
import { readFlags } from "./lib/flags.ts";
import { type Gateway, startGateway } from "./lib/gateway.ts";
import { bold, dim, red } from "./lib/paint.ts";
import { isFree, PortTakenError, RECEIVER_PORT } from "./lib/ports.ts";
import { isAlive } from "./lib/process-group.ts";
import { ROOT } from "./lib/root.ts";
import { makeKey, makeTenant } from "./lib/tenant.ts";

const DEFAULT_PORT = 8787;
const { port: PORT = DEFAULT_PORT } = readFlags({
  command: "npm run dev",
  says: "Runs the gateway on this machine until Ctrl-C, with a stable test key.",
  flags: { port: { value: "N", from: 1, to: 65_535, says: `the port to listen on; ${DEFAULT_PORT} when absent` } },
}).flags;
const STATE_NAME = PORT === DEFAULT_PORT ? ".state/dev" : `.state/dev-${PORT}`;
const STATE = join(ROOT, STATE_NAME);
const KEY_FILE = join(STATE, "key.json");

/** Variables that the shell may set for this run; permanent ones belong in .dev.vars. */
const PASSED = ["NEMO_API_URL", "NEMO_TOKEN", "ALARMS", "CRASH_AT", "TIME_SCALE"] as const;

/** The exit code of a SIGKILL, with which CRASH_AT ends the gateway. */
const KILLED = 137;

const keyFile = z.object({ tenant: z.string(), key: z.string() });

const passedVars = (): Record<string, string> =>
  Object.fromEntries(PASSED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));

/** False if the gateway does not know this key, for example after its database was deleted. */
async function isKnown(url: string, key: string): Promise<boolean> {
  try {
    await apiWith(url, key).send("/v1/me");
    return true;
  } catch (error) {
    if (error instanceof ResponseError && error.status === 401) return false;
    throw error;
  }
}

/** The development tenant's test key: the previous one if it is still valid, else a new one. */
async function stableKey(admin: Api): Promise<string> {
  if (existsSync(KEY_FILE)) {
    const { key } = keyFile.parse(JSON.parse(readFileSync(KEY_FILE, "utf8")));
    if (await isKnown(admin.url, key)) return key;
  }
  const tenant = await makeTenant(admin, "development");
  const key = await makeKey(admin, tenant, "test", "npm run dev");
  writePrivate(KEY_FILE, `${JSON.stringify({ tenant, key }, null, 2)}\n`);
  return key;
}

function printWelcome(url: string, key: string): void {
  console.log(`${bold(url)} is up. Documentation: ${url}/docs`);
  console.log(`Test key: ${key}\n`);
  console.log("In a second terminal: the names that README's commands and the examples use.\n");
  console.log(`${namesLine(url, key, `http://127.0.0.1:${RECEIVER_PORT}`)}\n`);
  console.log("Then from nothing to an MP4, with the sandbox's image: paste these lines, one after the other.\n");
  for (const line of curlLines()) console.log(`${line}\n`);
  console.log(dim(`Ctrl-C stops it. State: ${STATE_NAME}, secrets: .dev.vars, admin token: ADMIN_TOKEN in .dev.vars`));
}

/** Waits until the gateway ends by itself and returns the exit code. Signals are handled elsewhere. */
async function untilEnd(gateway: Gateway): Promise<number> {
  const crash = gateway.crashed.then((at) => ({ code: KILLED, line: `killed at ${at}, as CRASH_AT asked` }));
  // A failpoint also ends the group: give it time to report that.
  let isAsked = false;
  onEnd(() => {
    isAsked = true;
  });
  const end = gateway.ended.then(async () => {
    await new Promise((settle) => setTimeout(settle, 100));
    if (isAsked) await new Promise(() => {}); // a signal handler ends this process
    const last = gateway.lastLines();
    // Two starts in the same second can both find the port free.
    const line = last.includes("Address already in use")
      ? new PortTakenError(PORT).message
      : `the gateway ended by itself:\n${last}`;
    return { code: 1, line };
  });
  const { code, line } = await Promise.race([crash, end]);
  console.error(red(line));
  return code;
}

async function main(): Promise<number> {
  if (!(await isFree(PORT))) throw new PortTakenError(PORT);
  process.stdout.on("error", () => {}); // the reader is gone, e.g. the end of a pipe; the gateway continues
  console.log(dim("starting…"));
  const shown = devLines();
  const gateway = await startGateway({
    port: PORT,
    stateDir: STATE,
    secretsFile: join(ROOT, ".dev.vars"),
    vars: passedVars(),
    onLine: (raw) => {
      const line = shown(raw);
      if (line !== null) console.log(line);
    },
  });
  const ended = untilEnd(gateway);
  try {
    printWelcome(gateway.url, await stableKey(apiWith(gateway.url, gateway.adminToken)));
  } catch (error) {
    // If the gateway ended during the call, its own last lines explain more.
    if (isAlive(gateway.group)) throw error;
  }
  return ended;
}

let code = 1;
try {
  code = await main();
} catch (error) {
  console.error(red(error instanceof Error ? error.message : String(error)));
}
await cleanUp();
process.exit(code);
