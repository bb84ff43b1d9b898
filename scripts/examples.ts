/**
 * `npm run examples`: every example of `examples/` and README's own commands, against a gateway of its own, and a look at
 * each file they save.
 *
 * A name runs that one alone: `npm run examples -- phone.ts`.
 */
import { type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { apiWith } from "./lib/api.ts";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { curlLines } from "./lib/curls.ts";
import { readFlags } from "./lib/flags.ts";
import { startGateway } from "./lib/gateway.ts";
import { checkMp4 } from "./lib/mp4-check.ts";
import { green, red } from "./lib/paint.ts";
import { commandsOf, idsIn, idsOf } from "./lib/readme-commands.ts";
import { ROOT } from "./lib/root.ts";
import { makeKey, makeTenant } from "./lib/tenant.ts";

const CLIP = join(ROOT, "test/media/clip.mp4");
const STATE = join(ROOT, `.state/examples-${process.pid}`);
/** An example on a busy machine: a few seconds of the gateway's time, which runs ten times as fast here. */
const PATIENCE_MS = 300_000;

/** Which files each takes, and how many it saves. */
const EXAMPLES = [
  { file: "quick-edit.sh", takes: [CLIP], saves: 1 },
  { file: "quick-edit.ts", takes: [CLIP], saves: 1 },
  { file: "batch.sh", takes: [CLIP], saves: 2 },
  { file: "batch.ts", takes: [], saves: 2 },
  { file: "iterative.sh", takes: [], saves: 2 },
  { file: "iterative.ts", takes: [], saves: 2 },
  { file: "phone.ts", takes: [CLIP], saves: 1 },
  { file: "zapier.ts", takes: [CLIP], saves: 1 },
] as const;

/** What README's commands save. */
const README_SAVES = ["promo.mp4", "render.mp4"];

type Example = (typeof EXAMPLES)[number];

const NAMES: readonly string[] = [...EXAMPLES.map(({ file }) => file), "README.md"];
const { words: wanted } = readFlags({
  command: "npm run examples",
  says: 'Runs every example, and the commands of README\'s "Use it", against a gateway of its own.',
  words: { name: "name…", says: `only these: ${NAMES.join(", ")}`, most: NAMES.length },
});
const stranger = wanted.find((name) => !NAMES.includes(name));
if (stranger !== undefined) {
  console.error(`"${stranger}" is no example. There are ${NAMES.join(", ")}.`);
  process.exit(2);
}

/** Runs a command to its end; answers with what it printed. Throws when it fails. */
async function printed(command: string, args: readonly string[], options: SpawnOptions): Promise<string> {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"], timeout: PATIENCE_MS });
  let text = "";
  for (const output of [child.stdout, child.stderr]) output?.on("data", (piece) => (text += String(piece)));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code ?? "a signal"}:\n${text}`);
  return text;
}

/** Runs one; answers with what it printed. Throws when it fails, or saves something else than an MP4. */
async function run({ file, takes, saves }: Example, env: NodeJS.ProcessEnv): Promise<string> {
  const saved = Array.from({ length: saves }, (_, n) => join(STATE, `${file}-${n}.mp4`));
  const command = file.endsWith(".sh") ? "sh" : process.execPath;
  const lines = await printed(command, [join(ROOT, "examples", file), ...takes, ...saved], { env });
  for (const path of saved) checkMp4(readFileSync(path));
  return lines.trim().split("\n").at(-1) ?? "";
}

/** The shells that people paste into, as they are without anybody's settings. An interactive zsh knows no comments and is strict about `?`. */
const SHELLS = {
  bash: { run: ["--norc", "-uc"], paste: ["--norc", "-i"] },
  zsh: { run: ["-f", "-i", "-c"], paste: ["-f", "-i"] },
} as const;
type Shell = keyof typeof SHELLS;

const isHere = (shell: Shell): boolean => spawnSync(shell, ["-c", "exit"]).status === 0;

/** Pastes the lines that `npm run dev` prints; answers with how many there were. */
async function pasteLines(shell: Shell, url: string, key: string): Promise<string> {
  const folder = join(STATE, `lines-${shell}`);
  mkdirSync(folder);
  const lines = curlLines(url, key);
  const child = spawn(shell, SHELLS[shell].paste, {
    cwd: folder,
    stdio: ["pipe", "pipe", "pipe"],
    timeout: PATIENCE_MS,
  });
  let text = "";
  for (const output of [child.stdout, child.stderr]) output.on("data", (piece) => (text += String(piece)));
  child.stdin.end(`${lines.join("\n")}\nexit\n`);
  await new Promise((resolve) => child.on("close", resolve));
  const file = join(folder, "promo.mp4");
  if (!existsSync(file)) throw new Error(`no promo.mp4 after the lines of npm run dev in ${shell}:\n${text}`);
  checkMp4(readFileSync(file));
  return `${lines.length} lines`;
}

/** Runs the commands of README's "Use it" one after the other, as a reader would; answers with how many there were. */
async function followReadme(shell: Shell, env: NodeJS.ProcessEnv): Promise<string> {
  const folder = join(STATE, `readme-${shell}`);
  mkdirSync(folder);
  symlinkSync(join(ROOT, "test"), join(folder, "test"));
  const commands = commandsOf(readFileSync(join(ROOT, "README.md"), "utf8"), "Use it");
  let ids: Record<string, string> = {};
  const type = async (command: string): Promise<void> => {
    const answer = await printed(shell, [...SHELLS[shell].run, command], { cwd: folder, env: { ...env, ...ids } });
    if (/"status":[45]\d\d/.test(answer)) throw new Error(`README's command was refused: ${command}\n${answer}`);
    ids = { ...ids, ...idsIn(answer) };
  };
  for (const [n, command] of commands.entries()) {
    await type(command);
    const isUnsaid = (): boolean => idsOf(commands[n + 1] ?? "").some((name) => !(name in ids));
    for (let tries = 0; tries < 30 && isUnsaid(); tries++) {
      await sleep(500); // as a reader does: looks again until the answer says what the next command needs
      await type(command);
    }
  }
  for (const file of README_SAVES) checkMp4(readFileSync(join(folder, file)));
  return `${commands.length} commands`;
}

async function main(): Promise<number> {
  mkdirSync(STATE, { recursive: true });
  onEnd(() => rmSync(STATE, { recursive: true, force: true }));
  const gateway = await startGateway({ stateDir: join(STATE, "gateway"), vars: { TIME_SCALE: "10" } });
  const admin = apiWith(gateway.url, gateway.adminToken);
  const KEY = await makeKey(admin, await makeTenant(admin, "examples"), "test", "examples");
  const shells = (["bash", "zsh"] as const).filter(isHere);
  console.log(`README's commands are pasted into ${shells.join(" and ")}.`);
  const env = { ...process.env, NGW: `${gateway.url}/v1`, KEY };
  const runs = [
    ...EXAMPLES.map((example) => ({ name: example.file, start: () => run(example, env) })),
    ...shells.flatMap((shell) => [
      { name: "README.md", start: () => followReadme(shell, env) },
      { name: "README.md", start: () => pasteLines(shell, gateway.url, KEY) },
    ]),
  ];
  let failed = 0;
  for (const { name, start } of runs.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    try {
      console.log(`${green("✓")} ${name}: ${await start()}`);
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
