/** How the gateway compares with a peer that was measured in the same run. */
import { median } from "./statistics.ts";
import { shown } from "./table.ts";
import { type Conditions, flawsOf } from "./validity.ts";

/** One compared figure: the gateway's divided by the peer's, and whether more is better. */
export type Ratio = { readonly name: string; readonly value: number; readonly isMoreBetter?: boolean };

/** The gateway's figure divided by the peer's: within each round, then the median. */
export function ratioOf<T>(gateway: readonly T[], peer: readonly T[], figure: (one: T) => number): number {
  return median(gateway.flatMap((one, round) => (peer[round] === undefined ? [] : figure(one) / figure(peer[round]))));
}

export const shownRatio = ({ value }: Ratio): string => (Number.isNaN(value) ? "–" : `${shown(value)} ×`);

const isAhead = ({ value, isMoreBetter = false }: Ratio): boolean => (isMoreBetter ? value > 1 : value < 1);

/** `ahead`, `behind`, or in which figures the gateway is which; why not, if one of them did not do its work. */
export function comparison(
  ratios: readonly Ratio[],
  gateway: readonly Conditions[],
  peer: readonly Conditions[],
): string {
  const flaws = [
    ...flawsOf(gateway).map((flaw) => `gateway: ${flaw}`),
    ...flawsOf(peer).map((flaw) => `peer: ${flaw}`),
  ];
  if (flaws.length > 0) return `invalid: ${flaws.join(", ")}`;
  const known = ratios.filter(({ value }) => !Number.isNaN(value));
  const names = (ahead: boolean): string[] => known.filter((ratio) => isAhead(ratio) === ahead).map(({ name }) => name);
  const [ahead, behind] = [names(true), names(false)];
  if (known.length === 0) return "–";
  if (behind.length === 0) return "ahead";
  if (ahead.length === 0) return "behind";
  return `ahead in ${ahead.join(" and ")}, behind in ${behind.join(" and ")}`;
}

/** A line for each peer that could not be measured here. */
export function notMeasured(peers: readonly { readonly name: string; readonly missing: string | null }[]): string[] {
  const lines = peers.flatMap(({ name, missing }) => (missing === null ? [] : [`- ${name}: not measured: ${missing}`]));
  return lines.length === 0 ? [] : [lines.join("\n")];
}
