/** A finished file: whether it is the video that was asked for, and in what it differs. */
import type { MediaFacts, NoFacts } from "./media.ts";
import type { Result } from "./result.ts";
import { type EpochMs, SECOND_MS } from "./time.ts";

export type RenderFile = {
  readonly sizeBytes: number;
  readonly etag: string;
  readonly contentType: string;
  /** Hexadecimal; null for files that an earlier version stored. */
  readonly sha256: string | null;
  /** null where the file does not tell. */
  readonly durationMs: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly codec: string | null;
  /** When it is removed, as the tenant's keeping time stood when it was last looked at. */
  readonly expiresAt: EpochMs;
  /** It goes then, whatever the keeping time: what it belongs to was deleted. Missing: it does not. */
  readonly isEnded?: boolean;
};

/** The file by what its tenant's files are kept for now. */
export const keptFor = (file: RenderFile, finishedAt: EpochMs, keptMs: number): RenderFile =>
  file.isEnded === true ? file : { ...file, expiresAt: finishedAt + keptMs };

/** The file, at its end now whatever it was kept for. */
export const endedNow = (file: RenderFile, now: EpochMs): RenderFile => ({
  ...file,
  expiresAt: Math.min(file.expiresAt, now),
  isEnded: true,
});

export type RenderWarning = {
  readonly code: "duration_differs" | "dimensions_differ" | "file_not_inspected";
  readonly detail: string;
};

/** What the draft said that the file should be; null where it did not say. */
export type Wanted = {
  readonly durationMs: number | null;
  readonly width: number | null;
  readonly height: number | null;
};

/** Differences that encoders make: a second, or a twentieth of a long video. Chosen. */
const DURATION_SLACK_MS = SECOND_MS;
const DURATION_SLACK_SHARE = 0.05;

/** Formats by their name in an order; `video` is what the file must be then, where we can tell. */
const FORMATS: Readonly<Record<string, { readonly contentType: string; readonly containers: readonly string[] }>> = {
  mp4: { contentType: "video/mp4", containers: ["mp4", "mov"] },
  mov: { contentType: "video/quicktime", containers: ["mp4", "mov"] },
  webm: { contentType: "video/webm", containers: ["webm", "matroska"] },
};

/** The media type of a format; one that nobody attests is bytes. */
export const contentTypeOf = (format: string): string =>
  (Object.hasOwn(FORMATS, format) ? FORMATS[format]?.contentType : undefined) ?? "application/octet-stream";

/**
 * Whether a stored file may be announced: it is of the format asked for, whole, and shows at least one picture. A file whose
 * index is too large to be looked at is not refused for that, and a format that nobody attests is not judged.
 */
export function isAnnounceable(seen: Result<MediaFacts, NoFacts>, format: string): boolean {
  if (!Object.hasOwn(FORMATS, format)) return seen.ok || seen.error.reason !== "gone";
  if (!seen.ok) return seen.error.reason === "over_budget";
  const { container, isWhole, videoSamples } = seen.value;
  return FORMATS[format]?.containers.includes(container) === true && isWhole && videoSamples !== 0;
}

/** What a caller should know before using the file. */
export function warningsOf(seen: Result<MediaFacts, NoFacts>, wanted: Wanted): RenderWarning[] {
  if (!seen.ok) {
    return [
      { code: "file_not_inspected", detail: "The file's index could not be read; its length and size are unknown." },
    ];
  }
  const { durationMs, width, height } = seen.value;
  const warnings: RenderWarning[] = [];
  if (durationMs !== null && wanted.durationMs !== null) {
    const slack = Math.max(DURATION_SLACK_MS, wanted.durationMs * DURATION_SLACK_SHARE);
    if (Math.abs(durationMs - wanted.durationMs) > slack) {
      const detail = `The file lasts ${durationMs} ms, the timeline ${wanted.durationMs} ms.`;
      warnings.push({ code: "duration_differs", detail });
    }
  }
  const isOther = (is: number | null, was: number | null): boolean => is !== null && was !== null && is !== was;
  if (isOther(width, wanted.width) || isOther(height, wanted.height)) {
    const detail = `The file is ${width}×${height} pixels, the timeline ${wanted.width}×${wanted.height}.`;
    warnings.push({ code: "dimensions_differ", detail });
  }
  return warnings;
}
