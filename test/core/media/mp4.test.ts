import { describe, expect, it } from "vitest";
import { inspectFile, type MediaMetadata } from "../../../src/core/media/metadata.ts";
import { boundedSource, MediaError, sourceOf } from "../../../src/core/media/source.ts";
import { box, join, u32 } from "../../support/bytes.ts";
import { fragment, id3, type Movie, moov, movie, recordingHead, trak } from "../../support/movies.ts";

const read = (...parts: readonly Uint8Array[]): Promise<MediaMetadata> => inspectFile(sourceOf(join(...parts)));
const fault = async (...parts: readonly Uint8Array[]): Promise<unknown> =>
  read(...parts).then(
    () => "taken",
    (error) => (error instanceof MediaError ? error.fault : error),
  );
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const zeros = (count: number): Uint8Array => new Uint8Array(count);

describe("a movie", () => {
  it.each<[string, Movie, number]>([
    ["as long as it says", { movieMs: 2_500, trackMs: 2_500 }, 2_500],
    ["as long as its edit list shows", { movieMs: 3_000, trackMs: 8_000, edits: [[3_000, 5_000]] }, 3_000],
    [
      "as long as its edit list shows where it says nothing",
      {
        movieMs: 0,
        trackMs: 8_000,
        edits: [
          [1_000, 0xffff_ffff],
          [2_000, 5_000],
        ],
      },
      3_000,
    ],
    ["as long as its track where it says nothing", { movieMs: 0, trackMs: 8_000 }, 8_000],
  ])("is %s", async (_, what, durationMs) => {
    expect(await read(movie(what))).toMatchObject({ durationMs, isWhole: true });
  });

  it("has no impossible length or size", async () => {
    const properties = await read(movie({ movieMs: 0xffff_fffe, width: 0, height: 0, coded: [0, 48] }));
    expect(properties).toMatchObject({ durationMs: 4_294_967_294 });
    const years = join(movie());
    const mvhd = new TextDecoder("latin1").decode(years).indexOf("mvhd") + 4;
    years.set(join(u32(1), u32(0xffff_fffe)), mvhd + 12); // one tick a second
    expect(await read(years)).toMatchObject({ durationMs: null, width: 320 });
    expect(properties).toMatchObject({ width: null, height: null });
  });

  const quarter = [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000];
  const half = [-0x10000, 0, 0, 0, -0x10000, 0, 0, 0, 0x40000000];
  it.each<[string, Movie, number, number]>([
    ["as its track says", { width: 1_024, height: 576, coded: [720, 576] }, 1_024, 576],
    ["upright after a quarter turn", { matrix: quarter }, 240, 320],
    ["as it is after half a turn", { matrix: half }, 320, 240],
    [
      "in the shape of its pixels where the track has the coded size",
      { width: 1_440, height: 1_080, aspect: [4, 3] },
      1_920,
      1_080,
    ],
    [
      "in the shape of its track where that says another size",
      { width: 1_920, height: 1_080, coded: [1_440, 1_080], aspect: [4, 3] },
      1_920,
      1_080,
    ],
    ["of its coded frame if the track has none", { width: 0, height: 0, coded: [64, 32] }, 64, 32],
  ])("has a size %s", async (_, what, width, height) => {
    expect(await read(movie(what))).toMatchObject({ width, height });
  });

  it("has the largest picture of those that players show", async () => {
    const chapters = trak({ width: 999, height: 999, flags: 0, trackMs: 1_000 }, 40);
    expect(await read(movie({ inIndex: [chapters, trak({ width: 64, height: 48 }, 40)] }))).toMatchObject({
      width: 320,
    });
  });

  it.each<[string, Uint8Array]>([
    ["a line's end", text("\n")],
    ["four zeros", zeros(4)],
    ["a page of zeros", zeros(4_096)],
    [
      "a camera's own block",
      join(
        Uint8Array.from({ length: 3_000 }, (_, at) => at),
        text("8db42d694ccc418790edff439fe026bf"),
      ),
    ],
    ["a tag", join(text("TAG"), zeros(125))],
    ["a box that is longer than what is left", join(u32(1_000_000), text("free"), zeros(100))],
  ])("is taken with %s behind its end, and behind a tag", async (_, tail) => {
    const properties = { durationMs: 1_000, width: 320, isWhole: true };
    expect(await read(movie(), tail)).toMatchObject(properties);
    expect(await read(id3(zeros(300)), movie(), tail)).toMatchObject({ ...properties, container: "mp4" });
  });

  it("is truncated if its media or index ends early, and invalid if nothing fits", async () => {
    const whole = movie();
    expect(await fault(whole.slice(0, -1))).toBe("cut");
    expect(await fault(whole.slice(0, 300))).toBe("cut");
    expect(await fault(whole.slice(0, 30))).toBe("cut");
    expect(await fault(box("ftyp", text("isom"), u32(0)), moov(1_000, box("trak")))).toBe("broken");
    expect(await fault(box("ftyp", text("isom"), u32(0)), moov(1_000, box("cmov")))).toBe("over_budget");
  });

  it("is accepted although one of its tracks is inconsistent", async () => {
    expect(await read(movie({ inIndex: [box("trak", zeros(30))] }))).toMatchObject({ width: 320, durationMs: 1_000 });
  });

  it("is read at a cost bounded by its bytes: boxes are counted at every level", async () => {
    const few = movie({ inTrack: Array.from({ length: 9_000 }, () => box("free")) });
    expect(await fault(few)).toBe("taken");
    const boxes = Array.from({ length: 300 }, () => box("free"));
    const tracks = Array.from({ length: 60 }, () => trak({ inTrack: boxes }, 40));
    expect(await fault(movie({ inIndex: tracks }))).toBe("over_budget");
    let counted = 0;
    const source = sourceOf(movie({ inIndex: tracks.slice(0, 20) }));
    const count = (parts = 1): void => {
      counted += parts;
    };
    await inspectFile({ ...source, count });
    expect(counted).toBeLessThan(20 * 330); // each box once, however often a type is looked for
  });
});

describe("a fragmented recording", () => {
  const recording = (count: number, mediaBytes = 30): Uint8Array<ArrayBuffer> =>
    join(recordingHead(), ...Array.from({ length: count }, (_, n) => fragment(n * 1_000, 25, mediaBytes)));

  it("is as long as its fragments", async () => {
    expect(await read(recording(4))).toMatchObject({ durationMs: 4_000, width: 320, videoSamples: 100, isWhole: true });
  });

  it("counts from its first fragment if it was cut out of a longer one", async () => {
    const late = join(recordingHead(), fragment(90_000, 25, 9), fragment(91_000, 25, 9));
    expect(await read(late)).toMatchObject({ durationMs: 2_000 });
  });

  it("keeps its values if its end is missing, and is marked as truncated", async () => {
    const whole = recording(4);
    expect(await read(whole.slice(0, -10))).toMatchObject({ durationMs: 4_000, isWhole: false });
    expect(await read(whole.slice(0, -60))).toMatchObject({ durationMs: 3_000, isWhole: false });
    expect(await fault(recordingHead(), fragment(0, 25, 30).slice(0, 40))).toBe("cut");
    expect(await read(whole, zeros(20))).toMatchObject({ durationMs: 4_000, isWhole: true });
  });

  /** A recording of more fragments than are walked, each of them so long, without holding it. */
  function long(count: number, mediaBytes: number, tail: (at: number) => Uint8Array = () => zeros(0)) {
    const head = recordingHead();
    const each = fragment(0, 25, mediaBytes).length;
    const end = head.length + count * each;
    const last = tail(end);
    let reads = 0;
    const source = boundedSource(end + last.length, async (from, to) => {
      reads += 1;
      const bytes = new Uint8Array(to - from);
      const put = (part: Uint8Array, at: number): void => {
        const cut = part.subarray(Math.max(0, from - at), Math.max(0, to - at));
        if (at < to && cut.length > 0) bytes.set(cut, Math.max(0, at - from));
      };
      put(head, 0);
      for (
        let n = Math.max(0, Math.floor((from - head.length) / each));
        n < count && head.length + n * each < to;
        n += 1
      )
        put(fragment(n * 1_000, 25, 0), head.length + n * each); // its head; the media after it are zeros
      for (
        let n = Math.max(0, Math.floor((from - head.length) / each));
        n < count && head.length + n * each < to;
        n += 1
      )
        put(u32(mediaBytes + 8), head.length + n * each + each - mediaBytes - 8);
      put(last, end);
      return bytes;
    });
    return { source, reads: () => reads };
  }

  it("has the length of a long recording from its last fragments or their table, within the limit of reads", async () => {
    const many = long(9_000, 60_000);
    expect(await inspectFile(many.source)).toMatchObject({ durationMs: 9_000_000, width: 320, videoSamples: null });
    expect(many.reads()).toBeLessThan(200);
    const large = long(300, 12_000_000, (end) => {
      const at = end - fragment(0, 25, 12_000_000).length;
      const tfra = box("tfra", u32(0), u32(1), u32(0), u32(1), u32(0), u32(at), new Uint8Array([1, 1, 1]));
      return box("mfra", tfra, box("mfro", u32(0), u32(8 + tfra.length + 16)));
    });
    expect(await inspectFile(large.source)).toMatchObject({ durationMs: 300_000, width: 320 });
    const none = long(400, 12_000_000);
    expect(await inspectFile(none.source)).toMatchObject({ durationMs: null, width: 320, height: 240 });
    expect(none.reads()).toBeLessThan(200);
  });

  it("has the length from an index of all segments", async () => {
    const fragments = join(fragment(0, 25, 30), fragment(1_000, 25, 30));
    const sidx = box(
      "sidx",
      u32(0),
      u32(1),
      u32(1_000),
      u32(0),
      u32(0),
      u32(1),
      u32(fragments.length),
      u32(2_000),
      u32(0),
    );
    expect(await read(recordingHead(), sidx, fragments)).toMatchObject({ durationMs: 2_000 });
  });
});
