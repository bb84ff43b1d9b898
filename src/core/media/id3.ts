/** Tags around a sound: ID3v2 in front, ID3v1 and APE behind. Sources: id3.org (2.4.0 structure), the APEv2 specification. */
import { type MediaSource, textAt } from "./source.ts";

/** Tags in front of one sound. Chosen: programs that tag again without looking leave two or three. */
const TAGS = 16;

/** The lengths that a tag's head may mean, the likelier one first; none where no tag begins. */
export function tagLengths(view: DataView, at: number): number[] {
  if (at + 10 > view.byteLength || textAt(view, at, 3) !== "ID3" || view.getUint8(at + 3) === 0xff) return [];
  const [a, b, c, d] = [6, 7, 8, 9].map((place) => view.getUint8(at + place)) as [number, number, number, number];
  const around = (view.getUint8(at + 5) & 0x10) === 0 ? 10 : 20; // with a footer
  const plain = around + view.getUint32(at + 6); // as some programs write it, though seven bits of a byte count
  if ((a | b | c | d) > 0x7f) return [plain];
  const proper = around + ((a << 21) | (b << 14) | (c << 7) | d);
  return proper === plain ? [proper] : [proper, plain];
}

/** Where the sound may begin behind its tags, the likeliest place first. Without a tag, the file's start. */
export async function placesBehindTags(source: MediaSource): Promise<number[]> {
  let at = 0;
  const others: number[] = [];
  for (let tags = 0; tags < TAGS; tags += 1) {
    const [proper, plain] = tagLengths(await source.read(at, at + 10), 0);
    if (proper === undefined) break;
    if (plain !== undefined) others.push(at + plain);
    at += proper;
  }
  return [at, ...others].filter((place) => place < source.sizeBytes);
}

/** Where the sound ends before the tags behind it. */
export async function endBeforeTags(source: MediaSource, start: number): Promise<number> {
  let end = source.sizeBytes;
  const last = await source.read(Math.max(start, end - 128), end);
  if (last.byteLength === 128 && textAt(last, 0, 3) === "TAG") end -= 128;
  const foot = await source.read(Math.max(start, end - 32), end);
  if (foot.byteLength === 32 && textAt(foot, 0, 8) === "APETAGEX") {
    const hasHead = (foot.getUint32(20, true) & 0x8000_0000) !== 0;
    end -= foot.getUint32(12, true) + (hasHead ? 32 : 0);
  }
  return Math.max(start, end);
}
