/**
 * `npm run sandbox`: the stand-in for the Nemo API over HTTP on port 8788 (SANDBOX_PORT) until Ctrl-C, in the same runtime as in
 * the gateway. State is in .state/sandbox (SANDBOX_STATE), TIME_SCALE divides every duration.
 */
import { join } from "node:path";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { readFlags } from "./lib/flags.ts";
import { bold, dim, red } from "./lib/paint.ts";
import { isFree, PortTakenError } from "./lib/ports.ts";
import { ROOT } from "./lib/root.ts";
import { startSandbox } from "./lib/sandbox-server.ts";

const { flags } = readFlags({
  command: "npm run sandbox",
  says: "Serves the stand-in of Nemo's API until Ctrl-C.",
  flags: {
    port: { value: "N", from: 1, to: 65_535, says: "the port to listen on; SANDBOX_PORT, or 8788, when absent" },
  },
});

async function main(): Promise<number> {
  const port = flags.port ?? Number(process.env.SANDBOX_PORT ?? "8788");
  if (!(await isFree(port))) throw new PortTakenError(port);
  const stateDir = process.env.SANDBOX_STATE ?? join(ROOT, ".state/sandbox");
  let asked = false;
  onEnd(() => {
    asked = true;
  });
  const sandbox = await startSandbox({ stateDir, port, timeScale: Number(process.env.TIME_SCALE ?? "1") || 1 });
  console.log(
    `${bold(sandbox.url)} speaks the Nemo API. A token: curl -X POST ${sandbox.url}/api/auth/anonymous-token -H 'X-Client-Id: me'`,
  );
  console.log(
    dim(
      "GET /__requests, GET and POST /__switches, GET /__faults. Another sandbox: header X-Sandbox. Ctrl-C stops it.",
    ),
  );
  await sandbox.ended;
  if (!asked) console.error(red(`the sandbox ended by itself:\n${sandbox.lastLines()}`));
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
