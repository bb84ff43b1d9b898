/** A table for a terminal: columns as wide as their longest cell, numbers to the right. */

export type Cell = string | number | boolean | null;
export type Row = Readonly<Record<string, Cell>>;

const text = (cell: Cell | undefined): string => (cell === null || cell === undefined ? "-" : String(cell));

/** The rows under a heading of their keys; a sentence where there are none. Control characters in values are replaced. */
export function tableOf(rows: readonly Row[]): string {
  const [first] = rows;
  if (first === undefined) return "none";
  const columns = Object.keys(first);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a tenant's name must not move the cursor of the operator's terminal
  const clean = (cell: Cell | undefined): string => text(cell).replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
  const widths = columns.map((name) => Math.max(name.length, ...rows.map((row) => clean(row[name]).length)));
  const line = (cells: readonly string[], isNumber: (at: number) => boolean): string =>
    cells
      .map((cell, at) => (isNumber(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join("  ")
      .trimEnd();
  const numeric = (at: number): boolean => rows.every((row) => typeof row[columns[at] ?? ""] === "number");
  return [
    line(
      columns.map((name) => name.toUpperCase()),
      numeric,
    ),
    ...rows.map((row) =>
      line(
        columns.map((name) => clean(row[name])),
        numeric,
      ),
    ),
  ].join("\n");
}

/** One object as lines of `name  value`; nested objects with dotted names. */
export function fieldsOf(value: object): string {
  const flat: [string, Cell][] = [];
  const walk = (path: string, inner: unknown): void => {
    if (typeof inner === "object" && inner !== null && !Array.isArray(inner))
      for (const [name, more] of Object.entries(inner)) walk(path === "" ? name : `${path}.${name}`, more);
    else flat.push([path, Array.isArray(inner) ? inner.map((one) => shortOf(one)).join(", ") || "-" : (inner as Cell)]); // JSON has no other values
  };
  walk("", value);
  return tableOf(flat.map(([field, one]) => ({ field, value: text(one) })));
}

const shortOf = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));
