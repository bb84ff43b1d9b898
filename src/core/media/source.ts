/**
 * Random access to a file's bytes for the format parsers. Files are untrusted, so the costs of every parser are
 * limited here: the number of reads, the bytes per read and in total, and the number of counted parts.
 */
import { MEDIA_INDEX_BYTES, MEDIA_PARTS, MEDIA_READ_BYTES, MEDIA_READS } from "../limits.ts";

/**
 * Why a file cannot be parsed. `cut`: truncated. `broken`: inconsistent. `unknown`: another format. `over_budget`: the
 * bytes to read are too large or too scattered.
 */
export type MediaFault = "cut" | "broken" | "unknown" | "over_budget";

/** Thrown by parsers; the caller in `store` returns it as a value. */
export class MediaError extends Error {
  readonly fault: MediaFault;
  constructor(fault: MediaFault, message: string) {
    super(message);
    this.name = "MediaError";
    this.fault = fault;
  }
}

export type MediaSource = {
  readonly sizeBytes: number;
  /**
   * Reads the bytes from `start` up to, not including, `end`, cut at the file's end. Throws MediaError `over_budget`.
   */
  readonly read: (start: number, end: number) => Promise<DataView<ArrayBuffer>>;
  /** Counts parts of the file: boxes, elements, chunks, segments. Throws MediaError `over_budget`. */
  readonly count: (parts?: number) => void;
  /** The remaining budget. */
  readonly left: () => { readonly reads: number; readonly bytes: number; readonly parts: number };
};

/** Minimum bytes fetched at once: nearby bytes are usually needed next, and a read costs more than its bytes. */
const WINDOW_BYTES = 64 * 1024;
/** The same for sequential small steps, so that a recording in many fragments takes few reads. */
const AHEAD_BYTES = 1024 * 1024;

/** A file of this many bytes; `fetchRange` reads ranges and may return fewer bytes at the file's end. */
export function boundedSource(
  sizeBytes: number,
  fetchRange: (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>,
): MediaSource {
  let reads = MEDIA_READS;
  let bytes = MEDIA_READ_BYTES;
  let parts = MEDIA_PARTS;
  let window = { start: 0, bytes: new Uint8Array() };
  const fetchBounded = async (start: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
    if (end - start > MEDIA_INDEX_BYTES) throw new MediaError("over_budget", `${end - start} bytes at once`);
    bytes -= end - start;
    reads -= 1;
    if (reads < 0 || bytes < 0) throw new MediaError("over_budget", "too many reads");
    return fetchRange(start, end);
  };
  /** The bytes to fetch at an offset: more if it is a little after the last read. */
  const windowBytes = (start: number): number => {
    const gap = start - (window.start + window.bytes.byteLength);
    const isNear = window.bytes.byteLength > 0 && gap >= -WINDOW_BYTES && gap < AHEAD_BYTES / 2;
    return isNear ? Math.min(Math.max(2 * window.bytes.byteLength, WINDOW_BYTES), AHEAD_BYTES) : WINDOW_BYTES;
  };
  return {
    sizeBytes,
    read: async (start, asked) => {
      const end = Math.min(asked, sizeBytes);
      if (start >= end) return new DataView(new ArrayBuffer(0));
      const isHere = start >= window.start && end <= window.start + window.bytes.byteLength;
      if (!isHere && end - start > WINDOW_BYTES) {
        const exact = await fetchBounded(start, end);
        return new DataView(exact.buffer, exact.byteOffset, exact.byteLength);
      }
      if (!isHere)
        window = { start, bytes: await fetchBounded(start, Math.min(start + windowBytes(start), sizeBytes)) };
      const at = start - window.start;
      const length = Math.max(0, Math.min(end - start, window.bytes.byteLength - at));
      return new DataView(window.bytes.buffer, window.bytes.byteOffset + at, length);
    },
    count: (counted = 1) => {
      parts -= counted;
      if (parts < 0) throw new MediaError("over_budget", `more than ${MEDIA_PARTS} parts`);
    },
    left: () => ({ reads, bytes, parts }),
  };
}

/** A file in memory. */
export const sourceOf = (file: Uint8Array<ArrayBuffer>): MediaSource =>
  boundedSource(file.byteLength, async (start, end) => file.slice(start, end));

/** Characters of a view; fewer at its end. */
export function textAt(view: DataView, at: number, count: number): string {
  const end = Math.min(at + count, view.byteLength);
  let text = "";
  for (let position = at; position < end; position += 1) text += String.fromCharCode(view.getUint8(position));
  return text;
}
