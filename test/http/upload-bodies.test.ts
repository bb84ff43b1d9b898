import { describe, expect, it } from "vitest";
import { type UserAddress, uploadKey } from "../../src/core/address.ts";
import { ownedId, type UploadId } from "../../src/core/ids.ts";
import type { UploadRpc } from "../../src/core/rpc/upload.ts";
import type { Append } from "../../src/core/uploads/append.ts";
import { uploadObject } from "../../src/http/objects.ts";
import { bad, call, env, freshAddress, good, random, until } from "../support/objects.ts";

/** Bytes that begin like a photo, in many chunks. */
const FILE = new Uint8Array(900_000);
for (let at = 0; at < FILE.length; at += 60_000) crypto.getRandomValues(FILE.subarray(at, at + 60_000));
FILE.set([0xff, 0xd8, 0xff]);

type Opened = { readonly address: UserAddress; readonly id: UploadId; readonly object: UploadRpc };

async function opened(): Promise<Opened> {
  const address = freshAddress();
  const id = ownedId("upl", address.uh, Date.now(), random);
  const object = uploadObject(env, { ...address, grant: null }, id);
  good(await object.create(call(), address, id, { filename: "a.jpg", size_bytes: FILE.length, metadata: {} }));
  return { address, id, object };
}

const at = (offset: number, more: Partial<Append> = {}): Append => ({
  offset,
  contentBytes: FILE.length - offset,
  sizeBytes: null,
  complete: null,
  checksums: [],
  ...more,
});

const sha256 = async (bytes: BufferSource): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** The hash of the file that is stored. */
async function storedHash({ address, id, object }: Opened): Promise<Uint8Array> {
  await until(async () => good(await object.read()).asset_id);
  const file = await env.MEDIA.get(uploadKey(address, id));
  return sha256((await file?.arrayBuffer()) ?? new ArrayBuffer());
}

describe("a body that is sent to an upload's object", () => {
  it("arrives unchanged, written whole", async () => {
    const upload = await opened();
    const written = await upload.object.write(new Blob([FILE]).stream(), FILE.length);
    expect(good(written)).toMatchObject({ id: upload.id, status: "completed" });
    expect(await storedHash(upload)).toEqual(await sha256(FILE));
  });

  it("arrives unchanged, appended with a checksum", async () => {
    const upload = await opened();
    const [wrong, right] = [new Uint8Array(32), await sha256(FILE)];
    const append = (digest: Uint8Array) =>
      upload.object.append(new Blob([FILE]).stream(), at(0, { checksums: [{ algorithm: "SHA-256", digest }] }));
    expect(bad(await append(wrong)).code).toBe("checksum_mismatch");
    expect(good(await append(right))).toMatchObject({ isComplete: true });
    expect(await storedHash(upload)).toEqual(await sha256(FILE));
  });

  it("is cancelled when the object rejects it", async () => {
    const upload = await opened();
    const cancelled = Promise.withResolvers<void>();
    const body = new ReadableStream({
      type: "bytes",
      pull: (controller) => controller.enqueue(FILE.slice(0, 100_000)),
      cancel: () => cancelled.resolve(),
    });
    expect(bad(await upload.object.append(body, at(1_000))).code).toBe("offset_mismatch");
    await cancelled.promise;
  });

  it("may be absent: an append that only ends the file", async () => {
    const upload = await opened();
    expect(bad(await upload.object.append(null, at(0, { contentBytes: 0, sizeBytes: 1 }))).code).toBe("size_mismatch");
  });
});
