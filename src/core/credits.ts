/** When a balance is worth an event of its own. */

/** What one generated clip costs at most. Source: nemo-api reference 7.1. */
export const CLIP_CREDITS = 100;

/**
 * The event that a turn's effect on the balance deserves, null for none.
 *
 * `credits.exhausted` when upstream refused for want of credits or nothing is left; `credits.low` when the turn took the
 * balance below one clip. A balance that was below before is not told again; an unread one tells nothing.
 */
export function creditsEvent(
  was: number | null,
  is: number | null,
  refused: boolean,
): "credits.low" | "credits.exhausted" | null {
  if (refused) return "credits.exhausted";
  if (was === null || is === null || is >= was) return null;
  if (is <= 0) return "credits.exhausted";
  return was >= CLIP_CREDITS && is < CLIP_CREDITS ? "credits.low" : null;
}
