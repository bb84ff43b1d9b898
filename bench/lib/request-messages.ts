/** Messages between a request measurement and its load process. */
import * as z from "zod";

export const requestSettings = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  connections: z.number(),
  seconds: z.number(),
});
export type RequestSettings = z.infer<typeof requestSettings>;

export const requestResult = z.object({
  /** Responses received. */
  requests: z.number(),
  perSecond: z.number(),
  /** Milliseconds. */
  p50: z.number(),
  p95: z.number(),
  /** Responses other than 200, and requests without a response. */
  faults: z.number(),
});
export type RequestResult = z.infer<typeof requestResult>;
