import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { uploadObjectName } from "../../../src/core/address.ts";
import { ownedId } from "../../../src/core/ids.ts";
import { BufferPool } from "../../../src/durable/upload/body-writer.ts";
import { env, freshAddress, random } from "../../support/objects.ts";

let holders = 0;
/** Another tenant each time. */
const someone = () => ({ tenant: `ten_${holders++}`, user: "ada" });

describe("the buffer pool of an isolate", () => {
  it("hands out buffers within its budget, then none, then again", async () => {
    const buffers = new BufferPool(100);
    const one = await buffers.acquire(60, 0, someone());
    expect(one?.bytes.length).toBe(60);
    expect(await buffers.acquire(60, 0, someone())).toBeNull();
    const other = await buffers.acquire(40, 0, someone());
    expect(other?.bytes.length).toBe(40);
    one?.release();
    one?.release(); // counts once
    expect(await buffers.acquire(61, 0, someone())).toBeNull();
    expect((await buffers.acquire(60, 0, someone()))?.bytes.length).toBe(60);
  });

  it("serves waiting bodies in order of request", async () => {
    const buffers = new BufferPool(100);
    const held = await buffers.acquire(100, 0, someone());
    const came: string[] = [];
    const large = buffers.acquire(100, 5_000, someone()).then((got) => {
      came.push("large");
      got?.release();
    });
    const small = buffers.acquire(1, 5_000, someone()).then(() => came.push("small"));
    setTimeout(() => held?.release(), 50);
    await Promise.all([large, small]);
    expect(came).toEqual(["large", "small"]);
  });

  it("is shared: a user's slow bodies leave room for its tenant's others, a tenant's for other tenants", async () => {
    const buffers = new BufferPool(120);
    const held = async (tenant: string, user: string) => {
      const taken = [];
      for (let one = await take(); one !== null; one = await take()) taken.push(one);
      return taken;
      function take() {
        return buffers.acquire(10, 0, { tenant, user });
      }
    };
    const greedy = await held("a", "one");
    expect(greedy).toHaveLength(6);
    expect(await held("a", "two")).toHaveLength(3);
    expect(await held("a", "three")).toHaveLength(0);
    expect(await held("b", "one")).toHaveLength(3);
    for (const one of greedy) one.release();
    expect(await held("a", "one")).toHaveLength(6);
  });

  it("skips a body that waits for its own share: the next in line is served", async () => {
    const buffers = new BufferPool(100);
    const held = await buffers.acquire(50, 0, { tenant: "a", user: "one" });
    const more = buffers.acquire(50, 60_000, { tenant: "a", user: "one" });
    expect(buffers.hasWaiter).toBe(false);
    const other = await buffers.acquire(50, 0, someone());
    expect(other?.bytes.length).toBe(50);
    const next = buffers.acquire(50, 60_000, someone());
    expect(buffers.hasWaiter).toBe(true);
    other?.release();
    (await next)?.release();
    held?.release();
    expect((await more)?.bytes.length).toBe(50);
  });

  it("takes back what a reset object held, and its place in the queue", async () => {
    const buffers = new BufferPool(100, { waiterMs: 500, bufferMs: 1_000 });
    const address = freshAddress();
    const stub = env.UPLOAD.getByName(uploadObjectName(address, ownedId("upl", address.uh, Date.now(), random)));
    const reset = runInDurableObject(stub, async (_, ctx) => {
      await buffers.acquire(60, 0, someone());
      void buffers.acquire(60, 60_000, someone());
      ctx.abort("the platform resets the object");
      await new Promise(() => {});
    });
    await expect(reset).rejects.toThrow("the platform resets the object");
    expect(buffers.hasWaiter).toBe(true);
    const next = await buffers.acquire(60, 30_000, someone());
    expect(next?.bytes.length).toBe(60);
    expect(buffers.hasWaiter).toBe(false);
  });

  it("counts a buffer again that was taken for lost and is used after all", async () => {
    const buffers = new BufferPool(100, { waiterMs: 500, bufferMs: 100 });
    const slow = await buffers.acquire(60, 0, someone());
    const other = await buffers.acquire(60, 30_000, someone());
    expect(other?.bytes.length).toBe(60);
    slow?.touch();
    other?.release();
    expect(await buffers.acquire(60, 0, someone())).toBeNull();
    slow?.release();
    expect((await buffers.acquire(100, 0, someone()))?.bytes.length).toBe(100);
  });
});
