import { describe, expect, it } from "vitest";
import { MEDIA_FRAMES } from "../../../src/core/limits.ts";
import { inspectFile, type MediaMetadata } from "../../../src/core/media/metadata.ts";
import { formatOfBytes } from "../../../src/core/media/sniff.ts";
import { boundedSource, MediaError, sourceOf } from "../../../src/core/media/source.ts";
import { join } from "../../support/bytes.ts";
import { sample } from "../../support/media.ts";
import { adts, id3, mp3, mp3Frame, plainId3, vbriFrame, xingFrame } from "../../support/movies.ts";

const read = (...parts: readonly Uint8Array[]): Promise<MediaMetadata> => inspectFile(sourceOf(join(...parts)));
const zeros = (count: number): Uint8Array => new Uint8Array(count);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
/** Milliseconds of so many frames of MP3, and of ADTS. */
const ms = (frames: number): number => Math.round((frames * 1_152_000) / 44_100);
const msOfAdts = (frames: number): number => Math.round((frames * 1_024_000) / 44_100);

describe("an MP3 file", () => {
  it("has the properties of tone.mp3", async () => {
    expect(await read(sample("tone.mp3"))).toMatchObject({ container: "mp3", codec: "mp3", width: null });
  });

  it.each<[string, Uint8Array[]]>([
    ["as it is", [mp3(80)]],
    ["behind a tag", [id3(zeros(3_000)), mp3(80)]],
    ["behind two tags", [id3(zeros(20)), id3(zeros(30)), mp3(80)]],
    ["behind a tag and zeros", [id3(zeros(20)), zeros(600), mp3(80)]],
    ["behind a tag with a wrong length", [plainId3(zeros(310)), mp3(80)]],
    ["behind a large tag with a wrong length", [plainId3(zeros(200_000)), mp3(80)]],
    ["from the middle of a frame on", [mp3(81).slice(100)]],
    [
      "with tags behind it",
      [mp3(80), text("APETAGEX"), zeros(4), new Uint8Array([32, 0, 0, 0]), zeros(16), text("TAG"), zeros(125)],
    ],
    ["with something between its frames", [mp3(40), zeros(900), mp3(40)]],
  ])("is known and counted %s", async (_, parts) => {
    expect(formatOfBytes(join(...parts).subarray(0, 4_100))?.ext).toBe("mp3");
    expect(await read(...parts)).toMatchObject({ container: "mp3", durationMs: ms(80) });
  });

  it.each([
    ["Xing", xingFrame],
    ["VBRI", vbriFrame],
  ])("is as long as its %s frame says, if that is of this file", async (_, first) => {
    const body = mp3(80);
    expect(await read(first(5_000, 417 + body.length), body)).toMatchObject({ durationMs: ms(5_000) });
    // Half a file, and two files in one, are counted.
    expect(await read(first(5_000, 300_000), body)).toMatchObject({ durationMs: ms(80) });
    expect(await read(first(80, 417 + body.length), body, ...Array.from({ length: 5 }, () => body))).toMatchObject({
      durationMs: ms(480),
    });
  });

  /** A sound of this many bytes that repeats what it is given, without holding it. */
  const endless = (sizeBytes: number, part: Uint8Array) => {
    const block = join(...Array.from({ length: Math.ceil(1_200_000 / part.length) }, () => part));
    return boundedSource(sizeBytes, async (from, to) => {
      const start = from % part.length;
      return block.slice(start, start + to - from);
    });
  };

  it("has the length of its size at a constant bit rate, and no length at a variable one", async () => {
    const hours = 400_000_000;
    expect(await inspectFile(endless(hours, mp3(3)))).toMatchObject({ durationMs: hours / 16 });
    const mixed = join(mp3(3), mp3Frame(5), mp3Frame(5), mp3Frame(5));
    expect(await inspectFile(endless(hours, mixed))).toMatchObject({ container: "mp3", durationMs: null });
    const counted = await inspectFile(endless(mixed.length * 6_000, mixed));
    expect(counted).toMatchObject({ durationMs: ms(36_000) });
  });

  it("is unknown if no frame follows another one", async () => {
    const noise = join(new Uint8Array([0xff, 0xfb, 0x90, 0xc4]), zeros(3_000));
    await expect(read(id3(zeros(30)), noise)).rejects.toBeInstanceOf(MediaError);
  });
});

describe("an ADTS file", () => {
  it("has the properties of tone.aac", async () => {
    expect(await read(sample("tone.aac"))).toMatchObject({ container: "adts", codec: "aac" });
  });

  it("is counted frame by frame, without an incomplete last one", async () => {
    expect(await read(adts(200))).toMatchObject({ container: "adts", durationMs: msOfAdts(200) });
    expect(await read(id3(zeros(40)), adts(200).slice(0, -1))).toMatchObject({ durationMs: msOfAdts(199) });
    expect(formatOfBytes(join(id3(zeros(40)), adts(3)))?.ext).toBe("aac");
  });

  it("is not counted without bound", async () => {
    const frames = join(adts(20_000));
    const source = boundedSource(30_400_000, async (from, to) => frames.slice(from % 64, (from % 64) + to - from));
    expect(await inspectFile(source)).toMatchObject({ container: "adts", durationMs: msOfAdts(30_400_000 / 64) });
    const short = new Uint8Array(1_200_000);
    for (let at = 0; at + 7 <= short.length; at += 7) short.set([0xff, 0xf1, 0x50, 0x80, 0, 0xff, 0xfc], at);
    const many = boundedSource(7 * (MEDIA_FRAMES + 10), async (from, to) =>
      short.slice(from % 7, (from % 7) + to - from),
    );
    expect(await inspectFile(many)).toMatchObject({ durationMs: null });
  });
});
