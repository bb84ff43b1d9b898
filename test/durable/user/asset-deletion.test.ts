/** DELETE /v1/assets/{id} in the objects, and what remains of uploads 30 days after their end. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type UserAddress, uploadKey, uploadObjectName } from "../../../src/core/address.ts";
import { type AssetId, ownedId, type UploadId } from "../../../src/core/ids.ts";
import { UPLOAD_TTL_MS } from "../../../src/core/limits.ts";
import { DAY_MS } from "../../../src/core/time.ts";
import { UploadObject } from "../../../src/durable/upload/object.ts";
import { startClock } from "../../support/clock.ts";
import { sample } from "../../support/media.ts";
import {
  bad,
  call,
  endOf,
  env,
  freshAddress,
  good,
  newProject,
  random,
  requestLog,
  sandboxQueue,
  startTurn,
  until,
  uploadRpc,
  userRpc,
  userStub,
} from "../../support/objects.ts";
import { PNG } from "../../support/resources.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const newId = (address: UserAddress): UploadId => ownedId("upl", address.uh, Date.now(), random);
const fileOf = (address: UserAddress, id: UploadId) => env.MEDIA.head(uploadKey(address, id));
const bodyOf = (bytes: Bytes): ReadableStream => new Blob([bytes]).stream();

const assetOf = async (address: UserAddress, id: UploadId): Promise<AssetId> =>
  (await until(async () => good(await uploadRpc(address, id).read()).asset_id)) as AssetId;

/** An uploaded image, as its asset. The user's object knows of its end too, from which the 30 days count. */
async function uploaded(address: UserAddress, key: string | null = null) {
  const id = newId(address);
  const file = { filename: "a.png", size_bytes: PNG.length, metadata: {} };
  good(await uploadRpc(address, id).create(call(key), address, id, file));
  good(await uploadRpc(address, id).write(bodyOf(PNG), PNG.length));
  const asset = await assetOf(address, id);
  await until(async () =>
    (await userRpc(address).listUploads({ limit: 10, after: null }, "completed")).data.some(
      ({ asset_id }) => asset_id === asset,
    ),
  );
  return { upload: id, asset, file };
}

const removed = (address: UserAddress, id: UploadId) => until(async () => (await fileOf(address, id)) === null);

/** Whether the upload's object keeps any storage. */
const isEmpty = (address: UserAddress, id: UploadId): Promise<boolean> =>
  runInDurableObject(
    env.UPLOAD.getByName(uploadObjectName(address, id)),
    (_, { storage }) => storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'meta'").toArray().length === 0,
  );

/** Makes the user's object delete what is old, as its jobs would. */
async function age(address: UserAddress): Promise<void> {
  const agedJobs = () =>
    runInDurableObject(
      userStub(address),
      (_, { storage: { sql } }) =>
        sql.exec<{ n: number }>("SELECT count(*) AS n FROM jobs WHERE kind = 'retention' AND due_at = 1").one().n,
    );
  await runInDurableObject(userStub(address), (_, { storage: { sql } }) => {
    sql.exec("UPDATE jobs SET due_at = 1 WHERE kind = 'retention'");
  });
  await userRpc(address).wake();
  await until(async () => (await agedJobs()) === 0);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a deleted asset", () => {
  it("is found nowhere, its file is deleted, and its DELETE may be repeated", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const { upload, asset } = await uploaded(address);
    const other = await uploaded(address);
    expect(await user.removeAsset(call(), asset)).toEqual({ ok: true, value: null });
    expect(bad(await user.readAsset(asset)).code).toBe("not_found");
    expect((await user.listAssets({ limit: 10, after: null })).data.map(({ id }) => id)).toEqual([other.asset]);
    await removed(address, upload);
    expect(await user.removeAsset(call(), asset)).toEqual({ ok: true, value: null });
    expect(await fileOf(address, other.upload)).not.toBeNull();
    const never = `ast_${newId(address).slice("upl_".length)}` as const;
    expect(bad(await user.removeAsset(call(), never)).code).toBe("not_found");
  });

  it("of a final upload releases its partials' files", async () => {
    const address = freshAddress();
    const clip = sample("clip.mp4");
    const half = Math.floor(clip.length / 2);
    const partials = await Promise.all(
      [clip.slice(0, half), clip.slice(half)].map(async (bytes) => {
        const id = newId(address);
        const concat = { kind: "partial", text: "partial", partials: [] } as const;
        const file = { filename: "upload", size_bytes: bytes.length, metadata: {}, concat };
        good(await uploadRpc(address, id).create(call(), address, id, file));
        good(await uploadRpc(address, id).write(bodyOf(bytes), bytes.length));
        return id;
      }),
    );
    const id = newId(address);
    const text = `final;${partials.map((one) => `/v1/uploads/${one}`).join(" ")}`;
    const file = {
      filename: "a.mp4",
      size_bytes: null,
      metadata: {},
      concat: { kind: "final", text, partials } as const,
    };
    good(await uploadRpc(address, id).create(call(), address, id, file));
    const asset = await assetOf(address, id);
    for (const partial of partials) good(await uploadRpc(address, partial).remove());
    expect(await uploadRpc(address, id).forget()).toBe(false); // it says whose files its own consists of
    expect(await fileOf(address, partials[0] as UploadId)).not.toBeNull();
    good(await userRpc(address).removeAsset(call(), asset));
    for (const one of [id, ...partials]) await removed(address, one);
    await until(() => uploadRpc(address, id).forget());
    for (const partial of partials) await until(() => uploadRpc(address, partial).forget());
    for (const one of [id, ...partials]) expect(await isEmpty(address, one)).toBe(true);
  });

  it("does not block a turn that waits for it", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const { asset } = await uploaded(address);
    good(await user.attachAsset(call(), project, good(await user.readAsset(asset))));
    good(await user.removeAsset(call(), asset));
    expect(await endOf(user, await startTurn(user, project, "hello"))).toMatchObject({ status: "completed" });
  });

  it("is not pushed to a session that replaces the one it was in", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const { asset } = await uploaded(address);
    const record = good(await user.readAsset(asset));
    await until(async () => good(await user.attachAsset(call(), project, record)).status === "attached");
    good(await user.removeAsset(call(), asset));
    await sandboxQueue(address, ["#fault:session_lost"]);
    expect((await endOf(user, await startTurn(user, project, "make a video of the sea"))).status).toBe("completed");
    expect((await requestLog(address)).uploads).toHaveLength(1);
  });

  it("ends a video that waits for it", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const { upload, asset } = await uploaded(address);
    good(await user.removeAsset(call(), asset));
    const order = {
      prompt: "make a 1 second video",
      sources: [{ asset, upload }],
      project: null,
      language: null,
      output: { format: "mp4", quality: "high" } as const,
      metadata: {},
      callback: null,
      onQuestion: "wait" as const,
      generator: null,
      attribution: null,
      accepts: null,
      expectedMs: 1_000,
    };
    const { id } = good(await user.startVideo(call(), order));
    const video = await until(async () => {
      const now = good(await user.readVideo(id));
      return now.ended_at === null ? null : now;
    });
    expect(video).toMatchObject({ status: "failed", error: { code: "not_found" } });
  });
});

describe("an upload that ended 30 days ago", () => {
  it("is in no list, and its object is empty; its asset stays, and its old key creates nothing in its place", async () => {
    const clock = startClock();
    const address = freshAddress();
    const user = userRpc(address);
    const { upload, asset, file } = await uploaded(address, "a key");
    const deleted = newId(address);
    good(await uploadRpc(address, deleted).create(call(), address, deleted, file));
    good(await uploadRpc(address, deleted).remove());
    await until(async () => (await user.listUploads({ limit: 10, after: null })).data.length === 1);
    clock.step(UPLOAD_TTL_MS - DAY_MS);
    await age(address);
    expect((await user.listUploads({ limit: 10, after: null })).data.map(({ id }) => id)).toEqual([upload]);
    clock.step(2 * DAY_MS);
    await age(address);
    expect((await user.listUploads({ limit: 10, after: null })).data).toEqual([]);
    for (const id of [upload, deleted]) {
      expect(await isEmpty(address, id)).toBe(true);
      expect(bad(await uploadRpc(address, id).read()).code).toBe("not_found");
    }
    const again = await uploadRpc(address, upload).create(call("a key"), address, upload, { ...file, size_bytes: 7 });
    expect(bad(again).code).toBe("idempotency_mismatch");
    expect(good(await user.readAsset(asset)).size_bytes).toBe(PNG.length);
    expect((await fileOf(address, upload))?.size).toBe(PNG.length);
  });

  it("stays if it has not ended, or cannot be reached", async () => {
    const clock = startClock();
    const address = freshAddress();
    await uploaded(address);
    const problem = vi.spyOn(console, "error").mockImplementation(() => undefined);
    vi.spyOn(UploadObject.prototype, "forget").mockRejectedValueOnce(new Error("not now"));
    clock.step(UPLOAD_TTL_MS + DAY_MS);
    await age(address);
    expect((await userRpc(address).listUploads({ limit: 10, after: null })).data).toHaveLength(1);
    expect(problem).toHaveBeenCalled();
    const open = newId(address);
    const file = { filename: "a.png", size_bytes: 9, metadata: {} };
    good(await uploadRpc(address, open).create(call(), address, open, file));
    expect(await uploadRpc(address, open).forget()).toBe(false);
  });
});
