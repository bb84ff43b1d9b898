import { describe, expect, test } from "vitest";
import { CLIP_1280X720, type VideoClip } from "../../src/sandbox/clips.ts";
import { FRAME_SIZES } from "../../src/sandbox/prompt.ts";
import { SAMPLE_FRAME_SIZES as FILE_SHAPES } from "../../src/sandbox/uploads.ts";
import { bytesOf, CLIPS, clipFor, fileOf, movieOf } from "../../src/sandbox/video-file.ts";

type Box = { readonly type: string; readonly start: number; readonly body: DataView };

/** The boxes of a stretch of bytes. */
function boxesIn(view: DataView): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at < view.byteLength; ) {
    const size = view.getUint32(at);
    const type = String.fromCharCode(...[4, 5, 6, 7].map((offset) => view.getUint8(at + offset)));
    boxes.push({ type, start: at, body: new DataView(view.buffer, view.byteOffset + at + 8, size - 8) });
    at += size;
  }
  return boxes;
}

function boxAt(view: DataView, ...path: string[]): Box {
  const [type, ...rest] = path;
  const found = boxesIn(view).find((box) => box.type === type);
  if (found === undefined) throw new Error(`no ${type}`);
  return rest.length === 0 ? found : boxAt(found.body, ...rest);
}

const wholeFile = (clip: VideoClip, frames: number): DataView => {
  const movie = movieOf(clip, frames);
  const bytes = new Uint8Array(movie.sizeBytes);
  let at = 0;
  for (const part of bytesOf(movie, 0, movie.sizeBytes)) {
    bytes.set(part, at);
    at += part.length;
  }
  expect(at).toBe(movie.sizeBytes);
  return new DataView(bytes.buffer);
};

const TABLE = ["moov", "trak", "mdia", "minf", "stbl"];

describe("the clips", () => {
  test("have every size that a draft can have, and replace a missing one", () => {
    const frames = [...FRAME_SIZES.map(([, frame]) => frame), ...FILE_SHAPES];
    for (const [width, height] of frames) expect(clipFor({ width, height })).toMatchObject({ width, height });
    expect(clipFor({ width: 540, height: 960 })).toMatchObject({ width: 1_080, height: 1_920 });
    expect(clipFor({ width: 0, height: 0 })).toMatchObject({ width: 1_920, height: 1_080 });
  });
});

describe("the muxer", () => {
  test.each([
    ["a frame", 1],
    ["a second", 30],
    ["two and a half seconds", 75],
    ["a minute", 1_800],
  ])("writes %s with every sample where its index says, each a slice of the right kind", (_name, frames) => {
    for (const clip of CLIPS) {
      const file = wholeFile(clip, frames);
      expect(boxesIn(file).map((box) => box.type)).toEqual(["ftyp", "moov", "mdat"]);
      const sizes = boxAt(file, ...TABLE, "stsz").body;
      const offsets = boxAt(file, ...TABLE, "stco").body;
      expect(sizes.getUint32(8)).toBe(frames);
      expect(offsets.getUint32(4)).toBe(Math.ceil(frames / 30));
      let at = 0;
      for (let frame = 0; frame < frames; frame++) {
        if (frame % 30 === 0) at = offsets.getUint32(8 + (4 * frame) / 30);
        const size = sizes.getUint32(12 + 4 * frame);
        // One unit a sample: its own length, then its type: 5 is a key frame, 1 any other.
        expect(file.getUint32(at)).toBe(size - 4);
        expect(file.getUint8(at + 4) & 31).toBe(frame % 30 === 0 ? 5 : 1);
        at += size;
      }
      expect(at).toBe(file.byteLength);
      const header = boxAt(file, "moov", "mvhd").body;
      expect(header.getUint32(16) / header.getUint32(12)).toBeCloseTo(frames / 30, 9);
    }
  });

  test("returns any range of the file as it returns the whole", () => {
    const movie = movieOf(CLIP_1280X720, 100);
    const whole = new Uint8Array(wholeFile(CLIP_1280X720, 100).buffer);
    for (const [start, end] of [
      [0, 1],
      [700, 900],
      [movie.head.length - 1, movie.head.length + 1],
      [5_000, movie.sizeBytes],
    ] as const) {
      const part = [...bytesOf(movie, start, end)].flatMap((bytes) => [...bytes]);
      expect(new Uint8Array(part)).toEqual(whole.slice(start, end));
    }
  });

  test("keeps files exact to the frame, within a minute and small", () => {
    const shape = { width: 1_080, height: 1_920, faults: [] };
    expect(fileOf({ ...shape, durationMs: 10_000 }).durationSeconds).toBe(10);
    expect(fileOf({ ...shape, durationMs: 2_517 }).durationSeconds).toBeCloseTo(76 / 30, 9);
    expect(fileOf({ ...shape, durationMs: 1 }).durationSeconds).toBeCloseTo(1 / 30, 9);
    const longest = fileOf({ ...shape, durationMs: 600_000 });
    expect(longest.durationSeconds).toBe(60);
    expect(longest.sizeBytes).toBeLessThan(10_000_000);
    for (const clip of CLIPS) expect(clip.samples.length).toBeLessThan(40_000);
  });
});
