/**
 * One turn on its way: prepared, sent once, followed.
 *
 * The order of commits is the promise: `sending` is on disk before the request leaves, so whatever happens afterwards is
 * settled by reading upstream's state and never by sending again.
 */
import { isSafeAction } from "../../core/action.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import type { TurnId } from "../../core/ids.ts";
import { STREAMING_TURNS_PER_USER } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import {
  afterLoss,
  firstReadingAt,
  giveUpAt,
  mayReplace,
  type Picture,
  type Turn,
  toReplaced,
  toSending,
  toSettling,
  toStreaming,
  unreadable,
} from "../../core/turn.ts";
import type { TurnStream } from "../../nemo/turn-event.ts";
import { cancelled, isPassing, isSoon } from "../refusals.ts";
import { TryAgain } from "../schedule.ts";
import type { Assets } from "./assets.ts";
import { ACT, type Home, TURN } from "./home.ts";
import { Narrator } from "./narrator.ts";
import type { Projects } from "./projects.ts";
import { QuietWatch } from "./quiet-watch.ts";
import type { TurnAnswer } from "./turn-answer.ts";
import type { TurnRows } from "./turn-rows.ts";
import type { TurnSettle } from "./turn-settle.ts";

/** Tries to prepare a turn before its caller is told that upstream does not answer. Nothing was sent yet. */
const PREPARE_ATTEMPTS = 4;
/** The end of a turn that never left. */
const UNSENT = { status: "failed", charged: "no" } as const;

export class TurnRun {
  readonly #home: Home;
  readonly #projects: Projects;
  readonly #assets: Assets;
  readonly #rows: TurnRows;
  readonly #settle: TurnSettle;
  readonly #answer: TurnAnswer;
  readonly #streams = new Map<TurnId, TurnStream>();
  /** Turns being prepared, sent or followed: each may hold one of the requests that an object may have on their way. */
  readonly #places = new Set<TurnId>();
  /** Cancelled between the send and the first answer; each holds a place. */
  readonly #left = new Set<TurnId>();

  constructor(home: Home, projects: Projects, assets: Assets, rows: TurnRows, settle: TurnSettle, answer: TurnAnswer) {
    this.#home = home;
    this.#projects = projects;
    this.#assets = assets;
    this.#rows = rows;
    this.#settle = settle;
    this.#answer = answer;
  }

  /** The start of a new instance: every turn that was on its way is settled from upstream's state. */
  recover(): void {
    const { ground, schedule } = this.#home;
    ground.storage.transactionSync(() => {
      for (const turn of this.#rows.inPhases(["sending", "streaming"])) {
        const lost = afterLoss(turn);
        if (lost === null) continue;
        this.#rows.save(lost);
        schedule.owe(TURN, turn.id, firstReadingAt(lost, ground.now(), ground.config.waits));
      }
    });
  }

  /** Whether the turn waits: nothing of it has left. */
  isQueued(id: TurnId): boolean {
    return this.#rows.find(id)?.phase === "queued";
  }

  /** The schedule's work for one turn, by its phase. */
  async perform(id: TurnId, attempt: number): Promise<void> {
    const turn = this.#rows.find(id);
    if (turn === null || turn.phase === "ended") return this.#home.schedule.done(TURN, id);
    if (turn.phase === "queued") return this.#run(turn, attempt);
    if (turn.phase === "settling") return this.#settle.read(turn);
    // Sent, and nobody follows it any more: an earlier try of this work broke off.
    const lost = afterLoss(turn);
    if (lost !== null) return this.#settle.begin(lost);
  }

  /** Carries out what the agent suggested and the caller allowed: one render of the settled turn's timeline. */
  async act(id: TurnId): Promise<void> {
    const { schedule, ground } = this.#home;
    const turn = this.#rows.find(id);
    if (turn !== null && turn.phase !== "ended") return schedule.owe(ACT, id, ground.now() + ground.config.waits.retry);
    if (turn?.verdict?.status === "completed") {
      const ordered = await this.#answer.render(turn);
      if (!ordered.ok && isPassing(ordered.error)) throw new TryAgain("not rendered", ordered.error);
    }
    schedule.done(ACT, id);
  }

  /** Gives a turn that keeps failing an end. */
  giveUp(id: TurnId): void {
    const turn = this.#rows.find(id);
    if (turn === null || turn.phase === "ended") return;
    const unsent = refusal("internal", "The turn could not be prepared; nothing was sent.", { charged: "no" });
    if (turn.sentAt === null) this.#settle.end(turn, UNSENT, null, unsent);
    else this.#settle.end(turn, unreadable(), null, null);
  }

  /** Takes a waiting turn back, or stops following a running one: upstream may still finish and charge, so it is still settled. */
  cancel(id: TurnId): void {
    const turn = this.#rows.find(id);
    if (turn === null || turn.phase === "ended") return;
    if (turn.phase === "queued") this.#settle.end(turn, UNSENT, null, cancelled());
    else if (this.#places.has(id)) this.#leave(id);
  }

  /** Drops the stream, or remembers to as soon as there is one. */
  #leave(id: TurnId): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) this.#left.add(id);
    else stream.cancel();
  }

  /** Takes one of the object's places, and gives it back to whoever waits. */
  async #run(turn: Turn, attempt: number): Promise<void> {
    // Not its turn yet, or no place: whoever ends before it owes it again.
    if (!this.#isNext(turn) || this.#places.size >= STREAMING_TURNS_PER_USER)
      return this.#home.schedule.done(TURN, turn.id);
    this.#places.add(turn.id);
    try {
      if (turn.intent === "chat") await this.#prepareAndSend(turn, attempt);
      else await this.#answer.perform(turn, turn.intent);
    } finally {
      this.#places.delete(turn.id);
      this.#left.delete(turn.id);
      this.#settle.startWaiting();
    }
  }

  /** One turn of a project at a time, in the order in which they came. */
  #isNext(turn: Turn): boolean {
    return this.#rows.runningIn(turn.project) === null && this.#rows.nextIn(turn.project) === turn.id;
  }

  async #prepareAndSend(turn: Turn, attempt: number): Promise<void> {
    const { ground, schedule, log } = this.#home;
    if (attempt === 1) log.append(turn.id, [{ type: "progress", stage: "preparing", elapsed_ms: 0 }]);
    const prepared = await this.#prepare(turn);
    const fresh = this.#rows.find(turn.id);
    if (fresh === null || fresh.phase !== "queued") return; // cancelled while it was prepared
    if (!prepared.ok) {
      if (isPassing(prepared.error) && attempt < PREPARE_ATTEMPTS && isSoon(prepared.error, ground.config.waits))
        throw new TryAgain("not prepared", prepared.error);
      return this.#unsent(fresh, prepared.error);
    }
    if (!this.#isNext(fresh)) return schedule.done(TURN, turn.id); // asked again with the commit, nothing comes between
    const sending = toSending(fresh, prepared.value.before, ground.now());
    this.#rows.save(sending);
    await ground.storage.sync();
    await this.#send(sending, prepared.value.sessionId);
  }

  /** Everything a turn needs before it may be sent. Costs nothing and may be repeated. */
  async #prepare(turn: Turn): Promise<Result<{ sessionId: string; before: Picture }, Refusal>> {
    const session = await this.#projects.session(turn.project);
    if (!session.ok) return session;
    const refused = await this.#assets.settle(turn.project, turn.id);
    if (refused !== null) return err(refused);
    await this.#home.account.lease(turn.id, giveUpAt(turn, this.#home.ground.config.waits));
    const before = this.#known(turn) ?? (await this.#settle.picture(turn.project));
    return "code" in before ? err(before) : ok({ sessionId: session.value.sessionId, before });
  }

  /** The picture that the last settled turn left, where nobody else can have changed anything since. */
  #known(turn: Turn): Picture | null {
    const project = this.#projects.find(turn.project);
    if (project === null || project.picture === null || project.opened || this.#home.account.isShared()) return null;
    return this.#rows.sentSince(project.picture.at) ? null : project.picture;
  }

  /** Sends the message. The only place that does. */
  async #send(turn: Turn, sessionId: string): Promise<void> {
    const { ground, account } = this.#home;
    const opened = await account.call((token) =>
      account.nemoFor(turn.attribution).openTurn(token, { sessionId, text: turn.prompt }),
    );
    await ground.boundary("turn.sent");
    if (opened.ok) return this.#follow(toStreaming(turn), opened.value);
    const failure = opened.error;
    const unclear =
      "reason" in failure &&
      (failure.reason === "garbled" || (failure.reason === "unavailable" && failure.sent === "maybe"));
    if (unclear) return this.#settle.begin(toSettling(turn, { ...turn.stream, end: "cut" }, null));
    this.#unsent({ ...turn, stream: { ...turn.stream, end: "error" } }, this.#home.account.explain(failure));
  }

  /** A turn that upstream took nothing of: it ends, or starts over where only its session was lost and that may be replaced. */
  #unsent(turn: Turn, error: Refusal): void {
    const { ground, schedule, log } = this.#home;
    const left = this.#left.delete(turn.id);
    const hasTimeline = this.#projects.find(turn.project)?.hasTimeline ?? false;
    if (left || error.code !== "session_lost" || !mayReplace(turn, hasTimeline)) {
      this.#settle.end(turn, UNSENT, null, left ? cancelled() : error);
      return;
    }
    ground.storage.transactionSync(() => {
      this.#projects.forgetSession(turn.project);
      this.#assets.reattach(turn.project);
      this.#rows.save(toReplaced(turn));
      log.append(turn.id, [{ type: "project.session_replaced", project_id: turn.project }]);
      schedule.owe(TURN, turn.id, ground.now());
    });
  }

  /** Follows the answer to its end: every batch is stored before anybody sees it. */
  async #follow(turn: Turn, stream: TurnStream): Promise<void> {
    const { ground, log } = this.#home;
    this.#rows.save(turn);
    this.#streams.set(turn.id, stream);
    if (this.#left.delete(turn.id)) stream.cancel();
    const narrator = new Narrator(turn.project, turn.sentAt ?? ground.now());
    const tellTime = (): void => log.append(turn.id, [narrator.progress(ground.now())]);
    const ticking = setInterval(tellTime, ground.config.waits.progress);
    const quiet = new QuietWatch(ground, this.#settle, turn, stream);
    try {
      for await (const events of stream.events) {
        if (!narrator.began) await ground.boundary("turn.first_byte");
        quiet.heard(events);
        log.append(turn.id, narrator.tell(events, ground.now()));
      }
    } finally {
      clearInterval(ticking);
      quiet.stop();
      this.#streams.delete(turn.id);
    }
    if (turn.act === "auto" && narrator.actions.some((action) => isSafeAction(action) && action.action === "render")) {
      this.#home.schedule.owe(ACT, turn.id, ground.now() + ground.config.waits.retry);
    }
    await this.#over(quiet.turn, narrator);
  }

  async #over(turn: Turn, narrator: Narrator): Promise<void> {
    const { failure } = narrator;
    const error = failure === null ? null : this.#home.account.explain(failure);
    const settling = toSettling(turn, narrator.stream(), error);
    // Refused before anything was done. Credits that run out in the middle leave something to look at.
    const refused = failure?.reason === "no_credits" && !narrator.worked;
    if (refused) return this.#settle.end(settling, UNSENT, null, error);
    await this.#settle.begin(settling);
  }
}
