/** What a file is decides its first bytes; what it is inside, the look at the whole of it. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { type UserAddress, uploadKey, uploadObjectName } from "../../../src/core/address.ts";
import { ownedId, type UploadId } from "../../../src/core/ids.ts";
import { MEDIA_INSPECTIONS } from "../../../src/core/limits.ts";
import type { UploadRpc } from "../../../src/core/rpc/upload.ts";
import type { Append } from "../../../src/core/uploads/append.ts";
import { join } from "../../support/bytes.ts";
import { sample } from "../../support/media.ts";
import { id3, mp3 } from "../../support/movies.ts";
import {
  bad,
  call,
  env,
  freshAddress,
  good,
  newProject,
  random,
  tenantRpc,
  until,
  uploadRpc,
  userRpc,
} from "../../support/objects.ts";

const utf8 = { encode: (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text)) };
const streamOf = (data: Uint8Array<ArrayBuffer>): ReadableStream => new Blob([data]).stream();

const at = (offset: number, contentBytes: number, more: Partial<Append> = {}): Append => ({
  offset,
  contentBytes,
  sizeBytes: null,
  complete: null,
  checksums: [],
  ...more,
});

type UnwrappedAnswer = { readonly address: UserAddress; readonly id: UploadId; readonly upload: UploadRpc };

async function opened(filename: string, sizeBytes: number | null): Promise<UnwrappedAnswer> {
  const address = freshAddress();
  const id = ownedId("upl", address.uh, Date.now(), random);
  const upload = uploadRpc(address, id);
  good(await upload.create(call(), address, id, { filename, size_bytes: sizeBytes, metadata: {} }));
  return { address, id, upload };
}

const assetOf = async ({ address, upload }: UnwrappedAnswer) => {
  const id = await until(async () => good(await upload.read()).asset_id);
  return good(await userRpc(address).readAsset(id as `ast_${string}`));
};

/** The asset of a whole file sent in one body. */
async function assetFrom(name: string, data: Uint8Array<ArrayBuffer>) {
  const made = await opened(name, data.length);
  good(await made.upload.write(streamOf(data), data.length));
  return { address: made.address, asset: await assetOf(made) };
}

describe("the inspection of the whole file", () => {
  it.concurrent.each([
    ["clip.mp4", "video"],
    ["clip.mov", "video"],
    ["tone.m4a", "audio"],
    ["photo.png", "image"],
    ["photo.jpg", "image"],
    ["photo.webp", "image"],
    ["anim.gif", "image"],
  ])("finds duration and size of %s", async (name, kind) => {
    const { asset } = await assetFrom(name, sample(name));
    expect(asset).toMatchObject({ status: "ready", kind, filename: name, error: null });
    expect(asset.duration_ms === null).toBe(kind === "image");
    expect(asset.width === null).toBe(kind === "audio");
    if (kind !== "audio") expect(Math.min(asset.width ?? 0, asset.height ?? 0)).toBeGreaterThan(15);
  });

  it.concurrent("rejects a movie that was cut before it was sent, and reports it after `upload.completed`", async () => {
    const movie = sample("clip.mp4");
    const { address, asset } = await assetFrom("clip.mp4", movie.slice(0, movie.length / 2));
    expect(asset).toMatchObject({ status: "rejected", error: { code: "unsupported_media" } });
    const types = await until(async () => {
      const { data } = await tenantRpc(address).listEvents(0, 50, null);
      return data.length < 2 ? null : data.map(({ type }) => type);
    });
    expect(types).toEqual(["upload.completed", "asset.rejected"]);
    const user = userRpc(address);
    expect(bad(await user.attachAsset(call(), await newProject(user), asset)).code).toBe("asset_not_attachable");
  });
});

/** The movie with a box of nothing behind it. */
function padded(movie: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  bytes.set(movie);
  new DataView(bytes.buffer).setUint32(movie.length, length - movie.length);
  bytes.set(new TextEncoder().encode("free"), movie.length + 4);
  return bytes;
}

describe("an inspection that ends its instance", () => {
  it("is attempted a few times, then the asset is rejected with the reason", async () => {
    const { MEDIA } = env;
    const get = MEDIA.get.bind(MEDIA);
    let begun = 0;
    // Padded beyond what a look reads at once, so that a read of all of it is the one that hashes the file.
    const movie = padded(sample("clip.mp4"), 300_000);
    const hanging = vi.spyOn(MEDIA, "get").mockImplementation(((key: string, options?: R2GetOptions) => {
      if (options?.range !== undefined && "length" in options.range && options.range.length === movie.length)
        return get(key, options);
      begun += 1;
      return new Promise(() => undefined);
    }) as typeof MEDIA.get);
    try {
      const made = await opened("clip.mp4", movie.length);
      good(await made.upload.write(streamOf(movie), movie.length));
      const stub = () => env.UPLOAD.getByName(uploadObjectName(made.address, made.id));
      for (let nth = 1; nth <= MEDIA_INSPECTIONS; nth += 1) {
        await until(async () => begun >= nth);
        await runInDurableObject(stub(), (_, state) => state.abort("killed by the test")).catch(() => undefined);
      }
      const asset = await assetOf({ ...made, upload: uploadRpc(made.address, made.id) });
      expect(asset).toMatchObject({ status: "rejected", error: { code: "unsupported_media" } });
      expect(asset.error?.detail).toContain("could not be inspected");
      expect(begun).toBe(MEDIA_INSPECTIONS);
    } finally {
      hanging.mockRestore();
    }
  });

  it("does not count if the store failed", async () => {
    const { MEDIA } = env;
    const get = MEDIA.get.bind(MEDIA);
    let begun = 0;
    const failing = vi.spyOn(MEDIA, "get").mockImplementation((async (key: string, options?: R2GetOptions) => {
      if (options?.range !== undefined && begun++ <= MEDIA_INSPECTIONS) throw new Error("get: internal error (10001)");
      return get(key, options);
    }) as typeof MEDIA.get);
    try {
      const { asset } = await assetFrom("clip.mp4", sample("clip.mp4"));
      expect(asset).toMatchObject({ status: "ready", duration_ms: 3_000 });
    } finally {
      failing.mockRestore();
    }
  });
});

describe("a file in a format that players support", () => {
  const zeros = (count: number) => new Uint8Array(count);
  it.concurrent.each([
    ["song.mp3", "audio/mpeg", join(id3(zeros(9_000)), mp3(40))],
    ["song.mp3", "audio/mpeg", mp3(40).slice(100)],
    ["note.mp3", "audio/mp4", join(id3(zeros(9_000)), sample("tone.m4a"))],
    ["note.mp3", "audio/aac", join(id3(zeros(9_000)), sample("tone.aac"))],
    ["clip.mp4", "video/mp4", join(sample("clip.mp4"), zeros(5))],
    ["clip.avi", "video/x-msvideo", sample("clip.avi")],
  ])("is stored as its real format: %s as %s", async (name, type, data) => {
    const { asset } = await assetFrom(name, data);
    expect(asset).toMatchObject({ status: "ready", content_type: type });
    expect(asset.duration_ms).toBeGreaterThan(900);
  });

  it.concurrent("is rejected when nothing readable follows its tag", async () => {
    const flac = join(id3(zeros(9_000)), utf8.encode("fLaC"), zeros(2_000));
    const { asset } = await assetFrom("song.mp3", flac);
    expect(asset).toMatchObject({ status: "rejected", error: { code: "unsupported_media" } });
  });

  it.concurrent("is rejected with the name of a known unsupported format and a hint", async () => {
    const heic = new Uint8Array([0, 0, 0, 24, ...utf8.encode("ftypheic"), 0, 0, 0, 0, ...utf8.encode("mif1heic")]);
    const made = await opened("IMG_0001.jpg", heic.length);
    const { detail } = bad(await made.upload.write(streamOf(heic), heic.length));
    expect(detail).toContain("HEIC");
    expect(detail).toContain("convert it to jpg");
  });
});

describe("a rejected file", () => {
  it.concurrent("is removed from the store, and its asset still has the reason", async () => {
    const movie = sample("clip.mp4");
    const half = movie.slice(0, movie.length / 2);
    const made = await opened("clip.mp4", half.length);
    good(await made.upload.write(streamOf(half), half.length));
    const asset = await assetOf(made);
    await until(async () => (await env.MEDIA.head(uploadKey(made.address, made.id))) === null);
    const user = userRpc(made.address);
    expect(good(await user.readAsset(asset.id as `ast_${string}`))).toMatchObject({
      status: "rejected",
      size_bytes: half.length,
    });
    expect(good(await made.upload.read())).toMatchObject({ status: "completed", asset_id: asset.id });
    expect(bad(await made.upload.remove()).code).toBe("upload_closed");
  });
});

describe("the content of a file", () => {
  it.concurrent.each(["whole", "in chunks"])("decides its format, whatever its name says: sent %s", async (way) => {
    const photo = sample("photo.jpg");
    const made = await opened("cup.mp4", photo.length);
    if (way === "whole") good(await made.upload.write(streamOf(photo), photo.length));
    else good(await made.upload.append(streamOf(photo), at(0, photo.length)));
    expect(await assetOf(made)).toMatchObject({ filename: "cup.jpg", kind: "image", content_type: "image/jpeg" });
    const stored = await env.MEDIA.head(uploadKey(made.address, made.id));
    expect(stored?.httpMetadata?.contentType).toBe("image/jpeg");
  });

  it.concurrent("is rejected before the rest is read if it is none of the 13 formats", async () => {
    const text = utf8.encode("this is not an image. ".repeat(1_000));
    const parts = await opened("a.png", 400_000_000);
    const problem = bad(await parts.upload.append(streamOf(text), at(0, text.length)));
    expect(problem).toMatchObject({ code: "unsupported_media", detail: expect.stringContaining("mp4, mov, avi") });
    expect(good(await parts.upload.read())).toMatchObject({ status: "failed", error: { code: "unsupported_media" } });
    const whole = await opened("a.png", text.length);
    expect(bad(await whole.upload.write(streamOf(text), text.length)).code).toBe("unsupported_media");
    expect(good(await whole.upload.read()).status).toBe("failed");
    expect(await env.MEDIA.head(uploadKey(whole.address, whole.id))).toBeNull();
  });

  it.concurrent("is awaited while it arrives byte by byte, and sniffed at the last byte of a short file", async () => {
    const gif = sample("anim.gif").slice(0, 20);
    const { upload } = await opened("a.gif", 20);
    for (let offset = 0; offset < 20; offset += 1) {
      const answer = await upload.append(streamOf(gif.slice(offset, offset + 1)), at(offset, 1));
      expect(good(answer).upload.offset_bytes).toBe(offset + 1);
    }
    expect(good(await upload.read()).status).toBe("completed");
    const text = await opened("a.gif", 2);
    good(await text.upload.append(streamOf(utf8.encode("n")), at(0, 1)));
    expect(bad(await text.upload.append(streamOf(utf8.encode("o")), at(1, 1))).code).toBe("unsupported_media");
  });

  it.concurrent("is not sniffed by bytes whose checksum is wrong", async () => {
    const text = utf8.encode("this is not an image. ".repeat(400_000)); // more than a part
    const gif = sample("anim.gif");
    const wrong = { algorithm: "SHA-256", digest: new Uint8Array(32) } as const;
    const right = async (data: Uint8Array<ArrayBuffer>) =>
      ({ algorithm: "SHA-256", digest: new Uint8Array(await crypto.subtle.digest("SHA-256", data)) }) as const;
    for (const data of [text, text.slice(0, 50)]) {
      const { upload } = await opened("a.gif", null);
      const problem = await upload.append(streamOf(data), at(0, data.length, { checksums: [wrong], complete: true }));
      expect(bad(problem).code).toBe("checksum_mismatch");
      expect(good(await upload.read())).toMatchObject({ status: "open", offset_bytes: 0, error: null });
      const other = await opened("a.gif", null);
      const proved = at(0, data.length, { checksums: [await right(data)], complete: true });
      expect(bad(await other.upload.append(streamOf(data), proved)).code).toBe("unsupported_media");
      expect(good(await other.upload.read()).status).toBe("failed");
    }
    const { upload } = await opened("a.gif", gif.length);
    expect(bad(await upload.append(streamOf(gif), at(0, gif.length, { checksums: [wrong] }))).code).toBe(
      "checksum_mismatch",
    );
    const sent = await upload.append(streamOf(gif), at(0, gif.length, { checksums: [await right(gif)] }));
    expect(good(sent).upload).toMatchObject({ status: "completed", filename: "a.gif" });
  });

  it.concurrent("is sniffed when a request without bytes completes the upload", async () => {
    const { upload } = await opened("a.png", null);
    good(await upload.append(streamOf(utf8.encode("text")), at(0, 4, { complete: false })));
    expect(bad(await upload.append(null, at(4, 0, { complete: true }))).code).toBe("unsupported_media");
    expect(good(await upload.read()).status).toBe("failed");
  });
});
