/**
 * `npm run capture`: runs the contract once and saves the server's responses as fixtures, without secrets: the streams of a
 * generation and an edit, a state, a render's submit and poll, and the response to an invalid token.
 *
 * Has the same options as `npm run contract`; a live run asks first and spends the same. Writes to test/fixtures/captured/<host>/.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fixturesOf } from "../test/contract/fixtures.ts";
import { readArguments, runOnce, targetOf } from "./contract.ts";

const FOLDER = fileURLToPath(new URL("../test/fixtures/captured/", import.meta.url));

const target = await targetOf(
  readArguments("npm run capture", "Saves a real server's answers as fixtures, secrets removed."),
);
if (target === null) {
  console.log("Nothing was sent.");
  process.exitCode = 1;
} else {
  const held = await runOnce(target);
  const folder = join(FOLDER, new URL(target.baseUrl).host.replace(/[^\w.-]/g, "_"));
  await mkdir(folder, { recursive: true });
  const fixtures = fixturesOf(target.recorder.exchanges);
  for (const { file, text } of fixtures) await writeFile(join(folder, file), text);
  console.log(`\n${fixtures.length} of 6 fixtures written to ${folder}. Read them before you share them.`);
  process.exitCode = held && fixtures.length === 6 ? 0 : 1;
}
