/** Files in R2: put while they stream, never held whole. */

/** R2 refuses parts below 5 MiB, and all but the last must be of one size. Source: R2 limits. */
const PART_BYTES = 8 * 1024 * 1024;

export type Put = { readonly sizeBytes: number; readonly etag: string };

/** Stores a body of exactly `sizeBytes`. Rejects, storing nothing, when the body is shorter or longer. */
export async function putExact(
  bucket: R2Bucket,
  key: string,
  body: ReadableStream,
  sizeBytes: number,
  contentType: string,
): Promise<Put> {
  const fixed = new FixedLengthStream(sizeBytes);
  const piped = body.pipeTo(fixed.writable);
  const [stored] = await Promise.all([bucket.put(key, fixed.readable, { httpMetadata: { contentType } }), piped]);
  return { sizeBytes: stored.size, etag: stored.etag };
}

/**
 * Stores a body of unknown length in parts, refusing above `maxBytes`. Holds one part in memory.
 * A failure aborts the multipart upload, so nothing is left behind.
 */
export async function putUnknown(
  bucket: R2Bucket,
  key: string,
  body: ReadableStream,
  maxBytes: number,
  contentType: string,
): Promise<Put> {
  const upload = await bucket.createMultipartUpload(key, { httpMetadata: { contentType } });
  const reader = body.getReader({ mode: "byob" });
  const parts: R2UploadedPart[] = [];
  let sizeBytes = 0;
  try {
    for (let done = false; !done; ) {
      const read = await reader.readAtLeast(PART_BYTES, new Uint8Array(PART_BYTES));
      done = read.done || (read.value?.byteLength ?? 0) < PART_BYTES;
      if (!read.value?.byteLength) break;
      sizeBytes += read.value.byteLength;
      if (sizeBytes > maxBytes) throw new Error("the body is above its cap");
      parts.push(await upload.uploadPart(parts.length + 1, read.value));
    }
    const stored = await upload.complete(parts);
    return { sizeBytes: stored.size, etag: stored.etag };
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    await upload.abort();
    throw error;
  }
}

/** The SHA-256 of a stored file in hexadecimal, read back as a stream; null when it is not there. */
export async function sha256Of(bucket: R2Bucket, key: string): Promise<string | null> {
  const object = await bucket.get(key);
  if (object === null) return null;
  const digest = new crypto.DigestStream("SHA-256");
  await object.body.pipeTo(digest);
  return Array.from(new Uint8Array(await digest.digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
