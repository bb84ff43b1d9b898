import { env as bindings } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FilePart } from "../../src/core/rpc/user.ts";
import type { Env } from "../../src/env.ts";
import { serveFile } from "../../src/http/files.ts";
import { inspectMedia, openStored, putManifest, sha256Of } from "../../src/store/files.ts";
import { sample } from "../support/media.ts";

const { MEDIA } = bindings as unknown as Env; // vitest.config.ts binds what wrangler.toml declares

const hex = (digest: ArrayBuffer): string =>
  Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");

let count = 0;

/** A file stored in parts that end at these positions; returns its key and theirs. */
async function inChunks(bytes: Uint8Array, ends: readonly number[]): Promise<{ key: string; fileParts: FilePart[] }> {
  const key = `stored-test/${count++}`;
  const positions = [0, ...ends, bytes.length];
  const fileParts = await Promise.all(
    positions.slice(1).map(async (end, nth) => {
      const chunk = bytes.slice(positions[nth], end);
      await MEDIA.put(`${key}.${nth}`, chunk);
      return { key: `${key}.${nth}`, sizeBytes: chunk.length };
    }),
  );
  await putManifest(MEDIA, key, fileParts);
  return { key, fileParts };
}

const bytesOf = async (body: ReadableStream | null | undefined): Promise<Uint8Array | null> =>
  body ? new Uint8Array(await new Response(body).arrayBuffer()) : null;

describe("a file in parts", () => {
  it("is read as one file, for any parts and range", async () => {
    const bytes = Uint8Array.from({ length: 500 }, (_, at) => (at * 7) % 251);
    const position = fc.nat(bytes.length);
    await fc.assert(
      fc.asyncProperty(
        fc.array(position, { maxLength: 5 }),
        position,
        fc.integer({ min: 1, max: 600 }),
        async (ends, offset, length) => {
          const { key } = await inChunks(
            bytes,
            ends.toSorted((one, other) => one - other),
          );
          const stored = await openStored(MEDIA, key);
          expect(stored?.sizeBytes).toBe(bytes.length);
          expect(await bytesOf(await stored?.read())).toEqual(bytes);
          expect(await bytesOf(await stored?.read({ offset, length }))).toEqual(bytes.slice(offset, offset + length));
        },
      ),
      { numRuns: 30 },
    );
  });

  it("is served with its ranges and its length", async () => {
    const bytes = Uint8Array.from({ length: 1_000 }, (_, at) => at % 251);
    const { key } = await inChunks(bytes, [100, 700]);
    const file = { key, filename: "a.mp4", contentType: "video/mp4" };
    const ask = (headers: Record<string, string>) =>
      serveFile(MEDIA, new Request("https://gateway.example/f", { headers }), file);
    const whole = await ask({});
    expect(whole.headers.get("content-length")).toBe("1000");
    expect(new Uint8Array(await whole.arrayBuffer())).toEqual(bytes);
    const etag = whole.headers.get("etag") ?? "";
    const part = await ask({ range: "bytes=50-749", "if-range": etag });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 50-749/1000"]);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(50, 750));
    expect((await ask({ "if-none-match": etag })).status).toBe(304);
  });

  it("hashes to the file's hash, and is inspected across its parts", async () => {
    const movie = sample("clip.mp4");
    const third = Math.floor(movie.length / 3);
    const { key } = await inChunks(movie, [20, third, 2 * third]);
    expect(await sha256Of(MEDIA, key)).toBe(hex(await crypto.subtle.digest("SHA-256", movie)));
    const whole = `stored-test/${count++}`;
    await MEDIA.put(whole, movie);
    expect(await inspectMedia(MEDIA, key)).toEqual(await inspectMedia(MEDIA, whole));
    expect(await inspectMedia(MEDIA, key)).toMatchObject({ ok: true, value: { container: "mp4" } });
  });

  it("is read for its hash in small ranges, so that other requests are served in between", async () => {
    const bytes = Uint8Array.from({ length: 3_500_000 }, (_, at) => at % 251);
    const { key } = await inChunks(bytes, [2_500_000]);
    const lengths: number[] = [];
    const watched = new Proxy(MEDIA, {
      get: (bucket, name: keyof R2Bucket) => (key: string, options?: R2GetOptions) => {
        const range = options?.range as { length: number } | undefined;
        if (name === "get") lengths.push(range?.length ?? 0);
        return (bucket[name] as R2Bucket["get"])(key, options);
      },
    });
    expect(await sha256Of(watched, key)).toBe(hex(await crypto.subtle.digest("SHA-256", bytes)));
    const read = lengths.filter((length) => length > 0);
    expect(Math.max(...read)).toBeLessThanOrEqual(1024 * 1024);
    expect(read.reduce((sum, length) => sum + length)).toBe(bytes.length);
  });

  it("breaks off if a part is missing, or is another object", async () => {
    const bytes = new Uint8Array(300).fill(7);
    const { key, fileParts } = await inChunks(bytes, [100, 200]);
    await MEDIA.delete(fileParts[1]?.key ?? "");
    const stored = await openStored(MEDIA, key);
    await expect(bytesOf(await stored?.read())).rejects.toThrow();
    expect(await stored?.read({ offset: 100, length: 50 })).toBeNull();
    expect(await bytesOf(await stored?.read({ offset: 0, length: 100 }))).toEqual(bytes.slice(0, 100));
    await MEDIA.put(fileParts[1]?.key ?? "", new Uint8Array(99));
    expect(await stored?.read({ offset: 100, length: 50 })).toBeNull();
  });

  it("is null if there is no object", async () => {
    expect(await openStored(MEDIA, "stored-test/none")).toBeNull();
  });
});
