import { describe, expect, it } from "vitest";
import { MEDIA_PARTS } from "../../../src/core/limits.ts";
import { readMatroska } from "../../../src/core/media/matroska.ts";
import type { MediaMetadata } from "../../../src/core/media/metadata.ts";
import { boundedSource, MediaError, type MediaSource, sourceOf } from "../../../src/core/media/source.ts";
import { join } from "../../support/bytes.ts";
import {
  audioTrack,
  ebmlHead,
  element,
  float64,
  info,
  openElement,
  openSegment,
  pixels,
  segment,
  sizedElement,
  tracks,
  videoTrack,
} from "../../support/elements.ts";
import { sample } from "../../support/media.ts";

const read = (...parts: readonly Uint8Array[]): Promise<MediaMetadata> => readMatroska(sourceOf(join(...parts)));
const fault = async (...parts: readonly Uint8Array[]): Promise<unknown> =>
  read(...parts).catch((error) => (error instanceof MediaError ? error.fault : error));
const hex = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** The same file, with what was asked of it. */
function watched(file: Uint8Array<ArrayBuffer>): { source: MediaSource; parts: () => number; reads: () => number } {
  const source = sourceOf(file);
  let parts = 0;
  const count = (counted = 1): void => {
    parts += counted;
    source.count(counted);
  };
  return { source: { ...source, count }, parts: () => parts, reads: () => 200 - source.left().reads };
}

describe("a Matroska or WebM file", () => {
  it.each([
    ["clip.webm", { container: "webm", width: 320, height: 180, durationMs: 3_003, codec: "vp8" }],
    ["clip.mkv", { container: "matroska", width: 320, height: 180, durationMs: 3_023, codec: "h264" }],
  ])("has the properties of %s", async (name, properties) => {
    expect(await read(sample(name))).toMatchObject({ ...properties, isWhole: true });
  });

  it("has the size of its largest video track, and the codec of its first audio track if it has none", async () => {
    const two = tracks(videoTrack(...pixels(16, 16)), audioTrack, videoTrack(...pixels(640, 360)));
    expect(await read(ebmlHead(), segment(info(1_500), two))).toMatchObject({
      durationMs: 1_500,
      width: 640,
      height: 360,
      codec: "vp8",
    });
    expect(await read(ebmlHead("matroska"), segment(info(1_500), tracks(audioTrack)))).toMatchObject({
      container: "matroska",
      width: null,
      codec: "opus",
      videoSamples: 0,
    });
  });

  it.each([
    ["in the shape of its display size", [element(0x54b0, 1_024), element(0x54ba, 576)], 1_024, 576],
    ["in the shape of an aspect ratio", [element(0x54b0, 16), element(0x54ba, 9), element(0x54b2, 3)], 1_024, 576],
    ["in the shape of a ratio that is called pixels", [element(0x54b0, 16), element(0x54ba, 9)], 1_024, 576],
    ["as stored if the unit of the display size is unknown", [element(0x54b0, 9), element(0x54b2, 4)], 720, 576],
    ["without what is cropped", [element(0x54cc, 10), element(0x54dd, 10), element(0x54aa, 6)], 700, 570],
    ["upright", [element(0x7670, element(0x7675, float64(-90)))], 576, 720],
    [
      "as it is where a whole sphere is turned",
      [element(0x7670, element(0x7671, 1), element(0x7675, float64(90)))],
      720,
      576,
    ],
  ])("has the display size: %s", async (_, fields, width, height) => {
    const track = videoTrack(...pixels(720, 576), ...fields);
    expect(await read(ebmlHead(), segment(info(1), tracks(track)))).toMatchObject({ width, height });
  });

  it("has no length if the file states none or is truncated", async () => {
    const declared = tracks(videoTrack(...pixels(64, 32)));
    expect(await read(ebmlHead(), openSegment(element(0x1549a966), declared))).toMatchObject({
      width: 64,
      durationMs: null,
    });
    const whole = join(ebmlHead(), segment(info(9_000), declared, element(0x1f43b675, new Uint8Array(500))));
    expect(await read(whole)).toMatchObject({ durationMs: 9_000, isWhole: true });
    expect(await read(whole.slice(0, -1))).toMatchObject({ width: 64, durationMs: null, isWhole: false });
    for (const wrong of [Number.NaN, -1, 1e300])
      expect(await read(ebmlHead(), segment(info(wrong), declared))).toMatchObject({ durationMs: null });
  });

  it("finds elements after the media by the segment's index", async () => {
    const clusters = element(0x1f43b675, new Uint8Array(300_000));
    const seek = (id: Uint8Array, at: number): Uint8Array => element(0x4dbb, element(0x53ab, id), element(0x53ac, at));
    const behind = [info(4_000), tracks(videoTrack(...pixels(64, 32)))] as const;
    const headOf = (at: number): Uint8Array =>
      element(0x114d9b74, seek(hex("1549a966"), at), seek(hex("1654ae6b"), at + behind[0].length));
    const length = headOf(400_000).length;
    const head = headOf(length + 2 * clusters.length);
    const file = join(ebmlHead(), segment(head, clusters, clusters, ...behind));
    expect(await read(file)).toMatchObject({ durationMs: 4_000, width: 64 });
    const open = openElement(0x1f43b675, ...Array.from({ length: 20 }, () => element(0xa3, new Uint8Array(9))));
    expect(await read(ebmlHead(), openSegment(open, open, ...behind))).toMatchObject({ durationMs: 4_000, width: 64 });
  });

  it.each([
    ["a segment of zeros", [ebmlHead(), openSegment(new Uint8Array(200))]],
    ["a segment without a track", [ebmlHead(), segment(info(5))]],
    ["a head without a segment", [ebmlHead(), new Uint8Array(40)]],
  ])("is invalid when it is %s", async (_, parts) => {
    expect(await fault(...parts)).toBe("broken");
  });

  it("skips every element once, whatever size it declares", async () => {
    const zeros = watched(join(ebmlHead(), openSegment(new Uint8Array(1_000_000))));
    expect(await readMatroska(zeros.source).catch(() => null)).toBeNull();
    expect(zeros.parts()).toBeLessThan(10);
    expect(zeros.reads()).toBeLessThan(5);
    const long = watched(join(ebmlHead(), openSegment(sizedElement(0xec, 2 ** 55), new Uint8Array(90))));
    expect(await readMatroska(long.source).catch(() => null)).toBeNull();
    const empty = Array.from({ length: 9 }, () => element(0xec));
    const some = watched(join(ebmlHead(), segment(...empty, tracks(audioTrack), info(3))));
    expect(await readMatroska(some.source)).toMatchObject({ durationMs: 3 });
    expect(some.parts()).toBeLessThan(40);
  });

  it("is read in bounded time: elements are counted at every level", async () => {
    const many = Array.from({ length: MEDIA_PARTS + 1 }, () => new Uint8Array([0xec, 0x80]));
    expect(await fault(ebmlHead(), openSegment(...many))).toBe("over_budget");
    expect(await fault(ebmlHead(), segment(info(1), tracks(...many)))).toBe("over_budget");
    expect(await fault(ebmlHead(), segment(info(1), tracks(videoTrack(...many))))).toBe("over_budget");
    const entries = Array.from({ length: 4_000 }, () => videoTrack(...pixels(2, 2)));
    expect(await fault(ebmlHead(), segment(info(1), tracks(...entries)))).toBe("over_budget");
    const start = join(ebmlHead(), openSegment(openElement(0x1f43b675)));
    const far = (from: number, end: number): Uint8Array<ArrayBuffer> =>
      Uint8Array.from(
        { length: end - from },
        (_, i) => start[from + i] ?? block[(from + i - start.length) % 600_000] ?? 0,
      );
    const block = sizedElement(0xa3, 600_000 - 9);
    const scattered = boundedSource(10_000_000_000, async (from, end) => far(from, end));
    await expect(readMatroska(scattered)).rejects.toMatchObject({ fault: "over_budget" });
  });

  it("does not exceed the bounds with a few repeated bytes", async () => {
    const file = hex(
      "1a45dfa3874282847765626d1853806701ffffffffffffff1654ae6b97ae95d781018381018685565f565038e086b08140ba81400000000000000000",
    );
    expect(await read(file)).toMatchObject({
      container: "webm",
      width: 64,
      height: 64,
      codec: "vp8",
      durationMs: null,
    });
  });
});
