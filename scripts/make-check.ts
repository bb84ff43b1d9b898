/**
 * `npm run integrations:make -- FOLDER`: every file of integrations/make against the JSON schemas of Make's editor extension.
 *
 * FOLDER holds a copy of the extension's repository (`git clone https://github.com/integromat/vscode-apps-sdk`). Its package.json
 * says which schema is for which file.
 */
import { globSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { Ajv } from "ajv";
import * as z from "zod";
import { readFlags } from "./lib/flags.ts";
import { ROOT } from "./lib/root.ts";

const { words } = readFlags({
  command: "npm run integrations:make",
  says: "Validates integrations/make with the JSON schemas of Make's editor extension.",
  words: { name: "FOLDER", says: "a copy of the extension's repository", most: 1 },
});
const [given] = words;
if (given === undefined) {
  console.error("Name the copy of Make's extension: npm run integrations:make -- FOLDER");
  process.exit(2);
}
const folder = resolve(given);

const read = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
const rule = z.object({ fileMatch: z.union([z.string(), z.array(z.string())]), url: z.string() });
const { contributes } = z
  .object({ contributes: z.object({ jsonValidation: z.array(rule) }) })
  .parse(read(join(folder, "package.json")));
/** The end of a file's name, and its schema. */
const rules = contributes.jsonValidation.flatMap(({ fileMatch, url }) =>
  [fileMatch].flat().map((pattern) => ({ pattern: pattern.replace(/^\*\*\//, ""), url })),
);

// Their patterns are written for regular expressions without the flag `u`.
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false, logger: false });
for (const path of globSync("syntaxes/**/schemas/*.json", { cwd: folder }))
  ajv.addSchema(z.looseObject({}).parse(read(join(folder, path))), basename(path));

/** The schema for a file: a rule for its whole name comes before one for its end. */
function schemaFor(file: string): string | null {
  const name = basename(file);
  const found =
    rules.find(({ pattern }) => pattern === name) ??
    rules.find(({ pattern }) => pattern.startsWith("*.") && name.endsWith(pattern.slice(1)));
  return found === undefined ? null : basename(found.url);
}

const MAKE = join(ROOT, "integrations/make");
const counts = new Map<string, number>();
let failed = 0;
for (const file of globSync("**/*.json", { cwd: MAKE })) {
  // The extension has no rule for these two kinds: they have the forms of parameters, and of a list of scopes.
  const name = basename(file);
  const schema =
    schemaFor(file) ??
    (name.endsWith(".static-params.iml.json") ? "parameters.json" : null) ??
    (name.endsWith(".scope.iml.json") ? "scope.json" : null) ??
    (name.endsWith(".common.json") ? "common.json" : null) ??
    (name === "makecomapp.json" ? "makecomapp.schema.json" : null);
  const validate = schema === null ? undefined : ajv.getSchema(schema);
  if (schema === null || validate === undefined) {
    console.error(`${file}: no schema`);
    failed += 1;
  } else if (!validate(read(join(MAKE, file)))) {
    console.error(`${file}: ${ajv.errorsText(validate.errors)}`);
    failed += 1;
  } else counts.set(schema, (counts.get(schema) ?? 0) + 1);
}
for (const [schema, count] of [...counts].toSorted()) console.log(`ok  ${count} files by ${schema}`);
if (failed > 0) {
  console.error(`${failed} files are not valid.`);
  process.exitCode = 1;
}
