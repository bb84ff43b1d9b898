/**
 * Builds the documentation into the folder of the Worker's static assets: the guides of docs/, PROTOCOL.md, the API reference
 * from the OpenAPI document, each as a page and as Markdown; the search index; the files of the pages.
 *
 * Run by wrangler before every dev start and deploy ([build] in wrangler.toml), and by test/support/build-assets.ts before the tests. An
 * argument names another folder. Prints nothing on success.
 *
 * Files are replaced atomically, because several runs may start at once, and equal ones are not touched: a running gateway
 * watches these files and restarts when they change. Nothing is built while no source has changed.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { siteFiles } from "./lib/docs/site.ts";
import { ROOT } from "./lib/root.ts";

const { positionals } = parseArgs({ allowPositionals: true });
const FOLDER = positionals[0] ?? join(ROOT, "dist/assets");
/** Beside the folder, because everything in it is public. */
const STAMP = `${FOLDER}.stamp`;

/** Everything that the pages depend on. Packages are pinned by the lock file. */
const SOURCES = [
  "docs/*.md",
  "PROTOCOL.md",
  "scripts/build-docs.ts",
  "scripts/lib/docs/**/*",
  "scripts/lib/openapi.ts",
  "src/**/*.ts",
  "package-lock.json",
];

/** Name, size and time of every source. */
function sourceStamp(): string {
  const hash = createHash("sha256");
  for (const path of SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).toSorted()) {
    const { mtimeMs, size } = statSync(join(ROOT, path));
    hash.update(`${path} ${mtimeMs} ${size}\n`);
  }
  return hash.digest("hex");
}

function write(path: string, content: string | Uint8Array): void {
  const bytes = Buffer.from(content);
  if (existsSync(path) && readFileSync(path).equals(bytes)) return;
  mkdirSync(dirname(path), { recursive: true });
  const whole = `${path}.${process.pid}`;
  writeFileSync(whole, bytes);
  renameSync(whole, path);
}

/** Removes files that are no longer part of the documentation, but not those that another run writes, nor the console's. */
function removeOthers(files: ReadonlySet<string>): void {
  for (const entry of readdirSync(FOLDER, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (path.startsWith(join(FOLDER, "console/"))) continue;
    if (entry.isFile() && !files.has(path) && !/\.\d+$/.test(basename(path))) rmSync(path, { force: true });
  }
}

const stamp = sourceStamp();
const isBuilt = existsSync(FOLDER) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === stamp;
if (!isBuilt) {
  const files = await siteFiles();
  for (const [path, content] of files) write(join(FOLDER, path), content);
  removeOthers(new Set([...files.keys()].map((path) => join(FOLDER, path))));
  write(STAMP, stamp);
}
