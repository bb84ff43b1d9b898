/**
 * Boxes, of which an MP4 or QuickTime file is made. Source: ISO/IEC 14496-12, section 4.2.
 *
 * Bytes come from strangers: every length is checked against what is there, every box counts, and no loop is longer than the
 * bytes it reads.
 */
import { MediaError } from "./source.ts";

/** A box's type and where its content lies, without the head. */
export type Box = { readonly type: string; readonly start: number; readonly end: number };

/** Bytes of the longest head: size, type, 64-bit size. */
export const BOX_HEAD_BYTES = 16;

const isTypeByte = (byte: number): boolean => (byte >= 0x20 && byte <= 0x7e) || byte === 0xa9;

/**
 * The box whose head stands at `at` of the view, which begins at `base` of its file; places are counted from the file's start.
 * Size 0 means "to the end", size 1 "see the 64-bit size". Null where no box begins, or where its head is cut off. The box may
 * end after `end`.
 */
export function boxAt(view: DataView, at: number, base: number, end: number): Box | null {
  if (end - base - at < 8 || view.byteLength - at < 8) return null;
  let type = "";
  for (let place = at + 4; place < at + 8; place += 1) {
    const byte = view.getUint8(place);
    if (!isTypeByte(byte)) return null;
    type += String.fromCharCode(byte);
  }
  const short = view.getUint32(at);
  if (short === 1 && view.byteLength - at < 16) return null;
  const size = short === 1 ? Number(view.getBigUint64(at + 8)) : short === 0 ? end - base - at : short;
  const head = short === 1 ? 16 : 8;
  return size < head ? null : { type, start: base + at + head, end: base + at + size };
}

/** The boxes in a part of a view, one after the other, as far as they are boxes: what follows the last one does not matter. */
export function boxesIn(view: DataView, { start, end }: Box, count: () => void): Box[] {
  const boxes: Box[] = [];
  for (let at = start; ; ) {
    const box = boxAt(view, at, 0, end);
    if (box === null || box.end > end) return boxes;
    count();
    boxes.push(box);
    at = box.end;
  }
}

/** The first box of a type among others; throws where there is none. */
export function need(boxes: readonly Box[], type: string): Box {
  const box = boxes.find((candidate) => candidate.type === type);
  if (box === undefined) throw new MediaError("broken", `no ${type}`);
  return box;
}

/** Throws unless the box holds so many bytes of content. */
export function demand(box: Box, bytes: number): void {
  if (box.end - box.start < bytes) throw new MediaError("broken", `${box.type} has no room for what it says`);
}

/** A full box's version; its content follows after four bytes. */
export function versionOf(view: DataView, box: Box): number {
  demand(box, 4);
  return view.getUint8(box.start);
}

/** A full box's flags. */
export const flagsOf = (view: DataView, box: Box): number => view.getUint32(box.start) & 0xff_ffff;
