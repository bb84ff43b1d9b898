/** Storage of turns: their rows, the queries that decide which turn runs next, and their public representation. */

import { ERRORS, type Problem } from "../../../core/errors.ts";
import type { ProjectId, RenderId, TurnId } from "../../../core/ids.ts";
import { idBefore, rowsFor } from "../../../core/page.ts";
import type { PageRequest } from "../../../core/rpc/user.ts";
import { checkWebhookTarget } from "../../../core/ssrf.ts";
import { type EpochMs, toRfc3339 } from "../../../core/time.ts";
import type { Timings } from "../../../core/timings.ts";
import { evidenceOf, giveUpAt, isChanged, type OpenTurn, openTurnOf, spentBy, type Turn } from "../../../core/turn.ts";
import type { FailureWire } from "../../../core/wire/common.ts";
import type { TurnStatus, TurnWire } from "../../../core/wire/turn.ts";
import type { ObjectRuntime } from "../../shared/context.ts";
import type { Database } from "../../shared/database.ts";
import { originOf, type UserContext } from "../context.ts";

type Row = { record: string };

/** A turn that has not ended. */
const OPEN = "ended_at IS NULL";
/** True for every turn; written so that the index by age is used. */
const ANY_AGE = "events_deleted IN (0, 1)";

export class TurnRows {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;

  constructor(runtime: ObjectRuntime, database: Database) {
    this.#runtime = runtime;
    this.#database = database;
  }

  find(id: TurnId): Turn | null {
    if (!this.#database.exists()) return null;
    return this.#turns("SELECT record FROM turns WHERE id = ?", id)[0] ?? null;
  }

  /** The turn as callers may see it; null when its project was deleted. */
  shown(id: TurnId): Turn | null {
    if (!this.#database.exists()) return null;
    const query =
      "SELECT record FROM turns WHERE id = ? AND project NOT IN (SELECT id FROM projects WHERE is_deleted = 1)";
    return this.#turns(query, id)[0] ?? null;
  }

  add(turn: Turn): void {
    this.#runtime.sql.exec(
      "INSERT INTO turns (id, project, phase, sent_at, ended_at, record) VALUES (?, ?, ?, NULL, NULL, ?)",
      turn.id,
      turn.project,
      turn.phase,
      JSON.stringify(turn),
    );
  }

  /**
   * Stores the next state of a turn, computed from its current row; null, with nothing written, when the turn has
   * ended or is in none of `phases`. There is no other way to change a turn: state that was read before an await is
   * never written after it, and an ended turn stays ended.
   */
  change(
    id: TurnId,
    phases: readonly OpenTurn["phase"][],
    decide: (turn: OpenTurn) => Turn,
  ): { readonly was: OpenTurn; readonly is: Turn } | null {
    const was = openTurnOf(this.find(id));
    if (was === null || !phases.includes(was.phase)) return null;
    const is = decide(was);
    this.#save(is);
    return { was, is };
  }

  #save(turn: Turn): void {
    this.#runtime.sql.exec(
      "UPDATE turns SET phase = ?, sent_at = ?, ended_at = ?, record = ? WHERE id = ?",
      turn.phase,
      turn.sentAt,
      turn.endedAt,
      JSON.stringify(turn),
      turn.id,
    );
  }

  /** A page of a project's turns in reverse order of creation, and one more to know whether there are others. */
  page(project: ProjectId, page: PageRequest): Turn[] {
    const query =
      "SELECT record FROM turns WHERE project = ? AND rowid < coalesce((SELECT rowid FROM turns WHERE id = ?), 9e18) ORDER BY rowid DESC LIMIT ?";
    return this.#turns(query, project, idBefore(page), rowsFor(page));
  }

  /** Turns in any of these phases, oldest first. */
  inPhases(phases: readonly Turn["phase"][]): Turn[] {
    const marks = phases.map(() => "?").join(", ");
    return this.#turns(`SELECT record FROM turns WHERE phase IN (${marks}) ORDER BY id`, ...phases);
  }

  endedSince(at: EpochMs): Turn[] {
    return this.#turns(`SELECT record FROM turns WHERE ${ANY_AGE} AND ended_at >= ? ORDER BY id`, at);
  }

  /** The turn of a project that was sent and has not ended; later turns wait for it. */
  runningIn(project: ProjectId): TurnId | null {
    return this.#id(`project = ? AND phase IN ('sending', 'streaming', 'settling') AND ${OPEN}`, project);
  }

  /**
   * The next turn to run in a project: the first one created. By row, since ids of the same millisecond have no
   * order.
   */
  nextIn(project: ProjectId): TurnId | null {
    return this.#id(`project = ? AND phase = 'queued' AND ${OPEN}`, project);
  }

  /** The queued turns of a project, in order. */
  queuedIn(project: ProjectId): Turn[] {
    const query = `SELECT record FROM turns WHERE project = ? AND phase = 'queued' AND ${OPEN} ORDER BY rowid`;
    return this.#turns(query, project);
  }

  /** The number of queued turns of a project. */
  countQueuedIn(project: ProjectId): number {
    const query = `SELECT count(*) AS n FROM turns WHERE project = ? AND phase = 'queued' AND ${OPEN}`;
    return this.#runtime.sql.exec<{ n: number }>(query, project).one().n;
  }

  /** Whether any turn of this object was sent since: an older snapshot may be out of date. */
  sentSince(at: EpochMs): boolean {
    return this.#isAny("sent_at > ?", at);
  }

  /** Whether another turn of this object was running at the same time: they share a token and its balance. */
  overlapped(turn: Turn): boolean {
    const [from, to] = [turn.sentAt ?? turn.createdAt, turn.endedAt ?? this.#runtime.now()];
    // The plus makes SQLite use the index of open turns instead of the one by sending time.
    return (
      this.#isAny(`id != ? AND +sent_at <= ? AND ${OPEN}`, turn.id, to) ||
      this.#isAny(`id != ? AND sent_at <= ? AND ${ANY_AGE} AND ended_at >= ?`, turn.id, to, from)
    );
  }

  /** The next turn in the same project; null for the last one. */
  after(turn: Turn): TurnId | null {
    return this.#id("project = ? AND rowid > (SELECT rowid FROM turns WHERE id = ?)", turn.project, turn.id);
  }

  #turns(query: string, ...values: SqlStorageValue[]): Turn[] {
    const rows = this.#runtime.sql.exec<Row>(query, ...values).toArray();
    return rows.map(({ record }) => JSON.parse(record) as Turn); // written by add() and #save() only
  }

  #id(where: string, ...values: SqlStorageValue[]): TurnId | null {
    const query = `SELECT id FROM turns WHERE ${where} ORDER BY rowid LIMIT 1`;
    return this.#runtime.sql.exec<{ id: TurnId }>(query, ...values).toArray()[0]?.id ?? null;
  }

  #isAny(where: string, ...values: SqlStorageValue[]): boolean {
    return this.#runtime.sql.exec(`SELECT 1 FROM turns WHERE ${where} LIMIT 1`, ...values).toArray().length > 0;
  }
}

/** A problem inside a record, with the fields of a problem document. */
export function failureOf(error: Problem): FailureWire {
  const { title, retryable } = ERRORS[error.code];
  return {
    code: error.code,
    title,
    detail: error.detail,
    retryable,
    ...(error.registerUrl === undefined ? {} : { register_url: error.registerUrl }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
}

/** The URL of a turn's events. */
export const eventsUrl = (context: UserContext, id: TurnId): string => `${originOf(context)}/v1/turns/${id}/events`;

/** The latest time at which a running turn ends. */
export const aheadEndsBy = (turn: Turn, timings: Timings): string => toRfc3339(giveUpAt(turn, timings));

export function showTurn(context: UserContext, rows: TurnRows, turn: Turn): TurnWire {
  const { after, verdict } = turn;
  const ended = turn.phase === "ended";
  return {
    id: turn.id,
    project_id: turn.project,
    status: statusOf(turn),
    intent: turn.intent,
    prompt: turn.prompt,
    prompt_source: turn.source,
    text: context.log.textOf(turn.id),
    text_complete: ended && (turn.intent !== "chat" || (turn.stream.end === "closed" && turn.stream.hasFinalText)),
    charged: verdict?.charged ?? null,
    credits: ended ? spentBy(turn, after, turn.shared) : null,
    timeline: after === null ? null : { changed: isChanged(turn, after), summary: after.summary },
    evidence: ended ? evidenceOf(turn, after, turn.shared) : null,
    error: turn.error === null ? null : failureOf(turn.error),
    language: turn.language,
    metadata: { ...turn.metadata },
    render_ids: rendersOf(context, turn, rows.after(turn)),
    events_url: eventsUrl(context, turn.id),
    created_at: toRfc3339(turn.createdAt),
    sent_at: turn.sentAt === null ? null : toRfc3339(turn.sentAt),
    ended_at: turn.endedAt === null ? null : toRfc3339(turn.endedAt),
  };
}

/**
 * Renders that were started after this turn and before the next one. Ids of all kinds sort by time after their
 * prefix.
 */
function rendersOf({ runtime }: UserContext, turn: Turn, next: TurnId | null): RenderId[] {
  const query =
    "SELECT id FROM renders WHERE project = ? AND id > 'rnd_' || substr(?, 5) AND id < 'rnd_' || substr(?, 5) ORDER BY id";
  const rows = runtime.sql.exec<{ id: RenderId }>(query, turn.project, turn.id, next ?? "trn_~").toArray();
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

/** Why the body's `callback_url` cannot be used; null when it can, or when there is none. */
export const checkCallback = (
  { runtime }: UserContext,
  body: { readonly callback_url?: string | undefined },
): Problem | null =>
  body.callback_url === undefined
    ? null
    : checkWebhookTarget(body.callback_url, "/callback_url", runtime.config.targets.rules);
