/**
 * The job of one turn: prepared, sent once, followed to its end. Commands are answered here without the agent.
 * The state `sending` is on disk before the request is sent. So after any failure a turn is settled by reading Nemo's
 * state, and it is never sent again.
 */

import type { Command } from "../../../core/commands.ts";
import { type Problem, problemOf } from "../../../core/errors.ts";
import type { RenderId, TurnId } from "../../../core/ids.ts";
import { STREAMING_TURNS_PER_USER } from "../../../core/limits.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import {
  type Action,
  actionFor,
  actionOf,
  afterRestart,
  firstPollAt,
  isSafeAction,
  leaseUntil,
  mayReplace,
  type Snapshot,
  sayCredits,
  sayCreditsShared,
  sayExport,
  sayUpload,
  type Turn,
  toReplaced,
  toSending,
  toStreaming,
  unreadable,
} from "../../../core/turn.ts";
import { newRender } from "../../../core/wire/render.ts";
import { logBug } from "../../../log.ts";
import type { NemoFailure } from "../../../nemo/errors.ts";
import type { TurnEvent, TurnStream } from "../../../nemo/translate.ts";
import type { ObjectRuntime } from "../../shared/context.ts";
import { findByOwnKey } from "../../shared/idempotency.ts";
import { RetryLater } from "../../shared/jobs.ts";
import { cancelled, isShortWait, isTransient } from "../../shared/problems.ts";
import { isNamed, originOf, SUGGESTED_RENDER, TURN } from "../context.ts";
import type { UserServices } from "../services.ts";
import { StreamTranslator } from "./messages.ts";
import type { Followed, TurnSettle } from "./settle.ts";

/**
 * Watches a stream for silence: after ten minutes of heartbeats alone it reads Nemo's state as well. The stream stays
 * open, and is cancelled only when that state shows that the turn is over.
 */
export class StallWatchdog {
  readonly #runtime: ObjectRuntime;
  readonly #settle: TurnSettle;
  readonly #stream: TurnStream;
  readonly #timer: ReturnType<typeof setInterval>;
  #lastEventAt: number;
  #checking = false;
  /** The turn, with the last state that was read beside its stream. */
  turn: Turn;

  constructor(runtime: ObjectRuntime, settle: TurnSettle, turn: Turn, stream: TurnStream) {
    this.#runtime = runtime;
    this.#settle = settle;
    this.turn = turn;
    this.#stream = stream;
    this.#lastEventAt = runtime.now();
    this.#timer = setInterval(() => runtime.waitUntil(this.#check()), runtime.config.timings.settleNext);
  }

  /** Heartbeats do not count as activity. */
  onEvents(events: readonly TurnEvent[]): void {
    if (events.some((event) => event.type !== "heartbeat")) this.#lastEventAt = this.#runtime.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    const { now, config } = this.#runtime;
    if (this.#checking || now() - this.#lastEventAt < config.timings.quiet) return;
    this.#checking = true;
    try {
      const next = await this.#settle.readBesideStream(this.turn);
      if (next === null) this.#stream.cancel();
      else this.turn = next;
    } catch (error) {
      logBug("quiet_look_failed", error, { work: "turn" });
    } finally {
      this.#checking = false;
    }
  }
}

/** Attempts to prepare a turn before it fails because Nemo does not answer. Nothing was sent by then. */
const PREPARE_ATTEMPTS = 4;
/** The verdict of a turn that was not sent. */
const UNSENT = { status: "failed", charged: "no" } as const;

export class TurnRun {
  readonly #user: UserServices;
  readonly #streams = new Map<TurnId, TurnStream>();
  /**
   * Turns being prepared, sent or followed; each holds a slot, since it may hold one of the object's open
   * connections.
   */
  readonly #active = new Set<TurnId>();
  /** Turns of `#active` that were cancelled. */
  readonly #cancelled = new Set<TurnId>();

  constructor(user: UserServices) {
    this.#user = user;
  }

  /** Called when the object starts: turns that were sent or streaming are settled from Nemo's state. */
  recover(): void {
    const { runtime, jobs, log } = this.#user;
    const { timings } = runtime.config;
    const now = runtime.now();
    runtime.storage.transactionSync(() => {
      for (const { id } of this.#user.turnRows.inPhases(["sending", "streaming"])) {
        const changed = this.#user.turnRows.change(id, ["sending", "streaming"], (turn) => afterRestart(turn) ?? turn);
        if (changed === null) continue;
        log.skipUnstored(id);
        log.append(id, [{ type: "progress", stage: "settling", elapsed_ms: now - (changed.is.sentAt ?? now) }]);
        jobs.schedule(TURN, id, firstPollAt(changed.is, now, timings));
      }
    });
  }

  /** Whether nothing of the turn was sent yet. */
  isQueued(id: TurnId): boolean {
    return this.#user.turnRows.find(id)?.phase === "queued";
  }

  /**
   * Job: the next step of one turn, by its phase. A queued turn runs in one of the object's slots; afterwards the next
   * waiting turns are scheduled.
   */
  async perform(id: TurnId, attempt: number): Promise<void> {
    const { jobs, turnRows, turnSettle, commandTurns } = this.#user;
    const turn = turnRows.find(id);
    if (turn === null || turn.phase === "ended") return jobs.done(TURN, id);
    if (turn.phase === "settling") return turnSettle.read(id);
    // Sent, and no longer followed: an earlier attempt of this job was interrupted.
    if (turn.phase !== "queued") return turnSettle.begin(id, { stream: { ...turn.stream, end: "lost" }, error: null });
    // An earlier turn comes first, or no slot is free: the turn that ends next schedules this one again.
    if (!this.#isNext(turn) || this.#active.size >= STREAMING_TURNS_PER_USER) return jobs.done(TURN, id);
    this.#active.add(id);
    try {
      if (turn.intent === "chat") await this.#prepareAndSend(turn, attempt);
      else await commandTurns.perform(turn, turn.intent);
    } finally {
      this.#active.delete(id);
      this.#cancelled.delete(id);
      turnSettle.startWaiting();
    }
  }

  /** Job: renders the settled turn's timeline once, because the agent suggested it and the caller allowed it. */
  async act(id: TurnId): Promise<void> {
    const { jobs, runtime } = this.#user;
    const turn = this.#user.turnRows.find(id);
    if (turn !== null && turn.phase !== "ended")
      return jobs.schedule(SUGGESTED_RENDER, id, runtime.now() + runtime.config.timings.retry);
    if (turn?.verdict?.status === "completed") {
      const ordered = await this.#user.commandTurns.render(turn);
      if (!ordered.ok && isTransient(ordered.error)) throw new RetryLater("render not started", ordered.error);
    }
    jobs.done(SUGGESTED_RENDER, id);
  }

  /** Ends a turn whose job keeps failing. */
  giveUp(id: TurnId): void {
    const turn = this.#user.turnRows.find(id);
    if (turn === null || turn.phase === "ended") return;
    const unsent = problemOf(
      "internal",
      "The turn could not be prepared after several attempts and nothing was sent; send it again later.",
      { charged: "no" },
    );
    if (turn.sentAt === null) this.#user.turnSettle.end(id, { verdict: UNSENT, error: unsent });
    else this.#user.turnSettle.end(id, { verdict: unreadable(), error: null });
  }

  /**
   * Cancels a waiting turn, or stops following a running one. Nemo may still finish and charge a running turn, so it
   * is settled.
   */
  cancel(id: TurnId): void {
    const turn = this.#user.turnRows.find(id);
    if (turn === null || turn.phase === "ended") return;
    if (turn.phase === "queued") {
      this.#user.turnSettle.end(id, { verdict: UNSENT, error: cancelled() });
      if (turn.intent !== "chat") this.#user.commandTurns.undo(id);
    } else if (this.#active.has(id)) this.#stopFollowing(id);
  }

  /** Cancels the stream, now or as soon as it opens. Nothing more is sent for the turn. */
  #stopFollowing(id: TurnId): void {
    this.#cancelled.add(id);
    this.#streams.get(id)?.cancel();
  }

  /** The turns of a project run one at a time, in the order of their creation. */
  #isNext(turn: Turn): boolean {
    return this.#user.turnRows.runningIn(turn.project) === null && this.#user.turnRows.nextIn(turn.project) === turn.id;
  }

  async #prepareAndSend(turn: Turn, attempt: number): Promise<void> {
    const { runtime, jobs, log } = this.#user;
    if (attempt === 1) log.append(turn.id, [{ type: "progress", stage: "preparing", elapsed_ms: 0 }]);
    const prepared = await this.#prepare(turn);
    const fresh = this.#user.turnRows.find(turn.id);
    if (fresh === null || fresh.phase !== "queued") return; // cancelled during the preparation
    if (!prepared.ok) {
      if (
        isTransient(prepared.error) &&
        attempt < PREPARE_ATTEMPTS &&
        isShortWait(prepared.error, runtime.config.timings)
      )
        throw new RetryLater("turn not prepared", prepared.error);
      return this.#handleUnsent(turn.id, prepared.error);
    }
    if (!this.#isNext(fresh)) return jobs.done(TURN, turn.id); // checked again right before the commit, with no await in between
    const { before, sessionId } = prepared.value;
    const sending = this.#user.turnRows.change(turn.id, ["queued"], (queued) =>
      toSending(queued, before, runtime.now()),
    );
    if (sending === null) return;
    await runtime.storage.sync();
    await this.#send(sending.is, sessionId);
  }

  /** Everything that a turn needs before it is sent. Costs no credits and may be repeated. */
  async #prepare(turn: Turn): Promise<Result<{ sessionId: string; before: Snapshot }, Problem>> {
    const session = await this.#user.projects.session(turn.project);
    if (!session.ok) return session;
    const problem = await this.#user.assets.settle(turn.project, turn.id);
    if (problem !== null) return err(problem);
    const { now, config } = this.#user.runtime;
    await this.#user.account.lease(turn.id, leaseUntil(now(), config.timings));
    const before = this.#reusableSnapshot(turn) ?? (await this.#user.turnSettle.snapshot(turn.project));
    return "code" in before ? err(before) : ok({ sessionId: session.value.sessionId, before });
  }

  /**
   * The snapshot that the last settled turn left, if nothing else can have changed the timeline or the balance since.
   */
  #reusableSnapshot(turn: Turn): Snapshot | null {
    const project = this.#user.projects.find(turn.project);
    if (project === null || project.snapshot === null || project.opened || this.#user.account.isShared()) return null;
    return this.#user.turnRows.sentSince(project.snapshot.at) ? null : project.snapshot;
  }

  /**
   * Sends the message and follows its whole answer; no other code sends a turn. A second request is made only if Nemo
   * rejected the token, which means that the first had no effect.
   */
  async #send(turn: Turn, sessionId: string): Promise<void> {
    const { runtime, account } = this.#user;
    let problem: NemoFailure | null = null;
    const followed = await account.call(async (token) => {
      if (problem !== null && this.#cancelled.has(turn.id)) return err(problem);
      const opened = await account.nemoFor(turn.attribution).openTurn(token, { sessionId, text: turn.prompt });
      await runtime.failpoint("turn.sent");
      const answer = opened.ok ? await this.#follow(turn, opened.value) : opened;
      if (!answer.ok) problem = answer.error;
      return answer;
    });
    if (followed.ok) return this.#user.turnSettle.begin(turn.id, followed.value);
    const failure = followed.error;
    const unclear =
      "reason" in failure &&
      (failure.reason === "malformed" || (failure.reason === "unavailable" && failure.sent === "maybe"));
    if (unclear) return this.#user.turnSettle.begin(turn.id, { stream: { ...turn.stream, end: "cut" }, error: null });
    this.#handleUnsent(turn.id, account.explain(failure), { ...turn.stream, end: "error" });
  }

  /**
   * A turn of which Nemo accepted nothing: it ends, or it is queued again when its session was lost and may be
   * replaced.
   */
  #handleUnsent(id: TurnId, error: Problem, stream?: Turn["stream"]): void {
    const { runtime, jobs, log } = this.#user;
    const turn = this.#user.turnRows.find(id);
    if (turn === null) return;
    const wasCancelled = this.#cancelled.has(id);
    const hasTimeline = this.#user.projects.find(turn.project)?.hasTimeline ?? false;
    if (wasCancelled || error.code !== "session_lost" || !mayReplace(turn, hasTimeline)) {
      const known = stream === undefined ? {} : { stream };
      this.#user.turnSettle.end(id, { verdict: UNSENT, error: wasCancelled ? cancelled() : error, known });
      return;
    }
    runtime.storage.transactionSync(() => {
      if (this.#user.turnRows.change(id, ["queued", "sending", "streaming"], toReplaced) === null) return;
      this.#user.projects.forgetSession(turn.project);
      this.#user.assets.reattach(turn.project);
      log.append(id, [{ type: "project.session_replaced", project_id: turn.project }]);
      jobs.schedule(TURN, id, runtime.now());
    });
  }

  /**
   * Follows the answer to its end; every batch is stored before it is published. If Nemo rejected the message in the
   * stream, before any work, that is the failure of the call.
   */
  async #follow(turn: Turn, stream: TurnStream): Promise<Result<Followed, NemoFailure>> {
    const { runtime, account, log } = this.#user;
    this.#user.turnRows.change(turn.id, ["sending"], toStreaming);
    this.#streams.set(turn.id, stream);
    if (this.#cancelled.has(turn.id)) stream.cancel();
    const translator = new StreamTranslator(turn.project, turn.sentAt ?? runtime.now());
    const appendProgress = (): void => log.append(turn.id, [translator.progress(runtime.now())]);
    const timer = setInterval(appendProgress, runtime.config.timings.progress);
    const watchdog = new StallWatchdog(runtime, this.#user.turnSettle, turn, stream);
    try {
      for await (const events of stream.events) {
        if (!translator.began) await runtime.failpoint("turn.first_byte");
        watchdog.onEvents(events);
        log.append(turn.id, translator.translate(events, runtime.now()));
      }
    } finally {
      clearInterval(timer);
      watchdog.stop();
      this.#streams.delete(turn.id);
    }
    if (
      turn.act === "auto" &&
      translator.actions.some((action) => isSafeAction(action) && action.action === "render")
    ) {
      this.#user.jobs.schedule(SUGGESTED_RENDER, turn.id, runtime.now() + runtime.config.timings.retry);
    }
    if (translator.rejection !== null) return err(translator.rejection);
    const error = translator.failure === null ? null : account.explain(translator.failure);
    const { after, shared } = watchdog.turn; // as read beside the stream
    return ok({ stream: translator.stream(), error, after, shared });
  }
}

/** The idempotency key of the render that a turn starts. */
const renderStepOf = (id: TurnId): string => `turn ${id}`;

type Answer = { readonly text: string; readonly actions: readonly Action[] };

export class CommandTurns {
  readonly #user: UserServices;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /**
   * Runs the command and ends its turn, unless it was cancelled meanwhile. May be repeated after a crash: only an
   * export changes anything, and it has an idempotency key.
   */
  async perform(turn: Turn, command: Command): Promise<void> {
    const answer = await this.#answer(turn, command);
    if (!answer.ok) {
      this.#user.turnSettle.end(turn.id, { verdict: { status: "failed", charged: "no" }, error: answer.error });
      return;
    }
    const { text, actions } = answer.value;
    this.#user.turnSettle.end(turn.id, {
      verdict: { status: "completed", charged: "no" },
      error: null,
      closingEvents: [
        { type: "message", message: 1, text, partial: false },
        ...actions.map((action) => ({ type: "action" as const, ...actionFor(action, turn.project) })),
      ],
    });
  }

  /** Cancels what a cancelled command has created: an earlier instance may have started its export. */
  undo(id: TurnId): void {
    const made = findByOwnKey(this.#user.runtime, renderStepOf(id));
    if (made !== null) this.#user.renders.cancel(made as RenderId); // made by render() only
  }

  /** Starts the one render that a turn may start; none when `isWanted` returns false in the commit. */
  render(turn: Turn, isWanted: () => boolean = () => true): Promise<Result<unknown, Problem>> {
    const call = {
      origin: originOf(this.#user),
      named: false,
      idempotency: { key: renderStepOf(turn.id), fingerprint: turn.id },
      key: turn.key,
    };
    const { attribution = null } = turn;
    return this.#user.renders.start(call, turn.project, newRender.parse({}), { attribution, isWanted });
  }

  async #answer(turn: Turn, command: Command): Promise<Result<Answer, Problem>> {
    switch (command) {
      case "state": {
        const seen = await this.#user.turnSettle.snapshot(turn.project);
        return "code" in seen ? err(seen) : ok({ text: seen.summary, actions: [actionOf("timeline")] });
      }
      case "credits": {
        const { account } = this.#user;
        // A user reads this turn, and a shared balance is only for the tenant. Checked twice, since the token in use
        // may change meanwhile.
        const mayRead = async (): Promise<boolean> => !isNamed(this.#user) || (await account.isOwn());
        const shared = ok({ text: sayCreditsShared(turn.answerLanguage), actions: [] });
        if (!(await mayRead())) return shared;
        const read = await account.read((token) => account.nemo.readCredits(token));
        if (!read.ok) return read;
        if (!(await mayRead())) return shared;
        return ok({
          text: sayCredits(read.value.available, read.value.frozen, turn.answerLanguage),
          actions: [actionOf("credits")],
        });
      }
      case "export": {
        const ordered = await this.render(turn, () => this.#user.turnSettle.isOpen(turn.id));
        return ordered.ok ? ok({ text: sayExport(turn.answerLanguage), actions: [] }) : ordered;
      }
      case "upload":
        return ok({ text: sayUpload(turn.answerLanguage), actions: [actionOf("upload")] });
    }
  }
}
