import { describe, expect, it } from "vitest";
import { type Bounds, openChunks } from "../../../src/store/chunks.ts";
import { putExact, putUnknown } from "../../../src/store/files.ts";
import { env } from "../../support/objects.ts";

const MIB = 1024 * 1024;
/** Bounds that a busy machine does not reach, unless others are given. */
const bounds = (idleMs = 30_000, signal = new AbortController().signal): Bounds => ({ idleMs, signal });
const bytes = (count: number): Uint8Array<ArrayBuffer> => new Uint8Array(count).map((_, at) => at % 251);

/** A body of these bytes that sends only every few milliseconds, then ends, stays open, or breaks. */
function slowBody(
  data: Uint8Array<ArrayBuffer>,
  fileParts: number,
  end: "close" | "stall" | "break",
  pauseMs = 30,
): ReadableStream {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const send = async (): Promise<void> => {
    const size = Math.ceil(data.length / fileParts);
    for (let at = 0; at < data.length; at += size) {
      await writer.write(data.slice(at, at + size));
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    if (end === "close") await writer.close();
    if (end === "break") await writer.abort(new Error("gone"));
  };
  send().catch(() => undefined); // the reader may cancel it
  return readable;
}

const file = (key: string, body: ReadableStream, limits = bounds()) => ({
  key,
  contentType: "video/mp4",
  body,
  bounds: limits,
});

describe("a body of unknown length", () => {
  it("is stored whole, in parts, however it is cut", async () => {
    const data = bytes(18 * MIB + 7);
    const put = await putUnknown(env.MEDIA, file("unknown", slowBody(data, 13, "close")), 20 * MIB);
    expect(put).toMatchObject({ ok: true, value: { sizeBytes: data.length } });
    const stored = new Uint8Array((await (await env.MEDIA.get("unknown"))?.arrayBuffer()) ?? new ArrayBuffer(0));
    expect(stored.every((byte, at) => byte === at % 251)).toBe(true);
  });

  it("is rejected above its limit and stores nothing", async () => {
    const put = await putUnknown(env.MEDIA, file("capped", slowBody(bytes(9 * MIB), 3, "close")), 8 * MIB);
    expect(put).toEqual({ ok: false, error: { reason: "too_large" } });
    expect(await env.MEDIA.head("capped")).toBeNull();
  });

  it("times out when it stops, and not when it is slow", async () => {
    // Longer in all than the timeout, and each pause so much shorter that a busy machine keeps to it.
    const slow = file("slow", slowBody(bytes(1_000), 20, "close", 200), bounds(3_000));
    expect((await putUnknown(env.MEDIA, slow, MIB)).ok).toBe(true);
    const stalled = file("stalled", slowBody(bytes(1_000), 2, "stall"), bounds(200));
    expect(await putUnknown(env.MEDIA, stalled, MIB)).toEqual({ ok: false, error: { reason: "stalled" } });
    expect(await env.MEDIA.head("stalled")).toBeNull();
  });
});

describe("a body of known length", () => {
  it.each([
    ["shorter", 999, "close", "cut"],
    ["longer", 1_001, "close", "cut"],
    ["broken off", 500, "break", "cut"],
    ["stopped", 500, "stall", "stalled"],
  ] as const)("stores nothing when it is %s", async (name, sent, end, reason) => {
    const put = await putExact(
      env.MEDIA,
      file(name, slowBody(bytes(sent), 3, end), bounds(end === "stall" ? 300 : 30_000)),
      1_000,
    );
    expect(put).toEqual({ ok: false, error: { reason } });
    expect(await env.MEDIA.head(name)).toBeNull();
  });

  it("is cancelled by its signal", async () => {
    const stop = new AbortController();
    const putting = putExact(
      env.MEDIA,
      file("cancelled", slowBody(bytes(500), 1, "stall"), bounds(10_000, stop.signal)),
      1_000,
    );
    setTimeout(() => stop.abort(), 100);
    expect(await putting).toEqual({ ok: false, error: { reason: "stopped" } });
  });
});

describe("a body in chunks", () => {
  it("ends at its total timeout, however steadily it arrives", async () => {
    const chunks = openChunks(slowBody(bytes(1_000), 1_000, "close"), bounds(), Date.now() + 1_000);
    let taken = 0;
    const all = async (): Promise<void> => {
      for (let chunk = await chunks.next(); chunk !== null; chunk = await chunks.next()) taken += chunk.length;
    };
    await expect(all()).rejects.toMatchObject({ reason: "late" });
    expect(taken).toBeGreaterThan(0);
    chunks.cancel();
  });

  it("of a slow sender is passed on as it arrives, and of an interrupted one up to there", async () => {
    const chunks = openChunks(slowBody(bytes(900), 3, "break"), bounds(), Date.now() + 60_000);
    const sizes: number[] = [];
    const all = async (): Promise<void> => {
      for (let chunk = await chunks.next(); chunk !== null; chunk = await chunks.next()) sizes.push(chunk.length);
    };
    await expect(all()).rejects.toMatchObject({ reason: "cut" });
    expect(sizes).toEqual([300, 300, 300]);
  });
});
