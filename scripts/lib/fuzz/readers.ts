/** Runs the fuzz targets of test/fuzz, each in a thread that is killed if an input takes too long. */
import { globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import type { FuzzTarget } from "../../../test/fuzz/target.ts";
import { ROOT } from "../root.ts";
import { mutated } from "./mutate.ts";
import type { ReaderFault, ReaderJob, ReaderReport } from "./reader-worker.ts";

const FOLDER = join(ROOT, ".state/fuzz");

/** Processor time that one input may take, in ms. */
const BUDGET_MS = 50;
/** An input is stopped after this much wall-clock time. */
const KILL_MS = 1_000;
/** Wall-clock limit of an input that is run alone, generous because the machine may be busy. */
const ALONE_KILL_MS = 10_000;
const POLL_EVERY_MS = 50;
/** Timeout for loading the targets. */
const START_MS = 30_000;

export type ReaderRun = {
  readonly seed: number;
  /** The first input, and the number of inputs. */
  readonly from: number;
  readonly count: number;
  /** Wall-clock limit of an input that is run again alone, in ms. */
  readonly aloneMs?: number;
};

/** Bundles every module of test/fuzz like the Worker. Returns the bundle's URL and its targets. */
export async function bundleTargets(): Promise<{ bundle: string; targets: readonly FuzzTarget[] }> {
  const files = globSync("test/fuzz/*.ts", { cwd: ROOT })
    .filter((file) => basename(file) !== "target.ts")
    .sort();
  const lines = files.map((file, n) => `import { targets as t${n} } from ${JSON.stringify(`./${file}`)};`);
  const all = `export const targets = [${files.map((_, n) => `...t${n}`).join(", ")}];`;
  const outfile = join(FOLDER, `targets-${process.pid}.mjs`); // of this process alone: two may run at once
  process.once("exit", () => rmSync(outfile, { force: true }));
  mkdirSync(FOLDER, { recursive: true });
  await build({
    stdin: { contents: [...lines, all].join("\n"), resolveDir: ROOT, loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["worker", "browser", "import"],
    external: ["node:*", "cloudflare:*"],
    outfile,
    logLevel: "error",
  });
  const bundle = `${pathToFileURL(outfile).href}?${Date.now()}`;
  const { targets } = (await import(bundle)) as { targets: readonly FuzzTarget[] };
  const names = targets.map(({ name }) => name);
  const twice = names.find((name, n) => names.indexOf(name) !== n);
  if (twice !== undefined) throw new Error(`two fuzz targets are named ${twice}`);
  return { bundle, targets };
}

/** Runs inputs `from` to `to` in one thread. Returns its report, or the index of the input that had to be stopped. */
function runThread(job: Omit<ReaderJob, "progress">, killMs: number): Promise<ReaderReport | { stuck: number }> {
  const progress = new SharedArrayBuffer(4);
  const cell = new Int32Array(progress);
  cell[0] = -1;
  const worker = new Worker(new URL("./reader-worker.ts", import.meta.url), {
    workerData: { ...job, progress } satisfies ReaderJob,
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  return new Promise((resolve, reject) => {
    let last = -1;
    let since = Date.now();
    const timer = setInterval(() => {
      const index = Atomics.load(cell, 0);
      if (index !== last) {
        last = index;
        since = Date.now();
      } else if (Date.now() - since > (index < 0 ? START_MS : killMs)) {
        void finish(() => (index < 0 ? reject(new Error(`${job.name} did not start`)) : resolve({ stuck: index })));
      }
    }, POLL_EVERY_MS);
    const finish = async (end: () => void): Promise<void> => {
      clearInterval(timer);
      await worker.terminate();
      end();
    };
    worker.once("message", (report: ReaderReport) => void finish(() => resolve(report)));
    worker.once("error", (error) => void finish(() => reject(error)));
  });
}

/** Runs one target with `count` inputs. Returns the faults and the processor time of the slowest input. */
export async function fuzzReader(bundle: string, target: FuzzTarget, run: ReaderRun): Promise<ReaderReport> {
  const faults: ReaderFault[] = [];
  let slowestMs = 0;
  const to = run.from + run.count;
  const aloneMs = run.aloneMs ?? ALONE_KILL_MS;
  const job = { bundle, name: target.name, seed: run.seed, to, budgetMs: BUDGET_MS };
  const add = (report: ReaderReport): void => {
    faults.push(...report.faults);
    slowestMs = Math.max(slowestMs, report.slowestMs);
  };
  for (let from = run.from; from < to; ) {
    const report = await runThread({ ...job, from }, KILL_MS);
    if ("faults" in report) {
      add(report);
      break;
    }
    // The thread's findings before the stopped input are lost, so those inputs run again.
    const { stuck } = report;
    if (stuck > from) {
      const before = await runThread({ ...job, from, to: stuck }, aloneMs);
      if ("faults" in before) add(before);
    }
    const alone = await runThread({ ...job, from: stuck, to: stuck + 1 }, aloneMs);
    if ("faults" in alone) add(alone);
    else faults.push({ index: stuck, what: `did not end within ${aloneMs / 1_000} s` });
    from = stuck + 1;
    if (faults.length > 20) break;
  }
  return { faults, slowestMs };
}

/** Writes the input of a fault to a file. Returns the file's path. */
export function keepInput(target: FuzzTarget, seed: number, index: number): string {
  const file = join(FOLDER, `${target.name}-${seed}-${index}.bin`);
  writeFileSync(file, mutated(target.seeds, seed, target.name, index));
  return file;
}
