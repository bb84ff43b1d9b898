/** The end of a turn: upstream's state read until it says how it went, and one commit that tells everybody. */

import { changeLine } from "../../core/change-line.ts";
import { creditsEvent } from "../../core/credits.ts";
import type { Refusal } from "../../core/errors.ts";
import type { ProjectId } from "../../core/ids.ts";
import { EVENTS_TTL_MS } from "../../core/limits.ts";
import type { Verdict } from "../../core/ports.ts";
import { HOUR_MS } from "../../core/time.ts";
import { EMPTY_TIMELINE, summaryLine } from "../../core/timeline.ts";
import { diffTimelines } from "../../core/timeline-diff.ts";
import type { TimelineDiff } from "../../core/timeline-diff-change.ts";
import type { Balance } from "../../core/token-port.ts";
import {
  afterReading,
  firstReadingAt,
  giveUpAt,
  isChanged,
  type Picture,
  type Turn,
  toEnded,
  unreadable,
} from "../../core/turn.ts";
import { timelineDiffWire } from "../../core/wire/timeline-diff.ts";
import type { TurnEventWire } from "../../core/wire/turn-event.ts";
import { askedMs } from "../refusals.ts";
import { type Home, TIDY, TURN } from "./home.ts";
import type { Projects } from "./projects.ts";
import type { TurnRows } from "./turn-rows.ts";
import { showTurn } from "./turn-show.ts";

/** For a draft that differs only in what no diff names: effects, fonts, a project's title. */
const CHANGED_IN_DETAIL = { en: "The timeline changed in details.", zh: "时间线的细节有改动。" } as const;

const isEmptyDiff = (diff: TimelineDiff): boolean => diff.changes.length === 0 && diff.more.length === 0;

/** What the account held, where it was read. */
const balanceIn = (picture: Picture | null): Balance | null =>
  picture === null || picture.available === null || picture.frozen === null
    ? null
    : { available: picture.available, frozen: picture.frozen, at: picture.at };

export class TurnSettle {
  readonly #home: Home;
  readonly #projects: Projects;
  readonly #rows: TurnRows;

  constructor(home: Home, projects: Projects, rows: TurnRows) {
    this.#home = home;
    this.#projects = projects;
    this.#rows = rows;
  }

  /** Commits that the stream is over, lets the project's other turns know, and reads at once where that can settle it. */
  async begin(turn: Turn): Promise<void> {
    const { ground, schedule, log } = this.#home;
    const at = firstReadingAt(turn, ground.now(), ground.config.waits);
    ground.storage.transactionSync(() => {
      this.#rows.save(turn);
      schedule.owe(TURN, turn.id, at);
    });
    await ground.boundary("turn.ended");
    if (at <= ground.now()) return this.read(turn);
    log.append(turn.id, [{ type: "progress", stage: "settling", elapsed_ms: ground.now() - (turn.sentAt ?? at) }]);
  }

  /** One reading of upstream's state, and what it means. */
  async read(turn: Turn): Promise<void> {
    const { ground, schedule } = this.#home;
    const { waits } = ground.config;
    const seen = await this.picture(turn.project);
    if ("code" in seen) {
      if (ground.now() >= giveUpAt(turn, waits)) return this.end(turn, unreadable(), null, turn.error ?? seen);
      const wait = Math.max(waits.settleNext, askedMs(seen));
      return schedule.owe(TURN, turn.id, Math.min(ground.now() + wait, giveUpAt(turn, waits)));
    }
    const shared = await this.#isShared(turn);
    const settled = afterReading(turn, seen, shared, ground.now(), waits);
    if (settled.do === "end") return this.end({ ...turn, reading: seen, shared }, settled.verdict, seen, turn.error);
    ground.storage.transactionSync(() => {
      this.#rows.save(settled.turn);
      schedule.owe(TURN, turn.id, settled.at);
    });
  }

  /** One reading beside a stream that has said nothing for long: the turn with the reading kept, or null when it is over by now. */
  async beside(turn: Turn): Promise<Turn | null> {
    const { now, config } = this.#home.ground;
    const seen = await this.picture(turn.project);
    if ("code" in seen) return turn;
    const settled = afterReading(turn, seen, await this.#isShared(turn), now(), config.waits);
    return settled.do === "end" ? null : settled.turn;
  }

  /** Upstream's timeline and balance now. The balance may be missing; the timeline may not. */
  async picture(project: ProjectId): Promise<Picture | Refusal> {
    const { account, ground } = this.#home;
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
      at: ground.now(),
    };
  }

  /** Ends a turn: its record, its last events, its public facts and the project's picture in one commit. */
  end(turn: Turn, verdict: Verdict, picture: Picture | null, error: Refusal | null): void {
    const { ground, schedule, log, outbox, account } = this.#home;
    const ended = toEnded(turn, verdict, error, ground.now());
    ground.storage.transactionSync(() => {
      this.#rows.save(ended);
      this.#remember(ended, picture);
      const shown = showTurn(this.#home, this.#rows, ended);
      const events = this.#changes(ended, turn, picture);
      for (const event of events) {
        if (event.type !== "timeline.changed") continue;
        outbox.add("timeline.changed", ended.project, { ...event, project_id: ended.project, turn_id: ended.id });
      }
      log.append(ended.id, [...events, { type: `turn.${verdict.status}`, turn: shown }]);
      outbox.add(`turn.${verdict.status}`, ended.id, shown, ended);
      this.#tellCredits(ended, picture);
      schedule.done(TURN, ended.id);
      schedule.oweOnce(TIDY, "", ground.now() + EVENTS_TTL_MS + HOUR_MS);
    });
    log.forget(ended.id);
    ground.keep(account.release(ended.id, balanceIn(picture)).catch(() => undefined)); // a lease ends by itself as well
    this.startWaiting();
    schedule.tick();
  }

  /** What to say about the timeline: what changed, or, where the agent said nothing, that nothing did. */
  #changes(ended: Turn, { before, speech }: Turn, picture: Picture | null): TurnEventWire[] {
    if (picture === null || before === null || ended.sentAt === null) return [];
    const [was, is] = [before.timeline, picture.timeline];
    const diff = was === null || is === null ? null : diffTimelines(was, is);
    if (isChanged(ended, picture)) {
      const line = diff === null || isEmptyDiff(diff) ? CHANGED_IN_DETAIL[speech] : changeLine(diff, speech);
      return [
        {
          type: "timeline.changed",
          summary: picture.summary,
          line,
          diff: diff === null ? null : timelineDiffWire(diff),
        },
      ];
    }
    const silent = ended.verdict?.status === "completed" && this.#home.log.textOf(ended.id) === null;
    if (!silent || diff === null) return [];
    return [{ type: "message", message: 1, text: changeLine(diff, speech), partial: false }];
  }

  /** Owes the next turn of every project that is free. */
  startWaiting(): void {
    const { ground, schedule } = this.#home;
    for (const project of new Set(this.#rows.inPhases(["queued"]).map((turn) => turn.project))) {
      const next = this.#rows.nextIn(project);
      if (next === null || this.#rows.runningIn(project) !== null) continue;
      schedule.oweOnce(TURN, next, ground.now()); // one that waits for its next try goes on waiting
    }
  }

  /** Whether anybody else may have moved the balance meanwhile. */
  async #isShared(turn: Turn): Promise<boolean> {
    if (turn.shared || this.#rows.overlapped(turn)) return true;
    return this.#home.account.lease(turn.id, giveUpAt(turn, this.#home.ground.config.waits));
  }

  /** Tells once when a turn took the balance below one clip, or found it empty. */
  #tellCredits(turn: Turn, picture: Picture | null): void {
    const [was, is] = [turn.before?.available ?? null, picture?.available ?? null];
    const type = creditsEvent(was, is, turn.error?.code === "insufficient_credits");
    if (type === null) return;
    const { outbox, address } = this.#home;
    outbox.add(type, `credits_${address.uh}`, {
      available: is,
      turn_id: turn.id,
      register_url: turn.error?.registerUrl,
    });
  }

  /** A settled turn leaves the picture that the next one starts from, unless another one overlapped it. */
  #remember(turn: Turn, picture: Picture | null): void {
    const project = this.#projects.find(turn.project);
    if (project === null || turn.sentAt === null) return;
    const hasTimeline = project.hasTimeline || (picture?.timeline?.tracks.length ?? 0) > 0;
    this.#projects.save({ ...project, picture: turn.shared ? null : picture, hasTimeline });
  }
}
