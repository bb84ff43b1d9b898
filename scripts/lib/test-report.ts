/** Checks what a run of the tests covered, by vitest's JSON report and the files on disk. */
import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import * as z from "zod";
import { ROOT } from "./root.ts";

/** What a run covers: `npm test`, `npm run check`, `npm run test:gateway` or `npm run test:all`. */
export type Extent = "quick" | "check" | "gateway" | "all";

/** The report of the last run, from which .ci/run counts. */
export const reportOf = (extent: Extent): string =>
  join(ROOT, ".state/reports", extent === "gateway" ? "gateway.json" : "tests.json");

/** Tests of a whole gateway, over HTTP and in a browser. They take seconds each. */
export const GATEWAY_PROJECTS = ["conformance", "quiet"];
const GATEWAY_FOLDER = "test/conformance/";

/**
 * Files that `npm test` leaves out: random sequences, tables of every route or call, what starts many processes, what waits for
 * seconds, and what measures memory or work. `npm run check` or `npm run test:all` runs them.
 */
export const SLOW_FILES = [
  // Random sequences.
  "test/durable/user/render-random.test.ts",
  "test/durable/user/turn-random.test.ts",
  "test/durable/year.test.ts",
  // Tables of every route with every input, or of every call with every failure.
  "test/jobs/delete-tenant-failures.test.ts",
  "test/routes/after-commit-table.test.ts",
  "test/routes/bad-input.test.ts",
  "test/routes/isolation-table.test.ts",
  "test/routes/mcp-table.test.ts",
  "test/routes/nasty.test.ts",
  "test/routes/no-code-values.test.ts",
  // Processes: a whole gateway, or each script once or twice.
  "test/node/deploy.test.ts",
  "test/node/dev.test.ts",
  "test/node/fuzz.test.ts",
  "test/node/gateway.test.ts",
  "test/node/install.test.ts",
  "test/node/leaks.test.ts",
  "test/node/renamed.test.ts",
  "test/node/scripts.test.ts",
  // Waits: a full queue, a silent upstream, an alarm that must come again.
  "test/durable/limits-at-once.test.ts",
  "test/durable/shared/job-kinds.test.ts",
  "test/durable/tenant/delivery-slots.test.ts",
  "test/durable/tenant/quota-waits.test.ts",
  "test/durable/user/turn-quiet.test.ts",
  "test/jobs/cron.test.ts",
  "test/routes/stops.test.ts",
  // Memory and processor time.
  "test/durable/upload/memory.test.ts",
  "test/node/body-work.test.ts",
];

/** Files that only `test:all` runs: the slowest ones. Run them before a release, and after a change of what they test. */
export const LONGEST_FILES = [
  "test/conformance/bad-input.test.ts",
  "test/conformance/docs.test.ts",
  "test/conformance/keys-and-users.test.ts",
  "test/conformance/media-corpus.test.ts",
  "test/conformance/pull.test.ts",
  "test/conformance/recovery.test.ts",
  "test/conformance/sdk-cli.test.ts",
  "test/conformance/state.test.ts",
  "test/conformance/traces.test.ts",
  "test/conformance/uploads-concat.test.ts",
  "test/conformance/uploads-tus.test.ts",
  "test/durable/upload/memory.test.ts",
  "test/durable/user/render-random.test.ts",
  "test/durable/user/turn-random.test.ts",
  "test/durable/year.test.ts",
  "test/jobs/delete-tenant-failures.test.ts",
  "test/node/body-work.test.ts",
  "test/node/gateway.test.ts",
  "test/node/install.test.ts",
  "test/node/leaks.test.ts",
  "test/node/renamed.test.ts",
  "test/node/scripts.test.ts",
];

/** The files that a run of this extent leaves out, besides those of the projects that it leaves out. */
export const leftOut = (extent: Extent): readonly string[] =>
  extent === "all" ? [] : extent === "quick" ? SLOW_FILES : LONGEST_FILES;

/** The arguments with which vitest runs the projects of this extent. */
export function projectArgs(extent: Extent): string[] {
  if (extent === "all") return [];
  return GATEWAY_PROJECTS.map((name) => `--project=${extent === "gateway" ? "" : "!"}${name}`);
}

const report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numFailedTestSuites: z.int(),
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});
export type TestReport = z.infer<typeof report>;

export const readReport = (path: string): TestReport => report.parse(JSON.parse(readFileSync(path, "utf8")));

/** The test files that a run should have covered, relative to the repository. */
export function filesOnDisk(extent: Extent, root: string = ROOT): string[] {
  const files = globSync("test/**/*.test.ts", { cwd: root }).map((file) => file.replaceAll("\\", "/"));
  const isOfProjects = (file: string): boolean =>
    extent === "all" || file.startsWith(GATEWAY_FOLDER) === (extent === "gateway");
  return files.filter((file) => isOfProjects(file) && !leftOut(extent).includes(file)).sort();
}

/**
 * Gaps of a green run: files that did not run or contain no test, and skipped tests.
 *
 * vitest silently ignores a file that no project of vitest.config.ts includes; this check finds it.
 */
export function gapsIn(ran: TestReport, expected: readonly string[], root: string = ROOT): string[] {
  const results = new Map(
    ran.testResults.map((file) => [relative(root, file.name).replaceAll("\\", "/"), file.assertionResults]),
  );
  const idle = expected.filter((file) => (results.get(file) ?? []).length === 0);
  const setAside = [...results].flatMap(([file, tests]) =>
    tests
      .filter(({ status }) => status !== "passed" && status !== "failed")
      .map((test) => `${file}: ${test.status}: ${test.fullName}`),
  );
  return [...idle.map((file) => `${file}: did not run`), ...setAside];
}
