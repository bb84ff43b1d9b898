/** Where the repository and the pinned tools in it are. */
import { resolve } from "node:path";

/** The repository's folder: every script works from any current folder. */
export const ROOT = resolve(import.meta.dirname, "../..");

/** wrangler's entry, run by the Node that runs us: `npx` and `.bin` would each add a process between us and it. */
export const WRANGLER = resolve(ROOT, "node_modules/wrangler/bin/wrangler.js");
