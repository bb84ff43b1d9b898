import { describe, expect, it } from "vitest";
import { inspectFile, type MediaMetadata } from "../../../src/core/media/metadata.ts";
import { formatOfBytes } from "../../../src/core/media/sniff.ts";
import { MediaError, sourceOf } from "../../../src/core/media/source.ts";
import { join } from "../../support/bytes.ts";
import { sample } from "../../support/media.ts";
import { chunk, little, riff, waveFormat } from "../../support/movies.ts";

const read = (file: Uint8Array): Promise<MediaMetadata> => inspectFile(sourceOf(join(file)));
const fault = (file: Uint8Array): Promise<unknown> =>
  read(file).catch((error) => (error instanceof MediaError ? error.fault : error));
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
/** A second of the usual format. */
const SECOND = new Uint8Array(32_000);
const ALL = little(0xffff_ffff, 4);

describe("a WAV file", () => {
  it("has the properties of tone.wav", async () => {
    expect(await read(sample("tone.wav"))).toMatchObject({ container: "wave", codec: "pcm-s16", width: null });
  });

  it("has the length of its audio data, whatever chunks surround it", async () => {
    const list = chunk("LIST", new Uint8Array(33));
    const file = riff("WAVE", list, waveFormat(), list, chunk("data", SECOND, SECOND), list);
    expect(await read(file)).toMatchObject({ durationMs: 2_000, isWhole: true });
  });

  it("is read behind a tag in front of it", async () => {
    const file = riff("WAVE", waveFormat(), chunk("data", SECOND));
    const tag = join(text("ID3"), Uint8Array.of(3, 0, 0, 0, 0, 0, 11), new Uint8Array(11));
    expect(formatOfBytes(join(tag, file))?.ext).toBe("wav");
    expect(await read(join(tag, file))).toEqual(await read(file));
  });

  it.each(["RF64", "BW64"])("may be %s, whose sizes are in a separate chunk", async (kind) => {
    const sizes = chunk("ds64", little(64_100, 8), little(64_000, 8), little(16_000, 8), little(0, 4));
    const file = join(
      text(kind),
      ALL,
      text("WAVE"),
      sizes,
      waveFormat(),
      text("data"),
      ALL,
      SECOND,
      SECOND,
      text("id3 "),
      little(9, 4),
      new Uint8Array(9),
    );
    expect(await read(file)).toMatchObject({ container: "wave", durationMs: 2_000 });
  });

  it("extends to the end of the file if its writer did not know the sizes", async () => {
    for (const size of [ALL, little(0, 4)]) {
      const file = join(text("RIFF"), size, text("WAVE"), waveFormat(), text("data"), size, SECOND, SECOND, SECOND);
      expect(await read(file)).toMatchObject({ durationMs: 3_000, isWhole: true });
    }
    expect(await read(riff("WAVE", waveFormat(), chunk("data")))).toMatchObject({ durationMs: null });
  });

  it("is as long as the remaining data if it was cut", async () => {
    const file = riff("WAVE", waveFormat(), chunk("data", SECOND, SECOND));
    expect(await read(file.slice(0, -16_000))).toMatchObject({ durationMs: 1_500, isWhole: false });
  });

  it("uses the number of samples for packed formats, else bytes per second", async () => {
    const packed = waveFormat(0x11, 8_000, 4_000, 256, 4);
    const data = chunk("data", new Uint8Array(8_000));
    expect(await read(riff("WAVE", packed, chunk("fact", little(12_000, 4)), data))).toMatchObject({
      durationMs: 1_500,
    });
    expect(await read(riff("WAVE", packed, data))).toMatchObject({ durationMs: 2_000, codec: "adpcm-ima" });
    expect(await read(riff("WAVE", waveFormat(0x11, 0, 0, 0, 0), data))).toMatchObject({ durationMs: null });
  });

  it("is invalid without audio", async () => {
    expect(await fault(riff("WAVE", waveFormat()))).toBe("broken");
    expect(await fault(riff("WAVE", chunk("data", SECOND)))).toBe("broken");
    expect(await fault(riff("WAVE", ...Array.from({ length: 11_000 }, () => chunk("JUNK"))))).toBe("over_budget");
  });
});
