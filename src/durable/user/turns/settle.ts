/** The end of a turn: upstream's state read until it says how it went, and one commit that tells everybody. */

import type { Problem } from "../../../core/errors.ts";
import type { ProjectId, TurnId } from "../../../core/ids.ts";
import { EVENTS_TTL_MS } from "../../../core/limits.ts";
import type { Balance } from "../../../core/rpc/token.ts";
import type { Verdict } from "../../../core/rpc/user.ts";
import { type EpochMs, HOUR_MS } from "../../../core/time.ts";
import { changeLine } from "../../../core/timeline/describe.ts";
import { diffTimelines, type TimelineDiff } from "../../../core/timeline/diff.ts";
import { EMPTY_TIMELINE, summaryLine } from "../../../core/timeline/timeline.ts";
import {
  afterReading,
  firstReadingAt,
  giveUpAt,
  isChanged,
  type OpenTurn,
  openTurnOf,
  type Snapshot,
  spentBy,
  type Turn,
  toEnded,
  toSettling,
  unreadable,
} from "../../../core/turn.ts";
import { creditsEvent } from "../../../core/usage.ts";
import type { EndedTurn } from "../../../core/video.ts";
import { timelineDiffWire } from "../../../core/wire/timeline-diff.ts";
import type { TurnEventWire } from "../../../core/wire/turn-event.ts";
import { askedMs } from "../../shared/problems.ts";
import { TIDY, TURN, type UserContext } from "../context.ts";
import type { Projects } from "../projects.ts";
import { aheadEndsBy, showTurn, type TurnRows } from "./store.ts";

/** For a draft that differs only in what no diff names: effects, fonts, a project's title. */
const CHANGED_IN_DETAIL = { en: "The timeline changed in details.", zh: "时间线的细节有改动。" } as const;

const isEmptyDiff = (diff: TimelineDiff): boolean => diff.changes.length === 0 && diff.more.length === 0;

/** What the account held, where it was read. */
const balanceIn = (snapshot: Snapshot | null): Balance | null =>
  snapshot === null || snapshot.available === null || snapshot.frozen === null
    ? null
    : { available: snapshot.available, frozen: snapshot.frozen, at: snapshot.at };

/** What became known of a turn while its stream was followed. */
export type Followed = Pick<Turn, "stream"> &
  Partial<Pick<Turn, "reading" | "shared">> & { readonly error: Problem | null };

/** How a turn ends. */
export type Ending = {
  readonly verdict: Verdict;
  readonly error: Problem | null;
  /** Upstream's state at the end; missing or null: not read. */
  readonly snapshot?: Snapshot | null;
  /** Written with the end. */
  readonly known?: Partial<Pick<Turn, "stream" | "reading" | "shared">>;
  /** Said before the end, in the same transaction. */
  readonly closingEvents?: readonly TurnEventWire[];
};

const OPEN: readonly OpenTurn["phase"][] = ["queued", "sending", "streaming", "settling"];

export class TurnSettle {
  readonly #context: UserContext;
  readonly #projects: Projects;
  readonly #rows: TurnRows;

  constructor(context: UserContext, projects: Projects, rows: TurnRows) {
    this.#context = context;
    this.#projects = projects;
    this.#rows = rows;
  }

  /** Commits that the stream is over, lets the project's other turns know, and reads at once where that can settle it. */
  async begin(id: TurnId, { stream, error, ...known }: Followed): Promise<void> {
    const { runtime, jobs, log } = this.#context;
    const turn = runtime.storage.transactionSync(() => {
      const changed = this.#rows.change(id, ["sending", "streaming"], (open) =>
        toSettling({ ...open, ...known }, stream, error),
      );
      if (changed === null) return null;
      jobs.schedule(TURN, id, firstReadingAt(changed.is, runtime.now(), runtime.config.waits));
      return changed.is;
    });
    if (turn === null) return;
    await runtime.boundary("turn.ended");
    const at = firstReadingAt(turn, runtime.now(), runtime.config.waits);
    if (at <= runtime.now()) await this.read(id);
    if (this.#rows.find(id)?.phase !== "settling") return;
    log.append(id, [{ type: "progress", stage: "settling", elapsed_ms: runtime.now() - (turn.sentAt ?? at) }]);
    this.#publishWaiting(turn);
  }

  /** One reading of upstream's state, and what it means. */
  async read(id: TurnId): Promise<void> {
    const { runtime } = this.#context;
    const { waits } = runtime.config;
    const turn = this.#rows.find(id);
    if (turn?.phase !== "settling") return;
    const seen = await this.snapshot(turn.project);
    if ("code" in seen) {
      if (runtime.now() >= giveUpAt(turn, waits))
        return void this.end(id, { verdict: unreadable(), error: turn.error ?? seen });
      const wait = Math.max(waits.settleNext, askedMs(seen));
      return this.#readAgain(id, Math.min(runtime.now() + wait, giveUpAt(turn, waits)), {});
    }
    const shared = await this.#isShared(turn);
    const settled = afterReading(turn, seen, shared, runtime.now(), waits);
    if (settled.do === "wait")
      return this.#readAgain(id, settled.at, { reading: settled.turn.reading, shared: settled.turn.shared });
    const { verdict } = settled;
    this.end(id, { verdict, error: turn.error, snapshot: seen, known: { reading: seen, shared } });
  }

  /** Keeps a reading that settles nothing, and owes the next one, while the turn still settles. */
  #readAgain(id: TurnId, at: EpochMs, read: Partial<Pick<Turn, "reading" | "shared">>): void {
    const { runtime, jobs } = this.#context;
    runtime.storage.transactionSync(() => {
      if (this.#rows.change(id, ["settling"], (turn) => ({ ...turn, ...read })) !== null) jobs.schedule(TURN, id, at);
    });
  }

  /** Tells the project's waiting turns by when this one, which cannot be settled at once, has ended. */
  #publishWaiting(turn: Turn): void {
    const by = aheadEndsBy(turn, this.#context.runtime.config.waits);
    for (const [at, { id }] of this.#rows.queuedIn(turn.project).entries())
      this.#context.log.append(id, [{ type: "turn.queued", id, position: at + 1, ahead_ends_by: by }]);
  }

  /** One reading beside a stream that has said nothing for long: the turn with the reading kept, or null when it is over by now. */
  async readBesideStream(turn: Turn): Promise<Turn | null> {
    const { now, config } = this.#context.runtime;
    const seen = await this.snapshot(turn.project);
    if ("code" in seen) return turn;
    const settled = afterReading(turn, seen, await this.#isShared(turn), now(), config.waits);
    return settled.do === "end" ? null : settled.turn;
  }

  /** Whether the turn has not ended. */
  isOpen(id: TurnId): boolean {
    return openTurnOf(this.#rows.find(id)) !== null;
  }

  /** Upstream's timeline and balance now. The balance may be missing; the timeline may not. */
  async snapshot(project: ProjectId): Promise<Snapshot | Problem> {
    const { account, runtime } = this.#context;
    const [state, credits] = await Promise.all([
      this.#projects.state(project),
      account.read((token) => account.nemo.readCredits(token)),
    ]);
    if (!state.ok) return state.error;
    const timeline = state.value?.timeline ?? EMPTY_TIMELINE;
    return {
      fingerprint: state.value?.fingerprint ?? "",
      summary: summaryLine(timeline),
      timeline,
      available: credits.ok ? credits.value.available : null,
      frozen: credits.ok ? credits.value.frozen : null,
      at: runtime.now(),
    };
  }

  /**
   * Ends a turn: its record, its last events, its public facts and the project's picture in one commit. One that has ended is
   * left as it is, whatever its end was; the answer is then false.
   */
  end(id: TurnId, ending: Ending, phases = OPEN): boolean {
    const { runtime, jobs, log, account } = this.#context;
    const { snapshot = null } = ending;
    const hasEnded = runtime.storage.transactionSync(() => this.#commitEnd(id, ending, phases));
    if (!hasEnded) return false;
    log.forget(id);
    runtime.keep(account.release(id, balanceIn(snapshot)).catch(() => undefined)); // a lease ends by itself as well
    this.startWaiting();
    jobs.tick();
    return true;
  }

  /** Call inside a transaction: everything that an end writes. */
  #commitEnd(
    id: TurnId,
    { verdict, error, snapshot = null, known, closingEvents = [] }: Ending,
    phases: readonly OpenTurn["phase"][],
  ): boolean {
    const { runtime, jobs, log, outbox } = this.#context;
    const changed = this.#rows.change(id, phases, (turn) =>
      toEnded({ ...turn, ...known }, verdict, error, runtime.now()),
    );
    if (changed === null) return false;
    const { was, is: ended } = changed;
    log.append(id, closingEvents);
    this.#saveSnapshot(ended, snapshot);
    const shown = showTurn(this.#context, this.#rows, ended);
    const events = this.#timelineEvents(ended, was, snapshot);
    for (const event of events) {
      if (event.type !== "timeline.changed") continue;
      outbox.add("timeline.changed", ended.project, { ...event, project_id: ended.project, turn_id: id });
    }
    log.append(id, [...events, { type: `turn.${verdict.status}`, turn: shown }]);
    outbox.add(`turn.${verdict.status}`, id, shown, ended);
    this.#publishCredits(ended, snapshot);
    jobs.done(TURN, id);
    jobs.scheduleOnce(TIDY, "", runtime.now() + EVENTS_TTL_MS + HOUR_MS);
    return true;
  }

  /** What to say about the timeline: what changed, or, where the agent said nothing, that nothing did. */
  #timelineEvents(ended: Turn, { before, speech }: Turn, snapshot: Snapshot | null): TurnEventWire[] {
    if (snapshot === null || before === null || ended.sentAt === null) return [];
    const [was, is] = [before.timeline, snapshot.timeline];
    const diff = was === null || is === null ? null : diffTimelines(was, is);
    if (isChanged(ended, snapshot)) {
      const line = diff === null || isEmptyDiff(diff) ? CHANGED_IN_DETAIL[speech] : changeLine(diff, speech);
      return [
        {
          type: "timeline.changed",
          summary: snapshot.summary,
          line,
          diff: diff === null ? null : timelineDiffWire(diff),
        },
      ];
    }
    const silent = ended.verdict?.status === "completed" && this.#context.log.textOf(ended.id) === null;
    if (!silent || diff === null) return [];
    return [{ type: "message", message: 1, text: changeLine(diff, speech), partial: false }];
  }

  /**
   * Owes the next turn of every project that is free. One that is owed already keeps its moment and its failures: it is being
   * prepared, or waits to be. One whose work has just decided to stop is owed by nobody, whether or not that work is over.
   */
  startWaiting(): void {
    const { runtime, jobs } = this.#context;
    for (const project of new Set(this.#rows.inPhases(["queued"]).map((turn) => turn.project))) {
      const next = this.#rows.nextIn(project);
      if (next !== null && this.#rows.runningIn(project) === null) jobs.scheduleOnce(TURN, next, runtime.now());
    }
  }

  /** Whether anybody else may have moved the balance meanwhile. */
  async #isShared(turn: Turn): Promise<boolean> {
    if (turn.shared || this.#rows.overlapped(turn)) return true;
    return this.#context.account.lease(turn.id, giveUpAt(turn, this.#context.runtime.config.waits));
  }

  /** Tells once when a turn took the balance below one clip, or found it empty. */
  #publishCredits(turn: Turn, snapshot: Snapshot | null): void {
    const [was, is] = [turn.before?.available ?? null, snapshot?.available ?? null];
    const type = creditsEvent(was, is, turn.error?.code === "insufficient_credits");
    if (type === null) return;
    const { outbox, address } = this.#context;
    outbox.add(type, `credits_${address.uh}`, {
      available: is,
      turn_id: turn.id,
      register_url: turn.error?.registerUrl,
    });
  }

  /** A settled turn leaves the picture that the next one starts from, unless another one overlapped it. */
  #saveSnapshot(turn: Turn, snapshot: Snapshot | null): void {
    const project = this.#projects.find(turn.project);
    if (project === null || turn.sentAt === null) return;
    const hasTimeline = project.hasTimeline || (snapshot?.timeline?.tracks.length ?? 0) > 0;
    this.#projects.save({ ...project, snapshot: turn.shared ? null : snapshot, hasTimeline });
  }
}

/* What the makers of videos and generators need to know of a turn that is over. */

/** The turn's end, or null while it has none. */
export function turnOutcome({ log }: UserContext, rows: TurnRows, id: TurnId | null): EndedTurn | null {
  const turn = id === null ? null : rows.find(id);
  if (turn?.phase !== "ended") return null;
  return {
    status: turn.verdict?.status ?? "unknown",
    charged: turn.verdict?.charged ?? "unknown",
    spent: spentBy(turn, turn.reading, turn.shared).amount,
    error: turn.error,
    changed: turn.reading !== null && isChanged(turn, turn.reading),
    text: log.textOf(turn.id),
  };
}
