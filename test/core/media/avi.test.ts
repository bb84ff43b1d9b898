import { describe, expect, it } from "vitest";
import { inspectFile, type MediaMetadata } from "../../../src/core/media/metadata.ts";
import { MediaError, sourceOf } from "../../../src/core/media/source.ts";
import { join } from "../../support/bytes.ts";
import { sample } from "../../support/media.ts";
import { avi, chunk, little, riff } from "../../support/movies.ts";

const read = (file: Uint8Array): Promise<MediaMetadata> => inspectFile(sourceOf(join(file)));
const fault = (file: Uint8Array): Promise<unknown> =>
  read(file).catch((error) => (error instanceof MediaError ? error.fault : error));

describe("an AVI file", () => {
  it("has the properties of clip.avi", async () => {
    expect(await read(sample("clip.avi"))).toMatchObject({
      container: "avi",
      width: 320,
      height: 180,
      durationMs: 3_042,
    });
  });

  it("has its length and its size, stored top-down or bottom-up", async () => {
    expect(await read(avi(50))).toMatchObject({
      durationMs: 2_000,
      width: 320,
      height: 240,
      codec: "mjpg",
      videoSamples: 50,
    });
    expect(await read(avi(0))).toMatchObject({ durationMs: null, width: 320 });
  });

  it("has the aspect ratio that it declares", async () => {
    const vprp = chunk("vprp", new Uint8Array(20), little(9, 2), little(16, 2), new Uint8Array(12));
    expect(await read(avi(50, vprp))).toMatchObject({ width: 427, height: 240 });
  });

  it("has no length if it is truncated, and one if bytes follow its end", async () => {
    expect(await read(avi(50).slice(0, -1))).toMatchObject({ durationMs: null, width: 320, isWhole: false });
    expect(await read(join(avi(50), new Uint8Array(9)))).toMatchObject({ durationMs: 2_000, isWhole: true });
    const part = riff("AVIX", new Uint8Array(20));
    expect(await read(join(avi(50), part))).toMatchObject({ durationMs: 2_000 });
    expect(await read(join(avi(50), part.slice(0, -1)))).toMatchObject({ durationMs: null });
  });

  it("is invalid without a stream", async () => {
    expect(await fault(riff("AVI ", chunk("LIST", new TextEncoder().encode("movi"))))).toBe("broken");
    expect(await fault(riff("AVI ", chunk("LIST", new TextEncoder().encode("hdrl"))))).toBe("broken");
  });
});
