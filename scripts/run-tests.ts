/**
 * `npm test`, `npm run test:gateway` and `npm run test:all`: runs vitest, then checks that every test file on disk has run.
 *
 * `--gateway` runs the tests of a whole gateway, `--all` all tests. File names and `--only NAME` run a part; then that check is
 * skipped, and each file and all output are shown.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { readFlags } from "./lib/flags.ts";
import { red } from "./lib/paint.ts";
import { ROOT } from "./lib/root.ts";
import { noiseFilter } from "./lib/runtime-noise.ts";
import { type Extent, filesOnDisk, gapsIn, projectArgs, readReport, reportOf } from "./lib/test-report.ts";
import { quietEnv } from "./lib/wrangler.ts";

const VITEST = join(ROOT, "node_modules/vitest/vitest.mjs");
const PROGRESS = join(ROOT, "scripts/lib/test-progress.ts");
const QUICK_IMPORTS = pathToFileURL(join(ROOT, "scripts/lib/quick-imports.mjs"));

const { flags, words } = readFlags({
  command: "npm test",
  says: "Runs the quick tests of every module, or the files that are named.",
  flags: {
    all: { says: "also the slow ones: a whole gateway, random sequences, tables of every route" },
    check: { says: "as --all, without a whole gateway and without the slowest files" },
    gateway: { says: "the tests of a whole gateway, over HTTP and in a browser, without the slowest files" },
    only: { value: "NAME", says: "only tests with this in their name" },
    project: { value: "NAME", says: "only this project of vitest.config.ts" },
    verbose: { says: "shows every file, and the lines that the runtime prints by itself" },
  },
  words: { name: "file…", says: "test files, or a part of their paths", most: Number.POSITIVE_INFINITY },
});
const isPartial = words.length > 0 || flags.only !== undefined || flags.project !== undefined;
const extent: Extent = flags.all ? "all" : flags.check ? "check" : flags.gateway ? "gateway" : "quick";
const report = reportOf(extent);
const isLong = isPartial || flags.verbose;

rmSync(report, { force: true });
mkdirSync(dirname(report), { recursive: true });
const vitest = spawn(
  process.execPath,
  [
    "--disable-warning=ExperimentalWarning",
    `--import=${QUICK_IMPORTS}`,
    VITEST,
    "run",
    ...[`--reporter=${isLong ? "default" : PROGRESS}`, "--reporter=json", `--outputFile.json=${report}`],
    ...(flags.project !== undefined ? [`--project=${flags.project}`] : []),
    ...(flags.only !== undefined ? ["--testNamePattern", flags.only] : []),
    ...(isPartial ? [] : projectArgs(extent)),
    ...words,
  ],
  {
    cwd: ROOT,
    stdio: ["ignore", flags.verbose ? "inherit" : "pipe", flags.verbose ? "inherit" : "pipe"],
    env: {
      ...quietEnv(join(ROOT, ".state/tests")),
      NODE_COMPILE_CACHE: join(ROOT, ".state/compile-cache"), // the next run does not compile wrangler and vitest
      ...(isPartial ? {} : { TESTS: extent }), // read by vitest.config.ts
      ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}),
    },
  },
);
const forget = onEnd(() => void vitest.kill());
for (const [from, to] of [
  [vitest.stdout, process.stdout],
  [vitest.stderr, process.stderr],
] as const) {
  if (from === null) continue;
  const isShown = noiseFilter();
  createInterface({ input: from }).on("line", (line) => {
    if (isShown(line)) to.write(`${line}\n`);
  });
}
const code = await new Promise<number | null>((settle) => vitest.on("close", settle));
forget();

async function end(isGreen: boolean): Promise<never> {
  await cleanUp();
  process.exit(isGreen ? 0 : 1);
}

if (!existsSync(report)) {
  console.error(red("vitest ended without a report"));
  await end(false);
}
const ran = readReport(report);
const gaps = isPartial ? [] : gapsIn(ran, filesOnDisk(extent));
for (const gap of gaps) console.error(red(gap));
const failed = ran.numFailedTests + gaps.length;
console.log(`${ran.numPassedTests} passed${failed > 0 ? `, ${failed} failed` : ""}`);
await end(code === 0 && gaps.length === 0);
