/**
 * What a stored media file is: how long, how large, which codec, and whether it is whole. Nothing is decoded, and the file is
 * never held: its format's reader (`core/media`) asks for source of it, in bounds that a file made to hurt meets too.
 */
import { inspectFile, type MediaMetadata, type NoMetadata } from "../core/media/metadata.ts";
import { boundedSource, MediaError, type MediaSource } from "../core/media/source.ts";
import { err, ok, type Result } from "../core/result.ts";
import { openStored } from "./files.ts";

/** Looks into a stored file. Throws what R2 throws, and when the file is replaced meanwhile: another look sees the one that is there then. */
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

/** The version of a stored file that lies there now, as its reader sees it; null when none does. */
async function openMedia(bucket: R2Bucket, key: string): Promise<MediaSource | null> {
  const stored = await openStored(bucket, key);
  if (stored === null) return null;
  return boundedSource(stored.sizeBytes, async (start, end) => {
    const body = await stored.read({ offset: start, length: end - start });
    if (body === null) throw new Error("a file that is looked into was removed or replaced");
    return new Uint8Array(await new Response(body).arrayBuffer());
  });
}
