/** `npm run sdk:generate [-- --check]`: writes the SDK's types from the gateway's OpenAPI document. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readFlags } from "./lib/flags.ts";
import { buildDocuments } from "./lib/openapi.ts";
import { ROOT } from "./lib/root.ts";

const { check } = readFlags({
  command: "npm run sdk:generate",
  says: "Writes packages/sdk/src/schema.gen.ts from the OpenAPI document.",
  flags: { check: { says: "writes nothing, and fails when the file is out of date" } },
}).flags;

const FILE = join(ROOT, "packages/sdk/src/schema.gen.ts");

/** The output of a script in Node. */
const outputOf = (cwd: string, script: string, input: string): string =>
  execFileSync(process.execPath, [script], { cwd, input, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });

const document = JSON.stringify((await buildDocuments("https://gateway.example")).open);
const types = outputOf(join(ROOT, "packages/sdk"), "scripts/generate.mjs", document);
if (!check) writeFileSync(FILE, types);
else if (readFileSync(FILE, "utf8") !== types) {
  console.error("packages/sdk/src/schema.gen.ts is out of date: run npm run sdk:generate.");
  process.exitCode = 1;
}
