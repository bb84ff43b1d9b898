import { describe, expect, it } from "vitest";
import { Buffers } from "../../src/durable/upload/buffers.ts";

describe("the buffers of an isolate", () => {
  it("are lent as long as the budget lasts, then not, then again", async () => {
    const buffers = new Buffers(100);
    const one = await buffers.take(60, 0);
    expect(one?.bytes.length).toBe(60);
    expect(await buffers.take(60, 0)).toBeNull();
    const other = await buffers.take(40, 0);
    expect(other?.bytes.length).toBe(40);
    one?.release();
    one?.release(); // counts once
    expect(await buffers.take(61, 0)).toBeNull();
    expect((await buffers.take(60, 0))?.bytes.length).toBe(60);
  });

  it("come to who waits for them, in the order of asking", async () => {
    const buffers = new Buffers(100);
    const held = await buffers.take(100, 0);
    const came: string[] = [];
    const large = buffers.take(100, 5_000).then((got) => {
      came.push("large");
      got?.release();
    });
    const small = buffers.take(1, 5_000).then(() => came.push("small"));
    setTimeout(() => held?.release(), 50);
    await Promise.all([large, small]);
    expect(came).toEqual(["large", "small"]);
  });
});
