import { env as bindings } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { MEDIA_INDEX_BYTES, MEDIA_READS } from "../../src/core/limits.ts";
import type { Env } from "../../src/env.ts";
import { CLIP_1080X1920 } from "../../src/sandbox/clips.ts";
import { bytesOf, movieOf } from "../../src/sandbox/video-file.ts";
import { inspectMedia, putManifest } from "../../src/store/files.ts";
import { box, boxOf, join, u32 } from "../support/bytes.ts";
import { sample } from "../support/media.ts";

const { MEDIA } = bindings as unknown as Env; // vitest.config.ts binds what wrangler.toml declares

let count = 0;
async function inspect(bytes: Uint8Array) {
  const key = `media-test/${count++}`;
  await MEDIA.put(key, bytes);
  return inspectMedia(MEDIA, key);
}

/** The sandbox's own export: 90 frames, upright. */
function upright(): Uint8Array<ArrayBuffer> {
  const movie = movieOf(CLIP_1080X1920, 90);
  return join(...bytesOf(movie, 0, movie.sizeBytes));
}

const EXPORT = {
  container: "mp4",
  durationMs: 3_000,
  width: 1_080,
  height: 1_920,
  codec: "h264",
  videoSamples: 90,
  isWhole: true,
};

/** Bytes without a pattern, the same each time: random ones may begin like a file of some format. */
const noise = (count: number): Uint8Array => {
  let state = 1;
  return Uint8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
};

/** Where a box's content begins. */
function find(bytes: Uint8Array, type: string): number {
  const name = Array.from(new TextEncoder().encode(type));
  const at = bytes.findIndex((_, i) => name.every((byte, k) => bytes[i + k] === byte));
  if (at < 0) throw new Error(`no ${type}`);
  return at + 4;
}

/** The same track in fragments of so many samples, each 1,000 ticks of 30,000 a second. */
function fragmented(counts: readonly number[]): Uint8Array<ArrayBuffer> {
  const part = (type: string): Uint8Array => boxOf(upright(), type);
  const none = new Uint8Array(8);
  const stbl = box("stbl", part("stsd"), box("stsz", none, u32(0)), box("stco", none));
  const mdhd = box("mdhd", none, u32(0), u32(30_000), u32(0), u32(0));
  const trak = box("trak", part("tkhd"), box("mdia", mdhd, part("hdlr"), box("minf", stbl)));
  const mvhd = box("mvhd", none, u32(0), u32(1_000), u32(0), new Uint8Array(80));
  const moov = box("moov", mvhd, trak, box("mvex"));
  let start = 0;
  const fileParts = counts.map((count) => {
    const tfhd = box("tfhd", u32(0x08), u32(1), u32(1_000));
    const moof = box("moof", box("traf", tfhd, box("tfdt", u32(0), u32(start)), box("trun", u32(0), u32(count))));
    start += count * 1_000;
    return join(moof, box("mdat", new Uint8Array(10)));
  });
  return join(part("ftyp"), moov, ...fileParts);
}

describe("inspecting a stored file", () => {
  it.each([
    ["clip.mp4", { container: "mp4", width: 320, height: 180, codec: "h264", durationMs: 3_000 }],
    ["clip.mov", { container: "mov", width: 320, height: 180, codec: "h264", durationMs: 3_000 }],
    ["clip.webm", { container: "webm", width: 320, height: 180, durationMs: 3_003 }],
    ["clip.mkv", { container: "matroska", width: 320, height: 180, durationMs: 3_023 }],
    ["clip.avi", { container: "avi", width: 320, height: 180, durationMs: 3_042 }],
    ["tone.m4a", { container: "mp4", width: null, height: null, codec: "aac", videoSamples: 0 }],
    ["tone.mp3", { container: "mp3", codec: "mp3", width: null }],
    ["tone.wav", { container: "wave", codec: "pcm-s16", width: null }],
    ["tone.aac", { codec: "aac", width: null }],
  ])("finds the properties of %s", async (name, properties) => {
    const seen = await inspect(sample(name));
    expect(seen).toMatchObject({ ok: true, value: properties });
  });

  it.each([
    ["photo.jpg", "jpg"],
    ["photo.png", "png"],
    ["photo.webp", "webp"],
    ["anim.gif", "gif"],
  ])("finds the size of %s, which has no length", async (name, container) => {
    const seen = await inspect(sample(name));
    expect(seen).toMatchObject({ ok: true, value: { container, durationMs: null, videoSamples: 0 } });
  });

  it("counts the video frames of an export", async () => {
    expect(await inspect(upright())).toEqual({ ok: true, value: EXPORT });
  });

  it("finds an index after the media", async () => {
    const movie = upright();
    const gap = box("free", new Uint8Array(2_000_000));
    const moved = join(boxOf(movie, "ftyp"), gap, boxOf(movie, "mdat"), boxOf(movie, "moov"));
    expect(await inspect(moved)).toMatchObject({ value: EXPORT });
  });

  it("reports that a file is truncated, wherever it was cut", async () => {
    const movie = upright();
    const positions = [40, 700, 0.2, 0.5, 0.9].map((at) => (at < 1 ? Math.floor(at * movie.byteLength) : at));
    for (const at of [...positions, movie.byteLength - 1])
      expect(await inspect(movie.subarray(0, at)), `cut at ${at}`).toMatchObject({ error: { reason: "cut" } });
  });

  it("misses the end of media that only declare to continue to the end", async () => {
    const movie = upright();
    const [ftyp, moov] = [boxOf(movie, "ftyp"), boxOf(movie, "moov")];
    const open = (length: number): Uint8Array =>
      join(ftyp, moov, u32(0), new TextEncoder().encode("mdat"), boxOf(movie, "mdat").subarray(8, length));
    expect(await inspect(open(movie.byteLength))).toMatchObject({ ok: true });
    expect(await inspect(open(5_000))).toMatchObject({ error: { reason: "cut" } });
  });

  it.each([
    ["nothing", new Uint8Array()],
    ["noise", noise(5_000)],
    ["a page", new TextEncoder().encode("<!doctype html><title>502</title>".repeat(50))],
  ])("does not treat %s as media", async (_, bytes) => {
    expect(await inspect(bytes)).toMatchObject({ error: { reason: "unknown" } });
  });

  it("reports that a file is missing", async () => {
    expect(await inspectMedia(MEDIA, "media-test/none")).toEqual({ ok: false, error: { reason: "gone" } });
  });

  it("adds up fragments", async () => {
    expect(await inspect(fragmented([30, 30, 15]))).toMatchObject({
      value: { codec: "h264", width: 1_080, height: 1_920, videoSamples: 75, durationMs: 2_500 },
    });
  });

  it("does bounded work for a large number in a few bytes", async () => {
    const bytes = fragmented([0xffff_ffff]);
    expect(await inspect(bytes)).toMatchObject({ value: { videoSamples: 0xffff_ffff } });
    const lying = upright();
    lying.set(u32(0xffff_ffff), find(lying, "stsz") + 8);
    expect(await inspect(lying)).toMatchObject({ error: { reason: "broken" } });
  });

  it("does not load an index of any size, and does not read for ever", async () => {
    const get = vi.spyOn(MEDIA, "get");
    const ftyp = boxOf(upright(), "ftyp");
    const huge = join(ftyp, box("moov", new Uint8Array(MEDIA_INDEX_BYTES + 1)));
    expect(await inspect(huge)).toMatchObject({ error: { reason: "over_budget" } });
    const gap = { key: "media-test/gap", sizeBytes: 600_000 };
    await MEDIA.put(gap.key, box("free", new Uint8Array(gap.sizeBytes - 8)));
    await MEDIA.put("media-test/start", ftyp);
    const start = { key: "media-test/start", sizeBytes: ftyp.byteLength };
    await putManifest(MEDIA, "media-test/scattered", [start, ...Array.from({ length: MEDIA_READS + 1 }, () => gap)]);
    get.mockClear();
    expect(await inspectMedia(MEDIA, "media-test/scattered")).toMatchObject({ error: { reason: "over_budget" } });
    expect(get.mock.calls.length).toBeLessThanOrEqual(MEDIA_READS + 2); // the manifest, and the window across its first two parts
    get.mockRestore();
  });

  it("counts empty boxes", async () => {
    const swarm = join(...Array.from({ length: 10_002 }, () => box("free")));
    expect(await inspect(join(boxOf(upright(), "ftyp"), swarm))).toMatchObject({ error: { reason: "over_budget" } });
    expect(await inspect(join(boxOf(upright(), "ftyp"), box("moov", swarm)))).toMatchObject({
      error: { reason: "over_budget" },
    });
  });
});
