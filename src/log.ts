/** The only place that prints. One line of JSON per request or effect, from an allow-list of fields. */

export type LogFields = {
  request_id?: string;
  route?: string;
  status?: number;
  code?: string;
  ms?: number;
  tenant?: string;
  mode?: string;
  uh?: string;
  upstream_ms?: number;
  attempt?: number;
  /** What kind of work, for lines that are not requests: `turn`, `sweep`, `delivery`. */
  work?: string;
  count?: number;
};

/** Prints one line. Never give it a prompt, a text, a query, a URL, a secret or a user's own id: no field exists for them. */
export function log(level: "info" | "warn" | "error", event: string, fields: LogFields = {}): void {
  console[level](JSON.stringify({ event, ...fields }));
}

/** Prints a bug: the error's own words may hold anything, so only its name and its first stack lines inside our code go out. */
export function logBug(event: string, error: unknown, fields: LogFields = {}): void {
  const name = error instanceof Error ? error.name : typeof error;
  const stack =
    error instanceof Error
      ? (error.stack ?? "")
          .split("\n")
          .slice(1, 6)
          .map((line) => line.trim())
      : [];
  console.error(JSON.stringify({ event, name, stack, ...fields }));
}
