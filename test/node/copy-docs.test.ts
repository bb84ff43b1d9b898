/** The reference page's own files: put where they are served from, and left alone where they are there. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { ROOT } from "../../scripts/lib/root.ts";

const folder = mkdtempSync(join(tmpdir(), "docs-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const copy = () => execFileSync(process.execPath, [join(ROOT, "scripts/copy-docs.mjs"), folder]);
const numbers = () => Object.fromEntries(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).ino]));

it("copies what is missing or differs, and changes nothing else", () => {
  copy();
  const first = numbers();
  expect(Object.keys(first).toSorted()).toEqual(["favicon-32x32.png", "swagger-ui-bundle.js", "swagger-ui.css"]);
  copy();
  expect(numbers()).toEqual(first);
  writeFileSync(join(folder, "swagger-ui.css"), "half of it");
  copy();
  expect(readFileSync(join(folder, "swagger-ui.css"), "utf8").length).toBeGreaterThan(10_000);
  expect(numbers()).toMatchObject({ "swagger-ui-bundle.js": first["swagger-ui-bundle.js"] });
});
