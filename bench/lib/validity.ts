/**
 * Whether a measurement may be compared with a goal. Rejected requests and missing events make a server look fast, and other
 * processes make it look slow: such a run is reported as invalid, whatever its figures.
 */
import { QUIET_PERCENT } from "./noise.ts";
import { shown } from "./table.ts";

/** What went wrong in one measurement. A figure that a bench does not have is missing. */
export type Conditions = {
  /** Requests that were rejected or broke off, each with how often it occurred; or their number. */
  readonly faults?: Readonly<Record<string, number>> | number;
  /** Events that did not arrive, and events that arrived twice or out of order. */
  readonly lost?: number;
  readonly strays?: number;
  /** Processor time of other processes, in percent of one core; NaN: not known. */
  readonly noisePercent?: number;
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** Why these measurements say nothing about a goal; empty when they do. */
export function flawsOf(all: readonly Conditions[]): string[] {
  const faults = new Map<string, number>();
  for (const { faults: some = {} } of all)
    for (const [name, count] of Object.entries(typeof some === "number" ? { faults: some } : some))
      faults.set(name, (faults.get(name) ?? 0) + count);
  const lost = sum(all.map(({ lost = 0 }) => lost));
  const strays = sum(all.map(({ strays = 0 }) => strays));
  const noise = Math.max(0, ...all.map(({ noisePercent = 0 }) => noisePercent).filter((one) => !Number.isNaN(one)));
  return [
    ...(all.length === 0 ? ["not measured"] : []),
    ...[...faults].flatMap(([name, count]) => (count > 0 ? [`${count} × ${name}`] : [])),
    ...(lost > 0 ? [`${lost} events missing`] : []),
    ...(strays > 0 ? [`${strays} events twice or out of order`] : []),
    ...(noise > QUIET_PERCENT ? [`others used up to ${shown(noise)} % of a core`] : []),
  ];
}

/** The result of a goal, unless one of the measurements behind it was flawed. */
export function verdict(isMet: boolean, behind: readonly Conditions[]): string {
  const flaws = flawsOf(behind);
  if (flaws.length > 0) return `invalid: ${flaws.join(", ")}`;
  return isMet ? "met" : "missed";
}
