/**
 * `npm run sandbox`: the stand-in of the Nemo API over HTTP on port 8788 (SANDBOX_PORT) until Ctrl-C, in the runtime it also has
 * inside the gateway. State lies in .state/sandbox (SANDBOX_STATE), TIME_SCALE divides every duration.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { bold, dim, red } from "./lib/paint.ts";
import { isFree } from "./lib/ports.ts";
import { ROOT } from "./lib/root.ts";
import { startWrangler } from "./lib/wrangler.ts";

const PORT = Number(process.env.SANDBOX_PORT ?? "8788");
const STATE = process.env.SANDBOX_STATE ?? join(ROOT, ".state/sandbox");
/** How long the runtime may take to answer first. It takes about two seconds. */
const START_MS = 30_000;

/** The config moved into the state folder with its entry's whole path: wrangler keeps a scratch folder beside the config it reads. */
function placeConfig(): string {
  const home = join(ROOT, "src/sandbox");
  const path = join(STATE, "wrangler.toml");
  mkdirSync(STATE, { recursive: true });
  const text = readFileSync(join(home, "wrangler.toml"), "utf8");
  writeFileSync(path, text.replace('main = "server.ts"', `main = ${JSON.stringify(join(home, "server.ts"))}`));
  return path;
}

const isUp = (url: string): Promise<boolean> =>
  fetch(`${url}/__switches`).then(
    (answer) => answer.ok,
    () => false,
  );

async function main(): Promise<number> {
  if (!(await isFree(PORT))) {
    console.error(`Port ${PORT} is taken: stop what listens there, or set SANDBOX_PORT.`);
    return 1;
  }
  const url = `http://127.0.0.1:${PORT}`;
  const args = ["dev", "--config", placeConfig(), "--ip", "127.0.0.1", "--port", String(PORT)];
  const more = ["--persist-to", STATE, "--log-level", "warn", "--var", `TIME_SCALE:${process.env.TIME_SCALE ?? "1"}`];
  const group = startWrangler([...args, ...more], { stateDir: STATE });
  onEnd(group.stop);
  let ended = false;
  void group.ended.then(() => {
    ended = true;
  });
  for (const until = Date.now() + START_MS; !(await isUp(url)); await sleep(100)) {
    if (ended || Date.now() > until) throw new Error(`the sandbox did not start:\n${group.lastLines()}`);
  }
  console.log(
    `${bold(url)} speaks the Nemo API. A token: curl -X POST ${url}/api/auth/anonymous-token -H 'X-Client-Id: me'`,
  );
  console.log(
    dim("GET /__ledger, GET and POST /__switches, GET /__faults. Another sandbox: header X-Sandbox. Ctrl-C stops it."),
  );
  await group.ended;
  console.error(red(`the sandbox ended by itself:\n${group.lastLines()}`));
  return 1;
}

let code = 1;
try {
  code = await main();
} catch (error) {
  console.error(red(error instanceof Error ? error.message : String(error)));
}
await cleanUp();
process.exit(code);
