/** The table of the costs at each size, the verdict, and the statements whose reads grew. */
import type { Cost } from "./growth-work.ts";
import { median } from "./statistics.ts";
import { shown, table } from "./table.ts";

/** The measurements of one operation: of each size, in order, those of every round. */
export type Measured = { readonly name: string; readonly sizes: readonly (readonly Cost[])[] };

/**
 * The most that the full object may need of the empty one's. Chosen: one part in ten, and a row, because a sender takes what is
 * due in calls that are not the same each time.
 */
const FLAT = { ratio: 1.1, more: 1 };
/** Reads of a statement that grew by so many rows are shown. */
const SHOWN_ROWS = 1;

type Figure = "read" | "written" | "statements" | "cpuMicros";

const at = (costs: readonly Cost[], figure: Figure): number => median(costs.map((cost) => cost[figure]));
const ends = ({ sizes }: Measured, figure: Figure): readonly [number, number] => [
  at(sizes[0] ?? [], figure),
  at(sizes.at(-1) ?? [], figure),
];

const COUNTED = ["read", "written", "statements"] as const;

/** Whether an operation in the full object reads, writes and runs what it does in the empty one. */
export const isFlat = (measured: Measured): boolean =>
  COUNTED.every((figure) => {
    const [empty, full] = ends(measured, figure);
    return full <= Math.max(empty * FLAT.ratio, empty + FLAT.more);
  });

export function growthTable(all: readonly Measured[]): string {
  const cell = (measured: Measured, figure: Figure): string => {
    const [empty, full] = ends(measured, figure);
    const values = measured.sizes.map((costs) => shown(at(costs, figure))).join(", ");
    return empty > 0 ? `${values} (${shown(full / empty)} ×)` : values;
  };
  const head = ["operation", "rows read", "rows written", "statements", "CPU µs", "flat"];
  const figures = [...COUNTED, "cpuMicros"] as const;
  const rows = all.map((measured) => [
    measured.name,
    ...figures.map((figure) => cell(measured, figure)),
    isFlat(measured) ? "yes" : "no",
  ]);
  return table(head, rows);
}

/** The statements that read more rows in the full object, for each operation. */
export function grownStatements(all: readonly Measured[]): string[] {
  return all.flatMap(({ name, sizes }) => {
    const [empty, full] = [sizes[0]?.[0], sizes.at(-1)?.[0]];
    return Object.entries(full?.byStatement ?? {}).flatMap(([query, { read, times }]) => {
      const before = empty?.byStatement[query];
      return read - (before?.read ?? 0) < SHOWN_ROWS
        ? []
        : [`${name}: ${shown(before?.read ?? 0)} rows became ${shown(read)} in ${shown(times)} runs: ${query}`];
    });
  });
}
