/**
 * `npm run bench:sweep [-- --quick]`: one cron run over 1,000, 10,000 and 100,000 overdue objects.
 *
 * Sweep and queue consumer are the gateway's, D1 and the queue are Miniflare's, the objects are a stub that records its wake
 * message. Each size has a fresh server. README.md explains the table.
 */
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { cleanUp } from "../scripts/lib/cleanup.ts";
import { readFlags } from "../scripts/lib/flags.ts";
import { dim } from "../scripts/lib/paint.ts";
import { machineLine, scratchDir } from "./lib/machine.ts";
import { startSweep } from "./lib/servers.ts";
import { median } from "./lib/statistics.ts";
import { shown, table } from "./lib/table.ts";
import { usageOf } from "./lib/usage.ts";

const { quick } = readFlags({
  command: "npm run bench:sweep",
  says: "One cron run over 1,000, 10,000 and 100,000 overdue objects.",
  flags: { quick: { says: "less of it, as bench/README.md says" } },
}).flags;
const SIZES = quick ? [1_000, 10_000] : [1_000, 10_000, 100_000];
/** Runs per size; the first is a warm-up and not counted if there are others. */
const RUNS = quick ? 2 : 3;
/** Polling interval for woken objects, in ms. */
const POLL_EVERY_MS = 20;
/** Timeout until all objects are woken, in ms. */
const TIMEOUT_MS = 300_000;

const ran = z.object({
  queries: z.number(),
  rowsRead: z.number(),
  batches: z.number(),
  messages: z.number(),
  ms: z.number(),
});
const state = z.object({ woken: z.number(), again: z.number() });

/**
 * `ms` and `aloneMib` (after it) of a run whose messages are dropped; then, with the queue, `wokenMs` from the run's start to
 * the last object's first wake message, and the peak until then. Memory is that of all the server's processes.
 */
type Run = z.infer<typeof ran> & {
  readonly aloneMib: number;
  readonly wokenMs: number;
  readonly again: number;
  readonly memoryMib: number;
};

const ask = async <T>(url: string, schema: z.ZodType<T>): Promise<T> => schema.parse(await (await fetch(url)).json());

async function measure(server: { readonly url: string; readonly pid: number }, rows: number): Promise<Run> {
  await ask(`${server.url}/seed?rows=${rows}`, state);
  const alone = await ask(`${server.url}/sweep?alone`, ran);
  const aloneMib = usageOf(server.pid).memoryMib;
  const began = performance.now();
  const running = ask(`${server.url}/sweep`, ran);
  for (let peak = 0; ; await sleep(POLL_EVERY_MS)) {
    const { woken, again } = await ask(server.url, state);
    peak = Math.max(peak, usageOf(server.pid).memoryMib);
    const wokenMs = performance.now() - began;
    if (woken === rows) {
      const counts = await running;
      return { ...counts, ms: alone.ms, aloneMib, wokenMs, again, memoryMib: peak };
    }
    if (wokenMs > TIMEOUT_MS) throw new Error(`${woken} of ${rows} were woken within ${TIMEOUT_MS} ms`);
  }
}

/** `aloneMib` is the first run's: afterwards the process keeps the memory of the queue's simulator. */
type Sized = { readonly rows: number; readonly aloneMib: number; readonly runs: readonly Run[] };

function report(sized: readonly Sized[]): string {
  const middle = ({ runs }: Sized, figure: keyof Run): number => median(runs.map((run) => run[figure]));
  const [least] = sized;
  const rows = sized.map((of) => {
    const perRow = (figure: keyof Run, factor: number): string => shown((factor * middle(of, figure)) / of.rows);
    const beside = (figure: keyof Run, share: number): string =>
      least === undefined || of === least ? "" : `, ${shown((middle(of, figure) / middle(least, figure)) * share)} ×`;
    const same = (least?.rows ?? 1) / of.rows;
    return [
      of.rows.toLocaleString("en"),
      String(middle(of, "queries")),
      perRow("rowsRead", 1),
      `${middle(of, "messages")} in ${middle(of, "batches")}`,
      `${perRow("ms", 1_000)}${beside("ms", same)}`,
      `${shown(of.aloneMib)}${of === least ? "" : `, ${shown(of.aloneMib / (least?.aloneMib ?? Number.NaN))} ×`}`,
      `${shown(middle(of, "wokenMs") / 1_000)}${beside("wokenMs", same)}`,
      String(middle(of, "again")),
      `${shown(middle(of, "memoryMib"))}${beside("memoryMib", 1)}`,
    ];
  });
  const head = ["overdue", "queries", "rows read / row", "messages", "cron run alone, µs/row", "MiB", "all woken, s"];
  return table([...head, "woken twice", "MiB, with queue"], rows);
}

try {
  const dir = scratchDir();
  const machine = machineLine(dir);
  const sized: Sized[] = [];
  for (const rows of SIZES) {
    const server = await startSweep(dir);
    const runs: Run[] = [];
    for (let run = 0; run < RUNS; run++) {
      runs.push(await measure(server, rows));
      console.error(dim(`${rows}, run ${run}: ${JSON.stringify(runs.at(-1))}`));
    }
    sized.push({ rows, aloneMib: runs[0]?.aloneMib ?? Number.NaN, runs: runs.slice(1) });
    await server.stop();
  }
  console.log(`## Sweep\n\n${machine}\n\nmedians of ${RUNS - 1} runs after a first one\n\n${report(sized)}\n`);
} finally {
  await cleanUp();
}
