/**
 * `npm run integrations:generate [-- --check]`: writes the field lists, samples and event types of the packages in integrations/
 * from the gateway's OpenAPI document, and the whole Make app.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { readFlags } from "./lib/flags.ts";
import { FieldReader, type OpenApi } from "./lib/integrations/fields.ts";
import { makeFiles } from "./lib/integrations/make.ts";
import { n8nFile } from "./lib/integrations/n8n.ts";
import { EVENTS, HELP } from "./lib/integrations/texts.ts";
import { zapierFile } from "./lib/integrations/zapier.ts";
import { buildDocuments } from "./lib/openapi.ts";
import { ROOT } from "./lib/root.ts";

const { check } = readFlags({
  command: "npm run integrations:generate",
  says: "Writes what the packages in integrations/ have from the OpenAPI document.",
  flags: { check: { says: "writes nothing, and fails when a file is out of date" } },
}).flags;

const MAKE = join(ROOT, "integrations/make");

const document = (await buildDocuments("https://gateway.example")).open as OpenApi;
const reader = new FieldReader(document, HELP);

const types = reader.valuesOf("EventType");
const missing = types.filter((type) => EVENTS[type] === undefined);
const gone = Object.keys(EVENTS).filter((type) => !types.includes(type));
if (missing.length + gone.length > 0)
  throw new Error(`scripts/lib/integrations/texts.ts: EVENTS lacks [${missing}] and has too many [${gone}]`);

const files = new Map<string, string>([
  ["integrations/n8n/nodes/shared/api.gen.ts", n8nFile(reader)],
  ["integrations/zapier/src/api.gen.ts", zapierFile(reader)],
  ...[...makeFiles(reader)].map(
    ([path, json]) => [`integrations/make/${path}`, `${JSON.stringify(json, null, "\t")}\n`] as const,
  ),
]);

/** Files of the Make app that are generated no more. */
const stale = readdirSync(MAKE, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
  .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
  .filter((path) => !files.has(path));

const outdated = [...files].filter(([path, text]) => {
  const file = join(ROOT, path);
  return !existsSync(file) || readFileSync(file, "utf8") !== text;
});

if (check) {
  for (const path of [...outdated.map(([one]) => one), ...stale]) console.error(`${path} is out of date`);
  if (outdated.length + stale.length > 0) {
    console.error("Run npm run integrations:generate.");
    process.exitCode = 1;
  }
} else {
  for (const [path, text] of outdated) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
  for (const path of stale) rmSync(join(ROOT, path));
}
