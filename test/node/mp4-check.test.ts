import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { checkMp4 } from "../../scripts/lib/mp4-check.ts";

const media = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(resolve(import.meta.dirname, "../media", name)));
const clip = media("clip.mp4");

/** The clip with bytes replaced after a four-letter mark. */
function changed(mark: string, offset: number, bytes: readonly number[]): Uint8Array {
  const copy = clip.slice();
  const at = Buffer.from(copy.buffer).indexOf(mark, 0, "latin1");
  if (at < 0) throw new Error(`no ${mark} in the clip`);
  copy.set(bytes, at + 4 + offset);
  return copy;
}

describe("checkMp4", () => {
  it("reads duration, frame size and samples of a real clip", () => {
    const found = checkMp4(clip);
    expect(found).toMatchObject({ width: 320, height: 180, sizeBytes: clip.byteLength });
    expect(found.durationMs).toBeGreaterThan(500);
    expect(found.samples).toBeGreaterThan(10);
  });

  it("reads a clip inside a larger buffer", () => {
    const larger = new Uint8Array(clip.byteLength + 7);
    larger.set(clip, 7);
    expect(checkMp4(larger.subarray(7))).toEqual(checkMp4(clip));
  });

  it.each([
    ["an empty file", new Uint8Array(), "does not begin with ftyp"],
    ["a web page", new TextEncoder().encode("<!doctype html><title>Not found</title>"), "box"],
    ["an image", media("photo.png"), "box"],
    ["an MP4 with sound alone", media("tone.m4a"), "no video among 1 tracks"],
    ["a clip cut in the middle", clip.subarray(0, clip.byteLength - 1_000), "bytes"],
    ["a clip of no duration", changed("mvhd", 16, [0, 0, 0, 0]), "duration is 0"],
    ["a video track without samples", changed("stsz", 8, [0, 0, 0, 0]), "no samples"],
    ["a sample table larger than its box", changed("stsz", 8, [0, 15, 0, 0]), "no room"],
    ["a chunk outside the file", changed("stco", 8, [127, 0, 0, 0]), "lies in no mdat"],
    ["a track that is no video", changed("hdlr", 8, [0x73, 0x6f, 0x75, 0x6e]), "no video"],
  ])("rejects %s", (_, bytes, why) => {
    expect(() => checkMp4(bytes)).toThrow(why);
  });
});
