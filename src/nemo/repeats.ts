/** Exact repeats of events. An id alone proves nothing: newer servers split one event into two with the same id. */
import { REMEMBERED_EVENTS } from "./limits.ts";

/** A 53-bit print of a text (cyrb53): finds equal records under one id, guards nothing. */
function print(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    high = Math.imul(high ^ char, 2654435761);
    low = Math.imul(low ^ char, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/** Tells whether a record with this id and this very text was seen before, among the last `REMEMBERED_EVENTS`. */
export function createRepeats(): (id: string, text: string) => boolean {
  const seen = new Set<string>();
  return (id, text) => {
    const key = `${id} ${text.length} ${print(text)}`;
    if (seen.has(key)) return true;
    seen.add(key);
    const oldest = seen.size > REMEMBERED_EVENTS ? seen.values().next().value : undefined;
    if (oldest !== undefined) seen.delete(oldest);
    return false;
  };
}
