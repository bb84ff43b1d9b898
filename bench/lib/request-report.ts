/** The table of a request run, with the goals. */
import type { RequestResult } from "./request-messages.ts";
import type { RequestTarget } from "./request-targets.ts";
import { median } from "./statistics.ts";
import { shown, table } from "./table.ts";
import { verdict } from "./validity.ts";

export type Measured = RequestResult & {
  /** Processor time of the server per request, in µs, which depends little on other load. */
  readonly cpuMicros: number;
  /** Processor time of other processes, in percent of one core. */
  readonly noisePercent: number;
};

/** All measurements of a target, one per round, in order. */
export type Rounds = ReadonlyMap<string, readonly Measured[]>;

/** A target's result relative to its comparison: computed within each round, then the median. */
function share(rounds: Rounds, { name, beside }: RequestTarget, figure: "perSecond" | "cpuMicros"): number {
  const others = rounds.get(beside?.name ?? "") ?? [];
  const own = rounds.get(name) ?? [];
  return median(own.map((result, at) => result[figure] / (others[at]?.[figure] ?? Number.NaN)));
}

function besideCell(rounds: Rounds, target: RequestTarget): string {
  if (target.beside === null) return "";
  const { name, goal } = target.beside;
  const got = share(rounds, target, "perSecond");
  const behind = [target.name, name].flatMap((one) => rounds.get(one) ?? []);
  const judged = goal === null ? "" : ` (≥ ${goal}) ${verdict(got >= goal, behind)}`;
  return `${shown(got)} × ${name}${judged}, CPU ${shown(share(rounds, target, "cpuMicros"))} ×`;
}

export function requestTable(rounds: Rounds, targets: readonly RequestTarget[]): string {
  const rows = targets.map((target) => {
    const of = (figure: keyof Measured): string =>
      shown(median((rounds.get(target.name) ?? []).map((result) => result[figure])));
    return [
      target.name,
      of("perSecond"),
      of("p50"),
      of("p95"),
      of("cpuMicros"),
      String((rounds.get(target.name) ?? []).reduce((sum, { faults }) => sum + faults, 0)),
      besideCell(rounds, target),
    ];
  });
  return table(["", "requests/s", "p50, ms", "p95, ms", "CPU µs/request", "faults", "beside"], rows);
}
