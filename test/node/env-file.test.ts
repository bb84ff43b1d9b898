import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { keepSecrets, readEnvFile, writeEnvFile } from "../../scripts/lib/env-file.ts";

const folder = mkdtempSync(join(tmpdir(), "env-file-test-"));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a file of variables", () => {
  it("returns what was written, whatever the values contain", () => {
    const values = { PLAIN: "a", BLANKS: " a # b ", DOLLARS: `$HOME and \${PATH}`, QUOTES: '"', EMPTY: "" };
    writeEnvFile(path("any.env"), values);
    expect(readEnvFile(path("any.env"))).toEqual(values);
  });

  it.each([
    ["a quote", "it's"],
    ["a line break", "a\nb"],
  ])("rejects %s, which would be read as something else", (_, value) => {
    expect(() => writeEnvFile(path("odd.env"), { NAME: value })).toThrow("NAME");
  });

  it("creates secrets once, privately, and keeps them", () => {
    const made = keepSecrets(path("secrets.env"));
    expect(Math.min(...Object.values(made).map((secret) => Buffer.byteLength(secret)))).toBeGreaterThanOrEqual(32);
    expect(statSync(path("secrets.env")).mode & 0o777).toBe(0o600);
    expect(keepSecrets(path("secrets.env"))).toEqual(made);
  });

  it("adds what a user's own file lacks, and does not change the rest", () => {
    writeFileSync(
      path("own.env"),
      '# mine\nNEMO_TOKEN=nmv_usr_x\nADMIN_TOKEN="chosen-by-a-person-0123456789-0123456789"',
    );
    const { ADMIN_TOKEN, ROOT_SECRET } = keepSecrets(path("own.env"));
    expect(ADMIN_TOKEN).toBe("chosen-by-a-person-0123456789-0123456789");
    expect(readFileSync(path("own.env"), "utf8")).toContain("# mine\nNEMO_TOKEN=nmv_usr_x\n");
    expect(readEnvFile(path("own.env")).ROOT_SECRET).toBe(ROOT_SECRET);
  });
});
