/** A command with all its children in a process group of its own, so that all of them end together. */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** Lines of output kept for an error message. */
const KEPT_LINES = 40;
/** How long the group may take to end after SIGTERM. */
const POLITE_MS = 3_000;
/** How long output may still arrive after the leader's end. */
const PIPES_MS = 500;

export type GroupOptions = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Receives the output as well, line by line. */
  readonly print?: ((line: string) => void) | undefined;
};

export type ProcessGroup = {
  /** The group's id, which is its leader's process id. */
  readonly id: number;
  /** The leader's exit code, or null if it was killed. */
  readonly ended: Promise<number | null>;
  /** The last lines of output. */
  readonly lastLines: () => string;
  /** SIGKILL to all, at once. */
  readonly kill: () => void;
  /** SIGTERM to all, SIGKILL to the rest after three seconds. Throws if a process survives that. */
  readonly stop: () => Promise<void>;
};

/** The state letter and the group from `/proc/<pid>/stat`. The name before them may contain blanks and brackets. */
function linuxStat(pid: string): { state: string; group: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = "", , group = ""] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state, group: Number(group) };
  } catch {
    return null; // the process has just ended
  }
}

/** Sends a signal to the group; 0 only checks. False if the group has no member. */
function signalGroup(id: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-id, signal);
    return true;
  } catch {
    return false;
  }
}

/** True while a member of the group runs. The system counts zombies as members, but they do not run. */
export function isAlive(id: number): boolean {
  if (!signalGroup(id, 0)) return false;
  if (process.platform !== "linux") return true;
  const stats = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(linuxStat);
  return stats.some((stat) => stat !== null && stat.group === id && stat.state !== "Z" && stat.state !== "X");
}

async function isGoneWithin(id: number, ms: number): Promise<boolean> {
  for (const until = Date.now() + ms; Date.now() < until; await sleep(25)) if (!isAlive(id)) return true;
  return !isAlive(id);
}

/** Resolves at the leader's end, with all its output read unless a process that it left holds the pipes open. */
function endOf(leader: ChildProcess): Promise<number | null> {
  return new Promise((settle) => {
    leader.once("close", settle);
    leader.once("exit", (code) => setTimeout(() => settle(code), PIPES_MS).unref());
  });
}

/** Starts the command. It also ends if this process is killed. */
export function startGroup(options: GroupOptions): ProcessGroup {
  const keeper = resolve(import.meta.dirname, "group-leader.ts");
  const leader = spawn(process.execPath, [keeper, options.command, ...options.args], {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const id = leader.pid;
  if (id === undefined) throw new Error(`${options.command} cannot be started`);
  leader.stdin.on("error", () => {}); // it has ended already: `ended` resolves
  const kept: string[] = [];
  const take = (line: string): void => {
    options.print?.(line);
    if (line.trim() !== "" && kept.push(line) > KEPT_LINES) kept.shift();
  };
  for (const stream of [leader.stdout, leader.stderr]) createInterface({ input: stream }).on("line", take);
  const stop = async (): Promise<void> => {
    signalGroup(id, "SIGTERM");
    if (await isGoneWithin(id, POLITE_MS)) return;
    signalGroup(id, "SIGKILL");
    if (!(await isGoneWithin(id, POLITE_MS))) throw new Error(`processes of group ${id} do not end`);
  };
  return {
    id,
    ended: endOf(leader),
    lastLines: () => kept.join("\n"),
    kill: () => void signalGroup(id, "SIGKILL"),
    stop,
  };
}
