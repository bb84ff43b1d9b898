/**
 * `npm run receiver`: a stand-in for your own server on this machine, until Ctrl-C. It prints each webhook that it receives, at
 * any path, and serves the files of test/media for imports.
 */
import { join } from "node:path";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { readFlags } from "./lib/flags.ts";
import { type Delivery, startLocalReceiver } from "./lib/local-receiver.ts";
import { bold, dim, green, red } from "./lib/paint.ts";
import { isFree, PortTakenError, RECEIVER_PORT } from "./lib/ports.ts";
import { ROOT } from "./lib/root.ts";
import { printable } from "./lib/turn-printer.ts";

const { flags } = readFlags({
  command: "npm run receiver",
  says: "Prints each webhook that it receives, and serves the files of test/media, until Ctrl-C.",
  flags: {
    port: { value: "N", from: 1, to: 65_535, says: `the port to listen on; ${RECEIVER_PORT} when absent` },
    secret: { value: "whsec_…", says: "rejects what this secret has not signed; several with commas between" },
  },
});

const VERDICTS = { true: green("its signature is right"), false: red("rejected: not signed with --secret") } as const;

function print({ path, type, about, body, signed }: Delivery): void {
  const verdict = signed === null ? dim("signature not looked at: no --secret") : VERDICTS[`${signed}`];
  console.log(`POST ${printable(path)} ${bold(printable(type))} ${printable(about)} ${verdict}`);
  console.log(dim(printable(body)));
}

async function main(): Promise<number> {
  const port = flags.port ?? RECEIVER_PORT;
  const secrets = flags.secret?.split(",").map((secret) => secret.trim()) ?? [];
  if (secrets.some((secret) => !/^whsec_[\w+/=-]+$/.test(secret)))
    throw new Error("--secret takes what an endpoint's creation answered as `secret`: it begins with whsec_.");
  if (!(await isFree(port))) throw new PortTakenError(port);
  const receiver = await startLocalReceiver({ port, secrets, folder: join(ROOT, "test/media"), onLine: print });
  onEnd(receiver.close);
  console.log(`${bold(receiver.url)} takes webhooks at any path, and serves test/media: ${receiver.url}/clip.mp4`);
  console.log(dim("Ctrl-C stops it."));
  return new Promise(() => {}); // a signal ends the process
}

let code = 1;
try {
  code = await main();
} catch (error) {
  console.error(red(error instanceof Error ? error.message : String(error)));
}
await cleanUp();
process.exit(code);
