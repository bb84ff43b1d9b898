/** Files in R2: put while they stream, never held whole. A body that does not come is not waited for without end. */
import { err, ok, type Result } from "../core/result.ts";
import type { FilePart } from "../core/rpc/user.ts";
import { type Bounds, Broken, openSource, type PutFailure, reasonOf, type Source, watch, within } from "./chunks.ts";

/*
 * A stored file as one, whether it lies in one object or in several that follow one another.
 *
 * A file in pieces is a manifest: a small object under the file's key that names its pieces in order. Nothing of them is
 * copied; whoever reads the file reads one piece after the other. The mark on it is ours alone: no caller sets metadata in R2.
 */

/** `length` bytes from `offset`. */
export type ByteRange = { readonly offset: number; readonly length: number };

export type Stored = {
  readonly sizeBytes: number;
  /** As an ETag header says it: other content has another one. */
  readonly httpEtag: string;
  /** A range of its bytes, or all of them, as a stream of exactly that length. Null when they are not there any more. */
  readonly read: (range?: ByteRange) => Promise<ReadableStream | null>;
};

const MANIFEST = "manifest";
type Manifest = { readonly fileParts: readonly FilePart[] };

/** The version of a file that lies there now; null when none does. */
export async function openStored(bucket: R2Bucket, key: string): Promise<Stored | null> {
  const head = await bucket.head(key);
  if (head === null) return null;
  return head.customMetadata?.[MANIFEST] === undefined ? ofObject(bucket, head) : ofManifest(bucket, head);
}

/** Says that these objects, one after the other, are the file at `key`. May be repeated. */
export async function putManifest(bucket: R2Bucket, key: string, fileParts: readonly FilePart[]): Promise<void> {
  const manifest: Manifest = { fileParts };
  const httpMetadata = { contentType: "application/json" };
  await bucket.put(key, JSON.stringify(manifest), { httpMetadata, customMetadata: { [MANIFEST]: "1" } });
}

function ofObject(bucket: R2Bucket, { key, size, etag, httpEtag }: R2Object): Stored {
  // A range was measured on this version of the object; another one must not be cut by it.
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
  const sizeBytes = fileParts.reduce((sum, piece) => sum + piece.sizeBytes, 0);
  return { sizeBytes, httpEtag, read: (range) => readFileParts(bucket, fileParts, range) };
}

/** A range of the bytes of objects that follow one another, or all of them. Null when the first object of it is not there. */
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
  pumpParts(bucket, body, rest, writable).catch(() => undefined); // the reader sees its stream break
  return readable;
}

type Cut = FilePart & { readonly range: ByteRange };

/** What a range of the whole takes from each piece; pieces that it does not touch are left out. */
function cut(fileParts: readonly FilePart[], { offset, length }: ByteRange): Cut[] {
  let at = 0;
  return fileParts.flatMap((piece) => {
    const start = Math.max(offset - at, 0);
    const end = Math.min(offset + length - at, piece.sizeBytes);
    at += piece.sizeBytes;
    return end > start ? [{ ...piece, range: { offset: start, length: end - start } }] : [];
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
    if (body === null) return writable.abort(new Error("a piece of the file is not there any more"));
    await body.pipeTo(writable, { preventClose: true });
  }
  await writable.close();
}

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

/* Everything under a prefix in R2: counted, and removed. Both may be repeated. */

/** What lies under the prefix now. */
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

/** Removes it, a page (at most 1,000 keys, what one call of R2 takes) after the other, until nothing is left. */
export async function purge(bucket: R2Bucket, prefix: string): Promise<void> {
  for (;;) {
    const { objects } = await bucket.list({ prefix });
    if (objects.length === 0) return;
    await bucket.delete(objects.map(({ key }) => key));
  }
}
