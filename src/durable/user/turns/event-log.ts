/**
 * The event log of turns and videos: append-only, replayed byte for byte.
 *
 * Every event except partial text is stored before it is published: subscribers are woken once the write is on disk.
 * Events that arrive together are one write, and events that arrive during a sync are part of the next one.
 *
 * Partial text is published at once and stored within `PARTIAL_TEXT_MS`, or with the next other event. If the instance
 * is lost before that, this text is not replayed. The ids of such frames are not used again: the log continues
 * more than `UNSTORED_FRAMES` later (`skipUnstored`), so a cursor neither repeats nor skips a stored event.
 */
import type { Unsigned } from "../../../core/download.ts";
import type { ProjectId, TurnId, VideoId } from "../../../core/ids.ts";
import { TURN_TEXT_CHARS } from "../../../core/limits.ts";
import { cut } from "../../../core/text.ts";
import type { EpochMs } from "../../../core/time.ts";
import type { TurnEventWire } from "../../../core/wire/turn.ts";
import { isPublishedByVideo, type VideoEventWire, type VideoWire } from "../../../core/wire/video.ts";
import type { ObjectRuntime } from "../../shared/context.ts";
import { BOUND_LIMIT } from "../../shared/database.ts";

/** An event as it is stored: the video at its end has no signed link yet. */
export type LoggedEvent = TurnEventWire | Exclude<VideoEventWire, EndOfVideo> | UnsignedEnd;
type EndOfVideo = Extract<VideoEventWire, { readonly video: unknown }>;
type UnsignedEnd = { readonly type: EndOfVideo["type"]; readonly video: Unsigned<VideoWire> };

/** The owner of a log: a turn or a video. */
export type LogId = TurnId | VideoId;
/** What a reader waits for: the next event of a log, or the next turn of a project, which has no log. */
export type WatchedId = LogId | ProjectId;

export type Frame = { readonly seq: number; readonly type: string; readonly data: string };

/**
 * Frames of a running turn kept in memory for subscribers that are up to date; up to twice as many before they are
 * trimmed.
 */
const RECENT_FRAMES = 64;
/** Rows in one INSERT: SQLite allows 100 variables here, and a row has four. */
const ROWS_PER_INSERT = 24;
/** Partial text is stored at the latest after this time. Chosen: four writes a second, whatever the number of turns. */
const PARTIAL_TEXT_MS = 250;
/** Frames of one log that may be published before they are on disk; further ones wait until they are. */
const UNSTORED_FRAMES = 1_000;
export const FRAMES_PER_READ = 200;

/**
 * The state in memory, by sequence numbers. `stored`, `synced` and `visible`: the last one in the table, on disk, and
 * published. `awaited`: the last one that is published only when it is on disk. `isActive`: more events are expected;
 * an inactive log is dropped once it is on disk and has no followers.
 */
type ActiveLog = {
  next: number;
  stored: number;
  synced: number;
  visible: number;
  awaited: number;
  recent: Frame[];
  /** The complete messages so far, as many as a turn shows; null: in the table only. */
  messages: string[] | null;
  readonly followers: Set<() => void>;
  isActive: boolean;
};

/** The memory of a log of which so many events are stored. */
const newActiveLog = (last: number): ActiveLog => ({
  next: last + 1,
  stored: last,
  synced: last,
  visible: last,
  awaited: last,
  recent: [],
  messages: last === 0 ? [] : null,
  followers: new Set(),
  isActive: false,
});

/** A frame in the stream's format; the same bytes for the same row. */
export const frameText = ({ seq, type, data }: Frame): string => `id: ${seq}\nevent: ${type}\ndata: ${data}\n\n`;

/** An event with its JSON, which is written once, also for an event that two logs receive. */
type EncodedEvent = { readonly event: LoggedEvent; readonly data: string };

const encoded = (event: LoggedEvent): EncodedEvent => ({ event, data: JSON.stringify(event) });

const isPartialText = (event: LoggedEvent): boolean => event.type === "message" && event.partial;

const unstored = (recent: readonly Frame[], stored: number): readonly Frame[] => {
  const from = recent.findIndex(({ seq }) => seq > stored);
  return from < 0 ? [] : recent.slice(from);
};

/** Makes visible what may be seen by now, and wakes the followers if that is more than before. */
function publish(active: ActiveLog): void {
  const { synced, awaited, next, visible } = active;
  active.visible = synced >= awaited ? next - 1 : Math.max(visible, synced);
  if (active.visible > visible) for (const wake of active.followers) wake();
}

function addMessage({ messages }: ActiveLog, text: string): void {
  const chars = messages?.reduce((sum, { length }) => sum + length, 0) ?? 0;
  if (chars <= TURN_TEXT_CHARS) messages?.push(text);
}

export class TurnEventLog {
  readonly #runtime: ObjectRuntime;
  readonly #active = new Map<WatchedId, ActiveLog>();
  /** The video whose log also receives a turn's events. */
  readonly #forwards = new Map<TurnId, VideoId>();
  #dirty = false;
  #syncing = false;
  /** Runs while partial text is not stored. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(runtime: ObjectRuntime) {
    this.#runtime = runtime;
    runtime.onRollback(() => {
      for (const active of this.#active.values()) active.messages = null;
    });
  }

  /** Appends the first events of a log: nothing is stored of it yet. */
  begin(turn: LogId, events: readonly LoggedEvent[]): void {
    this.#active.set(turn, newActiveLog(0));
    this.append(turn, events);
  }

  /**
   * Appends events to the log, and to that of the video which the turn belongs to. Subscribers see partial text at once
   * and everything else as soon as it is on disk.
   */
  append(turn: LogId, events: readonly LoggedEvent[]): void {
    if (events.length === 0) return;
    const own = events.map(encoded);
    const video = this.#forwards.get(turn as TurnId);
    const forwarded = video === undefined ? [] : own.filter(({ event }) => isPublishedByVideo(event));
    if (video !== undefined && forwarded.length > 0) this.#add(video, forwarded);
    this.#add(turn, own);
  }

  /** Adds events to one log, and publishes or stores them. */
  #add(turn: LogId, events: readonly EncodedEvent[]): void {
    const active = this.#activeLog(turn);
    active.isActive = true; // also after the end: a video may be continued
    for (const { event, data } of events) {
      active.recent.push({ seq: active.next++, type: event.type, data });
      if (event.type === "message" && !event.partial) addMessage(active, event.text);
    }
    const last = active.next - 1;
    if (events.every(({ event }) => isPartialText(event)) && last - active.synced <= UNSTORED_FRAMES) {
      publish(active);
      this.#storeSoon();
      return;
    }
    active.awaited = last;
    this.#store([turn, active]);
  }

  /** Stores the partial text of all logs within `PARTIAL_TEXT_MS`. */
  #storeSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#store(...this.#active);
    }, PARTIAL_TEXT_MS);
  }

  /** Stores what these logs have not stored yet, and publishes it when it is on disk. */
  #store(...logs: readonly (readonly [WatchedId, ActiveLog])[]): void {
    const rows = logs.flatMap(([turn, { recent, stored }]) =>
      unstored(recent, stored).map((frame) => ({ turn, ...frame })),
    );
    for (let at = 0; at < rows.length; at += ROWS_PER_INSERT) {
      const some = rows.slice(at, at + ROWS_PER_INSERT);
      this.#runtime.sql.exec(
        `INSERT INTO event_log (owner, seq, type, data) VALUES ${some.map(() => "(?, ?, ?, ?)").join(", ")}`,
        ...some.flatMap(({ turn, seq, type, data }) => [turn, seq, type, data]),
      );
    }
    if (rows.length === 0) return;
    for (const [, active] of logs) {
      active.stored = active.next - 1;
      if (active.recent.length > 2 * RECENT_FRAMES) active.recent = active.recent.slice(-RECENT_FRAMES);
    }
    this.#dirty = true;
    if (!this.#syncing) this.#runtime.waitUntil(this.#sync());
  }

  /**
   * Call in the transaction that ends the following of a turn whose instance was lost, before the next event is
   * appended: the lost instance may have published frames that it had not stored.
   */
  skipUnstored(turn: LogId): void {
    this.#activeLog(turn).next += UNSTORED_FRAMES;
  }

  /** From now on this turn's events are also appended to the video's log, if they belong there. */
  forward(turn: TurnId, video: VideoId): void {
    this.#forwards.set(turn, video);
  }

  /** Published frames after the cursor, oldest first, at most `limit`. */
  readAfter(turn: LogId, after: number, limit: number): readonly Frame[] {
    const active = this.#active.get(turn);
    const visible = active?.visible ?? Number.MAX_SAFE_INTEGER;
    const first = active?.recent[0]?.seq;
    if (active !== undefined && first !== undefined && first <= after + 1) {
      const [from, to] = [after + 1 - first, visible + 1 - first]; // an instance's sequence numbers have no gaps
      return to <= from ? [] : active.recent.slice(from, Math.min(to, from + limit));
    }
    return this.#runtime.sql
      .exec<Frame>(
        `SELECT seq, type, data FROM event_log WHERE owner = ? AND seq > ? AND seq <= ? ORDER BY seq ${BOUND_LIMIT}`,
        turn,
        after,
        visible,
        limit,
      )
      .toArray();
  }

  /**
   * Deletes the events of turns that ended before `before`. Returns the end of the oldest turn that still has its
   * events.
   */
  deleteExpired(before: EpochMs): EpochMs | null {
    const { sql } = this.#runtime;
    sql.exec(
      "DELETE FROM event_log WHERE owner IN (SELECT id FROM turns WHERE events_deleted = 0 AND ended_at < ?) AND type != 'message'",
      before,
    );
    sql.exec("UPDATE turns SET events_deleted = 1 WHERE events_deleted = 0 AND ended_at < ?", before);
    return sql.exec<{ at: number | null }>("SELECT min(ended_at) AS at FROM turns WHERE events_deleted = 0").one().at;
  }

  /** The complete messages of a turn, joined by blank lines and cut at 30,000 characters; null when there are none. */
  textOf(turn: TurnId): string | null {
    const texts = this.#active.get(turn)?.messages ?? this.#storedMessages(turn);
    return texts.length === 0 ? null : cut(texts.join("\n\n"), TURN_TEXT_CHARS);
  }

  #storedMessages(turn: TurnId): readonly string[] {
    const rows = this.#runtime.sql
      .exec<{ data: string }>("SELECT data FROM event_log WHERE owner = ? AND type = 'message' ORDER BY seq", turn)
      .toArray();
    const events = rows.map(({ data }) => JSON.parse(data) as TurnEventWire); // written by append() only
    return events.flatMap((event) => (event.type === "message" && !event.partial ? [event.text] : []));
  }

  /** The last stored event's sequence number, 0 when there is none. */
  last(turn: WatchedId): number {
    return (
      this.#runtime.sql
        .exec<{ seq: number | null }>("SELECT max(seq) AS seq FROM event_log WHERE owner = ?", turn)
        .one().seq ?? 0
    );
  }

  /** Calls `wake` whenever further events are visible, until the returned function is called. */
  follow(turn: WatchedId, wake: () => void): () => void {
    const { followers } = this.#activeLog(turn);
    followers.add(wake);
    return () => {
      followers.delete(wake);
      this.#evict(turn);
    };
  }

  /** Resolves at the next visible event or after `ms`, whichever is first. */
  async changed(turn: WatchedId, ms: number): Promise<void> {
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

  /** Wakes who waits for another turn of a project. */
  wake(project: ProjectId): void {
    for (const wake of this.#active.get(project)?.followers ?? []) wake();
  }

  /** Wakes every follower and every wait, so that they check their access again. */
  wakeAll(): void {
    for (const { followers } of this.#active.values()) for (const wake of followers) wake();
  }

  /**
   * Drops the memory of an ended turn or video once its last event is visible; the rows stay. If the turn of an ended
   * video continues, as a cancelled one does until it settles, its events go to the turn's own log only.
   */
  forget(ended: LogId): void {
    for (const [turn, video] of this.#forwards) if (turn === ended || video === ended) this.#forwards.delete(turn);
    const active = this.#active.get(ended);
    if (active !== undefined) active.isActive = false;
    this.#evict(ended);
  }

  #evict(turn: WatchedId): void {
    const active = this.#active.get(turn);
    if (active === undefined || active.isActive || active.followers.size > 0) return;
    if (active.synced === active.next - 1) this.#active.delete(turn);
  }

  #activeLog(turn: WatchedId): ActiveLog {
    const known = this.#active.get(turn);
    if (known !== undefined) return known;
    const active = newActiveLog(this.last(turn));
    this.#active.set(turn, active);
    return active;
  }

  async #sync(): Promise<void> {
    this.#syncing = true;
    try {
      while (this.#dirty) {
        this.#dirty = false;
        const reached = [...this.#active].map(([turn, { stored }]) => [turn, stored] as const);
        await this.#runtime.storage.sync();
        for (const [turn, seq] of reached) this.#markSynced(turn, seq);
      }
    } finally {
      this.#syncing = false;
    }
  }

  #markSynced(turn: WatchedId, seq: number): void {
    const active = this.#active.get(turn);
    if (active === undefined || active.synced >= seq) return;
    active.synced = seq;
    publish(active);
    this.#evict(turn);
  }
}
