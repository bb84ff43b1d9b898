/** Paths of the repository and of the pinned tools in it. */
import { resolve } from "node:path";

/** The repository's folder: every script works from any current folder. */
export const ROOT = resolve(import.meta.dirname, "../..");

/** wrangler's entry point, run by the current Node: `npx` and `.bin` would each add a process in between. */
export const WRANGLER = resolve(ROOT, "node_modules/wrangler/bin/wrangler.js");
