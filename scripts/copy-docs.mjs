// Copies the reference page's files into the folder of the Worker's assets, so that /docs loads nothing from other hosts.
// Run by wrangler before every dev start and deploy ([build] in wrangler.toml), and by vitest.config.ts before the tests.
// An argument names another folder. Prints nothing on success.
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const FILES = ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"];

const { positionals } = parseArgs({ allowPositionals: true });
const from = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const to = positionals[0] ?? fileURLToPath(new URL("../dist/docs/", import.meta.url));

mkdirSync(to, { recursive: true });
for (const file of FILES) {
  const [source, target] = [join(from, file), join(to, file)];
  // Equal files are not touched: a running gateway watches these files and restarts when they change.
  if (existsSync(target) && readFileSync(target).equals(readFileSync(source))) continue;
  const whole = `${target}.${process.pid}`; // renamed atomically, because several runs may start at once
  copyFileSync(source, whole);
  renameSync(whole, target);
}
