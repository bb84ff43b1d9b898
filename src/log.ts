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
  request_id?: string | undefined;
  route?: string | undefined;
  status?: number | undefined;
  code?: string | undefined;
  ms?: number | undefined;
  tenant?: string | undefined;
  mode?: string | undefined;
  uh?: string | undefined;
  upstream_ms?: number | undefined;
  attempt?: number | undefined;
  /** What kind of work, for lines that are not requests: `turn`, `sweep`, `delivery`. */
  work?: string | undefined;
  count?: number | undefined;
};

/** What JSON lets through, in this order; it drops every other name. */
const LINE = ["event", ...LOG_FIELDS];
const BUG_LINE = ["event", "name", "message", "stack", ...LOG_FIELDS];

/** Prints one line. Never give it a prompt, a text, a query, a URL, a secret or a user's own id: no field exists for them. */
export function log(level: "info" | "warn" | "error", event: string, fields: LogFields = {}): void {
  console[level](JSON.stringify({ ...fields, event }, LINE));
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
  const message = error instanceof Error && name === SAFE_TO_PRINT ? error.message : undefined;
  console.error(JSON.stringify({ ...fields, event, name, message, stack }, BUG_LINE));
}
