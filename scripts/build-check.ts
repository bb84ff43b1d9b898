/** `npm run build:check`: builds the Worker as a deployment does, and fails if it is too large or lacks a binding. */
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import * as z from "zod";
import { faultsOf, readBuild } from "./lib/build.ts";
import { readFlags } from "./lib/flags.ts";
import { green, red } from "./lib/paint.ts";
import { ROOT } from "./lib/root.ts";
import { startWrangler } from "./lib/wrangler.ts";

readFlags({
  command: "npm run build:check",
  says: "Builds the Worker as a deployment would, and says whether it is too large or lacks a binding.",
});

const STATE = join(ROOT, ".state/build");

/** Imported by a computed name, because a literal one would add the Worker's types to these scripts. */
const env: unknown = await import(new URL("../src/env.ts", import.meta.url).href);
const { BINDINGS } = z.object({ BINDINGS: z.array(z.string()).min(1) }).parse(env);

const lines: string[] = [];
const run = { stateDir: STATE, print: (line: string) => void lines.push(stripVTControlCharacters(line)) };
const code = await startWrangler(["deploy", "--dry-run", "--outdir", join(STATE, "out")], run).ended;
const printed = lines.join("\n");
if (code !== 0) {
  console.error(`${printed}\n${red("the Worker does not build")}`);
  process.exit(1);
}
const build = readBuild(printed);
const faults = faultsOf(build, BINDINGS);
for (const fault of faults) console.error(red(fault));
if (faults.length > 0) process.exit(1);
console.log(`${green("✓")} ${Math.round(build.gzipBytes / 1024)} KiB compressed, ${BINDINGS.length} bindings`);
