import { describe, expect, it } from "vitest";
import { inspectFile } from "../../../src/core/media/metadata.ts";
import { sourceOf } from "../../../src/core/media/source.ts";
import { join } from "../../support/bytes.ts";
import { sample } from "../../support/media.ts";
import { chunk, exifSegment, jpeg, png, pngChunk, riff, segment, tiff, webp } from "../../support/movies.ts";

const sizeOf = async (...parts: readonly Uint8Array[]): Promise<[string, number | null, number | null]> => {
  const { container, width, height } = await inspectFile(sourceOf(join(...parts)));
  return [container, width, height];
};
const zeros = (count: number): Uint8Array => new Uint8Array(count);
const exifText = new TextEncoder().encode("Exif\0\0");

describe("an image", () => {
  it.each(["photo.jpg", "photo.png", "photo.webp", "anim.gif"])("has the size of %s, and no length", async (name) => {
    const properties = await inspectFile(sourceOf(sample(name)));
    expect(properties.durationMs).toBeNull();
    expect(Math.min(properties.width ?? 0, properties.height ?? 0)).toBeGreaterThan(15);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9])("has the displayed size, with orientation %i", async (orientation) => {
    const [width, height] = orientation > 4 && orientation < 9 ? [64, 96] : [96, 64];
    expect(await sizeOf(jpeg(exifSegment(orientation)))).toEqual(["jpg", width, height]);
    expect(await sizeOf(png(pngChunk("eXIf", tiff(orientation))))).toEqual(["png", width, height]);
    expect(await sizeOf(webp(8, chunk("VP8 ", zeros(20)), chunk("EXIF", tiff(orientation))))).toEqual([
      "webp",
      width,
      height,
    ]);
    expect(await sizeOf(webp(8, chunk("EXIF", exifText, tiff(orientation))))).toEqual(["webp", width, height]);
  });

  it("is found after the first kilobytes, padding and segments without a length", async () => {
    const long = Array.from({ length: 9 }, () => segment(0xe2, zeros(65_000)));
    const odd = new Uint8Array([0xff, 0x01, 0xff, 0xd3, 0, 0, 0xff, 0xff]);
    expect(await sizeOf(jpeg(exifSegment(6), ...long, odd))).toEqual(["jpg", 64, 96]);
    expect(await sizeOf(jpeg(), jpeg(exifSegment(6)))).toEqual(["jpg", 96, 64]);
    expect(await sizeOf(png(pngChunk("iCCP", zeros(200_000)), pngChunk("eXIf", tiff(6))))).toEqual(["png", 64, 96]);
  });

  it("has no size if the file states none", async () => {
    expect(await sizeOf(new Uint8Array([0xff, 0xd8, 0xff, 1, 2]))).toEqual(["jpg", null, null]);
    expect(await sizeOf(png().slice(0, 20))).toEqual(["png", null, null]);
    expect(await sizeOf(riff("WEBP", chunk("XXXX", zeros(20))))).toEqual(["webp", null, null]);
    expect(await sizeOf(sample("anim.gif").slice(0, 9))).toEqual(["gif", null, null]);
  });
});
