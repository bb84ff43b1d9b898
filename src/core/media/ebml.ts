/** Elements, of which a Matroska or WebM file is made: id, size, content. Source: RFC 8794, sections 4 to 6. */

/** An element whose head stands in a view; places are counted from the view's start. Null size: its end is not told. */
export type Element = { readonly id: number; readonly start: number; readonly size: number | null };

/** Bytes of the longest head: an id of four bytes and a size of eight. */
export const ELEMENT_HEAD_BYTES = 12;

/** How many bytes a number has, by the zeros before its first one; 9 for a byte of zeros, which begins none. */
const lengthOf = (first: number): number => Math.clz32(first) - 23;

/** The element whose head stands at `at`; null where none does, or its head is cut off. It has at least two bytes. */
export function elementAt(view: DataView, at: number): Element | null {
  if (at + 2 > view.byteLength) return null;
  const idBytes = lengthOf(view.getUint8(at));
  if (idBytes > 4 || at + idBytes + 1 > view.byteLength) return null;
  let id = 0;
  for (let i = 0; i < idBytes; i += 1) id = id * 256 + view.getUint8(at + i);
  const sizeAt = at + idBytes;
  const first = view.getUint8(sizeAt);
  const sizeBytes = lengthOf(first);
  if (sizeBytes > 8 || sizeAt + sizeBytes > view.byteLength) return null;
  const mask = 0xff >> sizeBytes;
  let size = first & mask;
  let isUnknown = size === mask;
  for (let i = 1; i < sizeBytes; i += 1) {
    const byte = view.getUint8(sizeAt + i);
    isUnknown &&= byte === 0xff;
    size = size * 256 + byte;
  }
  return { id, start: sizeAt + sizeBytes, size: isUnknown ? null : size };
}

/** The elements of a part of a view in order. One that goes beyond its end is cut there; the rest of a broken one is left out. */
export function* elementsIn(
  view: DataView,
  start: number,
  end: number,
  count: () => void,
): Generator<Element & { readonly end: number }> {
  for (let at = start; at < end; ) {
    const element = elementAt(view, at);
    if (element === null || element.start > end) return;
    count();
    const last = Math.min(element.size === null ? end : element.start + element.size, end);
    yield { ...element, end: last };
    at = last;
  }
}

/** An unsigned number of up to eight bytes. */
export function uintOf(view: DataView, { start, end }: { readonly start: number; readonly end: number }): number {
  let number = 0;
  for (let at = start; at < Math.min(end, start + 8); at += 1) number = number * 256 + view.getUint8(at);
  return number;
}

/** A number of four or eight bytes; null for another size. */
export function floatOf(
  view: DataView,
  { start, end }: { readonly start: number; readonly end: number },
): number | null {
  if (end - start === 4) return view.getFloat32(start);
  return end - start === 8 ? view.getFloat64(start) : null;
}
