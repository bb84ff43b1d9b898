/** The tables of a stream run, with the goals. */
import { type Measured, RATE } from "./measure-streams.ts";
import { median } from "./statistics.ts";
import { PROBES_PER_SECOND } from "./stream-messages.ts";
import type { PeerKey } from "./stream-peers.ts";
import type { TargetKey } from "./stream-targets.ts";
import { shown, signed, table } from "./table.ts";
import { verdict } from "./validity.ts";

/** All measurements of a target at a load, one per round. */
export type Runs = Map<`${TargetKey | PeerKey} ${number}`, readonly Measured[]>;

/** What the gateway may add to the proxy, in ms per event. Chosen: less than the plain object adds. */
const GOALS: Readonly<Record<number, { readonly p50: number; readonly p99: number }>> = {
  50: { p50: 1, p99: 10 },
  200: { p50: 10, p99: 60 },
};
/** What the gateway may add to a first event, in ms. */
const FIRST_EVENT_GOAL_MS = 5;
/** Goal: from the commit of the intent to the upstream request, in ms. */
const WIRE_GOAL_MS = 5;
/** Goal: the gateway's memory growth relative to the plain object's. */
const MEMORY_GOAL = 1;
/** Goal: processor time of one streamed event, in µs, without other turns. */
const EVENT_GOAL_MICROS = 330;
/** Goal: processor time of a whole short turn, in ms. */
const TURN_GOAL_MS = 6;

/** The load at which the streams are measured without the short extra ones as well. */
export const ALONE_STREAMS = 50;
/** Measurements of `ALONE_STREAMS` streams without the short extra ones. */
export type AloneRuns = Map<TargetKey, readonly Measured[]>;

type Figure = Exclude<keyof Measured, "faults">;

const NAMES: Readonly<Record<TargetKey, string>> = {
  proxy: "Hono proxy",
  object: "object + SQLite",
  gateway: "gateway",
};

/** The median over the rounds. */
function middle(runs: Runs, target: TargetKey, streams: number, figure: Figure): number {
  return median((runs.get(`${target} ${streams}`) ?? []).map((run) => run[figure]));
}

/** A difference with its goal, and the measurements behind it. */
const judged = (value: number, goal: number | undefined, behind: readonly Measured[]): string =>
  goal === undefined || Number.isNaN(value)
    ? signed(value)
    : `${signed(value)} (≤ +${goal}) ${verdict(value <= goal, behind)}`;

/** The measurements of these targets at a load. */
const behindOf = (runs: Runs, streams: number, targets: readonly TargetKey[]): readonly Measured[] =>
  targets.flatMap((target) => runs.get(`${target} ${streams}`) ?? []);

/** The load by other processes. */
export function noiseLine(runs: Runs): string {
  const noise = [...runs.values()].flat().map(({ noisePercent }) => noisePercent);
  return `others used ${shown(median(noise))} % of a core at the median, ${shown(Math.max(...noise))} % at most`;
}

/** Delay per event: each target, and what the gateway adds to the proxy. */
export function delayTable(runs: Runs, loads: readonly number[]): string {
  const rows = loads.map((streams) => {
    const of = (target: TargetKey, figure: Figure): number => middle(runs, target, streams, figure);
    const both = (target: TargetKey): string => `${shown(of(target, "p50"))} / ${shown(of(target, "p99"))}`;
    const added = (figure: "p50" | "p99"): string =>
      judged(
        of("gateway", figure) - of("proxy", figure),
        GOALS[streams]?.[figure],
        behindOf(runs, streams, ["gateway", "proxy"]),
      );
    return [String(streams), both("proxy"), both("object"), both("gateway"), added("p50"), added("p99")];
  });
  const head = ["streams", ...Object.values(NAMES).map((name) => `${name}, ms p50 / p99`), "added p50", "added p99"];
  return table(head, rows);
}

/** First events, losses, processor and memory: a row for each target at each load. */
export function costTable(runs: Runs, loads: readonly number[]): string {
  const rows = loads.flatMap((streams) =>
    (["proxy", "object", "gateway"] as const).map((target) => {
      const of = (figure: Figure): number => middle(runs, target, streams, figure);
      const over = (figure: Figure, goal: number): string =>
        target === "gateway"
          ? `${shown(of(figure))}, ${judged(of(figure) - middle(runs, "proxy", streams, figure), goal, behindOf(runs, streams, ["gateway", "proxy"]))}`
          : shown(of(figure));
      const all = runs.get(`${target} ${streams}`) ?? [];
      const sum = (figure: "lost" | "strays"): number => all.reduce((total, run) => total + run[figure], 0);
      return [
        `${streams} × ${NAMES[target]}`,
        over("firstEvent", FIRST_EVENT_GOAL_MS),
        over("wire", WIRE_GOAL_MS),
        shown(of("firstByte")),
        `${sum("lost")} / ${sum("strays")}`,
        String(all.reduce((total, { faults }) => total + Object.values(faults).reduce((sum, one) => sum + one, 0), 0)),
        shown(of("cpuPercent")),
        memory(
          target,
          of("memoryMib"),
          middle(runs, "object", streams, "memoryMib"),
          behindOf(runs, streams, ["gateway", "object"]),
        ),
      ];
    }),
  );
  const head = [
    "",
    "first event, ms",
    "request seen upstream, ms",
    "first byte, ms",
    "lost / twice",
    "faults",
    "CPU %",
    "memory, MiB",
  ];
  return table(head, rows);
}

function memory(target: TargetKey, grown: number, plain: number, behind: readonly Measured[]): string {
  if (target !== "gateway" || Number.isNaN(grown)) return shown(grown);
  const ratio = grown / plain;
  return `${shown(grown)}, ${shown(ratio)} × (≤ ${MEMORY_GOAL}) ${verdict(ratio <= MEMORY_GOAL, behind)}`;
}

/** Processor time of an event, and of a short extra stream, which on the gateway is a whole turn: from the difference. */
export function eventTable(runs: Runs, alone: AloneRuns): string {
  const rows = (["proxy", "object", "gateway"] as const).map((target) => {
    const without = alone.get(target) ?? [];
    const together = runs.get(`${target} ${ALONE_STREAMS}`) ?? [];
    const percent = (all: readonly Measured[]): number => median(all.map(({ cpuPercent }) => cpuPercent));
    const eventMicros = (percent(without) * 10_000) / (ALONE_STREAMS * RATE); // a percent of a core is 10,000 µs a second
    const turnMs = ((percent(together) - percent(without)) * 10) / PROBES_PER_SECOND;
    const goal = (value: number, most: number, behind: readonly Measured[]): string =>
      target === "gateway" ? ` (≤ ${most}) ${verdict(value <= most, behind)}` : "";
    return [
      NAMES[target],
      `${shown(eventMicros)}${goal(eventMicros, EVENT_GOAL_MICROS, without)}`,
      `${shown(turnMs)}${goal(turnMs, TURN_GOAL_MS, [...without, ...together])}`,
    ];
  });
  return table([`${ALONE_STREAMS} streams`, "CPU µs/event, no other turns", "CPU ms/short extra stream"], rows);
}
