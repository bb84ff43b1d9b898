/** How large a GIF picture is. Source: GIF89a, section 18. */
import type { Size } from "./exif.ts";
import type { MediaSource } from "./source.ts";

/** The size of the screen on which its pictures are drawn; null where the file ends before. */
export async function readGif(source: MediaSource): Promise<Size | null> {
  const view = await source.read(0, 10);
  return view.byteLength < 10 ? null : { width: view.getUint16(6, true), height: view.getUint16(8, true) };
}
