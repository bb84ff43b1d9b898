/**
 * A stored file as one, whether it lies in one object or in several that follow one another.
 *
 * A file in pieces is a manifest: a small object under the file's key that names its pieces in order. Nothing of them is
 * copied; whoever reads the file reads one piece after the other. The mark on it is ours alone: no caller sets metadata in R2.
 */
import type { Piece } from "../core/ports.ts";

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
type Manifest = { readonly pieces: readonly Piece[] };

/** The version of a file that lies there now; null when none does. */
export async function openStored(bucket: R2Bucket, key: string): Promise<Stored | null> {
  const head = await bucket.head(key);
  if (head === null) return null;
  return head.customMetadata?.[MANIFEST] === undefined ? ofObject(bucket, head) : ofManifest(bucket, head);
}

/** Says that these objects, one after the other, are the file at `key`. May be repeated. */
export async function putManifest(bucket: R2Bucket, key: string, pieces: readonly Piece[]): Promise<void> {
  const manifest: Manifest = { pieces };
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
  const { pieces } = await object.json<Manifest>(); // written by putManifest only
  const sizeBytes = pieces.reduce((sum, piece) => sum + piece.sizeBytes, 0);
  return { sizeBytes, httpEtag, read: (range) => readPieces(bucket, pieces, range) };
}

/** A range of the bytes of objects that follow one another, or all of them. Null when the first object of it is not there. */
export async function readPieces(
  bucket: R2Bucket,
  pieces: readonly Piece[],
  range: ByteRange = { offset: 0, length: Number.POSITIVE_INFINITY },
): Promise<ReadableStream | null> {
  const [first, ...rest] = cut(pieces, range);
  if (first === undefined) return new Blob([]).stream();
  const body = await readCut(bucket, first);
  if (body === null || rest.length === 0) return body;
  const length = rest.reduce((sum, one) => sum + one.range.length, first.range.length);
  const { readable, writable } = new FixedLengthStream(length);
  pump(bucket, body, rest, writable).catch(() => undefined); // the reader sees its stream break
  return readable;
}

type Cut = Piece & { readonly range: ByteRange };

/** What a range of the whole takes from each piece; pieces that it does not touch are left out. */
function cut(pieces: readonly Piece[], { offset, length }: ByteRange): Cut[] {
  let at = 0;
  return pieces.flatMap((piece) => {
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

async function pump(
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
