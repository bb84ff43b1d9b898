/** The rows of turns: what is stored of each, and the questions that decide whose turn it is. */

import { ERRORS, type Problem } from "../../../core/errors.ts";
import type { ProjectId, RenderId, TurnId } from "../../../core/ids.ts";
import type { PageRequest } from "../../../core/rpc/user.ts";
import { checkWebhookTarget } from "../../../core/ssrf.ts";
import { type EpochMs, toRfc3339 } from "../../../core/time.ts";
import type { Waits } from "../../../core/timings.ts";
import {
  evidenceOf,
  giveUpAt,
  isChanged,
  type OpenTurn,
  openTurnOf,
  type Snapshot,
  spentBy,
  type Turn,
} from "../../../core/turn.ts";
import type { Failure } from "../../../core/wire/common.ts";
import type { TurnStatus, TurnWire } from "../../../core/wire/turn.ts";
import { cursorOf, type ObjectRuntime } from "../../shared/context.ts";
import type { Database } from "../../shared/database.ts";
import { originOf, type UserContext } from "../context.ts";

type Row = { record: string };

/** What is asked of a project's turns, or of a time, reads the few rows that answer it and not every turn there was. */
export const TURN_INDEXES = `
  DROP INDEX turns_of_project;
  CREATE INDEX turns_in_project ON turns (project);                          -- in the order of their rows
  CREATE INDEX turns_open ON turns (project) WHERE ended_at IS NULL;
  CREATE INDEX turns_by_sending ON turns (sent_at);
`;

/** A turn that has not ended. */
const OPEN = "ended_at IS NULL";
/** Every turn, told so that the index by age answers for a time. */
const ANY_AGE = "tidied IN (0, 1)";

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

  /** The turn as its callers may know it: not one of a deleted project. */
  shown(id: TurnId): Turn | null {
    if (!this.#database.exists()) return null;
    const query =
      "SELECT record FROM turns WHERE id = ? AND project NOT IN (SELECT id FROM projects WHERE removed = 1)";
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
   * Writes what becomes of a turn, made from the turn as it is at this moment; null, with nothing written, where it has ended or is in
   * none of `phases`. No other way to change a turn: what was read before an await is never written after it, and an end stays.
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

  /** A page of a project's turns, newest first, and one more to tell whether there are others: in the order of `nextIn`. */
  page(project: ProjectId, page: PageRequest): Turn[] {
    const query =
      "SELECT record FROM turns WHERE project = ? AND rowid < coalesce((SELECT rowid FROM turns WHERE id = ?), 9e18) ORDER BY rowid DESC LIMIT ?";
    return this.#turns(query, project, cursorOf(page), page.limit + 1);
  }

  /** Turns in any of these phases, oldest first. */
  inPhases(phases: readonly Turn["phase"][]): Turn[] {
    const marks = phases.map(() => "?").join(", ");
    return this.#turns(`SELECT record FROM turns WHERE phase IN (${marks}) ORDER BY id`, ...phases);
  }

  endedSince(at: EpochMs): Turn[] {
    return this.#turns(`SELECT record FROM turns WHERE ${ANY_AGE} AND ended_at >= ? ORDER BY id`, at);
  }

  /** The turn of a project that has been sent and not ended; a later one waits for it. */
  runningIn(project: ProjectId): TurnId | null {
    return this.#id(`project = ? AND phase IN ('sending', 'streaming', 'settling') AND ${OPEN}`, project);
  }

  /** The turn whose turn it is next in a project: the first that came. Ids of one millisecond sort by chance, rows do not. */
  nextIn(project: ProjectId): TurnId | null {
    return this.#id(`project = ? AND phase = 'queued' AND ${OPEN}`, project);
  }

  /** The turns of a project that wait to be sent, in their order. */
  queuedIn(project: ProjectId): Turn[] {
    const query = `SELECT record FROM turns WHERE project = ? AND phase = 'queued' AND ${OPEN} ORDER BY rowid`;
    return this.#turns(query, project);
  }

  /** How many turns of a project wait to be sent. */
  waitingIn(project: ProjectId): number {
    const query = `SELECT count(*) AS n FROM turns WHERE project = ? AND phase = 'queued' AND ${OPEN}`;
    return this.#runtime.sql.exec<{ n: number }>(query, project).one().n;
  }

  /** True when any turn of this object was sent since: a picture from before may be out of date. */
  sentSince(at: EpochMs): boolean {
    return this.#isAny("sent_at > ?", at);
  }

  /** True when another turn of this object was on its way at any time of this one's: they share a token and its balance. */
  overlapped(turn: Turn): boolean {
    const [from, to] = [turn.sentAt ?? turn.createdAt, turn.endedAt ?? this.#runtime.now()];
    // With the plus the open turns are looked through, and not all that were sent before.
    return (
      this.#isAny(`id != ? AND +sent_at <= ? AND ${OPEN}`, turn.id, to) ||
      this.#isAny(`id != ? AND sent_at <= ? AND ${ANY_AGE} AND ended_at >= ?`, turn.id, to, from)
    );
  }

  /** The turn that follows in the same project; null for the last one. */
  after(turn: Turn): TurnId | null {
    return this.#id("project = ? AND rowid > (SELECT rowid FROM turns WHERE id = ?)", turn.project, turn.id);
  }

  #turns(query: string, ...values: SqlStorageValue[]): Turn[] {
    const rows = this.#runtime.sql.exec<Row>(query, ...values).toArray();
    return rows.map(({ record }) => decode(record));
  }

  #id(where: string, ...values: SqlStorageValue[]): TurnId | null {
    const query = `SELECT id FROM turns WHERE ${where} ORDER BY rowid LIMIT 1`;
    return this.#runtime.sql.exec<{ id: TurnId }>(query, ...values).toArray()[0]?.id ?? null;
  }

  #isAny(where: string, ...values: SqlStorageValue[]): boolean {
    return this.#runtime.sql.exec(`SELECT 1 FROM turns WHERE ${where} LIMIT 1`, ...values).toArray().length > 0;
  }
}

/** What a record that an earlier version wrote does not hold. A field is only ever added, with its value here. */
const DEFAULTS = {
  intent: "chat",
  act: "suggest",
  speech: "en",
  callback: null,
  key: null,
  onSessionLoss: "fail",
  replaced: false,
} as const;

/** A stored turn, whichever version wrote it. */
function decode(record: string): Turn {
  const turn = { ...DEFAULTS, ...(JSON.parse(record) as Turn) }; // written by add() and save() only
  return { ...turn, before: decodeSnapshot(turn.before), reading: decodeSnapshot(turn.reading) };
}

/** A stored picture, whichever version took it. */
export const decodeSnapshot = (snapshot: Snapshot | null): Snapshot | null =>
  snapshot === null ? null : { ...snapshot, timeline: snapshot.timeline ?? null };

/* Pieces of records as the outside sees them. */

/** A refusal inside a record: the same words as a problem document. */
export function failureOf(error: Problem): Failure {
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

/* A turn as the outside sees it. */

/** Where a turn's events are read. */
export const eventsUrl = (context: UserContext, id: TurnId): string => `${originOf(context)}/v1/turns/${id}/events`;

/** By when a turn that runs has ended, whatever comes. */
export const aheadEndsBy = (turn: Turn, waits: Waits): string => toRfc3339(giveUpAt(turn, waits));

export function showTurn(context: UserContext, rows: TurnRows, turn: Turn): TurnWire {
  const { reading, verdict } = turn;
  const ended = turn.phase === "ended";
  return {
    id: turn.id,
    project_id: turn.project,
    status: statusOf(turn),
    intent: turn.intent,
    prompt: turn.prompt,
    prompt_source: turn.source ?? "caller",
    text: context.log.textOf(turn.id),
    text_complete: ended && (turn.intent !== "chat" || (turn.stream.end === "closed" && turn.stream.spoke)),
    charged: verdict?.charged ?? null,
    credits: ended ? spentBy(turn, reading, turn.shared) : null,
    timeline: reading === null ? null : { changed: isChanged(turn, reading), summary: reading.summary },
    evidence: ended ? evidenceOf(turn, reading, turn.shared) : null,
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

/** Renders that were ordered after this turn and before the next one. Ids of all kinds sort by time after their prefix. */
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

/* The address a caller gave with what it ordered, to be told its end. */

/** Why the body's `callback_url` cannot be used; null when it can, or when there is none. */
export const checkCallback = (
  { runtime }: UserContext,
  body: { readonly callback_url?: string | undefined },
): Problem | null =>
  body.callback_url === undefined
    ? null
    : checkWebhookTarget(body.callback_url, "/callback_url", runtime.config.targets.rules);
