/** The end of a turn: upstream's state read until it says how it went, and one commit that tells everybody. */

import type { Refusal } from "../../../core/errors.ts";
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
  type Picture,
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
import { type Home, TIDY, TURN } from "../context.ts";
import type { Projects } from "../projects.ts";
import { aheadEndsBy, showTurn, type TurnRows } from "./store.ts";

/** For a draft that differs only in what no diff names: effects, fonts, a project's title. */
const CHANGED_IN_DETAIL = { en: "The timeline changed in details.", zh: "时间线的细节有改动。" } as const;

const isEmptyDiff = (diff: TimelineDiff): boolean => diff.changes.length === 0 && diff.more.length === 0;

/** What the account held, where it was read. */
const balanceIn = (picture: Picture | null): Balance | null =>
  picture === null || picture.available === null || picture.frozen === null
    ? null
    : { available: picture.available, frozen: picture.frozen, at: picture.at };

/** What became known of a turn while its stream was followed. */
export type Followed = Pick<Turn, "stream"> &
  Partial<Pick<Turn, "reading" | "shared">> & { readonly error: Refusal | null };

/** How a turn ends. */
export type Ending = {
  readonly verdict: Verdict;
  readonly error: Refusal | null;
  /** Upstream's state at the end; missing or null: not read. */
  readonly picture?: Picture | null;
  /** Written with the end. */
  readonly known?: Partial<Pick<Turn, "stream" | "reading" | "shared">>;
  /** Said before the end, in the same transaction. */
  readonly says?: readonly TurnEventWire[];
};

const OPEN: readonly OpenTurn["phase"][] = ["queued", "sending", "streaming", "settling"];

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
  async begin(id: TurnId, { stream, error, ...known }: Followed): Promise<void> {
    const { ground, schedule, log } = this.#home;
    const turn = ground.storage.transactionSync(() => {
      const changed = this.#rows.change(id, ["sending", "streaming"], (open) =>
        toSettling({ ...open, ...known }, stream, error),
      );
      if (changed === null) return null;
      schedule.owe(TURN, id, firstReadingAt(changed.is, ground.now(), ground.config.waits));
      return changed.is;
    });
    if (turn === null) return;
    await ground.boundary("turn.ended");
    const at = firstReadingAt(turn, ground.now(), ground.config.waits);
    if (at <= ground.now()) await this.read(id);
    if (this.#rows.find(id)?.phase !== "settling") return;
    log.append(id, [{ type: "progress", stage: "settling", elapsed_ms: ground.now() - (turn.sentAt ?? at) }]);
    this.#tellWaiting(turn);
  }

  /** One reading of upstream's state, and what it means. */
  async read(id: TurnId): Promise<void> {
    const { ground } = this.#home;
    const { waits } = ground.config;
    const turn = this.#rows.find(id);
    if (turn?.phase !== "settling") return;
    const seen = await this.picture(turn.project);
    if ("code" in seen) {
      if (ground.now() >= giveUpAt(turn, waits))
        return void this.end(id, { verdict: unreadable(), error: turn.error ?? seen });
      const wait = Math.max(waits.settleNext, askedMs(seen));
      return this.#readAgain(id, Math.min(ground.now() + wait, giveUpAt(turn, waits)), {});
    }
    const shared = await this.#isShared(turn);
    const settled = afterReading(turn, seen, shared, ground.now(), waits);
    if (settled.do === "wait")
      return this.#readAgain(id, settled.at, { reading: settled.turn.reading, shared: settled.turn.shared });
    const { verdict } = settled;
    this.end(id, { verdict, error: turn.error, picture: seen, known: { reading: seen, shared } });
  }

  /** Keeps a reading that settles nothing, and owes the next one, while the turn still settles. */
  #readAgain(id: TurnId, at: EpochMs, read: Partial<Pick<Turn, "reading" | "shared">>): void {
    const { ground, schedule } = this.#home;
    ground.storage.transactionSync(() => {
      if (this.#rows.change(id, ["settling"], (turn) => ({ ...turn, ...read })) !== null) schedule.owe(TURN, id, at);
    });
  }

  /** Tells the project's waiting turns by when this one, which cannot be settled at once, has ended. */
  #tellWaiting(turn: Turn): void {
    const by = aheadEndsBy(turn, this.#home.ground.config.waits);
    for (const [at, { id }] of this.#rows.queuedIn(turn.project).entries())
      this.#home.log.append(id, [{ type: "turn.queued", id, position: at + 1, ahead_ends_by: by }]);
  }

  /** One reading beside a stream that has said nothing for long: the turn with the reading kept, or null when it is over by now. */
  async beside(turn: Turn): Promise<Turn | null> {
    const { now, config } = this.#home.ground;
    const seen = await this.picture(turn.project);
    if ("code" in seen) return turn;
    const settled = afterReading(turn, seen, await this.#isShared(turn), now(), config.waits);
    return settled.do === "end" ? null : settled.turn;
  }

  /** Whether the turn has not ended. */
  isOpen(id: TurnId): boolean {
    return openTurnOf(this.#rows.find(id)) !== null;
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

  /**
   * Ends a turn: its record, its last events, its public facts and the project's picture in one commit. One that has ended is
   * left as it is, whatever its end was; the answer is then false.
   */
  end(id: TurnId, ending: Ending, phases = OPEN): boolean {
    const { ground, schedule, log, account } = this.#home;
    const { picture = null } = ending;
    const hasEnded = ground.storage.transactionSync(() => this.#commitEnd(id, ending, phases));
    if (!hasEnded) return false;
    log.forget(id);
    ground.keep(account.release(id, balanceIn(picture)).catch(() => undefined)); // a lease ends by itself as well
    this.startWaiting();
    schedule.tick();
    return true;
  }

  /** Call inside a transaction: everything that an end writes. */
  #commitEnd(
    id: TurnId,
    { verdict, error, picture = null, known, says = [] }: Ending,
    phases: readonly OpenTurn["phase"][],
  ): boolean {
    const { ground, schedule, log, outbox } = this.#home;
    const changed = this.#rows.change(id, phases, (turn) =>
      toEnded({ ...turn, ...known }, verdict, error, ground.now()),
    );
    if (changed === null) return false;
    const { was, is: ended } = changed;
    log.append(id, says);
    this.#remember(ended, picture);
    const shown = showTurn(this.#home, this.#rows, ended);
    const events = this.#changes(ended, was, picture);
    for (const event of events) {
      if (event.type !== "timeline.changed") continue;
      outbox.add("timeline.changed", ended.project, { ...event, project_id: ended.project, turn_id: id });
    }
    log.append(id, [...events, { type: `turn.${verdict.status}`, turn: shown }]);
    outbox.add(`turn.${verdict.status}`, id, shown, ended);
    this.#tellCredits(ended, picture);
    schedule.done(TURN, id);
    schedule.oweOnce(TIDY, "", ground.now() + EVENTS_TTL_MS + HOUR_MS);
    return true;
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

  /**
   * Owes the next turn of every project that is free. One that is owed already keeps its moment and its failures: it is being
   * prepared, or waits to be. One whose work has just decided to stop is owed by nobody, whether or not that work is over.
   */
  startWaiting(): void {
    const { ground, schedule } = this.#home;
    for (const project of new Set(this.#rows.inPhases(["queued"]).map((turn) => turn.project))) {
      const next = this.#rows.nextIn(project);
      if (next !== null && this.#rows.runningIn(project) === null) schedule.oweOnce(TURN, next, ground.now());
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

/* What the makers of videos and generators need to know of a turn that is over. */

/** The turn's end, or null while it has none. */
export function endedTurn({ log }: Home, rows: TurnRows, id: TurnId | null): EndedTurn | null {
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
