import { relative } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../scripts/lib/root.ts";
import { filesOnDisk, gapsIn, LONGEST_FILES, SLOW_FILES, type TestReport } from "../../scripts/lib/test-report.ts";

const ran = (files: Record<string, readonly string[]>): TestReport => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numFailedTestSuites: 0,
  testResults: Object.entries(files).map(([name, statuses]) => ({
    name: `/repo/${name}`,
    assertionResults: statuses.map((status) => ({ status, fullName: `${status} test` })),
  })),
});

describe("the did-not-run check", () => {
  it("finds this file on disk, by the name vitest gives it", () => {
    expect(filesOnDisk("all")).toContain(relative(ROOT, import.meta.filename));
  });

  it("leaves the slow ones to the run of all tests", () => {
    const [all, check, gateway] = [filesOnDisk("all"), filesOnDisk("check"), filesOnDisk("gateway")];
    const quick = filesOnDisk("quick");
    expect([...SLOW_FILES, ...LONGEST_FILES].filter((file) => !all.includes(file))).toEqual([]);
    expect([...check, ...gateway].sort()).toEqual(all.filter((file) => !LONGEST_FILES.includes(file)));
    expect(gateway).toEqual(gateway.filter((file) => file.startsWith("test/conformance/")));
    expect(quick.filter((file) => !check.includes(file) || SLOW_FILES.includes(file))).toEqual([]);
  });

  it("is empty when every file ran", () => {
    expect(gapsIn(ran({ "test/a.test.ts": ["passed", "failed"] }), ["test/a.test.ts"], "/repo")).toEqual([]);
  });

  it.each([
    ["a file that no project includes", {}, "test/a.test.ts: did not run"],
    ["a file without a test", { "test/a.test.ts": [] }, "test/a.test.ts: did not run"],
    ["a skipped test", { "test/a.test.ts": ["passed", "skipped"] }, "test/a.test.ts: skipped: skipped test"],
    ["a pending test", { "test/a.test.ts": ["pending"] }, "test/a.test.ts: pending: pending test"],
    ["a test to be written", { "test/a.test.ts": ["todo"] }, "test/a.test.ts: todo: todo test"],
  ])("reports %s", (_, files, gap) => {
    expect(gapsIn(ran(files), ["test/a.test.ts"], "/repo")).toEqual([gap]);
  });
});
