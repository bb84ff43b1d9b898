/** `Prefer: wait=N` (RFC 7240): how long a caller would rather wait than come back. */
import * as z from "zod";
import { invalidFields } from "../core/errors.ts";
import { PREFER_WAIT_MAX_SECONDS } from "../core/limits.ts";
import { SECOND_MS } from "../core/time.ts";
import { ApiError } from "./api-error.ts";
import type { Ctx } from "./context.ts";

/** The same in the query, for tools that cannot set headers. */
export const waitQuery = z.strictObject({
  wait: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .meta({
      description: `As \`Prefer: wait=N\`: seconds to wait for the end, at most ${PREFER_WAIT_MAX_SECONDS}; more counts as that.`,
    }),
});

const queryWait = (c: Ctx): number => {
  const sent = waitQuery.shape.wait.safeParse(c.req.query("wait"));
  if (sent.success) return sent.data ?? 0;
  const errors = [{ field: "query:wait", message: "must be a whole number of seconds" }];
  throw new ApiError(invalidFields(errors));
};

/** How long this caller would rather wait, by the header or the query, and what the answer says of it; null: not at all. */
export function waitOf(c: Ctx): { readonly ms: number; readonly headers: Record<string, string> } | null {
  const inQuery = queryWait(c);
  const seconds = preferredWait(c.req.header("Prefer")) ?? Math.min(inQuery, PREFER_WAIT_MAX_SECONDS);
  return seconds < 1 ? null : { ms: seconds * SECOND_MS, headers: { "Preference-Applied": `wait=${seconds}` } };
}

/** The wait in seconds, at most 60; null when none is asked for. What cannot be read is ignored, as the RFC says. */
export function preferredWait(prefer: string | undefined): number | null {
  const seconds = Number(/(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])/i.exec(prefer ?? "")?.[1] ?? 0);
  return seconds < 1 ? null : Math.min(seconds, PREFER_WAIT_MAX_SECONDS);
}
