import { describe, expect, it } from "vitest";
import { pipeToObject } from "../../src/http/objects.ts";

const FILE = new Uint8Array(300_000).map((_, position) => position * 31 + (position >> 8));

describe("a body that is passed to an object", () => {
  it("arrives unchanged", async () => {
    const got = await new Response(pipeToObject(new Blob([FILE]).stream())).bytes();
    expect(got).toEqual(FILE);
  });

  it("that breaks also breaks for its reader, after the bytes before the break", async () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(FILE),
      pull: (controller) => controller.error(new Error("the connection is gone")),
    });
    const reader = pipeToObject(body).getReader();
    let bytes = 0;
    const read = async (): Promise<void> => {
      for (let got = await reader.read(); !got.done; got = await reader.read()) bytes += got.value.byteLength;
    };
    await expect(read()).rejects.toThrow("the connection is gone");
    expect(bytes).toBe(FILE.length);
  });

  it("ends when its reader cancels it", async () => {
    const ended = Promise.withResolvers<void>();
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(FILE),
      cancel: () => ended.resolve(),
    });
    const reader = pipeToObject(body).getReader();
    await reader.read();
    await reader.cancel();
    await ended.promise;
  });
});
