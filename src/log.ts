/** The only place that prints: one line of JSON per request or effect, with an allow-list of fields. */

/** All fields of a line beside `event`. A value with another name is dropped. */
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
  "queue",
  "resource",
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
  /** The kind of work, for lines that are not requests: `turn`, `sweep`, `delivery`. */
  work?: string | undefined;
  count?: number | undefined;
  /** The name of a queue, as the operator chose it. */
  queue?: string | undefined;
  /** The id of what a line is about: `vid_…`, `trn_…`. An id opens nothing without its tenant's key. */
  resource?: string | undefined;
};

/** The fields of the list, in its order; all others are dropped. */
function listed(fields: LogFields): LogFields {
  const line: Record<string, unknown> = {};
  for (const name of LOG_FIELDS) if (fields[name] !== undefined) line[name] = fields[name];
  return line;
}

/**
 * Prints one line. There is no field for a prompt, a text, a query, a URL, a secret or a user's own id; they must not
 * be logged.
 */
export function log(level: "info" | "warn" | "error", event: string, fields: LogFields = {}): void {
  console[level](JSON.stringify({ event, ...listed(fields) }));
}

/** The counters of an environment: Analytics Engine's dataset, or nothing. */
export type Counters =
  | { readonly writeDataPoint: (point: { indexes: string[]; blobs: string[]; doubles: number[] }) => void }
  | undefined;

/**
 * Counts a line: one data point of the same fields, so that it can hold nothing that a line may not.
 *
 * Blobs: event, work, route, code, status, mode. Doubles: count (1 for a line without one), ms, attempt. Index: the
 * tenant's id, or `-`. Does nothing without counters; a dataset that fails fails no request.
 */
export function countLine(counters: Counters, event: string, fields: LogFields): void {
  try {
    const { work = "", route = "", code = "", status = "", mode = "", tenant = "-", count = 1 } = fields;
    counters?.writeDataPoint({
      indexes: [tenant],
      blobs: [event, work, route, code, String(status), mode],
      doubles: [count, fields.ms ?? fields.upstream_ms ?? 0, fields.attempt ?? 0],
    });
  } catch {
    // A data point that is lost changes no answer.
  }
}

/** Prints a line and counts it. */
export function logCounted(counters: Counters, event: string, fields: LogFields): void {
  log("info", event, fields);
  countLine(counters, event, fields);
}

/** Errors whose messages are our own and safe to print: missing parts of the environment. */
export const SAFE_TO_PRINT = "ConfigError";

/**
 * Prints a bug. An error's message may contain anything, so only its name and first stack lines are printed, and the
 * message of a ConfigError.
 */
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
  console.error(JSON.stringify({ event, name, message, stack, ...listed(fields) }));
}
