/** How large a PNG picture is, as it is shown. Source: W3C PNG, third edition, sections 5 and 11. */
import { orientationIn, type Size, turned } from "./exif.ts";
import { type MediaSource, textAt } from "./source.ts";

/** The size by its first chunks; null where they do not tell. */
export async function readPng(source: MediaSource): Promise<Size | null> {
  let size: Size | null = null;
  for (let at = 8; at < source.sizeBytes; ) {
    const head = await source.read(at, at + 8);
    if (head.byteLength < 8) break;
    source.count();
    const [length, type] = [head.getUint32(0), textAt(head, 4, 4)];
    if (type === "IDAT" || type === "IEND") break;
    const content = await source.read(at + 8, at + 8 + Math.min(length, 64 * 1024));
    if (type === "IHDR" && content.byteLength >= 8)
      size = { width: content.getUint32(0), height: content.getUint32(4) };
    if (type === "eXIf" && size !== null) return turned(size, orientationIn(content, 0));
    at += length + 12;
  }
  return size;
}
