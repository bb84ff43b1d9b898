// Compiles src into dist: one JavaScript file and one declaration file for each source file.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("..", import.meta.url));
rmSync(`${folder}dist`, { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
// The command is for Node; everything else must not use what only Node has.
for (const project of ["tsconfig.json", "tsconfig.cli.json"])
  execFileSync(process.execPath, [tsc, "-p", `${folder}${project}`], { stdio: "inherit" });
