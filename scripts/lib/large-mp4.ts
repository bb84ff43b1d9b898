/** A file large enough for several parts that is still a playable MP4. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./root.ts";

/** The clip of test/media followed by a `free` box of noise, which players skip: this many bytes in all. */
export function largeMp4(bytes: number): Uint8Array<ArrayBuffer> {
  const clip = readFileSync(join(ROOT, "test/media/clip.mp4"));
  const file = new Uint8Array(bytes);
  file.set(clip);
  new DataView(file.buffer).setUint32(clip.length, bytes - clip.length);
  file.set(new TextEncoder().encode("free"), clip.length + 4);
  file.set(randomBytes(bytes - clip.length - 8), clip.length + 8);
  return file;
}
