/** What a stream measurement and its load process say to each other. */
import * as z from "zod";
import { ask } from "./open-stream.ts";

export const loadSettings = z.object({
  streams: z.array(ask),
  /** Users for the short extra streams, taken in turn. */
  probes: z.array(ask),
  /** Events a second in each stream. */
  rate: z.number(),
  /** How long is measured. */
  seconds: z.number(),
});
export type LoadSettings = z.infer<typeof loadSettings>;

/** Told when all streams run, and when the measured time is over. */
export const phase = z.enum(["begin", "end"]);

/** Milliseconds; JSON has no NaN. */
const ms = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

export const loadResult = z.object({
  /** Per event, from the upstream's write to our read. */
  p50: ms,
  p99: ms,
  /** Of the short extra streams, medians from the request on: first byte, first event, request seen by the upstream. */
  firstByte: ms,
  firstEvent: ms,
  wire: ms,
  /** Events that never came, and events that came twice or out of order. */
  lost: z.number(),
  strays: z.number(),
  /** What went wrong, and how often. */
  faults: z.record(z.string(), z.number()),
});
export type LoadResult = z.infer<typeof loadResult>;
