import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { type UserAddress, uploadObjectName } from "../../../src/core/address.ts";
import { ownedId, type UploadId } from "../../../src/core/ids.ts";
import type { UploadRpc } from "../../../src/core/rpc/upload.ts";
import { DAY_MS } from "../../../src/core/time.ts";
import {
  bad,
  call,
  editRows,
  endOf,
  env,
  freshAddress,
  good,
  newProject,
  random,
  requestLog,
  startTurn,
  tenantRpc,
  until,
  uploadRpc,
  userRpc,
} from "../../support/objects.ts";

/** A photo by its first bytes, whatever follows. */
function bytes(count: number): Uint8Array<ArrayBuffer> {
  const photo = new Uint8Array(count).map((_, at) => at % 251);
  photo.set([0xff, 0xd8, 0xff, 0xe0]);
  return photo;
}
const streamOf = (data: Uint8Array<ArrayBuffer>): ReadableStream => new Blob([data]).stream();
const hexOf = async (data: Uint8Array<ArrayBuffer>): Promise<string> =>
  Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", data)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

const newUpload = (address: UserAddress): UploadId => ownedId("upl", address.uh, Date.now(), random);

/** An open upload of so many bytes. */
async function opened(sizeBytes: number, key: string | null = null) {
  const address = freshAddress();
  const id = newUpload(address);
  const upload = uploadRpc(address, id);
  const made = { filename: "a.mp4", size_bytes: sizeBytes, metadata: {} };
  good(await upload.create(call(key), address, id, made));
  return { address, id, upload, made, stub: env.UPLOAD.getByName(uploadObjectName(address, id)) };
}

type Stub = ReturnType<typeof env.UPLOAD.getByName>;

/** The object's jobs, by kind. */
const jobKinds = (stub: Stub): Promise<string[]> =>
  runInDurableObject(stub, (_, { storage }) =>
    storage.sql
      .exec<{ kind: string }>("SELECT kind FROM jobs ORDER BY kind")
      .toArray()
      .map(({ kind }) => kind),
  );

const makeDue = (stub: Stub, kind: string): Promise<unknown> =>
  runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec("UPDATE jobs SET due_at = 1 WHERE kind = ?", kind);
  });

/** When the object's job of this kind is due. */
const dueAt = (stub: Stub, kind: string): Promise<number> =>
  runInDurableObject(
    stub,
    (_, { storage }) => storage.sql.exec<{ at: number }>("SELECT due_at AS at FROM jobs WHERE kind = ?", kind).one().at,
  );

/** Acts from inside the object, where its bindings can be made to fail. */
const inside = <T>(
  stub: Stub,
  act: (upload: UploadRpc, bindings: typeof env, sql: SqlStorage) => Promise<T>,
): Promise<T> =>
  runInDurableObject(
    stub,
    (object, { storage }) =>
      act(object as unknown as UploadRpc, (object as unknown as { env: typeof env }).env, storage.sql), // what every object holds
  );

/** A body that sends a few bytes and no more until it is broken. */
function stalledBody() {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  writer.write(bytes(10)).catch(() => undefined);
  return { body: readable as ReadableStream, end: () => writer.abort(new Error("gone")).catch(() => undefined) };
}

/** The types of the tenant's events. */
const eventTypes = async (address: UserAddress): Promise<string[]> =>
  (await tenantRpc(address).listEvents(0, 50, null)).data.map(({ type }) => type);

describe("an upload in its object", () => {
  it("becomes an asset of its user with its own hash, and reaches the project it is attached to", async () => {
    const address = freshAddress();
    const id = newUpload(address);
    const upload = uploadRpc(address, id);
    const data = bytes(100_000);
    expect(
      good(await upload.create(call(), address, id, { filename: "photo.jpg", size_bytes: data.length, metadata: {} })),
    ).toMatchObject({ status: "open", offset_bytes: 0 });
    expect(good(await upload.write(streamOf(data), data.length))).toMatchObject({
      status: "completed",
      offset_bytes: data.length,
    });
    const assetId = await until(async () => good(await upload.read()).asset_id);
    const user = userRpc(address);
    const asset = good(await user.readAsset(assetId as `ast_${string}`));
    expect(asset).toMatchObject({
      filename: "photo.jpg",
      kind: "image",
      content_type: "image/jpeg",
      size_bytes: data.length,
      sha256: await hexOf(data),
    });
    const project = await newProject(user);
    expect(good(await user.attachAsset(call(), project, asset)).status).toBe("pending");
    await endOf(user, await startTurn(user, project, "turn this video into a short clip"));
    expect(good(await user.attachAsset(call(), project, asset)).status).toBe("attached");
    expect((await requestLog(address)).uploads).toHaveLength(1);
  });

  it("keeps nothing of a body that was cut, and accepts the whole one afterwards", async () => {
    const address = freshAddress();
    const id = newUpload(address);
    const upload = uploadRpc(address, id);
    const data = bytes(5_000);
    good(await upload.create(call(), address, id, { filename: "a.png", size_bytes: data.length, metadata: {} }));
    expect(bad(await upload.write(streamOf(data.slice(0, 4_000)), data.length)).code).toBe("size_mismatch");
    expect(good(await upload.read())).toMatchObject({ status: "open", offset_bytes: 0 });
    expect(good(await upload.write(streamOf(data), data.length)).status).toBe("completed");
    expect(bad(await upload.write(streamOf(data), data.length)).code).toBe("upload_closed");
  });

  it("finds its bytes in R2 after a crash before the commit", async () => {
    const address = freshAddress();
    const id = newUpload(address);
    const upload = uploadRpc(address, id);
    const data = bytes(5_000);
    good(await upload.create(call(), address, id, { filename: "a.png", size_bytes: data.length, metadata: {} }));
    const stub = env.UPLOAD.getByName(uploadObjectName(address, id));
    // What the object holds and R2 holds after a kill at `upload.stored`.
    await env.MEDIA.put(`t/${address.tenant}/${address.mode}/${address.uh}/uploads/${id}`, data);
    await runInDurableObject(stub, (_, state) => {
      state.storage.sql.exec("INSERT INTO jobs (kind, key, due_at) VALUES ('check_write', '', ?)", Date.now());
    });
    await evictDurableObject(stub);
    await upload.wake();
    await until(async () => good(await upload.read()).asset_id);
    expect(good(await upload.read()).status).toBe("completed");
  });

  it("is rejected early: no bytes, too many, another length; never for its name", async () => {
    const address = freshAddress();
    const create = async (filename: string, size: number) => {
      const id = newUpload(address);
      const file = { filename, size_bytes: size, metadata: {} };
      const made = await uploadRpc(address, id).create(call(), address, id, file);
      return made.ok ? made.value.filename : made.error.code;
    };
    for (const name of ["a.exe", "mp4", "a.", "no ending"]) expect(await create(name, 10)).toBe(name);
    expect(await create("a.mp4", 0)).toBe("empty_file");
    expect(await create("a.mp4", 500_000_001)).toBe("file_too_large");
    const id = newUpload(address);
    expect(bad(await uploadRpc(address, id).read()).code).toBe("not_found");
    good(await uploadRpc(address, id).create(call(), address, id, { filename: "a.mp4", size_bytes: 10, metadata: {} }));
    expect(bad(await uploadRpc(address, id).write(streamOf(bytes(11)), 11)).code).toBe("size_mismatch");
  });

  it("reports the maximum file size, and the alternatives", async () => {
    const address = freshAddress();
    const id = newUpload(address);
    const made = { filename: "a.mp4", size_bytes: 500_000_001, metadata: {} };
    const problem = bad(await uploadRpc(address, id).create(call(), address, id, made));
    expect(problem.detail).toContain("500000000");
    expect(problem.hint).toContain("chunks");
  });

  it("is returned to a repeated call for 24 hours; an older key is rejected", async () => {
    const { address, id, upload, made, stub } = await opened(10, "k1");
    expect(good(await upload.create(call("k1"), address, id, made)).id).toBe(id);
    expect(bad(await upload.create(call("k1", "other"), address, id, made)).code).toBe("idempotency_mismatch");
    await editRows(stub, (sql) => {
      const older = "UPDATE meta SET value = json_set(value, '$.createdAt', ?) WHERE key = 'upload'";
      sql.exec(older, Date.now() - DAY_MS - 1);
    });
    const problem = bad(await upload.create(call("k1"), address, id, made));
    expect(problem).toMatchObject({ code: "idempotency_mismatch", detail: expect.stringContaining("send a new key") });
  });
});

describe("the content of an upload", () => {
  it("is replaced by a newer request at once", async () => {
    const { upload } = await opened(1_000);
    const { body } = stalledBody();
    const first = upload.write(body, 1_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(good(await upload.write(streamOf(bytes(1_000)), 1_000)).status).toBe("completed");
    expect(bad(await first).code).toBe("concurrency_limited");
  });

  it("is cut when no byte arrives for a minute", async () => {
    const { upload, stub } = await opened(1_000);
    const began = Date.now();
    expect(bad(await upload.write(stalledBody().body, 1_000)).code).toBe("size_mismatch");
    expect(Date.now() - began).toBeGreaterThanOrEqual(900); // a minute is a second here
    expect(await jobKinds(stub)).toEqual(["expire"]);
    expect(good(await upload.write(streamOf(bytes(1_000)), 1_000)).status).toBe("completed");
  });

  it("postpones the upload's expiry while it arrives", async () => {
    const { upload, stub } = await opened(1_000);
    const { body, end } = stalledBody();
    const writing = upload.write(body, 1_000);
    await makeDue(stub, "expire");
    await upload.wake(); // it arrives after the call that writes: those of one stub keep their order
    await until(async () => (await dueAt(stub, "expire")) > 1); // it has run, and looks again later
    await end();
    expect(bad(await writing).code).toBe("size_mismatch");
    expect(good(await upload.read()).status).toBe("open");
    expect(await jobKinds(stub)).toEqual(["expire"]);
  });

  it("is not called invalid when the store or the database fails", async () => {
    const { upload, stub } = await opened(1_000);
    const stored = await inside(stub, async (object, { MEDIA }) => {
      const put = vi.spyOn(MEDIA, "put").mockRejectedValue(new Error("put: internal error (10001)"));
      const answer = await object.write(streamOf(bytes(1_000)), 1_000);
      put.mockRestore();
      return answer;
    });
    expect(bad(stored).code).toBe("unavailable");
    await editRows(stub, (sql) => {
      sql.exec("DELETE FROM meta WHERE key = 'watchdog_due_at'"); // so that a row has to be written
    });
    const covered = await inside(stub, async (object, { DB }) => {
      const prepare = vi.spyOn(DB, "prepare").mockImplementation(() => {
        throw new Error("D1_ERROR");
      });
      const body = streamOf(bytes(1_000));
      const cancel = vi.spyOn(body, "cancel");
      const answer = await object.write(body, 1_000);
      expect(cancel).toHaveBeenCalled();
      prepare.mockRestore();
      return answer;
    });
    expect(bad(covered).code).toBe("unavailable");
    expect(good(await upload.write(streamOf(bytes(1_000)), 1_000)).status).toBe("completed");
  });
});

describe("the end of an upload", () => {
  it("is committed before its bytes are removed, and they are removed in the end", async () => {
    const { address, id, upload, stub } = await opened(1_000);
    const key = `t/${address.tenant}/${address.mode}/${address.uh}/uploads/${id}`;
    await env.MEDIA.put(key, bytes(10));
    await makeDue(stub, "expire");
    await inside(stub, async (object, { MEDIA }) => {
      const remove = vi.spyOn(MEDIA, "delete").mockRejectedValue(new Error("delete: internal error (10001)"));
      await object.wake();
      await until(async () => remove.mock.calls.length > 0);
      remove.mockRestore();
    });
    expect(good(await upload.read()).status).toBe("expired");
    await makeDue(stub, "delete");
    await upload.wake();
    await until(async () => (await jobKinds(stub)).length === 0);
    expect(await env.MEDIA.head(key)).toBeNull();
    expect(await eventTypes(address)).toEqual(["upload.expired"]);
  });

  it("creates no asset of a file that is missing", async () => {
    const { upload, stub } = await opened(1_000);
    await inside(stub, async (object, { MEDIA }, sql) => {
      const get = vi.spyOn(MEDIA, "get").mockResolvedValue(null);
      await object.write(streamOf(bytes(1_000)), 1_000);
      await until(async () => get.mock.calls.length > 1); // tried again
      expect(good(await object.read()).asset_id).toBeNull();
      expect(sql.exec("SELECT 1 FROM jobs WHERE kind = 'asset'").toArray()).toHaveLength(1);
      get.mockRestore();
    });
    await makeDue(stub, "asset");
    await upload.wake();
    await until(async () => good(await upload.read()).asset_id);
  });

  it("is reported once when a job and a write find all the bytes together", async () => {
    const { address, upload, stub } = await opened(1_000);
    await inside(stub, async (object, { MEDIA }, sql) => {
      const real = MEDIA.head.bind(MEDIA);
      let continueWith = (): void => undefined;
      const held = new Promise<void>((resolve) => {
        continueWith = resolve;
      });
      const head = vi.spyOn(MEDIA, "head").mockImplementation(async (key) => {
        await held;
        return real(key);
      });
      sql.exec("INSERT INTO jobs (kind, key, due_at) VALUES ('check_write', '', 1)");
      await object.wake();
      await until(async () => head.mock.calls.length > 0);
      await object.write(streamOf(bytes(1_000)), 1_000);
      continueWith();
      await new Promise((resolve) => setTimeout(resolve, 100));
      head.mockRestore();
    });
    await until(async () => good(await upload.read()).asset_id);
    await until(async () => (await jobKinds(stub)).length === 0);
    expect((await eventTypes(address)).filter((type) => type === "upload.completed")).toHaveLength(1);
  });
});
