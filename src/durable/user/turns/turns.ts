/** Operations on turns: start, read, list, events, stream tickets. Sending and settling are in run.ts and settle.ts. */

import { type AnswerLanguage, chooseLanguage } from "../../../core/agent-text/vocabulary.ts";
import type { UserGrant } from "../../../core/auth.ts";
import { classifyMessage } from "../../../core/commands/match.ts";
import { signLink } from "../../../core/crypto.ts";
import { type Problem, problemOf } from "../../../core/errors.ts";
import { ownedId, type ProjectId, type TurnId } from "../../../core/ids.ts";
import {
  EVENTS_TTL_MS,
  QUEUED_TURNS_PER_PROJECT,
  TICKET_AFTER_END_MS,
  TICKET_FIRST_USE_MS,
} from "../../../core/limits.ts";
import { type Metered, metered } from "../../../core/quota.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { Call, EventSubscription, Page, PageRequest } from "../../../core/rpc/user.ts";
import { type EpochMs, SECOND_MS, toRfc3339 } from "../../../core/time.ts";
import { newTurnOf, type Turn } from "../../../core/turn.ts";
import type { PromptSource } from "../../../core/user-view.ts";
import type { AttributionWire } from "../../../core/wire/common.ts";
import type { NewTurn, TurnEventsPage, TurnEventWire, TurnWire } from "../../../core/wire/turn.ts";
import { pageOf } from "../../shared/context.ts";
import { readMeta, writeMeta } from "../../shared/database.ts";
import {
  asReplayed,
  findByIdempotencyKey,
  missingParentProblem,
  saveIdempotencyKey,
} from "../../shared/idempotency.ts";
import { confirmSlot, releaseQuota, reserveQuota } from "../../shared/problems.ts";
import { recordCaller, TURN, type UserContext } from "../context.ts";
import { type EventSubscribers, tooManyWaiting, type Waiting } from "../event-streams.ts";
import { noProject, type Projects } from "../projects.ts";
import { aheadEndsBy, checkCallback, eventsUrl, showTurn, type TurnRows } from "./store.ts";

export class Turns {
  readonly #context: UserContext;
  readonly #projects: Projects;
  readonly #rows: TurnRows;
  readonly #subscribers: EventSubscribers;
  readonly #waiting: Waiting;

  constructor(
    context: UserContext,
    projects: Projects,
    rows: TurnRows,
    subscribers: EventSubscribers,
    waiting: Waiting,
  ) {
    this.#context = context;
    this.#projects = projects;
    this.#rows = rows;
    this.#subscribers = subscribers;
    this.#waiting = waiting;
  }

  /**
   * Stores the turn and its first events; a job sends it when the project is free. `isWanted` is checked in the
   * commit, with no await in between: when it returns false, the turn is not stored and the answer is `not_found`.
   */
  async start(
    call: Call,
    project: ProjectId,
    body: NewTurn,
    attribution: AttributionWire | null = null,
    isWanted: () => boolean = () => true,
    source: PromptSource = "caller",
  ): Promise<Metered<TurnWire>> {
    if (this.#projects.find(project) === null) {
      const { runtime, database } = this.#context;
      return err(missingParentProblem(runtime, database.exists(), call, noProject()));
    }
    const unreachable = checkCallback(this.#context, body);
    if (unreachable !== null) return err(unreachable);
    recordCaller(this.#context, call);
    const { runtime, address, jobs } = this.#context;
    const replayed = this.#findReplayed(call, project);
    if (replayed !== null) return replayed;
    const turn = newTurnOf({
      id: ownedId("trn", address.uh, runtime.now(), runtime.random),
      project,
      prompt: body.prompt,
      intent: body.route === "chat" ? "chat" : classifyMessage(body.prompt),
      act: body.act,
      language: body.language ?? null,
      speech: this.#speech(call, body),
      metadata: body.metadata,
      callback: body.callback_url ?? null,
      onSessionLoss: body.on_session_loss,
      source,
      attribution,
      key: call.key ?? null,
      createdAt: runtime.now(),
    });
    const reserved = await reserveQuota(runtime, call, [{ quota: "concurrent_turns", ref: turn.id, amount: 1 }]);
    const duplicate = this.#findReplayed(call, project); // a concurrent call with the same key may have committed during the reservation
    const isDeleted = this.#projects.find(project) === null || !isWanted(); // or the project was deleted
    if ((duplicate !== null || isDeleted) && reserved.ok) releaseQuota(runtime, turn.id);
    if (duplicate !== null) return duplicate;
    if (!reserved.ok) return reserved;
    if (isDeleted) return err(noProject());
    runtime.storage.transactionSync(() => {
      const firstEvents = this.#firstEvents(turn);
      this.#rows.add(turn);
      saveIdempotencyKey(runtime, call, turn.id);
      this.#context.log.append(turn.id, firstEvents);
      jobs.schedule(TURN, turn.id, runtime.now());
    });
    confirmSlot(runtime, turn.id);
    await runtime.failpoint("turn.intent");
    jobs.tick();
    return metered(showTurn(this.#context, this.#rows, turn), reserved.value);
  }

  /**
   * Called when the object starts: the last instance may have ended before it confirmed the slot of a committed turn.
   */
  confirmSlots(): void {
    for (const turn of this.#rows.inPhases(["queued", "sending", "streaming", "settling"]))
      confirmSlot(this.#context.runtime, turn.id);
  }

  /** Whether the turn asks the agent to write a generator, which only the tenant may see. */
  isGeneratorJob(id: TurnId): boolean {
    return this.#rows.find(id)?.source === "generator_job";
  }

  /** The turn that the idempotency key created before, or why no turn can be added now; null when one can. */
  #findReplayed(call: Call, project: ProjectId): Metered<TurnWire> | null {
    const idempotency = findByIdempotencyKey(this.#context.runtime, call);
    if (!idempotency.ok) return idempotency;
    if (idempotency.value !== null) return { ...asReplayed(this.read(idempotency.value as TurnId)), replayed: true }; // written by start() only
    return this.#rows.countQueuedIn(project) >= QUEUED_TURNS_PER_PROJECT ? err(queueFull()) : null;
  }

  read(id: TurnId): Result<TurnWire, Problem> {
    const turn = this.#rows.shown(id);
    return turn === null ? err(noTurn()) : ok(showTurn(this.#context, this.#rows, turn));
  }

  list(project: ProjectId, page: PageRequest): Result<Page<TurnWire>, Problem> {
    if (this.#projects.find(project) === null) return err(noProject());
    const turns = this.#rows.page(project, page);
    const show = (turn: Turn): TurnWire => showTurn(this.#context, this.#rows, turn);
    return ok(pageOf(turns, page, (turn) => turn.id, show));
  }

  /**
   * A stream of the turn's events after the cursor; "ended" when the turn has ended and the cursor is at its last
   * event.
   */
  watch(id: TurnId, after: number, grant: UserGrant | null): Result<EventSubscription, Problem> {
    const turn = this.#findWithEvents(id);
    if (!turn.ok) return turn;
    if (turn.value.phase === "ended" && after >= this.#context.log.last(id)) return ok({ kind: "ended" });
    const opened = this.#subscribers.open(id, after, grant);
    return opened.ok ? ok({ kind: "stream", body: opened.value }) : opened;
  }

  /** A page of events after the cursor; waits up to `waitMs` for the first one of a turn that has not ended. */
  async readEvents(id: TurnId, after: number, limit: number, waitMs: number): Promise<Result<TurnEventsPage, Problem>> {
    const turn = this.#findWithEvents(id);
    if (!turn.ok) return turn;
    const { log } = this.#context;
    const isEmpty = turn.value.phase !== "ended" && log.readAfter(id, after, 1).length === 0;
    if (isEmpty && waitMs > 0) {
      if (this.#waiting.isFull) return err(tooManyWaiting());
      await this.#waiting.forChange(id, waitMs);
    }
    const frames = log.readAfter(id, after, limit);
    const last = frames.at(-1)?.seq ?? after;
    const ended = this.#rows.shown(id)?.phase === "ended" && last >= log.last(id);
    const data = frames.map(({ seq, data }) => ({ id: seq, event: JSON.parse(data) as TurnEventWire })); // rows of our own log
    return ok({ data, next_after: last, ended });
  }

  /** The turn once it has ended, or as it is after `waitMs`. */
  async awaitEnd(id: TurnId, waitMs: number): Promise<Result<TurnWire, Problem>> {
    const until = this.#context.runtime.now() + waitMs;
    for (;;) {
      const turn = this.#rows.shown(id);
      const left = until - this.#context.runtime.now();
      const isFull = this.#waiting.isFull; // a preference may be ignored (RFC 7240)
      if (turn === null || turn.phase === "ended" || left <= 0 || isFull) return this.read(id);
      await this.#waiting.forChange(id, left);
    }
  }

  /** The language of the answers; the one that the caller names is remembered for the user's next turns. */
  #speech(call: Call, { language, prompt }: NewTurn): AnswerLanguage {
    const { sql } = this.#context.runtime;
    const last = readMeta(sql, "language");
    if (language !== undefined && language !== last) writeMeta(sql, "language", language);
    return chooseLanguage({ explicit: language ?? null, last, acceptLanguage: call.acceptLanguage ?? null, prompt });
  }

  #firstEvents(turn: Turn): TurnEventWire[] {
    const started: TurnEventWire = { type: "turn.started", id: turn.id, events_url: eventsUrl(this.#context, turn.id) };
    const runningId = this.#rows.runningIn(turn.project);
    const running = runningId === null ? null : this.#rows.find(runningId);
    const ahead = this.#rows.countQueuedIn(turn.project) + (running === null ? 0 : 1);
    if (ahead === 0) return [started];
    const by = running === null ? null : aheadEndsBy(running, this.#context.runtime.config.timings);
    return [started, { type: "turn.queued", id: turn.id, position: ahead, ahead_ends_by: by }];
  }

  /** The turn, unless its events have been deleted. */
  #findWithEvents(id: TurnId): Result<Turn, Problem> {
    const turn = this.#rows.shown(id);
    if (turn === null) return err(noTurn());
    const available = turn.endedAt === null || this.#context.runtime.now() - turn.endedAt <= EVENTS_TTL_MS;
    return available ? ok(turn) : err(eventsExpired(id));
  }
}

export const noTurn = (): Problem =>
  problemOf("not_found", "No turn with this id exists; list a project's turns with GET /v1/projects/{id}/turns.");

const eventsExpired = (id: TurnId): Problem =>
  problemOf("events_expired", "A turn's events are deleted 24 hours after its end; read the turn itself instead.", {
    hint: `GET /v1/turns/${id}`,
  });

const queueFull = (): Problem =>
  problemOf(
    "queue_full",
    `${QUEUED_TURNS_PER_PROJECT} turns of this project are already queued; send this one when some of them have ended.`,
    {
      retryAfterSeconds: 30,
      charged: "no",
    },
  );

/** How long a ticket's signature is valid. Chosen: twice the retention of events, which no turn outlasts. */
const SIGNED_FOR_MS = 2 * EVENTS_TTL_MS;

export const TICKET_INDEX = "CREATE INDEX tickets_by_age ON tickets (made_at);";

/**
 * Stream tickets give access to one turn's stream. They are for EventSource, which cannot send headers and requests
 * the same URL after every disconnect.
 */
export class Tickets {
  readonly #context: UserContext;
  readonly #rows: TurnRows;

  constructor(context: UserContext, rows: TurnRows) {
    this.#context = context;
    this.#rows = rows;
  }

  /**
   * A ticket for the turn, the same one for the same idempotency key. Only its expiry is stored; the ticket is signed
   * again from it.
   */
  async make(call: Call, id: TurnId): Promise<Result<{ ticket: string; first_use_by: string }, Problem>> {
    if (this.#rows.shown(id) === null) return err(noTurn());
    recordCaller(this.#context, call);
    const { runtime } = this.#context;
    const idempotency = findByIdempotencyKey(runtime, call);
    if (!idempotency.ok) return idempotency;
    // Tickets of the same turn differ in the second at which they expire.
    const endsAt =
      idempotency.value === null
        ? runtime.now() + SIGNED_FOR_MS + this.#count(id) * SECOND_MS
        : Number(idempotency.value);
    const ticket = await this.#sign(id, endsAt);
    runtime.storage.transactionSync(() => {
      runtime.sql.exec("DELETE FROM tickets WHERE made_at < ?", runtime.now() - 2 * SIGNED_FOR_MS);
      runtime.sql.exec(
        "INSERT OR IGNORE INTO tickets (mac, turn, made_at) VALUES (?, ?, ?)",
        macOf(ticket),
        id,
        runtime.now(),
      );
      if (idempotency.value === null) saveIdempotencyKey(runtime, call, String(endsAt));
    });
    return ok({ ticket, first_use_by: toRfc3339(this.#madeAt(ticket) + TICKET_FIRST_USE_MS) });
  }

  async #sign(id: TurnId, expiresAt: EpochMs): Promise<string> {
    const { tenant, mode } = this.#context.address;
    const { rootSecret: current, rootSecretPrevious: previous } = this.#context.runtime.config;
    return signLink({ purpose: "ticket", tenant, mode, id, expiresAt }, { current, previous });
  }

  #madeAt(ticket: string): EpochMs {
    return this.#context.runtime.sql
      .exec<{ made_at: number }>("SELECT made_at FROM tickets WHERE mac = ?", macOf(ticket))
      .one().made_at;
  }

  /**
   * Records a use. Null when the ticket gives access to the turn's stream now, else the reason. The Worker has
   * checked the signature.
   */
  use(id: TurnId, ticket: string): Problem | null {
    const { sql, now } = this.#context.runtime;
    const turn = this.#rows.find(id);
    const row = this.#context.database.exists()
      ? sql
          .exec<{ made_at: number; used_at: number | null }>(
            "SELECT made_at, used_at FROM tickets WHERE mac = ? AND turn = ?",
            macOf(ticket),
            id,
          )
          .toArray()[0]
      : undefined;
    if (turn === null || row === undefined) return noTurn();
    const isFirstUseExpired = row.used_at === null && now() > row.made_at + TICKET_FIRST_USE_MS;
    const isAfterEnd = turn.endedAt !== null && now() > turn.endedAt + TICKET_AFTER_END_MS;
    if (isFirstUseExpired || isAfterEnd)
      return problemOf(
        "link_expired",
        "This stream ticket has expired; make another one with POST /v1/turns/{id}/stream_ticket.",
        {
          hint: `POST /v1/turns/${id}/stream_ticket`,
        },
      );
    if (row.used_at === null) sql.exec("UPDATE tickets SET used_at = ? WHERE mac = ?", now(), macOf(ticket));
    return null;
  }

  #count(id: TurnId): number {
    return this.#context.runtime.sql.exec<{ n: number }>("SELECT count(*) AS n FROM tickets WHERE turn = ?", id).one()
      .n;
  }
}

const macOf = (ticket: string): string => ticket.slice(ticket.lastIndexOf(".") + 1);
