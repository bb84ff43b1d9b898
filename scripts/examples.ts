/**
 * `npm run examples`: every example of `examples/`, against a gateway of its own, and a look at each file they save.
 *
 * A name runs that one alone: `npm run examples -- phone.ts`.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { apiWith } from "./lib/api.ts";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { startGateway } from "./lib/gateway.ts";
import { checkMp4 } from "./lib/mp4-check.ts";
import { green, red } from "./lib/paint.ts";
import { ROOT } from "./lib/root.ts";
import { makeKey, makeTenant } from "./lib/tenant.ts";

const CLIP = join(ROOT, "test/media/clip.mp4");
const STATE = join(ROOT, `.state/examples-${process.pid}`);
/** An example on a busy machine: a few seconds of the gateway's time, which runs ten times as fast here. */
const PATIENCE_MS = 120_000;

/** Which files each takes, and how many it saves. */
const EXAMPLES = [
  { file: "quick-edit.sh", takes: [CLIP], saves: 1 },
  { file: "quick-edit.ts", takes: [CLIP], saves: 1 },
  { file: "batch.sh", takes: [CLIP], saves: 2 },
  { file: "batch.ts", takes: [], saves: 2 },
  { file: "iterative.sh", takes: [], saves: 2 },
  { file: "iterative.ts", takes: [], saves: 2 },
  { file: "phone.ts", takes: [CLIP], saves: 1 },
  { file: "zapier.ts", takes: [], saves: 1 },
] as const;

type Example = (typeof EXAMPLES)[number];

/** Runs one; answers with what it printed. Throws when it fails, or saves something else than an MP4. */
async function run({ file, takes, saves }: Example, env: NodeJS.ProcessEnv): Promise<string> {
  const saved = Array.from({ length: saves }, (_, n) => join(STATE, `${file}-${n}.mp4`));
  const command = file.endsWith(".sh") ? "sh" : process.execPath;
  const child = spawn(command, [join(ROOT, "examples", file), ...takes, ...saved], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: PATIENCE_MS,
  });
  let printed = "";
  for (const output of [child.stdout, child.stderr]) output.on("data", (piece) => (printed += String(piece)));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`${file} ended with ${code ?? "a signal"}:\n${printed}`);
  for (const path of saved) checkMp4(readFileSync(path));
  return printed.trim().split("\n").at(-1) ?? "";
}

async function main(): Promise<number> {
  mkdirSync(STATE, { recursive: true });
  onEnd(() => rmSync(STATE, { recursive: true, force: true }));
  const gateway = await startGateway({ stateDir: join(STATE, "gateway"), vars: { TIME_SCALE: "10" } });
  const admin = apiWith(gateway.url, gateway.adminToken);
  const KEY = await makeKey(admin, await makeTenant(admin, "examples"), "test", "examples");
  const wanted = process.argv.slice(2);
  let failed = 0;
  for (const example of EXAMPLES.filter(({ file }) => wanted.length === 0 || wanted.includes(file))) {
    try {
      console.log(
        `${green("✓")} ${example.file}: ${await run(example, { ...process.env, NGW: `${gateway.url}/v1`, KEY })}`,
      );
    } catch (error) {
      failed += 1;
      console.error(`${red("✗")} ${error instanceof Error ? error.message : String(error)}\n${gateway.lastLines()}`);
    }
  }
  await gateway.stop();
  return failed === 0 ? 0 : 1;
}

const code = await main();
await cleanUp();
process.exit(code);
