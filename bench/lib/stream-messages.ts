/** Messages between a stream measurement and its load process. */
import * as z from "zod";
import { ask } from "./open-stream.ts";

/** Short extra streams opened per second. */
export const PROBES_PER_SECOND = 10;

export const loadSettings = z.object({
  streams: z.array(ask),
  /** Users of the short extra streams, used in turn. */
  probes: z.array(ask),
  /** Events a second in each stream. */
  rate: z.number(),
  /** Duration of the measurement. */
  seconds: z.number(),
});
export type LoadSettings = z.infer<typeof loadSettings>;

/** Sent when all streams run, and when the measured time has ended. */
export const phase = z.enum(["begin", "end"]);

/** Milliseconds; JSON has no NaN. */
const ms = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

export const loadResult = z.object({
  /** Per event, from the upstream's write to the client's read. */
  p50: ms,
  p99: ms,
  /** Of the short extra streams, medians from the request on: first byte, first event, request seen by the upstream. */
  firstByte: ms,
  firstEvent: ms,
  wire: ms,
  /** Events that did not arrive, and events that arrived twice or out of order. */
  lost: z.number(),
  strays: z.number(),
  /** Errors, and how often each occurred. */
  faults: z.record(z.string(), z.number()),
});
export type LoadResult = z.infer<typeof loadResult>;
