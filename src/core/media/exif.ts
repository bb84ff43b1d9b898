/** How a camera says that a picture is to be turned. Source: Exif 2.32, section 4.6 (TIFF). */

/** The orientation, 1 to 8, of TIFF bytes that begin at a place; 1 where they do not tell. */
export function orientationIn(view: DataView, at: number): number {
  if (at + 8 > view.byteLength) return 1;
  const order = view.getUint16(at);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const isLittle = order === 0x4949;
  const first = at + view.getUint32(at + 4, isLittle);
  if (first + 2 > view.byteLength) return 1;
  const count = view.getUint16(first, isLittle);
  for (let nth = 0, entry = first + 2; nth < count && entry + 12 <= view.byteLength; nth += 1, entry += 12) {
    if (view.getUint16(entry, isLittle) !== 0x0112) continue;
    const value = view.getUint16(entry + 8, isLittle);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

export type Size = { readonly width: number; readonly height: number };

/** The size as shown: four of the eight orientations put a picture on its side. */
export const turned = ({ width, height }: Size, orientation: number): Size =>
  orientation > 4 ? { width: height, height: width } : { width, height };
