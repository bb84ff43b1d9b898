import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type UserAddress, uploadObjectName } from "../../src/core/address.ts";
import { ownedId, type UploadId } from "../../src/core/ids.ts";
import {
  bad,
  call,
  endOf,
  env,
  freshAddress,
  good,
  ledger,
  newProject,
  random,
  startTurn,
  until,
  uploadPort,
  userPort,
} from "../support/objects.ts";

const bytes = (count: number): Uint8Array<ArrayBuffer> => new Uint8Array(count).map((_, at) => at % 251);
const streamOf = (data: Uint8Array<ArrayBuffer>): ReadableStream => new Blob([data]).stream();
const hexOf = async (data: Uint8Array<ArrayBuffer>): Promise<string> =>
  Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", data)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

const newUpload = (address: UserAddress): UploadId => ownedId("upl", address.uh, Date.now(), random);

describe("an upload in its object", () => {
  it("becomes an asset of its user with its own hash, and reaches the project it is attached to", async () => {
    const address = freshAddress();
    const id = newUpload(address);
    const upload = uploadPort(address, id);
    const data = bytes(100_000);
    expect(
      good(await upload.create(call(), address, id, { filename: "clip.mp4", size_bytes: data.length, metadata: {} })),
    ).toMatchObject({ status: "open", offset_bytes: 0 });
    expect(good(await upload.write(streamOf(data), data.length))).toMatchObject({
      status: "completed",
      offset_bytes: data.length,
    });
    const assetId = await until(async () => good(await upload.read()).asset_id);
    const user = userPort(address);
    const asset = good(await user.readAsset(assetId as `ast_${string}`));
    expect(asset).toMatchObject({
      filename: "clip.mp4",
      kind: "video",
      size_bytes: data.length,
      sha256: await hexOf(data),
    });
    const project = await newProject(user);
    expect(good(await user.attachAsset(call(), project, asset)).status).toBe("pending");
    await endOf(user, await startTurn(user, project, "turn this video into a short clip"));
    expect(good(await user.attachAsset(call(), project, asset)).status).toBe("attached");
    expect((await ledger(address)).uploads).toHaveLength(1);
  });

  it("keeps nothing of a body that was cut, and takes the whole one afterwards", async () => {
    const address = freshAddress();
    const id = newUpload(address);
    const upload = uploadPort(address, id);
    const data = bytes(5_000);
    good(await upload.create(call(), address, id, { filename: "a.png", size_bytes: data.length, metadata: {} }));
    expect(bad(await upload.write(streamOf(data.slice(0, 4_000)), data.length)).code).toBe("size_mismatch");
    expect(good(await upload.read())).toMatchObject({ status: "open", offset_bytes: 0 });
    expect(good(await upload.write(streamOf(data), data.length)).status).toBe("completed");
    expect(bad(await upload.write(streamOf(data), data.length)).code).toBe("upload_closed");
  });

  it("finds its bytes in R2 when it died before it could say so", async () => {
    const address = freshAddress();
    const id = newUpload(address);
    const upload = uploadPort(address, id);
    const data = bytes(5_000);
    good(await upload.create(call(), address, id, { filename: "a.png", size_bytes: data.length, metadata: {} }));
    const stub = env.UPLOAD.getByName(uploadObjectName(address, id));
    // What the object holds and R2 holds after a kill at `upload.stored`.
    await env.MEDIA.put(`t/${address.tenant}/${address.mode}/${address.uh}/uploads/${id}`, data);
    await runInDurableObject(stub, (_, state) => {
      state.storage.sql.exec("INSERT INTO due (kind, ref, due_at) VALUES ('look', '', ?)", Date.now());
    });
    await evictDurableObject(stub);
    await upload.wake();
    await until(async () => good(await upload.read()).asset_id);
    expect(good(await upload.read()).status).toBe("completed");
  });

  it("is refused early: another format, no bytes, too many, another length", async () => {
    const address = freshAddress();
    const create = async (filename: string, size: number) => {
      const id = newUpload(address);
      return bad(
        await uploadPort(address, id).create(call(), address, id, { filename, size_bytes: size, metadata: {} }),
      ).code;
    };
    expect(await create("a.exe", 10)).toBe("unsupported_media");
    expect(await create("a.mp4", 0)).toBe("empty_file");
    expect(await create("a.mp4", 500_000_001)).toBe("file_too_large");
    const id = newUpload(address);
    expect(bad(await uploadPort(address, id).read()).code).toBe("not_found");
    good(
      await uploadPort(address, id).create(call(), address, id, { filename: "a.mp4", size_bytes: 10, metadata: {} }),
    );
    expect(bad(await uploadPort(address, id).write(streamOf(bytes(11)), 11)).code).toBe("size_mismatch");
  });
});
