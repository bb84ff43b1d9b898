/** How large a WebP picture is, as it is shown. Source: RFC 9649, section 2. */
import { orientationIn, type Size, turned } from "./exif.ts";
import { type Chunk, chunksOf } from "./riff.ts";
import { type MediaSource, textAt } from "./source.ts";

/** The size by the first chunk, of which there are three kinds: extended, lossless, lossy. Null where it does not tell. */
export async function readWebp(source: MediaSource): Promise<Size | null> {
  let size: Size | null = null;
  for await (const chunk of chunksOf(source, 12, source.sizeBytes)) {
    const view = await source.read(chunk.start, chunk.start + Math.min(chunk.size, 10));
    if (size === null) {
      size = sizeIn(chunk.id, view);
      const mayTurn = chunk.id === "VP8X" && view.byteLength > 0 && (view.getUint8(0) & 0x08) !== 0;
      if (size === null || !mayTurn) return size;
    }
    if (chunk.id === "EXIF") return turned(size, await orientationOf(source, chunk));
  }
  return size;
}

function sizeIn(id: string, view: DataView): Size | null {
  if (view.byteLength < (id === "VP8L" ? 5 : 10)) return null;
  const low24 = (at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 0x10000;
  switch (id) {
    case "VP8X":
      return { width: low24(4) + 1, height: low24(7) + 1 };
    case "VP8L": {
      const bits = view.getUint32(1, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8 ":
      return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff };
    default:
      return null;
  }
}

/** Some writers keep the six characters that a JPEG has before it. */
async function orientationOf(source: MediaSource, { start, size }: Chunk): Promise<number> {
  const view = await source.read(start, start + Math.min(size, 64 * 1024));
  return orientationIn(view, textAt(view, 0, 6) === "Exif\0\0" ? 6 : 0);
}
