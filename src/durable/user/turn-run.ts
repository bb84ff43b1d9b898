/**
 * One turn on its way: prepared, sent once, followed, settled.
 *
 * The order of commits is the promise: `sending` is on disk before the request leaves, so whatever happens afterwards is
 * settled by reading upstream's state and never by sending again.
 */
import { type Refusal, refusal } from "../../core/errors.ts";
import type { TurnId } from "../../core/ids.ts";
import { STREAMING_TURNS_PER_USER } from "../../core/limits.ts";
import type { Verdict } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { summaryLine } from "../../core/timeline.ts";
import {
  afterLoss,
  afterReading,
  firstReadingAt,
  giveUpAt,
  isChanged,
  type Picture,
  type Turn,
  toEnded,
  toSending,
  toSettling,
  toStreaming,
  unreadable,
} from "../../core/turn.ts";
import type { TurnEventWire } from "../../core/wire/turn-event.ts";
import type { TurnStream } from "../../nemo/turn-event.ts";
import { toRefusal } from "./account.ts";
import type { Assets } from "./assets.ts";
import { type Home, TURN } from "./home.ts";
import { Narrator } from "./narrator.ts";
import type { Projects } from "./projects.ts";
import type { Turns } from "./turns.ts";

/** Tries to prepare a turn before its caller is told that upstream does not answer. Nothing was sent yet. */
const PREPARE_ATTEMPTS = 4;

export class TurnRun {
  readonly #home: Home;
  readonly #projects: Projects;
  readonly #assets: Assets;
  readonly #turns: Turns;
  readonly #streams = new Map<TurnId, TurnStream>();

  constructor(home: Home, projects: Projects, assets: Assets, turns: Turns) {
    this.#home = home;
    this.#projects = projects;
    this.#assets = assets;
    this.#turns = turns;
  }

  /** The start of a new instance: every turn that was on its way is settled from upstream's state. */
  recover(): void {
    const { ground, schedule } = this.#home;
    ground.storage.transactionSync(() => {
      for (const turn of this.#turns.inPhases(["sending", "streaming"])) {
        const lost = afterLoss(turn);
        if (lost === null) continue;
        this.#turns.save(lost);
        schedule.owe(TURN, turn.id, firstReadingAt(lost, ground.now(), ground.config.waits));
      }
    });
  }

  /** The schedule's work for one turn, by its phase. */
  async perform(id: TurnId, attempt: number): Promise<void> {
    const turn = this.#turns.find(id);
    if (turn === null || turn.phase === "ended") return this.#home.schedule.done(TURN, id);
    if (turn.phase === "queued") return this.#run(turn, attempt);
    if (turn.phase === "settling") return this.#settle(turn);
  }

  /** Gives a turn that keeps failing an end. */
  giveUp(id: TurnId): void {
    const turn = this.#turns.find(id);
    if (turn === null || turn.phase === "ended") return;
    if (turn.sentAt === null)
      this.#end(
        turn,
        { status: "failed", charged: "no" },
        null,
        refusal("internal", "The turn could not be prepared; nothing was sent."),
      );
    else this.#end(turn, unreadable(), null, null);
  }

  /** Takes a waiting turn back, or stops following a running one: upstream may still finish and charge, so it is still settled. */
  cancel(id: TurnId): void {
    const turn = this.#turns.find(id);
    if (turn === null || turn.phase === "ended") return;
    const why = refusal("cancelled", "The turn was cancelled before it was sent.", { charged: "no" });
    if (turn.phase === "queued" && !this.#home.schedule.isRunning(TURN, id))
      this.#end(turn, { status: "failed", charged: "no" }, null, why);
    else this.#streams.get(id)?.cancel();
  }

  async #run(turn: Turn, attempt: number): Promise<void> {
    const { ground, schedule, log } = this.#home;
    if (this.#turns.runningIn(turn.project) !== null || this.#turns.nextIn(turn.project) !== turn.id)
      return schedule.done(TURN, turn.id);
    if (this.#streams.size >= STREAMING_TURNS_PER_USER) return schedule.done(TURN, turn.id);
    log.append(turn.id, [{ type: "progress", stage: "preparing", elapsed_ms: 0 }]);
    const prepared = await this.#prepare(turn);
    if (!prepared.ok) {
      if (isPassing(prepared.error) && attempt < PREPARE_ATTEMPTS)
        throw new Error(`turn not prepared: ${prepared.error.code}`);
      return this.#end(turn, { status: "failed", charged: "no" }, null, prepared.error);
    }
    const fresh = this.#turns.find(turn.id);
    if (fresh === null || fresh.phase !== "queued") return; // cancelled while it was prepared
    const sending = toSending(fresh, prepared.value.before, ground.now());
    this.#turns.save(sending);
    await ground.storage.sync();
    await this.#send(sending, prepared.value.sessionId);
  }

  /** Everything a turn needs before it may be sent. Costs nothing and may be repeated. */
  async #prepare(turn: Turn): Promise<Result<{ sessionId: string; before: Picture | null }, Refusal>> {
    const session = await this.#projects.session(turn.project);
    if (!session.ok) return session;
    const refused = await this.#assets.settle(turn.project);
    if (refused !== null) return err(refused);
    const known = this.#projects.find(turn.project)?.picture ?? null;
    const before = known !== null && !this.#turns.sentSince(known.at) ? known : await this.#look(turn);
    return "code" in before ? err(before) : ok({ sessionId: session.value.sessionId, before });
  }

  /** Sends the message. The only place that does. */
  async #send(turn: Turn, sessionId: string): Promise<void> {
    const { ground, account } = this.#home;
    await account.lease(turn.id, giveUpAt(turn, ground.config.waits));
    const opened = await account.call((token) => account.nemo.openTurn(token, { sessionId, text: turn.prompt }));
    await ground.boundary("turn.sent");
    if (opened.ok) return this.#follow(toStreaming(turn), opened.value);
    const failure = opened.error;
    const maybe =
      "reason" in failure &&
      (failure.reason === "unavailable" ? failure.sent === "maybe" : failure.reason === "garbled");
    if (maybe) return this.#startSettling(toSettling(turn, { ...turn.stream, end: "cut" }, null));
    this.#end(
      { ...turn, stream: { ...turn.stream, end: "error" } },
      { status: "failed", charged: "no" },
      null,
      toRefusal(failure),
    );
  }

  async #follow(turn: Turn, stream: TurnStream): Promise<void> {
    const { ground, log } = this.#home;
    this.#turns.save(turn);
    this.#streams.set(turn.id, stream);
    const narrator = new Narrator(turn.sentAt ?? ground.now());
    const ticking = setInterval(
      () => log.append(turn.id, [narrator.progress(ground.now())]),
      ground.config.waits.progress,
    );
    try {
      let first = true;
      for await (const events of stream.events) {
        if (first) await ground.boundary("turn.first_byte");
        first = false;
        log.append(turn.id, narrator.tell(events, ground.now()));
      }
    } finally {
      clearInterval(ticking);
      this.#streams.delete(turn.id);
    }
    const { failure } = narrator;
    const error = failure === null ? null : toRefusal(failure);
    const settling = toSettling(turn, narrator.stream(), error);
    if (failure?.reason === "no_credits") return this.#end(settling, { status: "failed", charged: "no" }, null, error);
    await this.#startSettling(settling);
  }

  async #startSettling(turn: Turn): Promise<void> {
    const { ground, schedule } = this.#home;
    const at = firstReadingAt(turn, ground.now(), ground.config.waits);
    ground.storage.transactionSync(() => {
      this.#turns.save(turn);
      schedule.owe(TURN, turn.id, at);
    });
    await ground.boundary("turn.ended");
    this.#startWaiting();
    if (at <= ground.now()) await this.#settle(turn);
    else
      this.#home.log.append(turn.id, [
        { type: "progress", stage: "settling", elapsed_ms: ground.now() - (turn.sentAt ?? ground.now()) },
      ]);
  }

  /** One reading of upstream's state, and what it means. */
  async #settle(turn: Turn): Promise<void> {
    const { ground, schedule } = this.#home;
    const { waits } = ground.config;
    const seen = await this.#look(turn);
    if ("code" in seen) {
      if (ground.now() >= giveUpAt(turn, waits)) return this.#end(turn, unreadable(), null, turn.error ?? seen);
      return schedule.owe(TURN, turn.id, Math.min(ground.now() + waits.settleNext, giveUpAt(turn, waits)));
    }
    const shared = await this.#isShared(turn);
    const settled = afterReading(turn, seen, shared, ground.now(), waits);
    if (settled.do === "end") return this.#end({ ...turn, reading: seen, shared }, settled.verdict, seen, turn.error);
    ground.storage.transactionSync(() => {
      this.#turns.save(settled.turn);
      schedule.owe(TURN, turn.id, settled.at);
    });
  }

  /** Upstream's timeline and balance now. The balance may be missing; the timeline may not. */
  async #look(turn: Turn): Promise<Picture | Refusal> {
    const { account, ground } = this.#home;
    const [state, credits] = await Promise.all([
      this.#projects.state(turn.project),
      account.read((token) => account.nemo.readCredits(token)),
    ]);
    if (!state.ok) return state.error;
    return {
      fingerprint: state.value?.fingerprint ?? "",
      summary: summaryLine(
        state.value?.timeline ?? { tracks: [], durationMs: null, title: null, width: null, height: null },
      ),
      available: credits.ok ? credits.value.available : null,
      frozen: credits.ok ? credits.value.frozen : null,
      at: ground.now(),
    };
  }

  /** Whether anybody else may have moved the balance meanwhile. */
  async #isShared(turn: Turn): Promise<boolean> {
    const until = giveUpAt(turn, this.#home.ground.config.waits);
    return turn.shared || this.#turns.overlapped(turn) || (await this.#home.account.lease(turn.id, until));
  }

  #end(turn: Turn, verdict: Verdict, picture: Picture | null, error: Refusal | null): void {
    const { ground, schedule, log, outbox } = this.#home;
    const ended = toEnded(turn, verdict, error, ground.now());
    ground.storage.transactionSync(() => {
      this.#turns.save(ended);
      this.#remember(ended, picture);
      const shown = this.#turns.show(ended);
      const events: TurnEventWire[] = [];
      if (picture !== null && isChanged(ended, picture)) {
        events.push({ type: "timeline.changed", summary: picture.summary, line: "The timeline was changed." });
        outbox.add("timeline.changed", ended.project, {
          project_id: ended.project,
          turn_id: ended.id,
          summary: picture.summary,
        });
      }
      log.append(ended.id, [...events, { type: `turn.${verdict.status}`, turn: shown }]);
      outbox.add(`turn.${verdict.status}`, ended.id, shown);
      schedule.done(TURN, ended.id);
    });
    log.forget(ended.id);
    if (ended.sentAt !== null) ground.keep(this.#home.account.release(ended.id).catch(() => undefined)); // it ends by itself as well
    this.#startWaiting();
    schedule.tick();
  }

  /** A settled turn leaves the picture that the next one starts from, unless another one overlapped it. */
  #remember(turn: Turn, picture: Picture | null): void {
    const project = this.#projects.find(turn.project);
    if (project !== null && turn.sentAt !== null)
      this.#projects.save({ ...project, picture: turn.shared ? null : picture });
  }

  /** Owes the next turn of every project that has become free. */
  #startWaiting(): void {
    const { ground, schedule } = this.#home;
    for (const { project } of this.#turns.inPhases(["queued"])) {
      const next = this.#turns.nextIn(project);
      if (next !== null && this.#turns.runningIn(project) === null && !schedule.isRunning(TURN, next))
        schedule.owe(TURN, next, ground.now());
    }
  }
}

/** Whether trying again in a moment may help. */
const isPassing = ({ code }: Refusal): boolean =>
  code === "nemo_unavailable" || code === "nemo_busy" || code === "nemo_garbled";
