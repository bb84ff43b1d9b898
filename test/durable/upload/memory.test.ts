/** What a body holds of the isolate's memory: room for what has come of it, whatever it announces; and rows where there is none. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it } from "vitest";
import { uploadKey, uploadObjectName } from "../../../src/core/address.ts";
import { ownedId } from "../../../src/core/ids.ts";
import { UPLOAD_BUFFERS_BYTES, UPLOAD_PART_BYTES } from "../../../src/core/limits.ts";
import type { Append } from "../../../src/core/uploads/append.ts";
import { BUFFER_POOL, type Buffer } from "../../../src/durable/upload/body-writer.ts";
import { bad, call, env, freshAddress, good, random, until, uploadRpc } from "../../support/objects.ts";
import { paceIs } from "../../support/pace.ts";

const MIB = 1024 * 1024;

const held: Buffer[] = [];
afterEach(() => {
  for (const buffer of held.splice(0)) buffer.release();
});

/** Bytes that begin like a photo and differ by position. */
function bytesOf(count: number): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from({ length: count }, (_, at) => (at * 31 + (at >> 8)) % 256);
  bytes.set([0xff, 0xd8, 0xff].slice(0, count));
  return bytes;
}

async function opened(sizeBytes: number) {
  const address = freshAddress();
  const id = ownedId("upl", address.uh, Date.now(), random);
  const port = uploadRpc(address, id);
  good(await port.create(call(), address, id, { filename: "a.jpg", size_bytes: sizeBytes, metadata: {} }));
  const stored = async () => new Uint8Array((await (await env.MEDIA.get(uploadKey(address, id)))?.arrayBuffer()) ?? []);
  const stub = env.UPLOAD.getByName(uploadObjectName(address, id));
  return { port, stub, stored };
}
/** Whether its first bytes have been looked at. */
const isJudged = ({ stub }: Pick<UnwrappedAnswer, "stub">): Promise<boolean> =>
  runInDurableObject(stub, (_, { storage }) => {
    const query = "SELECT value ->> 'format' AS format FROM meta WHERE key = 'upload'";
    return storage.sql.exec<{ format: string | null }>(query).one().format !== null;
  });

/** Equal, without a report of millions of bytes when not. */
const same = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

type UnwrappedAnswer = Awaited<ReturnType<typeof opened>>;

const at = (offset: number, contentBytes: number, more: Partial<Append> = {}): Append => ({
  offset,
  contentBytes,
  sizeBytes: null,
  complete: null,
  checksums: [],
  ...more,
});

function send({ port }: UnwrappedAnswer, bytes: Uint8Array<ArrayBuffer>, append: Append) {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const written = async (): Promise<void> => {
    await writer.write(bytes);
    await writer.close();
  };
  void written().catch(() => undefined);
  return port.append(readable, append);
}

/** Takes all memory but so much. */
async function leave(bytes: number): Promise<void> {
  const share = UPLOAD_BUFFERS_BYTES / 2;
  for (const size of [share, share - bytes]) {
    const buffer = await BUFFER_POOL.acquire(size, 60_000, { tenant: `other ${held.length}`, user: "x" });
    if (buffer === null) throw new Error("the memory is in use");
    held.push(buffer);
  }
}

describe("the memory of many bodies", () => {
  paceIs(1); // none ends before it is checked

  it("depends on the bytes received, not on those announced", async () => {
    const uploads = await Promise.all(Array.from({ length: 14 }, () => opened(50 * MIB)));
    const slow = await Promise.all(
      uploads.map(async ({ port, stub }) => {
        const { readable, writable } = new IdentityTransformStream();
        const writer = writable.getWriter();
        const appended = port.append(readable, at(0, 50 * MIB));
        await writer.write(bytesOf(5_000));
        await until(() => isJudged({ stub }));
        return { appended, writer };
      }),
    );
    const provided = BUFFER_POOL.acquire(UPLOAD_BUFFERS_BYTES / 2, 0, { tenant: "another", user: "x" });
    expect(await provided).not.toBeNull();
    (await provided)?.release();
    for (const { writer } of slow) await writer.abort(new Error("gone")).catch(() => undefined);
    for (const { appended } of slow) expect(bad(await appended).code).toBe("upload_incomplete");
  });
});

describe("the memory of one body", () => {
  it("grows with it, and the file is the same", async () => {
    for (const size of [
      300,
      256 * 1024,
      256 * 1024 + 1,
      MIB,
      3 * MIB + 7,
      UPLOAD_PART_BYTES,
      2 * UPLOAD_PART_BYTES + 3,
    ]) {
      const upload = await opened(size);
      const file = bytesOf(size);
      const cut = Math.floor(size / 3);
      if (cut > 0) good(await send(upload, file.slice(0, cut), at(0, cut)));
      good(await send(upload, file.slice(cut), at(cut, size - cut)));
      expect(same(await upload.stored(), file)).toBe(true);
    }
  });

  it("is optional: without free memory, bytes are stored in rows until they fill a part", async () => {
    await leave(300 * 1024);
    const small = await opened(2 * MIB);
    const file = bytesOf(2 * MIB);
    good(await send(small, file, at(0, file.length)));
    expect(same(await small.stored(), file)).toBe(true);

    const large = await opened(UPLOAD_PART_BYTES + MIB);
    const whole = bytesOf(UPLOAD_PART_BYTES + MIB);
    expect(bad(await send(large, whole, at(0, whole.length))).code).toBe("unavailable");
    expect(good(await large.port.read()).offset_bytes).toBe(UPLOAD_PART_BYTES);
    for (const buffer of held.splice(0)) buffer.release();
    good(await send(large, whole.slice(UPLOAD_PART_BYTES), at(UPLOAD_PART_BYTES, MIB)));
    expect(same(await large.stored(), whole)).toBe(true);
  });

  it("is required for bytes with a checksum: the request is answered with a retry when there is none", async () => {
    const upload = await opened(2 * MIB);
    const file = bytesOf(2 * MIB);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", file));
    const checked = at(0, file.length, { checksums: [{ algorithm: "SHA-256", digest }] });
    await leave(300 * 1024);
    expect(bad(await send(upload, file, checked)).code).toBe("unavailable");
    expect(good(await upload.port.read()).offset_bytes).toBe(0);
    for (const buffer of held.splice(0)) buffer.release();
    good(await send(upload, file, checked));
    expect(same(await upload.stored(), file)).toBe(true);
  });
});
