/** Processor time and memory of a process and all its descendants, from /proc. Without Linux all values are NaN. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const isLinux = process.platform === "linux";
const setting = (name: string): number => (isLinux ? Number(execFileSync("getconf", [name]).toString()) : Number.NaN);
export const TICKS_PER_SECOND = setting("CLK_TCK");
const PAGE_BYTES = setting("PAGESIZE");
const MIB = 1024 * 1024;
/** Interval between two readings of the memory, in ms. */
const POLL_EVERY_MS = 200;

export type Usage = { readonly cpuSeconds: number; readonly memoryMib: number };

function descendants(pid: number): number[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const children = tasks.flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
    return [pid, ...children.flatMap(descendants)];
  } catch {
    return []; // it ended while we looked
  }
}

/** `/proc/<pid>/stat` from its third field on: the name before it may contain blanks. */
function statOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
  } catch {
    return [];
  }
}

export function usageOf(root: number): Usage {
  if (!isLinux) return { cpuSeconds: Number.NaN, memoryMib: Number.NaN };
  const stats = descendants(root).map(statOf);
  const sum = (field: number): number => stats.reduce((total, stat) => total + (stat[field] ?? 0), 0);
  // Fields 14 and 15 (user and system time), 16 and 17 (the same of children that have ended: PostgreSQL starts some for a short
  // time) and 24 (resident pages), counted from 3. Source: proc_pid_stat(5).
  const ticks = sum(11) + sum(12) + sum(13) + sum(14);
  return { cpuSeconds: ticks / TICKS_PER_SECOND, memoryMib: (sum(21) * PAGE_BYTES) / MIB };
}

const isWorkerd = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "workerd";
  } catch {
    return false; // it ended while we looked
  }
};

/** Resident memory of the runtime alone, without the Node process that starts it and reads its log, in MiB. */
export function runtimeMib(root: number): number {
  if (!isLinux) return Number.NaN;
  const pages = descendants(root)
    .filter(isWorkerd)
    .reduce((total, pid) => total + (statOf(pid)[21] ?? 0), 0);
  return (pages * PAGE_BYTES) / MIB;
}

/** Measures the growth of the memory until the returned function is called, which returns it in MiB. */
export function watchMemory(root: number): () => number {
  const before = usageOf(root).memoryMib;
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, usageOf(root).memoryMib);
  }, POLL_EVERY_MS);
  return () => {
    clearInterval(timer);
    return Math.max(peak, usageOf(root).memoryMib) - before;
  };
}

/** Measures the share of one core, in percent, from now until the returned function is called. */
export function watchCpu(root: number): () => number {
  const { cpuSeconds } = usageOf(root);
  const began = performance.now();
  return () => (100 * (usageOf(root).cpuSeconds - cpuSeconds) * 1_000) / (performance.now() - began);
}
