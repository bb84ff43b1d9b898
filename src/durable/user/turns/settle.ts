/** The end of a turn: reads Nemo's state until it shows the result, and commits and publishes that result at once. */

import { ownerOf } from "../../../core/address.ts";
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
  afterSnapshot,
  firstPollAt,
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
import { creditsEvent } from "../../../core/usage/usage.ts";
import type { EndedTurn } from "../../../core/video.ts";
import { timelineDiffWire } from "../../../core/wire/project.ts";
import type { TurnEventWire } from "../../../core/wire/turn.ts";
import { requestedWaitMs } from "../../shared/problems.ts";
import { CLEANUP, TURN } from "../context.ts";
import type { UserServices } from "../services.ts";
import { aheadEndsBy, showTurn, type TurnContext } from "./store.ts";

/** For a timeline that differs only in what no diff describes: effects, fonts, a project's title. */
const CHANGED_IN_DETAIL = { en: "The timeline changed in details.", zh: "时间线的细节有改动。" } as const;

const isEmptyDiff = (diff: TimelineDiff): boolean => diff.changes.length === 0 && diff.more.length === 0;

/** The account's balance, if it was read. */
const balanceIn = (snapshot: Snapshot | null): Balance | null =>
  snapshot === null || snapshot.available === null || snapshot.frozen === null
    ? null
    : { available: snapshot.available, frozen: snapshot.frozen, at: snapshot.at };

/** What following the stream has shown about a turn. */
export type Followed = Pick<Turn, "stream"> &
  Partial<Pick<Turn, "after" | "shared">> & { readonly error: Problem | null };

/** The result with which a turn ends. */
export type Ending = {
  readonly verdict: Verdict;
  readonly error: Problem | null;
  /** Nemo's state at the end; missing or null: not read. */
  readonly snapshot?: Snapshot | null;
  /** Fields to store with the end. */
  readonly known?: Partial<Pick<Turn, "stream" | "after" | "shared">>;
  /** Events to append before the last one, in the same transaction. */
  readonly closingEvents?: readonly TurnEventWire[];
};

const OPEN: readonly OpenTurn["phase"][] = ["queued", "sending", "streaming", "settling"];

/** What settling a turn uses: a deleted user has nothing else. */
export type SettlingServices = TurnContext & Pick<UserServices, "projects">;

export class TurnSettle {
  readonly #user: SettlingServices;

  constructor(user: SettlingServices) {
    this.#user = user;
  }

  /**
   * Commits the end of the stream, informs the project's waiting turns, and reads Nemo's state at once if that can
   * settle the turn.
   */
  async begin(id: TurnId, { stream, error, ...known }: Followed): Promise<void> {
    const { runtime, jobs, log } = this.#user;
    const turn = runtime.storage.transactionSync(() => {
      const changed = this.#user.turnRows.change(id, ["sending", "streaming"], (open) =>
        toSettling({ ...open, ...known }, stream, error),
      );
      if (changed === null) return null;
      const at = firstPollAt(changed.is, runtime.now(), runtime.config.timings);
      // A state that is read at once needs no other time: the turn's job runs this, and is due again if it is interrupted.
      if (at > runtime.now()) jobs.schedule(TURN, id, at);
      return changed.is;
    });
    if (turn === null) return;
    await runtime.failpoint("turn.ended");
    const at = firstPollAt(turn, runtime.now(), runtime.config.timings);
    if (at <= runtime.now()) await this.read(id);
    if (!this.#user.turnRows.isSettling(id)) return;
    log.append(id, [{ type: "progress", stage: "settling", elapsed_ms: runtime.now() - (turn.sentAt ?? at) }]);
    this.#publishWaiting(turn);
  }

  /** Reads Nemo's state once, and ends the turn if it is conclusive. */
  async read(id: TurnId): Promise<void> {
    const { runtime } = this.#user;
    const { timings } = runtime.config;
    const turn = this.#user.turnRows.find(id);
    if (turn?.phase !== "settling") return;
    const seen = await this.snapshot(turn.project);
    if ("code" in seen) {
      if (runtime.now() >= giveUpAt(turn, timings))
        return void this.end(id, { verdict: unreadable(), error: turn.error ?? seen });
      const wait = Math.max(timings.settleNext, requestedWaitMs(seen));
      return this.#readAgain(id, Math.min(runtime.now() + wait, giveUpAt(turn, timings)), {});
    }
    const shared = await this.#isShared(turn);
    const settled = afterSnapshot(turn, seen, shared, runtime.now(), timings);
    if (settled.do === "wait")
      return this.#readAgain(id, settled.at, { after: settled.turn.after, shared: settled.turn.shared });
    const { verdict } = settled;
    this.end(id, { verdict, error: turn.error, snapshot: seen, known: { after: seen, shared } });
  }

  /** Stores an inconclusive reading and schedules the next one, while the turn is still settling. */
  #readAgain(id: TurnId, at: EpochMs, read: Partial<Pick<Turn, "after" | "shared">>): void {
    const { runtime, jobs } = this.#user;
    runtime.storage.transactionSync(() => {
      if (this.#user.turnRows.change(id, ["settling"], (turn) => ({ ...turn, ...read })) !== null)
        jobs.schedule(TURN, id, at);
    });
  }

  /** Informs the project's waiting turns of the time by which this one, which cannot be settled at once, has ended. */
  #publishWaiting(turn: Turn): void {
    const by = aheadEndsBy(turn, this.#user.runtime.config.timings);
    for (const [at, id] of this.#user.turnRows.queuedIn(turn.project).entries())
      this.#user.log.append(id, [{ type: "turn.queued", id, position: at + 1, ahead_ends_by: by }]);
  }

  /**
   * Reads Nemo's state beside a stream that has been silent for long. Returns the turn with the reading, or null when
   * the turn is over.
   */
  async readBesideStream(turn: Turn): Promise<Turn | null> {
    const { now, config } = this.#user.runtime;
    const seen = await this.snapshot(turn.project);
    if ("code" in seen) return turn;
    const settled = afterSnapshot(turn, seen, await this.#isShared(turn), now(), config.timings);
    return settled.do === "end" ? null : settled.turn;
  }

  /** Whether the turn has not ended. */
  isOpen(id: TurnId): boolean {
    return openTurnOf(this.#user.turnRows.find(id)) !== null;
  }

  /** Nemo's timeline and balance now. The balance may be missing; the timeline may not. */
  async snapshot(project: ProjectId): Promise<Snapshot | Problem> {
    const { account, runtime } = this.#user;
    const [state, credits] = await Promise.all([
      this.#user.projects.state(project),
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
   * Ends a turn: its record, its last events, its published events and the project's snapshot in one commit. A turn
   * that has ended is not changed, and the result is false.
   */
  end(id: TurnId, ending: Ending): boolean {
    const { runtime, jobs, log, account } = this.#user;
    const { snapshot = null } = ending;
    const hasEnded = runtime.storage.transactionSync(() => this.#commitEnd(id, ending));
    if (!hasEnded) return false;
    this.#trace(id);
    log.forget(id);
    runtime.waitUntil(account.release(id, balanceIn(snapshot)).catch(() => undefined)); // otherwise the lease expires by itself
    this.startWaiting();
    jobs.tick();
    return true;
  }

  /** The turn's own span: from its request to its end, however many instances ran it. */
  #trace(id: TurnId): void {
    const { spans, name } = this.#user.runtime;
    const turn = spans === null ? null : this.#user.turnRows.find(id);
    if (!turn?.endedAt) return;
    spans?.add("turn", {
      startedAt: turn.createdAt,
      endedAt: turn.endedAt,
      resource: id,
      failed: turn.verdict?.status !== "completed",
      fields: { work: "turn", code: turn.error?.code ?? turn.verdict?.status, ...ownerOf(name) },
    });
  }

  /** Everything that the end of a turn writes. Call inside a transaction. */
  #commitEnd(id: TurnId, { verdict, error, snapshot = null, known, closingEvents = [] }: Ending): boolean {
    const { runtime, jobs, log, outbox } = this.#user;
    const changed = this.#user.turnRows.change(id, OPEN, (turn) =>
      toEnded({ ...turn, ...known }, verdict, error, runtime.now()),
    );
    if (changed === null) return false;
    const { was, is: ended } = changed;
    log.append(id, closingEvents);
    this.#saveSnapshot(ended, snapshot);
    const shown = showTurn(this.#user, ended);
    const events = this.#timelineEvents(ended, was, snapshot);
    for (const event of events) {
      if (event.type !== "timeline.changed") continue;
      outbox.add("timeline.changed", ended.project, { ...event, project_id: ended.project, turn_id: id });
    }
    log.append(id, [...events, { type: `turn.${verdict.status}`, turn: shown }]);
    outbox.add(`turn.${verdict.status}`, id, shown, ended);
    this.#publishCredits(ended, snapshot);
    jobs.done(TURN, id);
    jobs.scheduleOnce(CLEANUP, "", runtime.now() + EVENTS_TTL_MS + HOUR_MS);
    return true;
  }

  /** The events about the timeline: what changed; or, if the agent sent no message, that nothing changed. */
  #timelineEvents(ended: Turn, { before, answerLanguage }: Turn, snapshot: Snapshot | null): TurnEventWire[] {
    if (snapshot === null || before === null || ended.sentAt === null) return [];
    const [was, is] = [before.timeline, snapshot.timeline];
    const diff = was === null || is === null ? null : diffTimelines(was, is);
    if (isChanged(ended, snapshot)) {
      const line =
        diff === null || isEmptyDiff(diff) ? CHANGED_IN_DETAIL[answerLanguage] : changeLine(diff, answerLanguage);
      return [
        {
          type: "timeline.changed",
          summary: snapshot.summary,
          line,
          diff: diff === null ? null : timelineDiffWire(diff),
        },
      ];
    }
    const hasNoMessage = ended.verdict?.status === "completed" && this.#user.log.textOf(ended.id) === null;
    if (!hasNoMessage || diff === null) return [];
    return [{ type: "message", message: 1, text: changeLine(diff, answerLanguage), partial: false }];
  }

  /**
   * Schedules the next turn of every project that is free. A turn whose job exists keeps its time and its attempts:
   * it is being prepared, or will be. A turn whose job has just decided to stop has no job, even while that run ends.
   */
  startWaiting(): void {
    const { runtime, jobs } = this.#user;
    for (const project of this.#user.turnRows.projectsWithQueued()) {
      const next = this.#user.turnRows.nextIn(project);
      if (next !== null && this.#user.turnRows.runningIn(project) === null)
        jobs.scheduleOnce(TURN, next, runtime.now());
    }
  }

  /** Whether others may have changed the balance meanwhile. */
  async #isShared(turn: Turn): Promise<boolean> {
    if (turn.shared || this.#user.turnRows.overlapped(turn)) return true;
    return this.#user.account.lease(turn.id, giveUpAt(turn, this.#user.runtime.config.timings));
  }

  /** Publishes once when a turn took the balance below the price of one clip, or failed because it was empty. */
  #publishCredits(turn: Turn, snapshot: Snapshot | null): void {
    const [was, is] = [turn.before?.available ?? null, snapshot?.available ?? null];
    const type = creditsEvent(was, is, turn.error?.code === "insufficient_credits");
    if (type === null) return;
    const { outbox, address } = this.#user;
    outbox.add(type, `credits_${address.uh}`, {
      available: is,
      turn_id: turn.id,
      register_url: turn.error?.registerUrl,
    });
  }

  /** Stores the snapshot from which the next turn starts, unless another turn overlapped this one. */
  #saveSnapshot(turn: Turn, snapshot: Snapshot | null): void {
    const project = this.#user.projects.find(turn.project);
    if (project === null || turn.sentAt === null) return;
    const hasTimeline = project.hasTimeline || (snapshot?.timeline?.tracks.length ?? 0) > 0;
    this.#user.projects.save({ ...project, snapshot: turn.shared ? null : snapshot, hasTimeline });
  }
}

/** What videos and generator jobs need to know of an ended turn; null while it has not ended. */
export function turnOutcome({ log, turnRows }: TurnContext, id: TurnId | null): EndedTurn | null {
  const turn = id === null ? null : turnRows.find(id);
  if (turn?.phase !== "ended") return null;
  return {
    status: turn.verdict?.status ?? "unknown",
    charged: turn.verdict?.charged ?? "unknown",
    spent: spentBy(turn, turn.after, turn.shared).amount,
    error: turn.error,
    changed: turn.after !== null && isChanged(turn, turn.after),
    text: log.textOf(turn.id),
  };
}
