/** `npm run admin -- COMMAND`: the operator's routes from a shell. The exit codes are those of `runAdmin`. */
import { createInterface } from "node:readline";
import { runAdmin } from "./lib/admin.ts";

async function readLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) return line; // leaving the loop closes the input
  return "";
}

process.exitCode = await runAdmin(process.argv.slice(2), {
  print: console.log,
  error: console.error,
  readLine,
  env: process.env,
});
