/** A session's state: the draft as text, what it shows, and a print to compare it by. */
import { hex, sha256 } from "../core/encode.ts";
import { err, ok, type Result } from "../core/result.ts";
import { canonical } from "./canonical.ts";
import { garbled } from "./classify.ts";
import type { NemoState, VideoInfo } from "./domain.ts";
import type { NemoFailure } from "./failures.ts";
import { askData, type Wire } from "./http.ts";
import { isObject, spanAt } from "./json.ts";
import { MEDIA_ENTRIES } from "./limits.ts";
import { numberAt, stringAt, valueAt } from "./read.ts";
import { readTimeline } from "./timeline.ts";

/** Hexadecimal characters of a fingerprint: 128 bits, far beyond chance for the states of one session. */
const FINGERPRINT_CHARS = 32;

/** Drafts that hold nothing: null, and the empty values of every kind. Source: nemo-api reference section 5, "null/empty". */
const EMPTY_DRAFT = /^\s*(null|\{\s*\}|\[\s*\]|""|false)\s*$/;

/** How many things a media list holds: its container is an array in the vendor's text for one list and unknown for the other. */
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
  wire: Wire,
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
  if (!exact) return err(garbled(at, 200, "a state that is not UTF-8: its draft could not be handed back as it came"));
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
