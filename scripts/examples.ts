/**
 * `npm run examples`: runs every example of `examples/` by the command in its header, and the commands of README and of the
 * guides in `docs/` pasted into shells, against a gateway and a receiver of its own, and checks each file that they save.
 *
 * A name runs only that one: `npm run examples -- phone.ts`.
 */
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { apiWith } from "./lib/api.ts";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { curlLines, namesLine } from "./lib/curls.ts";
import { readFlags } from "./lib/flags.ts";
import { type Gateway, startGateway } from "./lib/gateway.ts";
import { checkMp4 } from "./lib/mp4-check.ts";
import { green, red } from "./lib/paint.ts";
import { freePort } from "./lib/ports.ts";
import { type ProcessGroup, startGroup } from "./lib/process-group.ts";
import { commandsOf, guideCommandsOf, namesIn } from "./lib/readme-commands.ts";
import { ROOT } from "./lib/root.ts";
import { type Shell, ShellSession } from "./lib/shell-session.ts";
import { makeKey, makeTenant } from "./lib/tenant.ts";

const STATE = join(ROOT, `.state/examples-${process.pid}`);
/** Timeout of an example on a busy machine. It needs a few seconds of the gateway's time, which runs ten times as fast here. */
const TIMEOUT_MS = 300_000;

/** The examples that are run; the other files are parts of them. */
const EXAMPLES = readdirSync(join(ROOT, "examples")).filter((name) => /\.(?:sh|ts)$/.test(name) && name !== "lib.ts");
/** Guides whose commands need an account at Cloudflare, or other programs. */
const NOT_RUN = ["operating.md", "mcp.md"];
/** The guides that have commands. */
const GUIDES = readdirSync(join(ROOT, "docs"))
  .filter((name) => !NOT_RUN.includes(name))
  .map((name) => `docs/${name}`)
  .filter((path) => guideCommandsOf(readFileSync(join(ROOT, path), "utf8")).length > 0);
const NAMES: readonly string[] = [...EXAMPLES, "README.md", ...GUIDES];

/** The files that README's commands save, and the lines that the receiver then prints. */
const README_SAVES = ["promo.mp4", "render.mp4"];
const README_PRINTS = ["POST /done video.completed vid_", "POST /in "];

const { words: wanted } = readFlags({
  command: "npm run examples",
  says: "Runs every example, and the commands of README and the guides in bash and zsh, against a gateway of its own.",
  words: { name: "name…", says: `only these: ${NAMES.join(", ")}`, most: NAMES.length },
});
const stranger = wanted.find((name) => !NAMES.includes(name));
if (stranger !== undefined) {
  console.error(`"${stranger}" is no example. There are ${NAMES.join(", ")}.`);
  process.exit(2);
}

type Setup = { readonly gateway: Gateway; readonly receiver: Receiver; readonly key: string };

/** `npm run receiver` as a separate process. */
type Receiver = { readonly url: string; readonly lines: readonly string[]; readonly group: ProcessGroup };

async function startReceiver(): Promise<Receiver> {
  const port = await freePort();
  const lines: string[] = [];
  const args = [join(ROOT, "scripts/receiver.ts"), "--port", String(port)];
  const print = (line: string): void => void lines.push(line);
  const group = startGroup({ command: process.execPath, args, cwd: ROOT, env: process.env, print });
  onEnd(group.stop);
  for (let tries = 0; lines.length < 2; tries++) {
    if (tries > 600) throw new Error(`the receiver does not start:\n${group.lastLines()}`);
    await sleep(100);
  }
  return { url: `http://127.0.0.1:${port}`, lines, group };
}

/** A folder like a fresh clone, so that saved files are easy to find. */
function makeFolder(name: string): string {
  const folder = join(STATE, name);
  mkdirSync(folder);
  for (const part of ["examples", "node_modules", "test"]) symlinkSync(join(ROOT, part), join(folder, part));
  return folder;
}

/** A PATH with the machine's own Node and npm first, as in a terminal: `npm run` puts the project's before them. */
const personsPath = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(delimiter);

/** The command in an example's header. */
function headerOf(file: string): string {
  const [, command] =
    /^(?:#| \*) {3}((?:sh|npx node) examples\/.*)$/m.exec(readFileSync(join(ROOT, "examples", file), "utf8")) ?? [];
  if (command === undefined) throw new Error(`${file} does not say how it is run`);
  return command;
}

/** Runs one as its header says; returns the last line that it printed. Throws if it fails or saves a file that is not an MP4. */
async function run(file: string, { gateway, key }: Setup): Promise<string> {
  const folder = makeFolder(file);
  const command = headerOf(file);
  const env = { ...process.env, PATH: personsPath, NGW: `${gateway.url}/v1`, KEY: key };
  const child = spawn("sh", ["-c", command], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TIMEOUT_MS,
  });
  let text = "";
  for (const output of [child.stdout, child.stderr]) output.on("data", (chunk) => (text += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`${command} ended with ${code ?? "a signal"}:\n${text}`);
  const saved = command.split(" ").filter((word) => /^[\w-]+\.mp4$/.test(word));
  if (saved.length === 0) throw new Error(`${command} saves nothing`);
  for (const name of saved) checkMp4(readFileSync(join(folder, name)));
  return text.trim().split("\n").at(-1) ?? "";
}

const isHere = (shell: Shell): boolean => spawnSync(shell, ["-c", "exit"]).status === 0;

/** Opens an interactive shell and pastes the variables that `npm run dev` prints. */
async function openShell(shell: Shell, folder: string, { gateway, receiver, key }: Setup): Promise<ShellSession> {
  const session = new ShellSession(shell, folder, { ...process.env, PATH: personsPath });
  await session.type(namesLine(gateway.url, key, receiver.url), TIMEOUT_MS);
  return session;
}

/** Pastes the commands that `npm run dev` prints; returns their number. */
async function pasteLines(shell: Shell, setup: Setup): Promise<string> {
  const folder = makeFolder(`lines-${shell}`);
  const session = await openShell(shell, folder, setup);
  const lines = curlLines();
  let text = "";
  for (const line of lines) text += await session.type(line, TIMEOUT_MS);
  await session.close();
  try {
    checkMp4(readFileSync(join(folder, "promo.mp4")));
  } catch (error) {
    throw new Error(`the lines of npm run dev in ${shell}: ${String(error)}\n${text}`);
  }
  return `${lines.length} lines of npm run dev in ${shell}`;
}

/** Runs a command, and repeats it while its answer does not contain what the command is for. */
async function typeUntilSaid(session: ShellSession, command: string): Promise<void> {
  let unsaid: string[] = [];
  for (let tries = 0; tries < 60; tries++) {
    const answer = await session.type(command, TIMEOUT_MS);
    const isRejected = !command.includes("#fault:") && /"status":[45]\d\d/.test(answer);
    if (isRejected || /command not found|no matches found|parse error|syntax error/.test(answer))
      throw new Error(`a command was rejected: ${command}\n${answer}`);
    unsaid = [];
    for (const name of namesIn(command)) if ((await session.valueOf(name)) === "") unsaid.push(name);
    if (unsaid.length === 0) return;
    await sleep(500);
  }
  throw new Error(`a command never says ${unsaid.join(", ")}: ${command}`);
}

/** Waits until the receiver has printed a line with this beginning. */
async function untilPrinted(receiver: Receiver, begin: string): Promise<void> {
  for (let tries = 0; !receiver.lines.some((line) => line.startsWith(begin)); tries++) {
    if (tries > 600) throw new Error(`the receiver never printed "${begin}":\n${receiver.lines.join("\n")}`);
    await sleep(100);
  }
}

/** Pastes the commands of README's sections, in order, into one shell; returns their number. */
async function followReadme(shell: Shell, setup: Setup): Promise<string> {
  const { gateway } = setup;
  const receiver = await startReceiver(); // of its own, so that its lines come from this shell's commands
  const folder = makeFolder(`readme-${shell}`);
  writeFileSync(join(folder, ".admin-token"), gateway.adminToken);
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const session = await openShell(shell, folder, { ...setup, receiver });
  await session.type(`GW=${gateway.url}`, TIMEOUT_MS);
  const commands = [...commandsOf(readme, "Run it for others"), ...commandsOf(readme, "Use it")];
  for (const command of commands) await typeUntilSaid(session, command);
  await session.close();
  for (const file of README_SAVES) checkMp4(readFileSync(join(folder, file)));
  for (const printed of README_PRINTS) await untilPrinted(receiver, printed);
  await receiver.group.stop();
  return `${commands.length} commands in ${shell}`;
}

/** Pastes the commands of a guide into one shell; returns their number. Beside it are the files that the guides send. */
async function followGuide(shell: Shell, path: string, setup: Setup): Promise<string> {
  const folder = makeFolder(`${basename(path)}-${shell}`);
  for (const name of ["clip.mp4", "photo.jpg"]) copyFileSync(join(ROOT, "test/media", name), join(folder, name));
  const session = await openShell(shell, folder, setup);
  const commands = guideCommandsOf(readFileSync(join(ROOT, path), "utf8"));
  for (const command of commands) await typeUntilSaid(session, command);
  await session.close();
  for (const [, file = ""] of commands.join("\n").matchAll(/ -o (\S+\.mp4)/g))
    checkMp4(readFileSync(join(folder, file)));
  return `${commands.length} commands in ${shell}`;
}

async function main(): Promise<number> {
  mkdirSync(STATE, { recursive: true });
  onEnd(() => rmSync(STATE, { recursive: true, force: true }));
  const gateway = await startGateway({ stateDir: join(STATE, "gateway"), vars: { TIME_SCALE: "10" } });
  const admin = apiWith(gateway.url, gateway.adminToken);
  const key = await makeKey(admin, await makeTenant(admin, "examples"), "test", "examples");
  const setup: Setup = { gateway, receiver: await startReceiver(), key };
  const shells = (["bash", "zsh"] as const).filter(isHere);
  console.log(`The commands of README and the guides are pasted into ${shells.join(" and ")}.`);
  const runs = [
    ...EXAMPLES.map((name) => ({ name, start: () => run(name, setup) })),
    ...shells.flatMap((shell) => [
      { name: "README.md", start: () => followReadme(shell, setup) },
      { name: "README.md", start: () => pasteLines(shell, setup) },
      ...GUIDES.map((path) => ({ name: path, start: () => followGuide(shell, path, setup) })),
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
