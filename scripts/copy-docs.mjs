// Puts the reference page's own files where the Worker's assets are read from, so that /docs loads nothing from elsewhere.
// Run by wrangler before every dev start and deploy ([build] in wrangler.toml). Prints nothing when all is well.
import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FILES = ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"];

const from = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const to = fileURLToPath(new URL("../dist/docs/", import.meta.url));

mkdirSync(to, { recursive: true });
for (const file of FILES) copyFileSync(join(from, file), join(to, file));
