/** Operations on turns: start, read, list, stream tickets. Sending and settling are in run.ts and settle.ts. */

import { type AnswerLanguage, chooseLanguage } from "../../../core/agent-text/vocabulary.ts";
import { classifyMessage } from "../../../core/commands.ts";
import { signLink } from "../../../core/crypto.ts";
import { type Limit, type Problem, problemOf } from "../../../core/errors.ts";
import { ownedId, type ProjectId, type TurnId } from "../../../core/ids.ts";
import {
  EVENTS_TTL_MS,
  QUEUED_TURNS_PER_PROJECT,
  TICKET_AFTER_END_MS,
  TICKET_FIRST_USE_MS,
} from "../../../core/limits.ts";
import { cutPage } from "../../../core/page.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { Call, Page, PageRequest, TurnPoll } from "../../../core/rpc/user.ts";
import { type EpochMs, SECOND_MS, toRfc3339 } from "../../../core/time.ts";
import { NEW_TURN, type OpenTurn, type Turn } from "../../../core/turn.ts";
import { type Metered, metered } from "../../../core/usage/quota.ts";
import type { PromptSource } from "../../../core/user-view.ts";
import type { AttributionWire } from "../../../core/wire/common.ts";
import type { NewTurn, TurnEventWire, TurnWire } from "../../../core/wire/turn.ts";
import { readMeta, writeMeta } from "../../shared/database.ts";
import { createOnce } from "../../shared/idempotency.ts";
import { confirmSlot, releaseQuota, reserveQuota } from "../../shared/problems.ts";
import { recordCaller, TURN } from "../context.ts";
import { type StreamSource, tooManyWaiting } from "../event-streams.ts";
import { noProject } from "../projects.ts";
import type { UserServices } from "../services.ts";
import { aheadEndsBy, checkCallback, eventsUrl, showNewTurn, showTurn } from "./store.ts";

/** What a turn is started for, and who wrote its prompt. */
type TurnOrigin = {
  /** Of the generator that the turn is sent for. */
  readonly attribution?: AttributionWire | null;
  /**
   * Checked in the commit, with no await in between: when it returns false, the turn is not stored and the answer is
   * `not_found`.
   */
  readonly isWanted?: () => boolean;
  readonly source?: PromptSource;
};

/** A turn that is not stored yet, with its reserved slot. */
type NewlyReserved = { readonly turn: OpenTurn; readonly limits: readonly Limit[] };

export class Turns {
  readonly #user: UserServices;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /** Stores the turn and its first events; a job sends it when the project is free. */
  start(
    call: Call,
    project: ProjectId,
    body: NewTurn,
    { attribution = null, isWanted = () => true, source = "caller" }: TurnOrigin = {},
  ): Promise<Metered<TurnWire>> {
    const { runtime, address, log, jobs } = this.#user;
    return createOnce<NewlyReserved, Metered<TurnWire>>(this.#user, call, {
      existing: (id) => ({ ...this.read(id as TurnId), replayed: true }), // the key of `commit`
      check: () => {
        if (this.#user.projects.find(project) === null || !isWanted()) return noProject();
        if (this.#user.turnRows.countQueuedIn(project) >= QUEUED_TURNS_PER_PROJECT) return queueFull();
        return checkCallback(this.#user, body);
      },
      prepare: async () => {
        recordCaller(this.#user, call);
        const turn: OpenTurn = {
          id: ownedId("trn", address.uh, runtime.now(), runtime.random),
          project,
          prompt: body.prompt,
          intent: body.route === "chat" ? "chat" : classifyMessage(body.prompt),
          act: body.act,
          language: body.language ?? null,
          answerLanguage: this.#answerLanguage(call, body),
          metadata: body.metadata,
          callback: body.callback_url ?? null,
          onSessionLoss: body.on_session_loss,
          source,
          attribution,
          key: call.key ?? null,
          channel: call.channel ?? null,
          createdAt: runtime.now(),
          ...NEW_TURN,
        };
        const slot = { quota: "concurrent_turns", ref: turn.id, amount: 1 } as const;
        const reserved = await reserveQuota(runtime, call, [slot], { isPaid: turn.intent === "chat" });
        return reserved.ok ? ok({ turn, limits: reserved.value }) : reserved;
      },
      release: ({ turn }) => releaseQuota(runtime, turn.id),
      commit: ({ turn }) => {
        const firstEvents = this.#firstEvents(turn);
        this.#user.turnRows.add(turn);
        log.begin(turn.id, firstEvents);
        jobs.schedule(TURN, turn.id, runtime.now());
        return turn.id;
      },
      created: async ({ turn, limits }) => {
        confirmSlot(runtime, turn.id);
        log.wake(project);
        await runtime.failpoint("turn.intent");
        jobs.tick();
        return metered(showNewTurn(this.#user, turn), limits);
      },
    });
  }

  /**
   * Called when the object starts: the last instance may have ended before it confirmed the slot of a committed turn.
   */
  confirmSlots(): void {
    for (const turn of this.#user.turnRows.inPhases(["queued", "sending", "streaming", "settling"]))
      confirmSlot(this.#user.runtime, turn.id);
  }

  /** Whether the turn asks the agent to write a generator, which only the tenant may see. */
  isGeneratorJob(id: TurnId): boolean {
    return this.#user.turnRows.find(id)?.source === "generator_job";
  }

  read(id: TurnId): Result<TurnWire, Problem> {
    const turn = this.#user.turnRows.shown(id);
    return turn === null ? err(noTurn()) : ok(showTurn(this.#user, turn));
  }

  async list(project: ProjectId, page: PageRequest, poll: TurnPoll | null): Promise<Result<Page<TurnWire>, Problem>> {
    if (this.#user.projects.find(project) === null) return err(noProject());
    const { turnRows, waiting } = this.#user;
    if (poll !== null && poll.waitMs > 0 && poll.newest === (turnRows.newest(project) ?? null)) {
      if (waiting.isFull) return err(tooManyWaiting());
      await waiting.forChange(project, poll.waitMs);
      if (this.#user.projects.find(project) === null) return err(noProject());
    }
    const turns = turnRows.page(project, page);
    const show = (turn: Turn): TurnWire => showTurn(this.#user, turn);
    return ok(cutPage(turns, page, (turn) => turn.id, show));
  }

  /** What the stream of a turn's events needs to know about turns. */
  readonly streamSource: StreamSource<TurnId, TurnWire> = {
    find: (id) => {
      const turn = this.#user.turnRows.shown(id);
      return turn === null ? null : { isOver: turn.phase === "ended", endedAt: turn.endedAt };
    },
    read: (id) => this.read(id),
    missing: noTurn,
    expired: eventsExpired,
  };

  /** The language of the answers; the one that the caller names is remembered for the user's next turns. */
  #answerLanguage(call: Call, { language, prompt }: NewTurn): AnswerLanguage {
    const { sql } = this.#user.runtime;
    const last = readMeta(sql, "language");
    if (language !== undefined && language !== last) writeMeta(sql, "language", language);
    return chooseLanguage({ explicit: language ?? null, last, acceptLanguage: call.acceptLanguage ?? null, prompt });
  }

  #firstEvents(turn: Turn): TurnEventWire[] {
    const started: TurnEventWire = { type: "turn.started", id: turn.id, events_url: eventsUrl(this.#user, turn.id) };
    const runningId = this.#user.turnRows.runningIn(turn.project);
    const running = runningId === null ? null : this.#user.turnRows.find(runningId);
    const ahead = this.#user.turnRows.countQueuedIn(turn.project) + (running === null ? 0 : 1);
    if (ahead === 0) return [started];
    const by = running === null ? null : aheadEndsBy(running, this.#user.runtime.config.timings);
    return [started, { type: "turn.queued", id: turn.id, position: ahead, ahead_ends_by: by }];
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

type MadeTicket = { readonly ticket: string; readonly first_use_by: string };

/**
 * Stream tickets give access to one turn's stream. They are for EventSource, which cannot send headers and requests
 * the same URL after every disconnect.
 */
export class Tickets {
  readonly #user: UserServices;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /**
   * A ticket for the turn, the same one for the same idempotency key. Only its expiry is stored; the ticket is signed
   * again from it.
   */
  make(call: Call, id: TurnId): Promise<Result<MadeTicket, Problem>> {
    const { runtime } = this.#user;
    return createOnce<{ ticket: string; endsAt: EpochMs }, Result<MadeTicket, Problem>>(this.#user, call, {
      existing: async (endsAt) => {
        if (this.#user.turnRows.shown(id) === null) return err(noTurn());
        const ticket = await this.#sign(id, Number(endsAt));
        this.#add(id, ticket);
        return ok(this.#show(ticket));
      },
      check: () => (this.#user.turnRows.shown(id) === null ? noTurn() : null),
      prepare: async () => {
        recordCaller(this.#user, call);
        // Tickets of the same turn differ in the second at which they expire.
        const endsAt = runtime.now() + SIGNED_FOR_MS + this.#count(id) * SECOND_MS;
        return ok({ ticket: await this.#sign(id, endsAt), endsAt });
      },
      commit: ({ ticket, endsAt }) => {
        runtime.sql.exec("DELETE FROM tickets WHERE created_at < ?", runtime.now() - 2 * SIGNED_FOR_MS);
        this.#add(id, ticket);
        return String(endsAt);
      },
      created: ({ ticket }) => ok(this.#show(ticket)),
    });
  }

  #add(id: TurnId, ticket: string): void {
    const { sql, now } = this.#user.runtime;
    sql.exec(
      "INSERT OR IGNORE INTO tickets (signature_end, turn, created_at) VALUES (?, ?, ?)",
      signatureEndOf(ticket),
      id,
      now(),
    );
  }

  #show(ticket: string): MadeTicket {
    return { ticket, first_use_by: toRfc3339(this.#createdAt(ticket) + TICKET_FIRST_USE_MS) };
  }

  async #sign(id: TurnId, expiresAt: EpochMs): Promise<string> {
    const { tenant, mode } = this.#user.address;
    const { rootSecret: current, rootSecretPrevious: previous } = this.#user.runtime.config;
    return signLink({ purpose: "ticket", tenant, mode, id, expiresAt }, { current, previous });
  }

  #createdAt(ticket: string): EpochMs {
    return this.#user.runtime.sql
      .exec<{ created_at: number }>("SELECT created_at FROM tickets WHERE signature_end = ?", signatureEndOf(ticket))
      .one().created_at;
  }

  /**
   * Records a use. Null when the ticket gives access to the turn's stream now, else the reason. The Worker has
   * checked the signature.
   */
  use(id: TurnId, ticket: string): Problem | null {
    const { sql, now } = this.#user.runtime;
    const turn = this.#user.turnRows.find(id);
    const row = this.#user.database.exists()
      ? sql
          .exec<{ created_at: number; used_at: number | null }>(
            "SELECT created_at, used_at FROM tickets WHERE signature_end = ? AND turn = ?",
            signatureEndOf(ticket),
            id,
          )
          .toArray()[0]
      : undefined;
    if (turn === null || row === undefined) return noTurn();
    const isFirstUseExpired = row.used_at === null && now() > row.created_at + TICKET_FIRST_USE_MS;
    const isAfterEnd = turn.endedAt !== null && now() > turn.endedAt + TICKET_AFTER_END_MS;
    if (isFirstUseExpired || isAfterEnd)
      return problemOf(
        "link_expired",
        "This stream ticket has expired; make another one with POST /v1/turns/{id}/stream_ticket.",
        {
          hint: `POST /v1/turns/${id}/stream_ticket`,
        },
      );
    if (row.used_at === null)
      sql.exec("UPDATE tickets SET used_at = ? WHERE signature_end = ?", now(), signatureEndOf(ticket));
    return null;
  }

  #count(id: TurnId): number {
    return this.#user.runtime.sql.exec<{ n: number }>("SELECT count(*) AS n FROM tickets WHERE turn = ?", id).one().n;
  }
}

/** Characters that identify a ticket: 96 of its signature's 256 bits, so that no ticket can be made from what is stored. */
const SIGNATURE_END_CHARS = 16;
const signatureEndOf = (ticket: string): string => ticket.slice(-SIGNATURE_END_CHARS);
