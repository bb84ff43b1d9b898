/** The only place that prints. One line of JSON per request or effect, from an allow-list of fields. */

/** Every field a line may have beside `event`. A value of any other name is dropped, whoever hands it in. */
export const LOG_FIELDS = [
  "request_id",
  "route",
  "status",
  "code",
  "ms",
  "tenant",
  "mode",
  "uh",
  "upstream_ms",
  "attempt",
  "work",
  "count",
] as const satisfies readonly (keyof LogFields)[];

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
  console[level](JSON.stringify({ event, ...allowed(fields) }));
}

/** Errors whose words are ours alone and meant to be read: what is missing in the environment. */
export const SAFE_TO_PRINT = "ConfigError";

/** Prints a bug: an error's own words may hold anything, so only its name and its first stack lines go out, and the words of a ConfigError. */
export function logBug(event: string, error: unknown, fields: LogFields = {}): void {
  const name = error instanceof Error ? error.name : typeof error;
  const stack =
    error instanceof Error
      ? (error.stack ?? "")
          .split("\n")
          .map((line) => line.trim())
          .filter((line) => line.startsWith("at "))
          .slice(0, 5)
      : [];
  const words = error instanceof Error && name === SAFE_TO_PRINT ? { message: error.message } : {};
  console.error(JSON.stringify({ event, name, ...words, stack, ...allowed(fields) }));
}

const allowed = (fields: LogFields): LogFields =>
  Object.fromEntries(LOG_FIELDS.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])));
