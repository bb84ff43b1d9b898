// Run by `npm publish` (prepublishOnly) in a package's folder: stops it while a placeholder that a maintainer has to fill is left.
// CONTRIBUTING.md, "Release", lists them. Plain JavaScript, because it also runs outside of this repository's Node.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";

const PLACEHOLDER = /YOUR-[A-Z]+/;
const TEXT = /\.(json|md|ts|mjs|svg)$/;
const NOT_OURS = new Set(["node_modules", "dist", "package-lock.json"]);

function* filesIn(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (NOT_OURS.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (TEXT.test(entry.name)) yield path;
  }
}

parseArgs({}); // throws for any argument
const found = [...filesIn(process.cwd())].flatMap((path) =>
  readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line, at) => {
      const [word] = PLACEHOLDER.exec(line) ?? [];
      return word === undefined ? [] : [`${relative(process.cwd(), path)}:${at + 1} ${word}`];
    }),
);
if (found.length > 0) {
  console.error(`Not published: fill in these placeholders first (CONTRIBUTING.md, "Release").\n${found.join("\n")}`);
  process.exitCode = 1;
}
