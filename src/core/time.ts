/** Time units and formats. `core` receives the current time as an argument and never reads a clock. */

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The wire form of a time: RFC 3339 in UTC with milliseconds, `2026-11-21T10:00:00.000Z`. */
export const toRfc3339 = (at: EpochMs): string => new Date(at).toISOString();

/** The day of a time in UTC, `2026-11-21`. */
export const toDay = (at: EpochMs): string => toRfc3339(at).slice(0, 10);
