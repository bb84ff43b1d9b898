// Puts the reference page's own files where the Worker's assets are read from, so that /docs loads nothing from elsewhere.
// Run by wrangler before every dev start and deploy ([build] in wrangler.toml), and by vitest.config.ts before the tests.
// Another folder may be named. Prints nothing when all is well.
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
  // What is there stays untouched: a gateway that runs reads these files, and starts anew when they change.
  if (existsSync(target) && readFileSync(target).equals(readFileSync(source))) continue;
  const whole = `${target}.${process.pid}`; // in one step, since several may start at once
  copyFileSync(source, whole);
  renameSync(whole, target);
}
