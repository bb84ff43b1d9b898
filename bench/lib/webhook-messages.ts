/** Messages between a webhook measurement and its processes. */
import * as z from "zod";

export const sinkSettings = z.object({
  /** The expected number of events; the sink reports when they have arrived, or after a timeout. */
  events: z.number(),
});

/** Milliseconds; JSON has no NaN. */
const ms = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

export const sinkResult = z.object({
  /** Different events received, and repeated deliveries. */
  arrived: z.number(),
  again: z.number(),
  /** From the event's timestamp to its first receipt. */
  p50: ms,
  p95: ms,
  /** From the earliest event's timestamp to the last receipt. */
  wholeMs: ms,
  /** Mean size of a body. */
  bytes: ms,
});
export type SinkResult = z.infer<typeof sinkResult>;

export const loopSettings = z.object({
  url: z.string(),
  events: z.number(),
  /** Concurrent requests. */
  concurrency: z.number(),
  /** Interval between two events in ms; 0: all exist at the start. */
  everyMs: z.number(),
});
export type LoopSettings = z.infer<typeof loopSettings>;
