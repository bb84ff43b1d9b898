/**
 * What a whole file is inside: how long, how large, and whether it is what its first bytes claim.
 *
 * MP4 and QuickTime files end their index anywhere, so only the whole file tells that one was cut. Otherwise nothing is refused
 * that a player plays, and Nemo has the last word.
 */
import { type Refusal, refusal } from "../../core/errors.ts";
import { FORMATS, type MediaFormat } from "../../core/formats.ts";
import type { MediaFacts } from "../../core/media.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { inspectMedia } from "../../store/media.ts";

export type Inside = {
  readonly format: MediaFormat;
  readonly durationMs: number | null;
  readonly width: number | null;
  readonly height: number | null;
};

/** Looks into a stored file. The refusal says why it cannot be used. Throws what R2 throws. */
export async function lookInside(bucket: R2Bucket, key: string, format: MediaFormat): Promise<Result<Inside, Refusal>> {
  const found = await inspectMedia(bucket, key);
  if (found.ok) return ofFacts(found.value, format);
  switch (found.error.reason) {
    case "gone":
      throw new Error("a completed upload's file is missing");
    case "cut":
      return err(unusable("it ends before its end: its index is missing or points beyond it"));
    case "broken":
      return err(unusable("its index is missing or contradicts itself"));
    case "unknown":
      return err(unusable("it begins like a sound, and no sound that can be read follows"));
    case "over_budget":
      return ok({ format, durationMs: null, width: null, height: null });
  }
}

/** An MP4 file is a movie or a sound by what is in it, whatever its brand says. */
function ofFacts(facts: MediaFacts, format: MediaFormat): Result<Inside, Refusal> {
  const { durationMs, width, height, codec, container, videoSamples } = facts;
  const isMp4 = container === "mp4";
  if ((isMp4 || container === "mov") && codec === null && width === null && durationMs === null)
    return err(unusable("it holds neither pictures nor sound"));
  const isSound = isMp4 && videoSamples === 0 && width === null;
  const ext = isSound ? "m4a" : (ENDINGS[container] ?? container);
  return ok({ format: FORMATS.find((one) => one.ext === ext) ?? format, durationMs, width, height });
}

/** Containers whose name is not their files' ending. */
const ENDINGS: Readonly<Record<string, string>> = { matroska: "mkv", wave: "wav", adts: "aac" };

const unusable = (why: string): Refusal =>
  refusal("unsupported_media", `The file cannot be used: ${why}; send it again, or another one.`, {
    hint: "POST /v1/uploads",
  });
