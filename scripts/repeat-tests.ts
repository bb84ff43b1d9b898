/**
 * `npm run repeat -- --times 20 --stress 10`: repeats npm test, npm run check and npm run test:gateway, and says for each run
 * whether it was green and how much it printed.
 *
 * During the last runs (`--stress`) two busy loops run, and random processes of the run are paused for a moment. Ends at the
 * first run that is not green, with its output; the output of every run is saved in .state/repeat.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { readFlags } from "./lib/flags.ts";
import { dim, green, red } from "./lib/paint.ts";
import { ROOT } from "./lib/root.ts";

const { flags } = readFlags({
  command: "npm run repeat",
  says: "Runs the tests again and again, and ends at the first run that is not green.",
  flags: {
    times: { value: "N", from: 1, to: 1_000, says: "runs of each command; 20 when absent" },
    stress: {
      value: "N",
      from: 0,
      to: 1_000,
      says: "how many of them, the last ones, are disturbed; half when absent",
    },
    only: { value: "COMMAND", says: "test, check or another npm script; test, check and test:gateway when absent" },
    minutes: { value: "N", from: 1, to: 600, says: "how long one run may take; 60 when absent" },
    seed: { value: "S", from: 0, to: 4_294_967_295, says: "the chance of the disturbance; the time when absent" },
  },
});
const { times = 20, stress = Math.floor(times / 2), only, minutes = 60, seed = Date.now() % 1_000_000 } = flags;
const COMMANDS = only === undefined ? ["test", "check", "test:gateway"] : [only];
const OUTPUT = join(ROOT, ".state/repeat");
/** The most lines of a green run, and a word that it never prints. */
const MOST_LINES = 60;
const BAD_WORDS = /uncaught exception|failed/i;
/** The longest time between two pauses, and of a pause. */
const PAUSE_MS = 4_000;
const STILL_MS = 1_500;
const BUSY_LOOPS = 2;

/** A seeded random generator (mulberry32), so that pauses can be reproduced. */
function chanceOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The descendants of a process, from /proc: children may have their own process groups. */
function under(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // the process has just ended
    }
  }
  const found = [pid];
  for (let at = 0; at < found.length; at++)
    for (const [child, parent] of parents) if (parent === found[at]) found.push(child);
  return found.slice(1);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it ended meanwhile
  }
}

/** Pauses one process of the run after the other for a moment, until the signal. */
async function disturb(run: ChildProcess, chance: () => number, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await sleep(chance() * PAUSE_MS, undefined, { signal: over }).catch(() => {});
    const pids = over.aborted || run.pid === undefined ? [] : under(run.pid);
    const pid = pids[Math.floor(chance() * pids.length)];
    if (pid === undefined) continue;
    signal(pid, "SIGSTOP");
    await sleep(chance() * STILL_MS);
    signal(pid, "SIGCONT");
  }
}

type Run = { readonly code: number | null; readonly lines: readonly string[]; readonly seconds: number };

async function runOnce(command: string, file: string, isStressed: boolean, chance: () => number): Promise<Run> {
  const began = Date.now();
  const loops = Array.from({ length: isStressed ? BUSY_LOOPS : 0 }, () =>
    spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }),
  );
  const child = spawn("npm", ["run", "--silent", command], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const over = new AbortController();
  const end = (): void => {
    over.abort();
    for (const loop of loops) loop.kill("SIGKILL");
    for (const pid of child.pid === undefined ? [] : [...under(child.pid), child.pid]) {
      signal(pid, "SIGTERM");
      signal(pid, "SIGCONT");
    }
  };
  const forget = onEnd(end);
  const late = setTimeout(end, minutes * 60_000);
  const output = createWriteStream(file);
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      text += String(chunk);
      output.write(chunk);
    });
  const disturbing = isStressed ? disturb(child, chance, over.signal) : Promise.resolve();
  const code = await new Promise<number | null>((settle) => child.on("close", settle));
  clearTimeout(late);
  end();
  forget();
  await disturbing;
  output.end();
  return { code, lines: text.trimEnd().split("\n"), seconds: Math.round((Date.now() - began) / 1_000) };
}

/** Why a run failed; null if it passed. */
function faultOf({ code, lines }: Run): string | null {
  if (code !== 0) return `it ended with ${code ?? "a signal"}`;
  if (lines.length > MOST_LINES) return `it printed ${lines.length} lines, ${MOST_LINES} are allowed`;
  const bad = lines.find((line) => BAD_WORDS.test(line));
  return bad === undefined ? null : `it printed "${bad}"`;
}

async function main(): Promise<number> {
  mkdirSync(OUTPUT, { recursive: true });
  console.log(dim(`${times} runs of ${COMMANDS.join(" and ")}, ${stress} of them disturbed, seed ${seed}`));
  const chance = chanceOf(seed);
  for (let n = 1; n <= times; n++) {
    const isStressed = n > times - stress;
    for (const command of COMMANDS) {
      const file = join(OUTPUT, `${command.replace(/\W/g, "-")}-${n}.log`);
      const run = await runOnce(command, file, isStressed, chance);
      const fault = faultOf(run);
      const summary = `${command} ${n} of ${times}${isStressed ? ", disturbed" : ""}: ${run.seconds} s, ${run.lines.length} lines`;
      console.log(
        fault === null
          ? `${green("✓")} ${summary}`
          : `${red("✗")} ${summary}: ${fault}\n${run.lines.slice(-60).join("\n")}\n${file}`,
      );
      if (fault !== null) return 1;
    }
  }
  return 0;
}

const code = await main();
await cleanUp();
process.exit(code);
