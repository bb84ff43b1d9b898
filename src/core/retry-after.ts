/** The header by which a receiver says when to come back. */
import { DAY_MS, type EpochMs, SECOND_MS } from "./time.ts";

/** What `Retry-After` asks for in milliseconds from `now`, at most a day; null when it is absent or says nothing. Source: RFC 9110 section 10.2.3. */
export function retryAfterMs(header: string | null, now: EpochMs): number | null {
  const text = header?.trim() ?? "";
  const wait = /^\d+$/.test(text) ? Number(text) * SECOND_MS : Date.parse(text) - now;
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), DAY_MS);
}
