/**
 * Reads a session's state, and parses its draft leniently into a timeline for people. Drafts are never built from a
 * timeline.
 *
 * Attested: `t` tracks, `tt` kind (0 video, 1 audio, 7 text), `sg` segments, `d` milliseconds, `m` with `title`,
 * `width`, `height`. The keys of start, volume, text and names are not documented, so several are tried. Source:
 * nemo-api reference section 5.
 */

import { hex, sha256 } from "../core/encoding.ts";
import { err, ok, type Result } from "../core/result.ts";
import { cut } from "../core/text.ts";
import { EMPTY_TIMELINE, type Segment, type Timeline, type Track, type TrackKind } from "../core/timeline/timeline.ts";
import type { NemoState, VideoInfo } from "./client.ts";
import { malformed, type NemoFailure } from "./errors.ts";
import { askData, type HttpOptions } from "./http.ts";
import { arrayAt, canonical, isObject, numberAt, parseJson, spanAt, stringAt, valueAt } from "./json.ts";
import { LABEL_CHARS, MEDIA_ENTRIES, TIMELINE_SEGMENTS, TIMELINE_TRACKS } from "./limits.ts";

const KINDS: ReadonlyMap<number, TrackKind> = new Map([
  [0, "video"],
  [1, "audio"],
  [7, "text"],
]);

/** A key in the segment itself or in its metadata. */
const both = (...keys: readonly string[]): readonly string[] => [...keys, ...keys.map((key) => `m.${key}`)];

const LABELS = ["m.title", "m.name", "title", "name", "label", "m.label", ...both("filename", "file_name", "fn", "n")];
const WORDS = both("text", "txt", "tx", "content", "caption");
const STARTS = both("start", "st", "start_ms", "startMs", "start_time", "startTime", "s", "offset", "position");
const VOLUMES = both("volume", "vol", "vl", "v", "gain", "audio_volume");

const cutLabel = (text: string): string => cut(text, LABEL_CHARS);
const notNegative = (value: number | null): number | null => (value === null || value < 0 ? null : value);

/** The last part of a URL or a path, for a segment without another name. */
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

/** If no segment of a track states its start, each begins where the previous one ends. */
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

/** The end of the last segment; null when no segment states its duration. */
function lengthOf(tracks: readonly Track[]): number | null {
  let end: number | null = null;
  for (const { segments } of tracks) {
    for (const { startMs, durationMs } of segments)
      if (durationMs !== null) end = Math.max(end ?? 0, (startMs ?? 0) + durationMs);
  }
  return end;
}

/**
 * Parses a draft; the empty timeline for null and for an invalid text. A draft sent as a JSON string is unwrapped
 * once.
 */
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

/** Hexadecimal characters of a fingerprint: 128 bits, so no collisions among the states of one session. */
const FINGERPRINT_CHARS = 32;

/** Empty drafts: null, and the empty values of every type. Source: nemo-api reference section 5, "null/empty". */
const EMPTY_DRAFT = /^\s*(null|\{\s*\}|\[\s*\]|""|false)\s*$/;

/** The number of entries in a media list. The vendor's text says an array for one list and leaves the other open. */
function countOf(list: unknown): number {
  if (Array.isArray(list)) return list.length;
  return isObject(list) ? Object.keys(list).length : 0;
}

function videoInfos(list: unknown): readonly VideoInfo[] {
  const entries = Array.isArray(list) ? list : isObject(list) ? Object.values(list) : [];
  return entries.slice(0, MEDIA_ENTRIES).map((entry: unknown) => {
    const sizeBytes = numberAt(entry, "size_bytes", "size", "file_size");
    const url = stringAt(entry, "cdn_url", "url", "video_url", "cdnUrl");
    const name =
      stringAt(entry, "filename", "name", "title", "file_name", "original_name") ??
      url?.split(/[?#]/)[0]?.split("/").pop() ??
      "";
    return { name, ...(sizeBytes === null ? {} : { sizeBytes }), ...(url === null ? {} : { url }) };
  });
}

async function fingerprint(draftText: string | null, media: number, generated: number): Promise<string> {
  const bytes = await sha256(`${draftText === null ? "" : canonical(draftText)}\n${media}\n${generated}`);
  return hex(bytes).slice(0, FINGERPRINT_CHARS);
}

/** GET `/api/state/nemo_agent/me/{session}/latest`. Every key below `state` may be missing. Source: section 5. */
export async function readState(
  wire: HttpOptions,
  token: string,
  sessionId: string,
  isOurs: (name: string) => boolean = () => false,
): Promise<Result<NemoState, NemoFailure>> {
  const at = "state";
  const opened = await askData(wire, {
    at,
    method: "GET",
    path: `/api/state/nemo_agent/me/${encodeURIComponent(sessionId)}/latest`,
    token,
  });
  if (!opened.ok) return opened;
  const { data, path, text, exact } = opened.value;
  if (!exact) return err(malformed(at, 200, "a state that is not UTF-8: its draft could not be sent back unchanged"));
  const inner = isObject(data.state);
  const state = inner ? data.state : data;
  const span = spanAt(text, [...path, ...(inner ? ["state"] : []), "draft"]);
  const raw = span === null ? "null" : text.slice(span.start, span.end);
  const draftText = EMPTY_DRAFT.test(raw) ? null : raw;
  const media = valueAt(state, "video_infos", "videoInfos");
  const generatedCount = countOf(valueAt(state, "generated_media", "generatedMedia"));
  const mediaCount = countOf(media);
  const listed = videoInfos(media);
  const others = mediaCount - listed.filter(({ name }) => isOurs(name)).length;
  return ok({
    draftText,
    timeline: readTimeline(draftText),
    mediaCount,
    videoInfos: listed,
    generatedCount,
    fingerprint: await fingerprint(draftText, others, generatedCount),
  });
}
