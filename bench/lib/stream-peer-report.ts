/** The table of a stream run's peers: their figures, and the gateway's divided by theirs. */
import { comparison, notMeasured, type Ratio, ratioOf, shownRatio } from "./comparison.ts";
import type { Measured } from "./measure-streams.ts";
import { median } from "./statistics.ts";
import type { StreamPeer } from "./stream-peers.ts";
import type { Runs } from "./stream-report.ts";
import { shown, table } from "./table.ts";

type Figure = Exclude<keyof Measured, "faults">;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** Delay, first event, cost and faults of one target at a load. */
function figures(all: readonly Measured[]): string[] {
  const of = (figure: Figure): string => shown(median(all.map((one) => one[figure])));
  return [
    `${of("p50")} / ${of("p99")}`,
    of("firstEvent"),
    of("cpuPercent"),
    of("memoryMib"),
    `${sum(all.map(({ lost }) => lost))} / ${sum(all.map(({ strays }) => strays))}`,
    String(sum(all.flatMap(({ faults }) => Object.values(faults)))),
  ];
}

const ratios = (gateway: readonly Measured[], peer: readonly Measured[]): Ratio[] =>
  (
    [
      ["p50", "p50"],
      ["p99", "p99"],
      ["CPU", "cpuPercent"],
    ] as const
  ).map(([name, figure]) => ({ name, value: ratioOf(gateway, peer, (one) => one[figure]) }));

export function peerTable(runs: Runs, loads: readonly number[], peers: readonly StreamPeer[]): string {
  const measured = peers.filter(({ missing }) => missing === null);
  const rows = loads.flatMap((streams) => {
    const gateway = runs.get(`gateway ${streams}`) ?? [];
    const compared = measured.map(({ key, name }) => {
      const peer = runs.get(`${key} ${streams}`) ?? [];
      const found = ratios(gateway, peer);
      return [`${streams} × ${name}`, ...figures(peer), ...found.map(shownRatio), comparison(found, gateway, peer)];
    });
    return [[`${streams} × gateway`, ...figures(gateway), "", "", "", ""], ...compared];
  });
  const head = [
    "",
    "p50 / p99, ms",
    "first event, ms",
    "CPU %",
    "memory, MiB",
    "lost / twice",
    "faults",
    "gateway ÷ peer: p50",
    "p99",
    "CPU",
    "the gateway is",
  ];
  return [table(head, rows), ...notMeasured(peers)].join("\n\n");
}
