/** `npm run check`: types, lint and the tests of every module; stops at the first failure. */
import { cleanUp } from "./lib/cleanup.ts";
import { readFlags } from "./lib/flags.ts";
import { runInTurn } from "./lib/in-turn.ts";

readFlags({
  command: "npm run check",
  says: "Types, lint, and the tests of every module but the longest. What fails first ends it.",
});

const TSC = "node_modules/typescript/bin/tsc";
const code = await runInTurn([
  [TSC, "--noEmit"],
  [TSC, "--noEmit", "-p", "scripts"],
  [TSC, "--noEmit", "-p", "packages/console"],
  ["node_modules/@biomejs/biome/bin/biome", "check"],
  ["scripts/run-tests.ts", "--check"],
]);
await cleanUp();
process.exit(code);
