/** Storage of turns: their rows, the queries that decide which turn runs next, and their public representation. */

import { ERRORS, type Problem } from "../../../core/errors.ts";
import type { ProjectId, RenderId, TurnId } from "../../../core/ids.ts";
import { Lru } from "../../../core/lru.ts";
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
import type { Projects } from "../projects.ts";

type Row = { record: string };

/** A turn that has not ended. */
const OPEN = "ended_at IS NULL";
/** The index is named, because the planner would read every turn to have them in order. */
const OPEN_TURNS = `SELECT id, project, phase, sent_at AS sentAt FROM turns INDEXED BY turns_open_by_project WHERE ${OPEN} ORDER BY rowid`;
/** True for every turn; written so that the index by age is used. */
const ANY_AGE = "events_deleted IN (0, 1)";

/** What decides which turn runs next. */
type OpenRow = { readonly project: ProjectId; readonly phase: Turn["phase"]; readonly sentAt: EpochMs | null };

/** What an instance knows of its turns without a query. */
type Known = {
  /** Every turn that has not ended, in order of creation. The tenant's quota of concurrent turns bounds it. */
  readonly open: Map<TurnId, OpenRow>;
  /** Since when this instance has seen every end. */
  readonly since: EpochMs;
  /** The last time at which any turn was sent; null: none. */
  lastSentAt: EpochMs | null;
  /** The last end since then of a turn that had been sent; null: none. */
  lastEndedAt: EpochMs | null;
};

/** Records of open turns held in memory. Chosen: twice as many as a user's turns run at once. */
const HELD_TURNS = 8;

export class TurnRows {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;
  readonly #projects: Pick<Projects, "find">;
  /** Null: not read yet. */
  #known: Known | null = null;
  /** Records of open turns: each step of a turn reads it. */
  readonly #held = new Lru<OpenTurn>(HELD_TURNS);

  constructor(runtime: ObjectRuntime, database: Database, projects: Pick<Projects, "find">) {
    this.#runtime = runtime;
    this.#database = database;
    this.#projects = projects;
    runtime.onRollback(() => {
      this.#known = null;
      this.#held.clear();
    });
  }

  find(id: TurnId): Turn | null {
    if (!this.#database.exists()) return null;
    const held = this.#held.get(id);
    if (held !== undefined) return held;
    const turn = this.#turns("SELECT record FROM turns WHERE id = ?", id)[0] ?? null;
    const open = openTurnOf(turn);
    if (open !== null) this.#held.set(id, open);
    return turn;
  }

  /** The turn as callers may see it; null when its project was deleted. */
  shown(id: TurnId): Turn | null {
    const turn = this.find(id);
    return turn === null || this.#projects.find(turn.project) === null ? null : turn;
  }

  add(turn: OpenTurn): void {
    const known = this.#read();
    this.#runtime.sql.exec(
      "INSERT INTO turns (id, project, phase, sent_at, ended_at, record) VALUES (?, ?, ?, NULL, NULL, ?)",
      turn.id,
      turn.project,
      turn.phase,
      JSON.stringify(turn),
    );
    this.#hold(known, turn);
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
    const known = this.#read();
    this.#runtime.sql.exec(
      "UPDATE turns SET phase = ?, sent_at = ?, ended_at = ?, record = ? WHERE id = ?",
      turn.phase,
      turn.sentAt,
      turn.endedAt,
      JSON.stringify(turn),
      turn.id,
    );
    this.#hold(known, turn);
  }

  /** Holds a turn's new state, after its row was written. */
  #hold(known: Known, turn: Turn): void {
    const { id, project, phase, sentAt, endedAt } = turn;
    if (sentAt !== null) known.lastSentAt = Math.max(sentAt, known.lastSentAt ?? sentAt);
    const open = openTurnOf(turn);
    if (open !== null) {
      known.open.set(id, { project, phase, sentAt });
      this.#held.set(id, open);
      return;
    }
    if (sentAt !== null && endedAt !== null) known.lastEndedAt = Math.max(endedAt, known.lastEndedAt ?? endedAt);
    known.open.delete(id);
    this.#held.delete(id);
  }

  #read(): Known {
    if (this.#known !== null) return this.#known;
    const { sql, now } = this.#runtime;
    type OpenSqlRow = { id: TurnId; project: ProjectId; phase: Turn["phase"]; sentAt: number | null };
    const rows = sql.exec<OpenSqlRow>(OPEN_TURNS).toArray();
    const { at } = sql.exec<{ at: number | null }>("SELECT max(sent_at) AS at FROM turns").one();
    const open = new Map(rows.map(({ id, ...row }) => [id, row]));
    this.#known = { open, since: now(), lastSentAt: at, lastEndedAt: null };
    return this.#known;
  }

  /** A page of a project's turns in reverse order of creation, and one more to know whether there are others. */
  page(project: ProjectId, page: PageRequest): Turn[] {
    const query =
      "SELECT record FROM turns WHERE project = ? AND rowid < coalesce((SELECT rowid FROM turns WHERE id = ?), 9e18) ORDER BY rowid DESC LIMIT ?";
    return this.#turns(query, project, idBefore(page), rowsFor(page));
  }

  /** The newest turn of a stored project; undefined when it has none. */
  newest(project: ProjectId): TurnId | undefined {
    const query = "SELECT id FROM turns WHERE project = ? ORDER BY rowid DESC LIMIT 1";
    return this.#runtime.sql.exec<{ id: TurnId }>(query, project).toArray()[0]?.id;
  }

  /** Turns in any of these phases, oldest first. */
  inPhases(phases: readonly OpenTurn["phase"][]): Turn[] {
    return this.#openWhere(({ phase }) => phases.includes(phase as OpenTurn["phase"])).flatMap(
      (id) => this.find(id) ?? [],
    );
  }

  /** The projects with waiting turns. */
  projectsWithQueued(): ReadonlySet<ProjectId> {
    if (!this.#database.exists()) return new Set();
    return new Set(
      [...this.#read().open.values()].flatMap(({ project, phase }) => (phase === "queued" ? project : [])),
    );
  }

  endedSince(at: EpochMs): Turn[] {
    return this.#turns(`SELECT record FROM turns WHERE ${ANY_AGE} AND ended_at >= ? ORDER BY id`, at);
  }

  isSettling(id: TurnId): boolean {
    return this.#database.exists() && this.#read().open.get(id)?.phase === "settling";
  }

  /** The turn of a project that was sent and has not ended; later turns wait for it. */
  runningIn(project: ProjectId): TurnId | null {
    return this.#openWhere((turn) => turn.project === project && turn.phase !== "queued")[0] ?? null;
  }

  /**
   * The next turn to run in a project: the first one created. By row, since ids of the same millisecond have no
   * order.
   */
  nextIn(project: ProjectId): TurnId | null {
    return this.#queuedIn(project)[0] ?? null;
  }

  /** The queued turns of a project, in order. */
  queuedIn(project: ProjectId): readonly TurnId[] {
    return this.#queuedIn(project);
  }

  /** The number of queued turns of a project. */
  countQueuedIn(project: ProjectId): number {
    return this.#queuedIn(project).length;
  }

  #queuedIn(project: ProjectId): TurnId[] {
    return this.#openWhere((turn) => turn.project === project && turn.phase === "queued");
  }

  /** The open turns that match, in order of creation. */
  #openWhere(matches: (turn: OpenRow) => boolean): TurnId[] {
    if (!this.#database.exists()) return [];
    return [...this.#read().open].flatMap(([id, turn]) => (matches(turn) ? [id] : []));
  }

  /** Whether any turn of this object was sent since: an older snapshot may be out of date. */
  sentSince(at: EpochMs): boolean {
    return (this.#read().lastSentAt ?? 0) > at;
  }

  /** Whether another turn of this object was running at the same time: they share a token and its balance. */
  overlapped(turn: Turn): boolean {
    const [from, to] = [turn.sentAt ?? turn.createdAt, turn.endedAt ?? this.#runtime.now()];
    const { open, since, lastEndedAt } = this.#read();
    for (const [id, { sentAt }] of open) if (id !== turn.id && sentAt !== null && sentAt <= to) return true;
    if (turn.endedAt === null && from > since) return lastEndedAt !== null && lastEndedAt >= from;
    const query = `SELECT 1 FROM turns WHERE id != ? AND sent_at <= ? AND ${ANY_AGE} AND ended_at >= ? LIMIT 1`;
    return this.#runtime.sql.exec(query, turn.id, to, from).toArray().length > 0;
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
}

/** What shows a turn: a deleted user has nothing else. */
export type TurnContext = UserContext & { readonly turnRows: TurnRows };

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

export const showTurn = (user: TurnContext, turn: Turn): TurnWire =>
  show(user, turn, user.log.textOf(turn.id), rendersOf(user, turn));

/** The same for a turn that was just created: it has neither text nor renders. */
export const showNewTurn = (context: UserContext, turn: Turn): TurnWire => show(context, turn, null, []);

function show(context: UserContext, turn: Turn, text: string | null, renders: RenderId[]): TurnWire {
  const { after, verdict } = turn;
  const ended = turn.phase === "ended";
  return {
    id: turn.id,
    project_id: turn.project,
    status: statusOf(turn),
    intent: turn.intent,
    prompt: turn.prompt,
    prompt_source: turn.source,
    channel: turn.channel ?? null,
    key_id: turn.key,
    text,
    text_complete: ended && (turn.intent !== "chat" || (turn.stream.end === "closed" && turn.stream.hasFinalText)),
    charged: verdict?.charged ?? null,
    credits: ended ? spentBy(turn, after, turn.shared) : null,
    timeline: after === null ? null : { changed: isChanged(turn, after), summary: after.summary },
    evidence: ended ? evidenceOf(turn, after, turn.shared) : null,
    error: turn.error === null ? null : failureOf(turn.error),
    language: turn.language,
    metadata: { ...turn.metadata },
    render_ids: renders,
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
function rendersOf({ runtime, turnRows }: TurnContext, turn: Turn): RenderId[] {
  const query = "SELECT id FROM renders WHERE project = ? AND id > 'rnd_' || substr(?, 5) ORDER BY id LIMIT 1";
  const isLater = runtime.sql.exec(query, turn.project, turn.id).toArray().length > 0;
  if (!isLater) return [];
  const between =
    "SELECT id FROM renders WHERE project = ? AND id > 'rnd_' || substr(?, 5) AND id < 'rnd_' || substr(?, 5) ORDER BY id";
  const found = runtime.sql.exec<{ id: RenderId }>(between, turn.project, turn.id, turnRows.after(turn) ?? "trn_~");
  return found.toArray().map(({ id }) => id);
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
