/** Files in R2: streamed in with timeouts, read by range, hashed, inspected and deleted. */

import { inspectFile, type MediaMetadata, type NoMetadata } from "../core/media/metadata.ts";
import { boundedSource, MediaError, type MediaSource } from "../core/media/source.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { FilePart } from "../core/rpc/user.ts";
import { type Bounds, Broken, openSource, type PutFailure, reasonOf, type Source, watch, within } from "./chunks.ts";

/*
 * A stored file, whether it is one object or several in sequence.
 *
 * A concatenated file is a manifest: a small object under the file's key that lists its parts in order. Nothing is
 * copied; a reader reads one part after another. The custom metadata that marks a manifest cannot be set by callers.
 */

/** `length` bytes from `offset`. */
export type ByteRange = { readonly offset: number; readonly length: number };

export type Stored = {
  readonly sizeBytes: number;
  /** The value of an ETag header; it changes with the content. */
  readonly httpEtag: string;
  /** A range of the bytes, or all of them, as a stream of exactly that length. Null when they no longer exist. */
  readonly read: (range?: ByteRange) => Promise<ReadableStream | null>;
};

const MANIFEST = "manifest";
type Manifest = { readonly fileParts: readonly FilePart[] };

/** The current version of a file; null when there is none. */
export async function openStored(bucket: R2Bucket, key: string): Promise<Stored | null> {
  const head = await bucket.head(key);
  if (head === null) return null;
  return head.customMetadata?.[MANIFEST] === undefined ? ofObject(bucket, head) : ofManifest(bucket, head);
}

/** Stores a manifest: these objects in sequence are the file at `key`. Can be repeated. */
export async function putManifest(bucket: R2Bucket, key: string, fileParts: readonly FilePart[]): Promise<void> {
  const manifest: Manifest = { fileParts };
  const httpMetadata = { contentType: "application/json" };
  await bucket.put(key, JSON.stringify(manifest), { httpMetadata, customMetadata: { [MANIFEST]: "1" } });
}

function ofObject(bucket: R2Bucket, { key, size, etag, httpEtag }: R2Object): Stored {
  // The range was computed for this version of the object, so another version must not be read.
  const onlyIf = { etagMatches: etag };
  const read = async (range?: ByteRange): Promise<ReadableStream | null> => {
    const got = await bucket.get(key, range === undefined ? { onlyIf } : { onlyIf, range });
    return got !== null && "body" in got ? got.body : null;
  };
  return { sizeBytes: size, httpEtag, read };
}

async function ofManifest(bucket: R2Bucket, { key, httpEtag }: R2Object): Promise<Stored | null> {
  const object = await bucket.get(key);
  if (object === null) return null;
  const { fileParts } = await object.json<Manifest>(); // written by putManifest only
  const sizeBytes = fileParts.reduce((sum, part) => sum + part.sizeBytes, 0);
  return { sizeBytes, httpEtag, read: (range) => readFileParts(bucket, fileParts, range) };
}

/**
 * A range of the bytes of objects in sequence, or all of them. Null when the first object of the range does not exist.
 */
export async function readFileParts(
  bucket: R2Bucket,
  fileParts: readonly FilePart[],
  range: ByteRange = { offset: 0, length: Number.POSITIVE_INFINITY },
): Promise<ReadableStream | null> {
  const [first, ...rest] = cut(fileParts, range);
  if (first === undefined) return new Blob([]).stream();
  const body = await readCut(bucket, first);
  if (body === null || rest.length === 0) return body;
  const length = rest.reduce((sum, one) => sum + one.range.length, first.range.length);
  const { readable, writable } = new FixedLengthStream(length);
  pumpParts(bucket, body, rest, writable).catch(() => undefined); // the reader sees an aborted stream
  return readable;
}

type Cut = FilePart & { readonly range: ByteRange };

/** The range that each part contributes; parts outside the range are left out. */
function cut(fileParts: readonly FilePart[], { offset, length }: ByteRange): Cut[] {
  let at = 0;
  return fileParts.flatMap((part) => {
    const start = Math.max(offset - at, 0);
    const end = Math.min(offset + length - at, part.sizeBytes);
    at += part.sizeBytes;
    return end > start ? [{ ...part, range: { offset: start, length: end - start } }] : [];
  });
}

async function readCut(bucket: R2Bucket, { key, sizeBytes, range }: Cut): Promise<ReadableStream | null> {
  const got = await bucket.get(key, { range });
  return got !== null && got.size === sizeBytes ? got.body : null;
}

async function pumpParts(
  bucket: R2Bucket,
  first: ReadableStream,
  rest: readonly Cut[],
  writable: WritableStream,
): Promise<void> {
  await first.pipeTo(writable, { preventClose: true });
  for (const one of rest) {
    const body = await readCut(bucket, one);
    if (body === null) return writable.abort(new Error("a part of the file no longer exists"));
    await body.pipeTo(writable, { preventClose: true });
  }
  await writable.close();
}

/** R2 rejects parts below 5 MiB, and all but the last must be of one size. Source: R2 limits. */
const PART_BYTES = 8 * 1024 * 1024;
/** Bytes per read. Chosen: few calls for a large file, little memory for many. */
const CHUNK_BYTES = 64 * 1024;

export type Put = { readonly sizeBytes: number; readonly etag: string };

/** A file to store: its key, content and timeouts. */
export type IncomingFile = {
  readonly key: string;
  readonly contentType: string;
  /** Bytes that were already read from the body's start; they come first. */
  readonly head?: Uint8Array;
  readonly body: ReadableStream;
  readonly bounds: Bounds;
  /** Called with every chunk in order; the chunk is not changed before this resolves. */
  readonly onChunk?: (chunk: Uint8Array) => Promise<void>;
};

/**
 * Stores a body of exactly `sizeBytes`; stores nothing when it is shorter or longer, breaks off, or exceeds a timeout.
 * After a `store` failure the file may exist all the same, so check. The body is always cancelled, and the call returns
 * when R2 has finished, so that a later put of the same key is the later one in R2 too.
 */
export async function putExact(
  bucket: R2Bucket,
  file: IncomingFile,
  sizeBytes: number,
): Promise<Result<Put, PutFailure>> {
  const { key, contentType, body, bounds, onChunk } = file;
  const fixed = new FixedLengthStream(sizeBytes);
  const source = openSource(body, bounds);
  const put = bucket.put(key, fixed.readable, { httpMetadata: { contentType } });
  put.catch(() => undefined); // the failure is handled below, or another one came first
  const writer = fixed.writable.getWriter();
  const timeout = watch(bounds, "store");
  const write = async (chunk: Uint8Array): Promise<void> => {
    await onChunk?.(chunk); // before the write, which transfers the buffer
    await timeout.during(writer.write(chunk));
  };
  const close = (): Promise<void> => timeout.during(writer.close());
  const pumped = pump(file.head ?? null, source, { write, close }, sizeBytes);
  try {
    await Promise.race([pumped, put]); // R2 may fail before it reads a byte
    await pumped;
    const stored = await within(put, bounds, "store");
    return ok({ sizeBytes: stored.size, etag: stored.etag });
  } catch (error) {
    pumped.catch(() => undefined);
    source.cancel();
    writer.abort(error).catch(() => undefined);
    await within(put, { ...bounds, signal: new AbortController().signal }, "store").catch(() => undefined);
    return err({ reason: reasonOf(error, "store") });
  } finally {
    timeout.end();
  }
}

type Sink = { readonly write: (chunk: Uint8Array) => Promise<void>; readonly close: () => Promise<void> };

/**
 * Copies a body. Its last chunk is written only after the body has ended, so that a body that is too long is never
 * complete in R2.
 */
async function pump(head: Uint8Array | null, source: Source, sink: Sink, sizeBytes: number): Promise<void> {
  let pending = head;
  for (let received = head?.byteLength ?? 0; ; ) {
    const chunk = await source.next(1, CHUNK_BYTES);
    received += chunk?.byteLength ?? 0;
    if (received > sizeBytes || (chunk === null && received < sizeBytes)) throw new Broken("cut");
    if (pending !== null) await sink.write(pending);
    if (chunk === null) break;
    pending = chunk;
  }
  await sink.close();
}

/**
 * Stores a body of unknown length in parts, up to `maxBytes`. Holds one part in memory. A failure aborts the multipart
 * upload, so no data is left behind.
 */
export async function putUnknown(
  bucket: R2Bucket,
  file: IncomingFile,
  maxBytes: number,
): Promise<Result<Put, PutFailure>> {
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

/** Bytes hashed at a time. Chosen: a longer stream from a nearby store would block other requests until its end. */
const HASH_BYTES = 1024 * 1024;

/**
 * The SHA-256 of a stored file in hexadecimal, read in chunks; null when the file does not exist. Other requests run in
 * between.
 */
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

/* All objects under a prefix: counted and deleted. Both can be repeated. */

/** The number and total size of the objects under the prefix. */
export async function measure(bucket: R2Bucket, prefix: string): Promise<{ files: number; bytes: number }> {
  let files = 0;
  let bytes = 0;
  for (let cursor: string | undefined; ; ) {
    const page = await bucket.list({ prefix, ...(cursor === undefined ? {} : { cursor }) });
    files += page.objects.length;
    bytes += page.objects.reduce((sum, { size }) => sum + size, 0);
    if (!page.truncated) return { files, bytes };
    cursor = page.cursor;
  }
}

/** Deletes them page by page (at most 1,000 keys, the limit of one R2 call) until none is left. */
export async function purge(bucket: R2Bucket, prefix: string): Promise<void> {
  for (;;) {
    const { objects } = await bucket.list({ prefix });
    if (objects.length === 0) return;
    await bucket.delete(objects.map(({ key }) => key));
  }
}

/*
 * Inspection of a stored media file: duration, dimensions, codec, and whether it is complete. Nothing is decoded and
 * the file is not loaded into memory: the format's parser (`core/media`) reads ranges of it, within limits that also
 * hold for malicious files.
 */

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
