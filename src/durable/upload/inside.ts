/**
 * What a whole file is inside: how long, how large, and whether it is what its first bytes claim.
 *
 * MP4 and QuickTime files end their index anywhere, so only the whole file tells that one was cut. Of the other formats
 * nothing is refused here: players forgive them much, and Nemo has the last word.
 */
import { type Refusal, refusal } from "../../core/errors.ts";
import { FORMATS, type MediaFormat } from "../../core/formats.ts";
import { imageSize } from "../../core/image-size.ts";
import type { MediaFacts } from "../../core/media.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { inspectMedia } from "../../store/media.ts";
import { openStored } from "../../store/stored.ts";

/** Bytes in which a picture says its size. Chosen: a photo's own preview stands before it. */
const PICTURE_HEAD_BYTES = 256 * 1024;

export type Inside = {
  readonly format: MediaFormat;
  readonly durationMs: number | null;
  readonly width: number | null;
  readonly height: number | null;
};

/** Looks into a stored file. The refusal says why it cannot be used. Throws what R2 throws. */
export async function lookInside(bucket: R2Bucket, key: string, format: MediaFormat): Promise<Result<Inside, Refusal>> {
  const nothing: Inside = { format, durationMs: null, width: null, height: null };
  if (format.kind === "image") {
    const head = await (await openStored(bucket, key))?.read({ offset: 0, length: PICTURE_HEAD_BYTES });
    if (!head) throw missing();
    return ok({ ...nothing, ...imageSize(new Uint8Array(await new Response(head).arrayBuffer()), format.ext) });
  }
  const found = await inspectMedia(bucket, key);
  if (found.ok) return ofFacts(found.value, format);
  if (found.error.reason === "gone") throw missing();
  if (found.error.reason === "cut")
    return err(unusable("it ends before its end: its index is missing or points beyond it"));
  if (found.error.reason === "broken") return err(unusable("its index is missing or contradicts itself"));
  return ok(nothing);
}

/** An MP4 file is a movie or a sound by what is in it, whatever its brand says. */
function ofFacts(facts: MediaFacts, format: MediaFormat): Result<Inside, Refusal> {
  const { durationMs, width, height, codec, container, videoSamples } = facts;
  const isMp4 = container === "mp4";
  if ((isMp4 || container === "mov") && codec === null && width === null && durationMs === null)
    return err(unusable("it holds neither pictures nor sound"));
  const told = !isMp4 ? format.ext : videoSamples === 0 && width === null ? "m4a" : "mp4";
  return ok({ format: FORMATS.find(({ ext }) => ext === told) ?? format, durationMs, width, height });
}

const missing = (): Error => new Error("a completed upload's file is missing");

const unusable = (why: string): Refusal =>
  refusal("unsupported_media", `The file cannot be used: ${why}; send it again, or another one.`, {
    hint: "POST /v1/uploads",
  });
