import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { uploadObjectName } from "../../../src/core/address.ts";
import { hex } from "../../../src/core/encoding.ts";
import { type AssetId, ownedId } from "../../../src/core/ids.ts";
import { FIRST_BYTES, UPLOAD_PART_BYTES } from "../../../src/core/limits.ts";
import type { Append } from "../../../src/core/uploads/append.ts";
import { call, env, freshAddress, good, random, until, uploadRpc, userRpc } from "../../support/objects.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Begins like a photo; `mark` makes it another one. */
function photo(size: number, mark = 0): Bytes {
  const bytes = new Uint8Array(size).map((_, at) => at * 31 + (at >> 8) + mark);
  bytes.set([0xff, 0xd8, 0xff]);
  return bytes;
}

const hashOf = async (bytes: Bytes): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

const bodyOf = (bytes: Bytes): ReadableStream => new Blob([bytes]).stream();

type Actor = {
  readonly send: (bytes: Bytes, offset: number, more?: Partial<Append>) => Promise<boolean>;
  readonly put: (bytes: Bytes) => Promise<boolean>;
  /** A whole body of `sizeBytes` that ends after these. */
  readonly broken: (bytes: Bytes, sizeBytes: number) => Promise<boolean>;
  readonly evict: () => Promise<void>;
};

/** Uploads a photo by `act`; the hash that its asset got, and how often the whole file was read back for it. */
async function assetOf(sizeBytes: number | null, act: (actor: Actor) => Promise<void>) {
  const address = freshAddress();
  const id = ownedId("upl", address.uh, Date.now(), random);
  const port = () => uploadRpc(address, id);
  const stub = () => env.UPLOAD.getByName(uploadObjectName(address, id));
  const reads: string[] = [];
  good(await port().create(call(), address, id, { filename: "a.jpg", size_bytes: sizeBytes, metadata: {} }));
  await runInDurableObject(stub(), (object) => {
    const { MEDIA } = (object as unknown as { env: typeof env }).env; // what every object holds, and its next instance too
    const real = MEDIA.get.bind(MEDIA);
    vi.spyOn(MEDIA, "get").mockImplementation(((
      key: string,
      options?: R2GetOptions & { range?: { offset: number } },
    ) => {
      if (options?.range?.offset === 0) reads.push(key);
      return real(key, options);
    }) as typeof MEDIA.get);
  });
  const all = { sizeBytes: null, complete: null, checksums: [] };
  await act({
    send: async (bytes, offset, more) =>
      (await port().append(bodyOf(bytes), { ...all, offset, contentBytes: bytes.length, ...more })).ok,
    put: async (bytes) => (await port().write(bodyOf(bytes), bytes.length)).ok,
    broken: async (bytes, size) => (await port().write(bodyOf(bytes), size)).ok,
    evict: () => evictDurableObject(stub()),
  });
  const assetId = await until(async () => good(await port().read()).asset_id);
  return {
    sha256: good(await userRpc(address).readAsset(assetId as AssetId)).sha256,
    wholeReads: reads.filter((key) => key.endsWith(id)).length - 1, // from its beginning; once for the look into it
  };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the hash of an uploaded file", () => {
  it("is computed while its bytes pass, without reading the file back", async () => {
    const file = photo(UPLOAD_PART_BYTES + 300_000);
    const got = await assetOf(file.length, async ({ send }) => {
      expect(await send(file.slice(0, 1_000_000), 0)).toBe(true);
      expect(await send(file.slice(1_000_000), 1_000_000)).toBe(true);
    });
    expect(got).toEqual({ sha256: await hashOf(file), wholeReads: 0 });
  });

  it("is computed by reading back when an instance ended in between", async () => {
    const file = photo(9_000);
    const got = await assetOf(file.length, async ({ send, evict }) => {
      expect(await send(file.slice(0, 5_000), 0)).toBe(true);
      await evict();
      expect(await send(file.slice(5_000), 5_000)).toBe(true);
    });
    expect(got).toEqual({ sha256: await hashOf(file), wholeReads: 1 });
  });

  it("excludes bytes that were not kept", async () => {
    const file = photo(9_000);
    const wrong = [{ algorithm: "SHA-256", digest: new Uint8Array(32) }] as const;
    const got = await assetOf(file.length, async ({ send }) => {
      expect(await send(photo(5_000, 1), 0, { checksums: wrong })).toBe(false);
      expect(await send(file.slice(0, 5_000), 0)).toBe(true);
      expect(await send(file.slice(5_000), 5_000)).toBe(true);
    });
    expect(got).toEqual({ sha256: await hashOf(file), wholeReads: 0 });
  });

  it("is computed by reading back when a whole part was in R2 before its checksum failed", async () => {
    const file = photo(UPLOAD_PART_BYTES + 300_000);
    const wrong = [{ algorithm: "SHA-256", digest: new Uint8Array(32) }] as const;
    const got = await assetOf(file.length, async ({ send }) => {
      expect(await send(photo(file.length, 1), 0, { checksums: wrong })).toBe(false);
      expect(await send(file, 0)).toBe(true);
    });
    expect(got).toEqual({ sha256: await hashOf(file), wholeReads: 1 });
  });

  it("covers a body with the whole file, too", async () => {
    const file = photo(300_000);
    const got = await assetOf(file.length, async ({ put }) => {
      expect(await put(file)).toBe(true);
    });
    expect(got).toEqual({ sha256: await hashOf(file), wholeReads: 0 });
  });

  it("excludes a whole body that ended where the next chunk begins", async () => {
    const file = photo(9_000);
    const got = await assetOf(file.length, async ({ send, broken }) => {
      expect(await send(file.slice(0, FIRST_BYTES), 0)).toBe(true);
      expect(await broken(photo(5_000, 1), file.length)).toBe(false); // its head has passed by then
      expect(await send(file.slice(FIRST_BYTES), FIRST_BYTES)).toBe(true);
    });
    expect(got).toEqual({ sha256: await hashOf(file), wholeReads: 1 });
  });

  it("is that of the body which replaced as many bytes in chunks", async () => {
    const file = photo(9_000, 1);
    const got = await assetOf(null, async ({ send, put }) => {
      expect(await send(photo(9_000), 0)).toBe(true);
      expect(await put(file)).toBe(true);
    });
    expect(got).toEqual({ sha256: await hashOf(file), wholeReads: 0 });
  });
});
