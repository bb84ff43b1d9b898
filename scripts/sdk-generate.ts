/** `npm run sdk:generate [-- --check]`: writes the SDK's types from the gateway's OpenAPI document. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createApp } from "../src/app.ts";
import { documentOf } from "../src/http/openapi.ts";
import { readFlags } from "./lib/flags.ts";

const { check } = readFlags({
  command: "npm run sdk:generate",
  says: "Writes packages/sdk/src/schema.gen.ts from the OpenAPI document.",
  flags: { check: { says: "writes nothing, and fails when the file is out of date" } },
}).flags;

const FILE = `${import.meta.dirname}/../packages/sdk/src/schema.gen.ts`;
const generator = spawnSync(process.execPath, ["scripts/generate.mjs"], {
  cwd: `${import.meta.dirname}/../packages/sdk`,
  input: JSON.stringify(documentOf(createApp())),
  encoding: "utf8",
  maxBuffer: 64 * 1024 * 1024,
});
if (generator.status !== 0) throw new Error(generator.stderr);
if (!check) writeFileSync(FILE, generator.stdout);
else if (readFileSync(FILE, "utf8") !== generator.stdout) {
  console.error("packages/sdk/src/schema.gen.ts is out of date: run npm run sdk:generate.");
  process.exitCode = 1;
}
