/** A stored file read here and there, in bounds: how much at once, how often. */
import { openStored } from "./stored.ts";

/** Bytes fetched at once: neighbours are asked for one after the other, and a read costs more than its bytes. */
const WINDOW_BYTES = 64 * 1024;

/** Ends the looking into a file that asks for more reads or more bytes than are allowed. */
export class OverBudget extends Error {
  override readonly name = "OverBudget";
}

export type Ranges = {
  readonly sizeBytes: number;
  /**
   * The bytes from `start` up to, not including, `end`, cut at the file's end. Throws OverBudget above the bounds, and
   * when the file is no longer there.
   */
  readonly read: (start: number, end: number) => Promise<DataView>;
};

/** Opens the version of a file that lies there now; null when none does. At most `reads` reads of at most `bytes` bytes each. */
export async function openRanges(
  bucket: R2Bucket,
  key: string,
  { reads, bytes }: { readonly reads: number; readonly bytes: number },
): Promise<Ranges | null> {
  const stored = await openStored(bucket, key);
  if (stored === null) return null;
  const { sizeBytes } = stored;
  let window = { start: 0, bytes: new Uint8Array() };
  let left = reads;
  const fetchRange = async (start: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
    if (end - start > bytes) throw new OverBudget(`${end - start} bytes at once`);
    if (left-- <= 0) throw new OverBudget(`more than ${reads} reads`);
    const body = await stored.read({ offset: start, length: end - start });
    if (body === null) throw new OverBudget("the file was replaced");
    return new Uint8Array(await new Response(body).arrayBuffer());
  };
  const read = async (start: number, asked: number): Promise<DataView> => {
    const end = Math.min(asked, sizeBytes);
    if (start >= end) return new DataView(new ArrayBuffer(0));
    if (end - start > WINDOW_BYTES) return new DataView((await fetchRange(start, end)).buffer);
    const isHere = start >= window.start && end <= window.start + window.bytes.byteLength;
    if (!isHere) window = { start, bytes: await fetchRange(start, Math.min(start + WINDOW_BYTES, sizeBytes)) };
    return new DataView(window.bytes.buffer, window.bytes.byteOffset + start - window.start, end - start);
  };
  return { sizeBytes, read };
}
