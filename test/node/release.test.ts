/** What a release needs: versions that agree, a licence in every package, and no placeholder in what is published. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { ROOT } from "../../scripts/lib/root.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const versioned = z.looseObject({ version: z.string() });
const lockFile = z.object({ packages: z.record(z.string(), z.looseObject({ version: z.string().optional() })) });

/** Each package, its lock file and its name there. */
const PACKAGES = [
  [".", "package-lock.json", ""],
  ["packages/sdk", "package-lock.json", "packages/sdk"],
  ["integrations/n8n", "integrations/n8n/package-lock.json", ""],
  ["integrations/zapier", "integrations/zapier/package-lock.json", ""],
] as const;
/** The packages that are published from their folder by npm. */
const PUBLISHED = ["packages/sdk", "integrations/n8n"];

const folder = mkdtempSync(join(tmpdir(), "release-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const check = (cwd: string) =>
  spawnSync(process.execPath, [join(ROOT, "scripts/publish-check.mjs")], { cwd, encoding: "utf8" });

describe("versions", () => {
  it.each(PACKAGES)("%s has its version first in its changelog, and in its lock file", (path, lock, name) => {
    const { version } = versioned.parse(JSON.parse(read(`${path}/package.json`)));
    const headings = [...read(`${path}/CHANGELOG.md`).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings.filter((heading) => heading !== "Unreleased")[0]).toBe(version);
    expect(lockFile.parse(JSON.parse(read(lock))).packages[name]?.version).toBe(version);
  });

  it("are in the Make app's changelog, and each package has the repository's licence", () => {
    expect(read("integrations/make/CHANGELOG.md")).toMatch(/^## \d+\.\d+\.\d+$/m);
    for (const path of ["packages/sdk", "integrations/n8n", "integrations/zapier", "integrations/make"])
      expect(read(`${path}/LICENSE`), path).toBe(read("LICENSE"));
  });
});

describe("a publication", () => {
  it.each(PUBLISHED)("of %s is stopped while a placeholder is left, which CONTRIBUTING.md names", (path) => {
    const { scripts } = z
      .looseObject({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read(`${path}/package.json`)));
    expect(scripts.prepublishOnly).toBe("node ../../scripts/publish-check.mjs");
    const { status, stderr } = check(join(ROOT, path));
    const left = [...stderr.matchAll(/^(\S+):\d+ (YOUR-\w+)$/gm)].map(([, file = "", word = ""]) => ({ file, word }));
    expect(status).toBe(left.length > 0 ? 1 : 0);
    for (const { file, word } of left) {
      const line =
        read("CONTRIBUTING.md")
          .split("\n")
          .find((one) => one.includes(`\`${path}/${file}\``)) ?? "";
      expect(line, `${path}/${file}`).toContain(`\`${word}\``);
    }
  });

  it.each(PUBLISHED)("of %s continues once they are filled in", (path) => {
    const copy = join(folder, path.replaceAll("/", "-"));
    cpSync(join(ROOT, path), copy, { recursive: true, filter: (file) => !/node_modules|dist$/.test(file) });
    writeFileSync(join(copy, "unfilled.json"), '{"homepage": "https://github.com/YOUR-ACCOUNT"}\n');
    expect(check(copy)).toMatchObject({ status: 1, stderr: expect.stringContaining("unfilled.json:1 YOUR-ACCOUNT\n") });
    rmSync(join(copy, "unfilled.json"));
    for (const line of check(copy).stderr.split("\n")) {
      const [, file] = /^(\S+):\d+ YOUR-/.exec(line) ?? [];
      if (file === undefined) continue;
      const text = readFileSync(join(copy, file), "utf8");
      writeFileSync(join(copy, file), text.replaceAll(/YOUR-(ACCOUNT|ADDRESS)/g, "example"));
    }
    expect(check(copy)).toMatchObject({ status: 0, stderr: "" });
  });
});
