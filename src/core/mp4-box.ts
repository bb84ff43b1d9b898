/**
 * Boxes, of which an MP4 or QuickTime file is made. Source: ISO/IEC 14496-12, section 4.2.
 *
 * Bytes come from strangers: every length is checked against what is there, and no loop is longer than the bytes it reads.
 */
import { MEDIA_PARTS } from "./limits.ts";
import { MediaError } from "./media/source.ts";

/** A box's type and where its content lies, without the head. */
export type Box = { readonly type: string; readonly start: number; readonly end: number };

/** Bytes of the longest head: size, type, 64-bit size. */
export const BOX_HEAD_BYTES = 16;

/**
 * The box whose head stands at `at` of the view, which begins at `base` of its file; places are counted from the file's start.
 * Size 0 means "to the end", size 1 "see the 64-bit size". Throws when the head is cut off, the size is impossible, or the
 * box ends after `end`.
 */
export function boxAt(view: DataView, at: number, base: number, end: number): Box {
  const left = end - base - at;
  if (left < 8 || view.byteLength - at < 8) throw new MediaError("cut", `${left} bytes are no box`);
  const type = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at + 4, 4));
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) throw new MediaError("broken", "a box without a type");
  const short = view.getUint32(at);
  if (short === 1 && view.byteLength - at < 16) throw new MediaError("cut", `${type} is cut off`);
  const size = short === 1 ? Number(view.getBigUint64(at + 8)) : short === 0 ? left : short;
  const head = short === 1 ? 16 : 8;
  if (size < head) throw new MediaError("broken", `${type} says ${size} bytes`);
  if (size > left) throw new MediaError("cut", `${type} says ${size} bytes, ${left} are there`);
  return { type, start: base + at + head, end: base + at + size };
}

/** The boxes in a part of a view, one after the other. Throws as `boxAt` does. */
export function boxesIn(view: DataView, start: number, end: number): Box[] {
  const boxes: Box[] = [];
  for (let at = start; at < end; ) {
    // QuickTime ends a list with four zero bytes.
    if (end - at < 8) break;
    const box = boxAt(view, at, 0, end);
    if (boxes.push(box) > MEDIA_PARTS) throw new MediaError("broken", `more than ${MEDIA_PARTS} boxes side by side`);
    at = box.end;
  }
  return boxes;
}

/** The first box at the end of a path of types, each in the one before; null where the path ends early. */
export function find(view: DataView, from: Box, ...path: readonly string[]): Box | null {
  let box = from;
  for (const type of path) {
    const next = boxesIn(view, box.start, box.end).find((candidate) => candidate.type === type);
    if (next === undefined) return null;
    box = next;
  }
  return box;
}

/** The first box of a type among others; throws where there is none. */
export function need(view: DataView, from: Box, ...path: readonly string[]): Box {
  const box = find(view, from, ...path);
  if (box === null) throw new MediaError("broken", `no ${path.join("/")} in ${from.type}`);
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
