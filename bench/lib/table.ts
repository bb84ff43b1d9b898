/** Tables in Markdown: read in a terminal, pasted into the README. */

/** At most three significant digits; `–` for missing values. */
export function shown(value: number): string {
  if (Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** A difference, with its sign. */
export const signed = (value: number): string => (value >= 0 ? `+${shown(value)}` : shown(value));

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
