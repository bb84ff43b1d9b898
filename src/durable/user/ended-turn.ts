/** What the makers of videos and generators need to know of a turn that is over. */
import type { TurnId } from "../../core/ids.ts";
import { isChanged, spentBy } from "../../core/turn.ts";
import type { EndedTurn } from "../../core/video.ts";
import type { Home } from "./home.ts";
import type { TurnRows } from "./turn-rows.ts";

/** The turn's end, or null while it has none. */
export function endedTurn({ log }: Home, rows: TurnRows, id: TurnId | null): EndedTurn | null {
  const turn = id === null ? null : rows.find(id);
  if (turn?.phase !== "ended") return null;
  return {
    status: turn.verdict?.status ?? "unknown",
    charged: turn.verdict?.charged ?? "unknown",
    spent: spentBy(turn, turn.reading, turn.shared).amount,
    error: turn.error,
    changed: turn.reading !== null && isChanged(turn, turn.reading),
    text: log.textOf(turn.id),
  };
}
