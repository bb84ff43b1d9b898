/** `Prefer: wait=N` (RFC 7240): how long a caller would rather wait than come back. */
import { PREFER_WAIT_MAX_SECONDS } from "../core/limits.ts";

/** The wait in seconds, at most 60; null when none is asked for. What cannot be read is ignored, as the RFC says. */
export function preferredWait(prefer: string | undefined): number | null {
  const seconds = Number(/(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])/i.exec(prefer ?? "")?.[1] ?? 0);
  return seconds < 1 ? null : Math.min(seconds, PREFER_WAIT_MAX_SECONDS);
}
