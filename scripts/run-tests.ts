/**
 * `npm test` and `npm run test:all`: vitest, and then the question whether every test file on disk has really run.
 *
 * `--all` adds the slow ones. Any other argument goes to vitest (`npm test -- test/node/deploy.test.ts`); such a run is
 * partial on purpose, so the question is not asked.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { red } from "./lib/paint.ts";
import { ROOT } from "./lib/root.ts";
import { filesOnDisk, gapsIn, REPORT, readReport, SLOW_PROJECT } from "./lib/test-report.ts";
import { quietEnv } from "./lib/wrangler.ts";

const VITEST = join(ROOT, "node_modules/vitest/vitest.mjs");

const args = process.argv.slice(2);
const everything = args.includes("--all");
const filters = args.filter((arg) => arg !== "--all");

rmSync(REPORT, { force: true });
mkdirSync(dirname(REPORT), { recursive: true });
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${REPORT}`];
const scope = everything || filters.length > 0 ? [] : [`--project=!${SLOW_PROJECT}`];
const vitest = spawnSync(process.execPath, [VITEST, "run", ...reporters, ...scope, ...filters], {
  cwd: ROOT,
  stdio: "inherit",
  env: quietEnv(join(ROOT, ".state/tests")),
});

if (!existsSync(REPORT)) {
  console.error(red("vitest ended without a report"));
  process.exit(1);
}
const ran = readReport(REPORT);
const gaps = filters.length > 0 ? [] : gapsIn(ran, filesOnDisk(everything));
for (const gap of gaps) console.error(red(gap));
console.log(`${ran.numPassedTests} passed, ${ran.numFailedTests + gaps.length} failed`);
process.exit(vitest.status === 0 && gaps.length === 0 ? 0 : 1);
