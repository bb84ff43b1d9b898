/** How large a JPEG picture is, as it is shown. Source: ITU-T T.81, annex B. */
import { orientationIn, type Size, turned } from "./exif.ts";
import { type MediaSource, textAt } from "./source.ts";

/** Bytes looked at where no marker stands: padding between segments. */
const GAP_BYTES = 4_096;

/** The size by the frame's header, which stands behind segments that say their lengths; null where there is none. */
export async function readJpeg(source: MediaSource): Promise<Size | null> {
  let orientation = 1;
  for (let at = 2; at < source.sizeBytes; ) {
    source.count();
    const view = await source.read(at, at + GAP_BYTES);
    const marker = markerIn(view);
    if (marker === null) return null;
    const { code, start } = marker;
    const hasLength = code !== 0x01 && !(code >= 0xd0 && code <= 0xd8);
    if (code === 0xd9 || code === 0xda) return null; // the end, or the picture itself, before its size
    if (hasLength && start + 2 > view.byteLength) return null;
    const length = hasLength ? view.getUint16(start) : 0;
    const isFrame = code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code);
    if (isFrame && start + 7 > view.byteLength) return null;
    if (isFrame) return turned({ width: view.getUint16(start + 5), height: view.getUint16(start + 3) }, orientation);
    if (code === 0xe1) orientation = await orientationOf(source, at + start + 2, length - 2, orientation);
    at += start + length;
  }
  return null;
}

/** The next marker: 0xff, as often as it pleases, and a code. */
function markerIn(view: DataView): { readonly code: number; readonly start: number } | null {
  for (let at = 0; at + 1 < view.byteLength; at += 1) {
    const code = view.getUint8(at + 1);
    if (view.getUint8(at) === 0xff && code !== 0xff && code !== 0) return { code, start: at + 2 };
  }
  return null;
}

async function orientationOf(source: MediaSource, start: number, length: number, before: number): Promise<number> {
  if (length < 14 || textAt(await source.read(start, start + 6), 0, 6) !== "Exif\0\0") return before;
  return orientationIn(await source.read(start + 6, start + length), 0);
}
