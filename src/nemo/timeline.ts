/**
 * The draft's text, read leniently into a timeline for people. The draft itself is never made from this.
 *
 * Attested: `t` tracks, `tt` kind (0 video, 1 audio, 7 text), `sg` segments, `d` milliseconds, `m` with `title`, `width`, `height`. Where
 * start, volume, words and names live is documented nowhere, so several spellings are tried. Source: nemo-api reference section 5.
 */

import { cut } from "../core/text.ts";
import { EMPTY_TIMELINE, type Segment, type Timeline, type Track, type TrackKind } from "../core/timeline.ts";
import { isObject, parseJson } from "./json.ts";
import { LABEL_CHARS, TIMELINE_SEGMENTS, TIMELINE_TRACKS } from "./limits.ts";
import { arrayAt, numberAt, stringAt } from "./read.ts";

const KINDS: ReadonlyMap<number, TrackKind> = new Map([
  [0, "video"],
  [1, "audio"],
  [7, "text"],
]);

/** A key at the segment itself or in its metadata. */
const both = (...keys: readonly string[]): readonly string[] => [...keys, ...keys.map((key) => `m.${key}`)];

const LABELS = ["m.title", "m.name", "title", "name", "label", "m.label", ...both("filename", "file_name", "fn", "n")];
const WORDS = both("text", "txt", "tx", "content", "caption");
const STARTS = both("start", "st", "start_ms", "startMs", "start_time", "startTime", "s", "offset", "position");
const VOLUMES = both("volume", "vol", "vl", "v", "gain", "audio_volume");

const cutLabel = (text: string): string => cut(text, LABEL_CHARS);
const notNegative = (value: number | null): number | null => (value === null || value < 0 ? null : value);

/** The last part of an address or a path, for a segment that has no other name. */
function fileName(segment: unknown): string {
  const source = stringAt(segment, ...both("src", "url", "cdn_url", "path", "source"));
  return source?.split(/[?#]/)[0]?.split("/").pop() ?? "";
}

/** 0 to 1 as written; above 1 it is a percentage. */
function volume(segment: unknown): number | null {
  const raw = notNegative(numberAt(segment, ...VOLUMES));
  return raw === null ? null : Math.min(1, raw > 1 ? raw / 100 : raw);
}

function readSegment(raw: unknown, kind: TrackKind): Segment {
  const words = stringAt(raw, ...WORDS);
  const label = stringAt(raw, ...LABELS) ?? words ?? fileName(raw);
  const text = words ?? (kind === "text" && label !== "" ? label : null);
  return {
    label: cutLabel(label),
    startMs: notNegative(numberAt(raw, ...STARTS)),
    durationMs: notNegative(numberAt(raw, "d", ...both("duration_ms", "duration"))),
    volume: volume(raw),
    text: text === null ? null : cutLabel(text),
  };
}

/** Where no segment of a track tells its start, each begins where the one before it ends. */
function withStarts(segments: readonly Segment[]): readonly Segment[] {
  if (segments.some((segment) => segment.startMs !== null)) return segments;
  let at: number | null = 0;
  return segments.map((segment) => {
    const startMs: number | null = at;
    at = at === null || segment.durationMs === null ? null : at + segment.durationMs;
    return { ...segment, startMs };
  });
}

function readTrack(raw: unknown): Track {
  const rawKind = numberAt(raw, "tt", "type");
  const kind = (rawKind === null ? undefined : KINDS.get(rawKind)) ?? "other";
  const segments = arrayAt(raw, "sg", "segments", "clips").slice(0, TIMELINE_SEGMENTS).filter(isObject);
  return { kind, rawKind, segments: withStarts(segments.map((segment) => readSegment(segment, kind))) };
}

/** The end of the last segment; null when no segment tells its length. */
function lengthOf(tracks: readonly Track[]): number | null {
  let end: number | null = null;
  for (const { segments } of tracks) {
    for (const { startMs, durationMs } of segments)
      if (durationMs !== null) end = Math.max(end ?? 0, (startMs ?? 0) + durationMs);
  }
  return end;
}

/** The timeline of a draft's text; the empty one for null and for a text that holds none. A draft sent as a JSON string is opened once. */
export function readTimeline(draftText: string | null): Timeline {
  const parsed = draftText === null ? null : parseJson(draftText);
  const draft = typeof parsed === "string" ? parseJson(parsed) : parsed;
  if (!isObject(draft)) return EMPTY_TIMELINE;
  const tracks = arrayAt(draft, "t", "tracks").slice(0, TIMELINE_TRACKS).filter(isObject).map(readTrack);
  const title = stringAt(draft, "m.title", "title", "m.name", "name");
  return {
    tracks,
    durationMs: notNegative(numberAt(draft, "d", "m.d", "duration_ms", "duration")) ?? lengthOf(tracks),
    title: title === null ? null : cutLabel(title),
    width: notNegative(numberAt(draft, "m.width", "width", "m.w")),
    height: notNegative(numberAt(draft, "m.height", "height", "m.h")),
  };
}
