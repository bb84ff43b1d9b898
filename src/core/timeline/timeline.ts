/**
 * A timeline as people see it: ordered tracks of segments. It is parsed from a draft elsewhere and independent of the
 * draft's format.
 */
import { SECOND_MS } from "../time.ts";

export type TrackKind = "video" | "audio" | "text" | "other";

export type Segment = {
  /** The name that people know it by; "" when the draft has none. */
  readonly label: string;
  /** Milliseconds from the timeline's start; null when neither stated nor derivable. */
  readonly startMs: number | null;
  readonly durationMs: number | null;
  /** Volume from 0 to 1; null when not stated. */
  readonly volume: number | null;
  /** The text of a title; null for other segments. */
  readonly text: string | null;
};

export type Track = {
  readonly kind: TrackKind;
  /** The draft's own number of the kind, kept because only three of them are known; null when it has none. */
  readonly rawKind: number | null;
  readonly segments: readonly Segment[];
};

export type Timeline = {
  readonly tracks: readonly Track[];
  readonly durationMs: number | null;
  readonly title: string | null;
  /** Pixels. */
  readonly width: number | null;
  readonly height: number | null;
};

/** The timeline before the first edit. */
export const EMPTY_TIMELINE: Timeline = { tracks: [], durationMs: null, title: null, width: null, height: null };

/** Whether any track has a segment. Upstream rejects an export without one. */
export const isExportable = (timeline: Timeline): boolean => timeline.tracks.some((track) => track.segments.length > 0);

/** Tracks and segments named in a summary; the rest is counted. Chosen: a line that fits a chat message. */
const SUMMARY_TRACKS = 20;
const SUMMARY_LABEL_CHARS = 60;

const NAMES: Record<TrackKind, string> = { video: "Video", audio: "BGM", text: "Title", other: "Track" };

/** Seconds with at most one decimal: 10, 2.5. */
const seconds = (ms: number): string => String(Math.round(ms / (SECOND_MS / 10)) / 10);

const short = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim();
  const chars = Array.from(line);
  return chars.length > SUMMARY_LABEL_CHARS ? `${chars.slice(0, SUMMARY_LABEL_CHARS - 1).join("")}…` : line;
};

/** From the first segment's start to the last one's end; null when no segment states its duration. */
function span(segments: readonly Segment[]): string | null {
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const { startMs, durationMs } of segments) {
    if (durationMs === null) continue;
    start = Math.min(start, startMs ?? 0);
    end = Math.max(end, (startMs ?? 0) + durationMs);
  }
  return end >= start ? `${seconds(start)}-${seconds(end)}s` : null;
}

function trackLine(track: Track): string {
  const first = track.segments[0];
  if (first === undefined) return `${NAMES[track.kind]}: empty`;
  const words = first.text ?? first.label;
  const label = track.kind === "text" && words !== "" ? `"${short(words)}"` : short(first.label || words) || "untitled";
  const more = track.segments.length > 1 ? ` +${track.segments.length - 1} more` : "";
  const volume = first.volume === null || track.kind !== "audio" ? null : `${Math.round(first.volume * 100)}%`;
  const properties = [span(track.segments), volume].filter((property) => property !== null).join(", ");
  return `${NAMES[track.kind]}: ${label}${more}${properties === "" ? "" : ` (${properties})`}`;
}

/**
 * The timeline in one line, the form that Nemo's own clients print: `Timeline (3 tracks): 1. Video: city timelapse
 * (0-10s) 2. BGM: Lo-fi (0-10s, 35%) 3. Title: "Urban Dreams" (0-3s)`.
 *
 * Further segments of a track are counted (`+2 more`), and so are tracks after the twentieth; labels are cut at 60
 * characters. Source: nemo-api reference section 8.3.
 */
export function summaryLine(timeline: Timeline): string {
  const count = timeline.tracks.length;
  const head = `Timeline (${count} ${count === 1 ? "track" : "tracks"})`;
  if (count === 0) return head;
  const lines = timeline.tracks.slice(0, SUMMARY_TRACKS).map((track, at) => `${at + 1}. ${trackLine(track)}`);
  const rest = count > SUMMARY_TRACKS ? ` and ${count - SUMMARY_TRACKS} more` : "";
  return `${head}: ${lines.join(" ")}${rest}`;
}
