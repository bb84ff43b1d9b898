/** `npm run -s bench > tables.md [-- --quick]`: all benches, one after the other; stops at the first failure. */
import { cleanUp } from "../scripts/lib/cleanup.ts";
import { readFlags } from "../scripts/lib/flags.ts";
import { runInTurn } from "../scripts/lib/in-turn.ts";

const { quick } = readFlags({
  command: "npm run bench",
  says: "Every measurement, one after the other. What fails first ends it.",
  flags: { quick: { says: "less of each, as bench/README.md says" } },
}).flags;

const BENCHES = ["stream", "requests", "sweep", "upload", "webhooks", "batch", "growth"];
const code = await runInTurn(BENCHES.map((name) => [`bench/${name}.ts`, ...(quick ? ["--quick"] : [])]));
await cleanUp();
process.exit(code);
