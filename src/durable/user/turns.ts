/** Turns: their records, their order in a project, and what callers ask of them. Running and settling are next door. */
import { type Refusal, refusal } from "../../core/errors.ts";
import { ownedId, type ProjectId, type RenderId, type TurnId } from "../../core/ids.ts";
import { EVENTS_TTL_MS, QUEUED_TURNS_PER_PROJECT } from "../../core/limits.ts";
import type { Call, Page, PageRequest, Watching } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type EpochMs, toRfc3339 } from "../../core/time.ts";
import { evidenceOf, isChanged, newTurnOf, spentBy, type Turn } from "../../core/turn.ts";
import type { NewTurn, TurnStatus, TurnWire } from "../../core/wire/turn.ts";
import type { TurnEventsPage, TurnEventWire } from "../../core/wire/turn-event.ts";
import { cursorOf, pageOf } from "../page.ts";
import { findRepeat, keepRepeat } from "../repeats.ts";
import { enter, type Home, originOf, TURN } from "./home.ts";
import { noProject, type Projects } from "./projects.ts";
import { failureOf } from "./show.ts";
import type { Watchers } from "./watchers.ts";

export class Turns {
  readonly #home: Home;
  readonly #projects: Projects;
  readonly #watchers: Watchers;

  constructor(home: Home, projects: Projects, watchers: Watchers) {
    this.#home = home;
    this.#projects = projects;
    this.#watchers = watchers;
  }

  /** Commits the intent and its first event; the schedule sends it when the project is free. */
  async start(call: Call, project: ProjectId, body: NewTurn): Promise<Result<TurnWire, Refusal>> {
    if (this.#projects.find(project) === null) return err(noProject());
    enter(this.#home, call);
    const { ground, address, schedule } = this.#home;
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    if (repeat.value !== null) return this.read(repeat.value as TurnId); // written by this method only
    const waiting = this.#waiting(project);
    if (waiting >= QUEUED_TURNS_PER_PROJECT) {
      return err(
        refusal(
          "queue_full",
          `${QUEUED_TURNS_PER_PROJECT} turns of this project are waiting; send this one when some have ended.`,
          { retryAfterSeconds: 30, charged: "no" },
        ),
      );
    }
    const turn = newTurnOf({
      id: ownedId("trn", address.uh, ground.now(), ground.random),
      project,
      prompt: body.prompt,
      language: body.language ?? null,
      metadata: body.metadata,
      createdAt: ground.now(),
    });
    ground.storage.transactionSync(() => {
      ground.sql.exec(
        "INSERT INTO turns (id, project, phase, sent_at, ended_at, record) VALUES (?, ?, ?, NULL, NULL, ?)",
        turn.id,
        project,
        turn.phase,
        JSON.stringify(turn),
      );
      keepRepeat(ground, call, turn.id);
      this.#home.log.append(turn.id, this.#opening(turn, waiting));
      schedule.owe(TURN, turn.id, ground.now());
    });
    await ground.boundary("turn.intent");
    schedule.tick();
    return ok(this.show(turn));
  }

  read(id: TurnId): Result<TurnWire, Refusal> {
    const turn = this.find(id);
    return turn === null ? err(noTurn()) : ok(this.show(turn));
  }

  list(project: ProjectId, page: PageRequest): Result<Page<TurnWire>, Refusal> {
    if (this.#projects.find(project) === null) return err(noProject());
    const rows = this.#home.ground.sql
      .exec<{ record: string }>(
        "SELECT record FROM turns WHERE project = ? AND id < ? ORDER BY id DESC LIMIT ?",
        project,
        cursorOf(page),
        page.limit + 1,
      )
      .toArray()
      .map(({ record }) => decode(record));
    return ok(
      pageOf(
        rows,
        page,
        (turn) => turn.id,
        (turn) => this.show(turn),
      ),
    );
  }

  /** A stream of the turn's events after the cursor; "ended" when the cursor already stands at the last of an ended turn. */
  watch(id: TurnId, after: number): Result<Watching, Refusal> {
    const turn = this.find(id);
    if (turn === null) return err(noTurn());
    const gone = this.#gone(turn);
    if (gone !== null) return err(gone);
    if (turn.phase === "ended" && after >= this.#home.log.last(id)) return ok({ kind: "ended" });
    const opened = this.#watchers.open(id, after);
    return opened.ok ? ok({ kind: "stream", body: opened.value }) : opened;
  }

  async readEvents(id: TurnId, after: number, limit: number, waitMs: number): Promise<Result<TurnEventsPage, Refusal>> {
    const turn = this.find(id);
    if (turn === null) return err(noTurn());
    const gone = this.#gone(turn);
    if (gone !== null) return err(gone);
    if (waitMs > 0 && turn.phase !== "ended" && this.#home.log.readAfter(id, after, 1).length === 0)
      await this.#home.log.changed(id, waitMs);
    const frames = this.#home.log.readAfter(id, after, limit);
    const last = frames.at(-1)?.seq ?? after;
    const ended = this.find(id)?.phase === "ended" && last >= this.#home.log.last(id);
    const data = frames.map(({ seq, data }) => ({ id: seq, event: JSON.parse(data) as TurnEventWire })); // rows of our own log
    return ok({ data, next_after: last, ended });
  }

  /** The turn once it has ended, or as it is when the time is over. */
  async awaitEnd(id: TurnId, waitMs: number): Promise<Result<TurnWire, Refusal>> {
    const until = this.#home.ground.now() + waitMs;
    for (;;) {
      const turn = this.find(id);
      const left = until - this.#home.ground.now();
      if (turn === null || turn.phase === "ended" || left <= 0) return this.read(id);
      await this.#home.log.changed(id, left);
    }
  }

  find(id: TurnId): Turn | null {
    if (!this.#home.database.exists()) return null;
    const row = this.#home.ground.sql
      .exec<{ record: string }>("SELECT record FROM turns WHERE id = ?", id)
      .toArray()[0];
    return row === undefined ? null : decode(row.record);
  }

  save(turn: Turn): void {
    this.#home.ground.sql.exec(
      "UPDATE turns SET phase = ?, sent_at = ?, ended_at = ?, record = ? WHERE id = ?",
      turn.phase,
      turn.sentAt,
      turn.endedAt,
      JSON.stringify(turn),
      turn.id,
    );
  }

  /** Turns in a phase, oldest first. */
  inPhases(phases: readonly Turn["phase"][]): Turn[] {
    return this.#home.ground.sql
      .exec<{ record: string }>(
        `SELECT record FROM turns WHERE phase IN (${phases.map(() => "?").join(", ")}) ORDER BY id`,
        ...phases,
      )
      .toArray()
      .map(({ record }) => decode(record));
  }

  /** The turn of a project that has been sent and not ended; a later one waits for it. */
  runningIn(project: ProjectId): TurnId | null {
    const rows = this.#home.ground.sql
      .exec<{ id: TurnId }>(
        "SELECT id FROM turns WHERE project = ? AND phase IN ('sending', 'streaming', 'settling') ORDER BY id LIMIT 1",
        project,
      )
      .toArray();
    return rows[0]?.id ?? null;
  }

  /** The turn whose turn it is next in a project. */
  nextIn(project: ProjectId): TurnId | null {
    const rows = this.#home.ground.sql
      .exec<{ id: TurnId }>("SELECT id FROM turns WHERE project = ? AND phase = 'queued' ORDER BY id LIMIT 1", project)
      .toArray();
    return rows[0]?.id ?? null;
  }

  /** True when any turn of this object was sent since: a picture from before may be out of date. */
  sentSince(at: EpochMs): boolean {
    return (
      this.#home.ground.sql.exec<{ n: number }>("SELECT count(*) AS n FROM turns WHERE sent_at > ?", at).one().n > 0
    );
  }

  /** True when another turn of this object was on its way at any time of this one's: they share a token and its balance. */
  overlapped(turn: Turn): boolean {
    const { sql, now } = this.#home.ground;
    const count = sql
      .exec<{ n: number }>(
        "SELECT count(*) AS n FROM turns WHERE id != ? AND sent_at IS NOT NULL AND sent_at <= ? AND (ended_at IS NULL OR ended_at >= ?)",
        turn.id,
        turn.endedAt ?? now(),
        turn.sentAt ?? turn.createdAt,
      )
      .one().n;
    return count > 0;
  }

  show(turn: Turn): TurnWire {
    const { reading, verdict } = turn;
    const ended = turn.phase === "ended";
    return {
      id: turn.id,
      project_id: turn.project,
      status: statusOf(turn),
      prompt: turn.prompt,
      text: this.#textOf(turn.id),
      text_complete: ended && turn.stream.end === "closed" && turn.stream.spoke,
      charged: verdict?.charged ?? null,
      credits: ended ? spentBy(turn, reading, turn.shared) : null,
      timeline: reading === null ? null : { changed: isChanged(turn, reading), summary: reading.summary },
      evidence: ended ? evidenceOf(turn, reading, turn.shared) : null,
      error: turn.error === null ? null : failureOf(turn.error),
      language: turn.language,
      metadata: { ...turn.metadata },
      render_ids: this.#rendersSince(turn),
      events_url: this.#eventsUrl(turn.id),
      created_at: toRfc3339(turn.createdAt),
      sent_at: turn.sentAt === null ? null : toRfc3339(turn.sentAt),
      ended_at: turn.endedAt === null ? null : toRfc3339(turn.endedAt),
    };
  }

  #opening(turn: Turn, waiting: number): TurnEventWire[] {
    const started: TurnEventWire = { type: "turn.started", id: turn.id, events_url: this.#eventsUrl(turn.id) };
    const ahead = waiting + (this.runningIn(turn.project) === null ? 0 : 1);
    return ahead === 0 ? [started] : [started, { type: "turn.queued", id: turn.id, position: ahead }];
  }

  #waiting(project: ProjectId): number {
    return this.#home.ground.sql
      .exec<{ n: number }>("SELECT count(*) AS n FROM turns WHERE project = ? AND phase = 'queued'", project)
      .one().n;
  }

  #eventsUrl(id: TurnId): string {
    return `${originOf(this.#home)}/v1/turns/${id}/events`;
  }

  /** Every whole message, in order; null when nothing was said. */
  #textOf(id: TurnId): string | null {
    const rows = this.#home.ground.sql
      .exec<{ data: string }>("SELECT data FROM turn_events WHERE turn = ? AND type = 'message' ORDER BY seq", id)
      .toArray()
      .map(({ data }) => JSON.parse(data) as TurnEventWire) // rows of our own log
      .flatMap((event) => (event.type === "message" && !event.partial ? [event.text] : []));
    return rows.length === 0 ? null : rows.join("\n\n");
  }

  /** Renders that were ordered after this turn and before the next one. */
  #rendersSince(turn: Turn): RenderId[] {
    const { sql } = this.#home.ground;
    const next = sql
      .exec<{ id: string | null }>(
        "SELECT min(id) AS id FROM turns WHERE project = ? AND id > ?",
        turn.project,
        turn.id,
      )
      .one().id;
    return sql
      .exec<{ id: RenderId }>(
        "SELECT id FROM renders WHERE project = ? AND substr(id, 5) > substr(?, 5) AND substr(id, 5) < substr(?, 5) ORDER BY id",
        turn.project,
        turn.id,
        next ?? "trn_~",
      )
      .toArray()
      .map(({ id }) => id);
  }

  #gone(turn: Turn): Refusal | null {
    const kept = turn.endedAt === null || this.#home.ground.now() - turn.endedAt <= EVENTS_TTL_MS;
    return kept
      ? null
      : refusal(
          "events_expired",
          "A turn's events are kept for 24 hours after its end; the turn itself is still there.",
          { hint: `GET /v1/turns/${turn.id}` },
        );
  }
}

export const noTurn = (): Refusal =>
  refusal("not_found", "No turn with this id exists here; list yours with GET /v1/projects/{id}/turns.");

const decode = (record: string): Turn => JSON.parse(record) as Turn; // written by this file only

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
