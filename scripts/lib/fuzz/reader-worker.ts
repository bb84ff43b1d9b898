/**
 * The thread that runs one target over mutated inputs. Before each input it writes the input's index into shared memory, so that
 * the main thread knows which input never ended when it kills the thread.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { FuzzTarget } from "../../../test/fuzz/target.ts";
import { mutated } from "./mutate.ts";

export type ReaderJob = {
  /** The bundled targets. */
  readonly bundle: string;
  readonly name: string;
  readonly seed: number;
  /** Inputs `from` to `to`, `to` excluded. */
  readonly from: number;
  readonly to: number;
  /** One 32-bit cell: the index of the current input. */
  readonly progress: SharedArrayBuffer;
  readonly budgetMs: number;
};

/** A fault found with one input. */
export type ReaderFault = { readonly index: number; readonly what: string };
export type ReaderReport = { readonly faults: readonly ReaderFault[]; readonly slowestMs: number };

/** How often an input above its budget is measured again. The minimum counts, because it excludes compilation and garbage collection. */
const MEASURED_AGAIN = 4;
/** A target is stopped after this many faults. */
const MOST_FAULTS = 20;

const job = workerData as ReaderJob;
const loaded = (await import(job.bundle)) as { targets: readonly FuzzTarget[] };
const target = loaded.targets.find(({ name }) => name === job.name);
if (target === undefined) throw new Error(`no fuzz target is named ${job.name}`);

async function cpuMs(bytes: Uint8Array): Promise<number> {
  const before = process.cpuUsage();
  await target?.run(bytes);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const faults: ReaderFault[] = [];
let slowestMs = 0;
const cell = new Int32Array(job.progress);
for (let index = job.from; index < job.to && faults.length < MOST_FAULTS; index++) {
  Atomics.store(cell, 0, index);
  const bytes = mutated(target.seeds, job.seed, target.name, index);
  try {
    let spent = await cpuMs(bytes.slice());
    for (let again = 0; spent > job.budgetMs && again < MEASURED_AGAIN; again++)
      spent = Math.min(spent, await cpuMs(bytes.slice()));
    slowestMs = Math.max(slowestMs, spent);
    if (spent > job.budgetMs) faults.push({ index, what: `took ${Math.round(spent)} ms of processor time` });
  } catch (error) {
    faults.push({ index, what: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
parentPort?.postMessage({ faults, slowestMs } satisfies ReaderReport);
