/** Files in R2: put while they stream, never held whole. A body that does not come is not waited for without end. */
import { err, ok, type Result } from "../core/result.ts";
import { type Bounds, Broken, openSource, type PutFailure, reasonOf, type Source, watch, within } from "./body.ts";
import { openStored } from "./stored.ts";

/** R2 refuses parts below 5 MiB, and all but the last must be of one size. Source: R2 limits. */
const PART_BYTES = 8 * 1024 * 1024;
/** Bytes asked for at once. Chosen: few calls for a large file, little memory for many. */
const CHUNK_BYTES = 64 * 1024;

export type Put = { readonly sizeBytes: number; readonly etag: string };

/** A file to store: where, what, and how long to wait for it. */
export type Incoming = {
  readonly key: string;
  readonly contentType: string;
  /** Bytes that were read from the body's start already; they come first. */
  readonly head?: Uint8Array;
  readonly body: ReadableStream;
  readonly bounds: Bounds;
  /** Told of every piece in its order; it is not changed before this resolves. */
  readonly passing?: (piece: Uint8Array) => Promise<void>;
};

/**
 * Stores a body of exactly `sizeBytes`; stores nothing when it is shorter or longer, breaks off, or is waited for too long.
 * After a `store` failure the file may be there all the same: look. The body is let go in every case, and the answer comes
 * when R2 is done with it, so that a later put of the same key is the later one in R2 too.
 */
export async function putExact(bucket: R2Bucket, file: Incoming, sizeBytes: number): Promise<Result<Put, PutFailure>> {
  const { key, contentType, body, bounds, passing } = file;
  const fixed = new FixedLengthStream(sizeBytes);
  const source = openSource(body, bounds);
  const putting = bucket.put(key, fixed.readable, { httpMetadata: { contentType } });
  putting.catch(() => undefined); // its failure is met below, or another one has come first
  const writer = fixed.writable.getWriter();
  const storing = watch(bounds, "store");
  const write = async (piece: Uint8Array): Promise<void> => {
    await passing?.(piece); // first: writing takes the piece away
    await storing.during(writer.write(piece));
  };
  const close = (): Promise<void> => storing.during(writer.close());
  const pumped = pump(file.head ?? null, source, { write, close }, sizeBytes);
  try {
    await Promise.race([pumped, putting]); // R2 may refuse before it takes a byte
    await pumped;
    const stored = await within(putting, bounds, "store");
    return ok({ sizeBytes: stored.size, etag: stored.etag });
  } catch (error) {
    pumped.catch(() => undefined);
    source.cancel();
    writer.abort(error).catch(() => undefined);
    await within(putting, { ...bounds, signal: new AbortController().signal }, "store").catch(() => undefined);
    return err({ reason: reasonOf(error, "store") });
  } finally {
    storing.end();
  }
}

type Sink = { readonly write: (piece: Uint8Array) => Promise<void>; readonly close: () => Promise<void> };

/** Hands a body on, its last piece only once nothing follows it: a body that is too long never arrives whole. */
async function pump(head: Uint8Array | null, source: Source, sink: Sink, sizeBytes: number): Promise<void> {
  let held = head;
  for (let received = head?.byteLength ?? 0; ; ) {
    const piece = await source.next(1, CHUNK_BYTES);
    received += piece?.byteLength ?? 0;
    if (received > sizeBytes || (piece === null && received < sizeBytes)) throw new Broken("cut");
    if (held !== null) await sink.write(held);
    if (piece === null) break;
    held = piece;
  }
  await sink.close();
}

/**
 * Stores a body of unknown length in parts, refusing above `maxBytes`. Holds one part in memory.
 * A failure aborts the multipart upload, so nothing is left behind.
 */
export async function putUnknown(bucket: R2Bucket, file: Incoming, maxBytes: number): Promise<Result<Put, PutFailure>> {
  const { key, contentType, body, bounds } = file;
  const source = openSource(body, bounds);
  try {
    const upload = await within(bucket.createMultipartUpload(key, { httpMetadata: { contentType } }), bounds, "store");
    try {
      const parts = await sendParts(upload, source, maxBytes, bounds);
      const stored = await within(upload.complete(parts), bounds, "store");
      return ok({ sizeBytes: stored.size, etag: stored.etag });
    } catch (error) {
      await upload.abort().catch(() => undefined);
      throw error;
    }
  } catch (error) {
    source.cancel();
    return err({ reason: reasonOf(error, "store") });
  }
}

async function sendParts(
  upload: R2MultipartUpload,
  source: Source,
  maxBytes: number,
  bounds: Bounds,
): Promise<R2UploadedPart[]> {
  const parts: R2UploadedPart[] = [];
  let sizeBytes = 0;
  for (let size = PART_BYTES; size === PART_BYTES; ) {
    const part = await source.next(PART_BYTES, PART_BYTES);
    if (part === null) break;
    size = part.byteLength;
    sizeBytes += size;
    if (sizeBytes > maxBytes) throw new Broken("too_large");
    parts.push(await within(upload.uploadPart(parts.length + 1, part), bounds, "store"));
  }
  return parts;
}

/** Bytes that are hashed at a time. Chosen: a longer stream from a store that is near leaves no turn to others until its end. */
const HASH_BYTES = 1024 * 1024;

/** The SHA-256 of a stored file in hexadecimal, read back piece by piece; null when it is not there. Others are served in between. */
export async function sha256Of(bucket: R2Bucket, key: string): Promise<string | null> {
  const stored = await openStored(bucket, key);
  if (stored === null) return null;
  const digest = new crypto.DigestStream("SHA-256");
  for (let offset = 0; offset < stored.sizeBytes; offset += HASH_BYTES) {
    const body = await stored.read({ offset, length: Math.min(HASH_BYTES, stored.sizeBytes - offset) });
    if (body === null) return null;
    await body.pipeTo(digest, { preventClose: true });
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await digest.close();
  return Array.from(new Uint8Array(await digest.digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
