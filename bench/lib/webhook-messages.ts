/** What a webhook measurement and its processes say to each other. */
import * as z from "zod";

export const sinkSettings = z.object({
  /** Events that are expected; the sink tells what it got once they are there, or after a long silence. */
  events: z.number(),
});

/** Milliseconds; JSON has no NaN. */
const ms = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

export const sinkResult = z.object({
  /** Different events that came, and deliveries of an event that had come before. */
  arrived: z.number(),
  again: z.number(),
  /** From the event's own moment to its first receipt. */
  p50: ms,
  p95: ms,
  /** From the earliest event's moment to the last receipt. */
  wholeMs: ms,
  /** Mean size of a body. */
  bytes: ms,
});
export type SinkResult = z.infer<typeof sinkResult>;

export const loopSettings = z.object({
  url: z.string(),
  events: z.number(),
  /** Requests under way at the same time. */
  concurrency: z.number(),
  /** From one event to the next in ms; 0: all are there at the start. */
  everyMs: z.number(),
});
export type LoopSettings = z.infer<typeof loopSettings>;
