/** What the turns of a video cost together. */
import type { Charged } from "./errors.ts";

export type Cost = {
  /** Null before its first turn has ended. */
  readonly charged: Charged | null;
  /** Credits; null where nothing has ended, or where those of one turn are not known. */
  readonly spent: number | null;
};

/** The cost so far and of one more turn. What was not charged cost nothing; what is not known of one is not known of the sum. */
export function withCost(before: Cost, turn: { readonly charged: Charged; readonly spent: number | null }): Cost {
  const known = before.charged === null ? 0 : before.spent;
  const added = turn.charged === "no" ? 0 : turn.spent;
  return {
    charged: worse(before.charged, turn.charged),
    spent: known === null || added === null ? null : known + added,
  };
}

const RANK: readonly (Charged | null)[] = [null, "no", "unknown", "yes"];
const worse = (a: Charged | null, b: Charged): Charged => (RANK.indexOf(a) > RANK.indexOf(b) ? (a ?? b) : b);
