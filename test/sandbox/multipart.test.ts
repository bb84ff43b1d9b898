import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readParts } from "../../src/sandbox/uploads.ts";

const BOUNDARY = "----edge7";
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
const utf8 = new TextEncoder();

/** A body in chunks of these sizes, then in one. */
function inChunks(bytes: Uint8Array, sizes: readonly number[]): ReadableStream<Uint8Array> {
  const cuts = [...sizes];
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      const size = cuts.shift() ?? bytes.length;
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

const join = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

const formOf = (files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Uint8Array =>
  join([
    ...files.flatMap(({ name, bytes }) => [
      utf8.encode(
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\nContent-Type: video/mp4\r\n\r\n`,
      ),
      bytes,
      utf8.encode("\r\n"),
    ]),
    utf8.encode(`--${BOUNDARY}--\r\n`),
  ]);

const sha = async (bytes: Uint8Array): Promise<string> =>
  Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

/** Bytes that are fond of looking like a boundary. */
const trickyBytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc
        .constantFrom("\r\n", "\r", "--", `\r\n--${BOUNDARY.slice(0, -1)}`, `--${BOUNDARY}`)
        .map((text) => utf8.encode(text)),
    ),
  )
  .map(join)
  // A boundary at the start of a line is the end of a part, even inside a file.
  .filter(
    (bytes) =>
      !new TextDecoder("latin1").decode(bytes).includes(`\r\n--${BOUNDARY}`) &&
      !new TextDecoder("latin1").decode(bytes).startsWith(`--${BOUNDARY}`),
  );

describe("multipart", () => {
  test("finds the same files however the body is cut", async () => {
    const files = fc.array(trickyBytes, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(files, fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 }), async (contents, cuts) => {
        const sent = contents.map((bytes, at) => ({ name: `${at}.mp4`, bytes }));
        const parts = await readParts(inChunks(formOf(sent), cuts), TYPE);
        expect(parts?.map(({ filename, sizeBytes, sha256 }) => [filename, sizeBytes, sha256])).toEqual(
          await Promise.all(sent.map(async ({ name, bytes }) => [name, bytes.length, await sha(bytes)])),
        );
      }),
      { numRuns: 100 },
    );
  });

  test("rejects a form that breaks off, has no end, or is invalid", async () => {
    const whole = formOf([{ name: "a.mp4", bytes: utf8.encode("abc") }]);
    for (const length of [0, 10, 60, whole.length - 10]) {
      expect(await readParts(inChunks(whole.slice(0, length), []), TYPE)).toBeNull();
    }
    expect(await readParts(inChunks(whole, []), "text/plain")).toBeNull();
  });

  test("buffers little of a large file", async () => {
    const head = utf8.encode(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="big.mp4"\r\n\r\n`,
    );
    const clip = new Uint8Array(1_000_000).fill(13);
    let left = 10;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left === 10) controller.enqueue(head);
        if (left-- > 0) return controller.enqueue(clip);
        controller.enqueue(utf8.encode(`\r\n--${BOUNDARY}--`));
        controller.close();
      },
    });
    const parts = await readParts(body, TYPE);
    expect(parts).toMatchObject([{ filename: "big.mp4", sizeBytes: 10_000_000 }]);
    expect(parts?.[0]?.head.length).toBe(256);
  });
});
