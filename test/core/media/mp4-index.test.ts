import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readFragment, readIndex } from "../../../src/core/media/mp4.ts";
import { MediaError } from "../../../src/core/media/source.ts";
import { CLIP_1280X720 } from "../../../src/sandbox/clips.ts";
import { movieOf } from "../../../src/sandbox/video-file.ts";

/** The content of an export's index. */
const { head } = movieOf(CLIP_1280X720, 40);
const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
const ftyp = view.getUint32(0);
const moov = head.slice(ftyp + 8, ftyp + view.getUint32(ftyp));

const count = (): void => undefined;

/** What came out of bytes that may say anything: an answer or a MediaError, never another error. */
function survives(read: (view: DataView) => unknown, bytes: Uint8Array<ArrayBuffer>): void {
  try {
    read(new DataView(bytes.buffer));
  } catch (error) {
    expect(error).toBeInstanceOf(MediaError);
  }
}

describe("the index of a movie", () => {
  it("is parsed", () => {
    const index = readIndex(new DataView(moov.slice().buffer), count);
    expect(index).toMatchObject({ durationMs: 1_333, fragmented: false });
    expect(index.tracks).toMatchObject([{ kind: "video", codec: "h264", width: 1_280, height: 720, samples: 40 }]);
  });

  it("swaps width and height of a rotated video", () => {
    const turned = moov.slice();
    const tkhd = new TextDecoder("latin1").decode(turned).indexOf("tkhd") + 4;
    const matrix = new DataView(turned.buffer, tkhd + 40);
    for (const [at, value] of [0, 0x10000, 0, -0x10000, 0].entries()) matrix.setInt32(4 * at, value);
    expect(readIndex(new DataView(turned.buffer), count).tracks).toMatchObject([{ width: 720, height: 1_280 }]);
  });

  it("survives any change of its bytes", () => {
    const change = fc.tuple(fc.nat(moov.byteLength - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), fc.nat(moov.byteLength), (changes, length) => {
        const bytes = moov.slice(0, changes.length % 2 === 0 ? length : undefined);
        for (const [at, value] of changes) if (at < bytes.byteLength) bytes[at] = value;
        survives((view) => readIndex(view, count), bytes);
        survives((view) => readFragment(view, new Map(), count), bytes);
      }),
      { numRuns: 2_000 },
    );
  });
});
