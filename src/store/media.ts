/**
 * Inspection of a stored media file: duration, dimensions, codec, and whether it is complete. Nothing is decoded and
 * the file is not loaded into memory: the format's parser (`core/media`) reads ranges of it, within limits that also
 * hold for malicious files.
 */
import { inspectFile, type MediaMetadata, type NoMetadata } from "../core/media/metadata.ts";
import { boundedSource, MediaError, type MediaSource } from "../core/media/source.ts";
import { err, ok, type Result } from "../core/result.ts";
import { openStored } from "./files.ts";

/**
 * Inspects a stored file. Throws what R2 throws, and when the file is replaced meanwhile; a retry then inspects the new
 * one.
 */
export async function inspectMedia(bucket: R2Bucket, key: string): Promise<Result<MediaMetadata, NoMetadata>> {
  const source = await openMedia(bucket, key);
  if (source === null) return err({ reason: "gone" });
  try {
    return ok(await inspectFile(source));
  } catch (error) {
    if (error instanceof MediaError) return err({ reason: error.fault });
    throw error;
  }
}

/** The current version of a stored file for the parser; null when there is none. */
async function openMedia(bucket: R2Bucket, key: string): Promise<MediaSource | null> {
  const stored = await openStored(bucket, key);
  if (stored === null) return null;
  return boundedSource(stored.sizeBytes, async (start, end) => {
    const body = await stored.read({ offset: start, length: end - start });
    if (body === null) throw new Error("the file was removed or replaced during its inspection");
    return new Uint8Array(await new Response(body).arrayBuffer());
  });
}
