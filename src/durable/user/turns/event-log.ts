/**
 * The events of turns and of videos: append-only, stored before anybody sees them, replayed byte for byte.
 *
 * Events that arrive together are one write. Watchers are told once the write is safe on disk, so no watcher ever sees a
 * frame that a later reconnect could miss. While one write is on its way to disk, what arrives meanwhile joins the next.
 */
import type { Unsigned } from "../../../core/download.ts";
import type { TurnId, VideoId } from "../../../core/ids.ts";
import { TURN_TEXT_CHARS } from "../../../core/limits.ts";
import { cut } from "../../../core/text.ts";
import type { EpochMs } from "../../../core/time.ts";
import type { TurnEventWire } from "../../../core/wire/turn-event.ts";
import { isPublishedByVideo, type VideoEventWire, type VideoWire } from "../../../core/wire/video.ts";
import type { ObjectRuntime } from "../../shared/context.ts";
import { BOUND_LIMIT } from "../../shared/database.ts";

/** An event as it is stored: the video at its end has no link yet. */
export type LoggedEvent = TurnEventWire | Exclude<VideoEventWire, EndOfVideo> | UnsignedEnd;
type EndOfVideo = Extract<VideoEventWire, { readonly video: unknown }>;
type UnsignedEnd = { readonly type: EndOfVideo["type"]; readonly video: Unsigned<VideoWire> };

/** Whose events a log holds: a turn's, or those of a whole video. */
export type LogId = TurnId | VideoId;

export type Frame = { readonly seq: number; readonly type: string; readonly data: string };

/** Frames of a running turn kept at hand for watchers that are up to date; up to twice as many between two clearings. */
const RECENT_FRAMES = 64;
/** Rows in one INSERT: SQLite's limit on variables is 100 here, four a row. */
const ROWS_PER_INSERT = 24;
export const FRAMES_PER_READ = 200;

/** `isActive`: more is expected. What does not run is held only until it is on disk and nobody follows it. */
type ActiveLog = {
  next: number;
  synced: number;
  recent: Frame[];
  readonly followers: Set<() => void>;
  isActive: boolean;
};

/** A frame as it goes over the wire, always the same for the same row. */
export const frameText = ({ seq, type, data }: Frame): string => `id: ${seq}\nevent: ${type}\ndata: ${data}\n\n`;

export class TurnEventLog {
  readonly #runtime: ObjectRuntime;
  readonly #active = new Map<LogId, ActiveLog>();
  /** Which video's log a turn's events go into as well. */
  readonly #forwards = new Map<TurnId, VideoId>();
  #dirty = false;
  #syncing = false;

  constructor(runtime: ObjectRuntime) {
    this.#runtime = runtime;
  }

  /** Adds events at the end. They become visible to watchers as soon as they are on disk. */
  append(turn: LogId, events: readonly LoggedEvent[]): void {
    if (events.length === 0) return;
    const video = this.#forwards.get(turn as TurnId);
    if (video !== undefined) this.append(video, events.filter(isPublishedByVideo));
    const active = this.#activeLog(turn);
    active.isActive = true; // a video goes on after its end
    const frames = events.map((event) => ({ seq: active.next++, type: event.type, data: JSON.stringify(event) }));
    for (let at = 0; at < frames.length; at += ROWS_PER_INSERT) {
      const some = frames.slice(at, at + ROWS_PER_INSERT);
      this.#runtime.sql.exec(
        `INSERT INTO turn_events (turn, seq, type, data) VALUES ${some.map(() => "(?, ?, ?, ?)").join(", ")}`,
        ...some.flatMap((frame) => [turn, frame.seq, frame.type, frame.data]),
      );
    }
    active.recent.push(...frames);
    if (active.recent.length > 2 * RECENT_FRAMES) active.recent = active.recent.slice(-RECENT_FRAMES);
    this.#dirty = true;
    if (!this.#syncing) this.#runtime.keep(this.#sync());
  }

  /** From now on this turn's events are told in the video's stream too, as far as they concern it. */
  forward(turn: TurnId, video: VideoId): void {
    this.#forwards.set(turn, video);
  }

  /** Frames after the cursor that are safe to show, oldest first, at most `limit`. */
  readAfter(turn: LogId, after: number, limit: number): readonly Frame[] {
    const active = this.#active.get(turn);
    const synced = active?.synced ?? Number.MAX_SAFE_INTEGER;
    const first = active?.recent[0]?.seq;
    if (active !== undefined && first !== undefined && first <= after + 1) {
      const [from, to] = [after + 1 - first, synced + 1 - first]; // seqs have no gaps
      return to <= from ? [] : active.recent.slice(from, Math.min(to, from + limit));
    }
    return this.#runtime.sql
      .exec<Frame>(
        `SELECT seq, type, data FROM turn_events WHERE turn = ? AND seq > ? AND seq <= ? ORDER BY seq ${BOUND_LIMIT}`,
        turn,
        after,
        synced,
        limit,
      )
      .toArray();
  }

  /** Removes the events of turns that ended before `before`; answers with the end of the oldest turn that still has some. */
  tidy(before: EpochMs): EpochMs | null {
    const { sql } = this.#runtime;
    sql.exec(
      "DELETE FROM turn_events WHERE turn IN (SELECT id FROM turns WHERE tidied = 0 AND ended_at < ?) AND type != 'message'",
      before,
    );
    sql.exec("UPDATE turns SET tidied = 1 WHERE tidied = 0 AND ended_at < ?", before);
    return sql.exec<{ at: number | null }>("SELECT min(ended_at) AS at FROM turns WHERE tidied = 0").one().at;
  }

  /** Every whole message of a turn, joined by blank lines and cut at 30,000 characters; null when nothing was said. */
  textOf(turn: TurnId): string | null {
    const rows = this.#runtime.sql
      .exec<{ data: string }>("SELECT data FROM turn_events WHERE turn = ? AND type = 'message' ORDER BY seq", turn)
      .toArray();
    const events = rows.map(({ data }) => JSON.parse(data) as TurnEventWire); // written by append() only
    const texts = events.flatMap((event) => (event.type === "message" && !event.partial ? [event.text] : []));
    return texts.length === 0 ? null : cut(texts.join("\n\n"), TURN_TEXT_CHARS);
  }

  /** The last event's number, 0 when there is none. */
  last(turn: LogId): number {
    return (
      this.#runtime.sql
        .exec<{ seq: number | null }>("SELECT max(seq) AS seq FROM turn_events WHERE turn = ?", turn)
        .one().seq ?? 0
    );
  }

  /** Calls `wake` whenever further events of the turn have become visible, until the answer is called. */
  follow(turn: LogId, wake: () => void): () => void {
    const { followers } = this.#activeLog(turn);
    followers.add(wake);
    return () => {
      followers.delete(wake);
      this.#evict(turn);
    };
  }

  /** Resolves at the next visible event of the turn or after `ms`, whichever is first. */
  async changed(turn: LogId, ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        unsubscribe();
        resolve();
      };
      const timer = setTimeout(finish, ms);
      const unsubscribe = this.follow(turn, finish);
    });
  }

  /** Wakes every follower and every wait for a change, so that those who watch look up. */
  wakeAll(): void {
    for (const { followers } of this.#active.values()) for (const wake of followers) wake();
  }

  /**
   * The end of a turn or video: its memory is let go of once its last event is visible; the rows stay. What the turn of an ended
   * video still says, as one that was cancelled does until it settles, is told in the turn's own stream alone.
   */
  forget(ended: LogId): void {
    for (const [turn, video] of this.#forwards) if (turn === ended || video === ended) this.#forwards.delete(turn);
    const active = this.#active.get(ended);
    if (active !== undefined) active.isActive = false;
    this.#evict(ended);
  }

  #evict(turn: LogId): void {
    const active = this.#active.get(turn);
    if (active === undefined || active.isActive || active.followers.size > 0) return;
    if (active.synced === active.next - 1) this.#active.delete(turn);
  }

  #activeLog(turn: LogId): ActiveLog {
    const known = this.#active.get(turn);
    if (known !== undefined) return known;
    const last = this.last(turn);
    const active: ActiveLog = { next: last + 1, synced: last, recent: [], followers: new Set(), isActive: false };
    this.#active.set(turn, active);
    return active;
  }

  async #sync(): Promise<void> {
    this.#syncing = true;
    try {
      while (this.#dirty) {
        this.#dirty = false;
        const reached = [...this.#active].map(([turn, active]) => [turn, active.next - 1] as const);
        await this.#runtime.storage.sync();
        for (const [turn, seq] of reached) this.#markSynced(turn, seq);
      }
    } finally {
      this.#syncing = false;
    }
  }

  #markSynced(turn: LogId, seq: number): void {
    const active = this.#active.get(turn);
    if (active === undefined || active.synced >= seq) return;
    active.synced = seq;
    for (const wake of active.followers) wake();
    this.#evict(turn);
  }
}
