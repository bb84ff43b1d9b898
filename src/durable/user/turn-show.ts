/** A turn as the outside sees it. */
import type { RenderId, TurnId } from "../../core/ids.ts";
import { toRfc3339 } from "../../core/time.ts";
import { evidenceOf, giveUpAt, isChanged, spentBy, type Turn } from "../../core/turn.ts";
import type { Waits } from "../../core/waits.ts";
import type { TurnStatus, TurnWire } from "../../core/wire/turn.ts";
import { type Home, originOf } from "./home.ts";
import { failureOf } from "./show.ts";
import type { TurnRows } from "./turn-rows.ts";

/** Where a turn's events are read. */
export const eventsUrl = (home: Home, id: TurnId): string => `${originOf(home)}/v1/turns/${id}/events`;

/** By when a turn that runs has ended, whatever comes. */
export const aheadEndsBy = (turn: Turn, waits: Waits): string => toRfc3339(giveUpAt(turn, waits));

export function showTurn(home: Home, rows: TurnRows, turn: Turn): TurnWire {
  const { reading, verdict } = turn;
  const ended = turn.phase === "ended";
  return {
    id: turn.id,
    project_id: turn.project,
    status: statusOf(turn),
    intent: turn.intent,
    prompt: turn.prompt,
    prompt_source: turn.source ?? "caller",
    text: home.log.textOf(turn.id),
    text_complete: ended && (turn.intent !== "chat" || (turn.stream.end === "closed" && turn.stream.spoke)),
    charged: verdict?.charged ?? null,
    credits: ended ? spentBy(turn, reading, turn.shared) : null,
    timeline: reading === null ? null : { changed: isChanged(turn, reading), summary: reading.summary },
    evidence: ended ? evidenceOf(turn, reading, turn.shared) : null,
    error: turn.error === null ? null : failureOf(turn.error),
    language: turn.language,
    metadata: { ...turn.metadata },
    render_ids: rendersOf(home, turn, rows.after(turn)),
    events_url: eventsUrl(home, turn.id),
    created_at: toRfc3339(turn.createdAt),
    sent_at: turn.sentAt === null ? null : toRfc3339(turn.sentAt),
    ended_at: turn.endedAt === null ? null : toRfc3339(turn.endedAt),
  };
}

/** Renders that were ordered after this turn and before the next one. Ids of all kinds sort by time after their prefix. */
function rendersOf({ ground }: Home, turn: Turn, next: TurnId | null): RenderId[] {
  const query =
    "SELECT id FROM renders WHERE project = ? AND id > 'rnd_' || substr(?, 5) AND id < 'rnd_' || substr(?, 5) ORDER BY id";
  const rows = ground.sql.exec<{ id: RenderId }>(query, turn.project, turn.id, next ?? "trn_~").toArray();
  return rows.map(({ id }) => id);
}

function statusOf(turn: Turn): TurnStatus {
  switch (turn.phase) {
    case "queued":
      return "queued";
    case "sending":
    case "streaming":
      return "running";
    case "settling":
      return "settling";
    case "ended":
      return turn.verdict?.status ?? "unknown";
  }
}
