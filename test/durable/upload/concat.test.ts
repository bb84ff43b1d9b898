/** PROTOCOL.md section 5.2: concatenation, in the objects. What crosses HTTP is in test/conformance/uploads-concat.test.ts. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type UserAddress, uploadKey, uploadObjectName } from "../../../src/core/address.ts";
import { hex } from "../../../src/core/encoding.ts";
import { type AssetId, ownedId, randomUserHash, type UploadId } from "../../../src/core/ids.ts";
import type { Call } from "../../../src/core/rpc/user.ts";
import { UploadObject } from "../../../src/durable/upload/object.ts";
import { UserObject } from "../../../src/durable/user/object.ts";
import { sample } from "../../support/media.ts";
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

type Bytes = Uint8Array<ArrayBuffer>;
type Made = { readonly address: UserAddress; readonly id: UploadId };

const newId = (address: UserAddress): UploadId => ownedId("upl", address.uh, Date.now(), random);
const portOf = ({ address, id }: Made) => uploadRpc(address, id);
const stubOf = ({ address, id }: Made) => env.UPLOAD.getByName(uploadObjectName(address, id));
const bodyOf = (bytes: Bytes): ReadableStream => new Blob([bytes]).stream();
const fileOf = ({ address, id }: Made) => env.MEDIA.head(uploadKey(address, id));

const PARTIAL = { kind: "partial", text: "partial", partials: [] } as const;

/** A partial upload of so many bytes, none of them sent. */
async function announced(address: UserAddress, sizeBytes: number | null, from: Partial<Call> = {}): Promise<Made> {
  const id = newId(address);
  const file = { filename: "upload", size_bytes: sizeBytes, metadata: {}, concat: PARTIAL };
  good(await uploadRpc(address, id).create({ ...call(), ...from }, address, id, file));
  return { address, id };
}

/** A partial upload with all its bytes. */
async function partial(address: UserAddress, bytes: Bytes, from: Partial<Call> = {}): Promise<Made> {
  const made = await announced(address, bytes.length, from);
  const all = { offset: 0, contentBytes: bytes.length, sizeBytes: null, complete: null, checksums: [] };
  if (bytes.length > 0) good(await portOf(made).append(bodyOf(bytes), all));
  expect(good(await portOf(made).read())).toMatchObject({ status: "completed", concat: "partial" });
  return made;
}

/** Makes a final upload of these partials; answers with it and what its creation said. */
async function joined(address: UserAddress, partials: readonly Made[], from: Partial<Call> = {}) {
  const id = newId(address);
  const ids = partials.map((one) => one.id);
  const text = `final;${ids.map((one) => `/v1/uploads/${one}`).join(" ")}`;
  const concat = { kind: "final", text, partials: ids } as const;
  const file = { filename: "clip.mp4", size_bytes: null, metadata: { order: "1" }, concat };
  const answer = await uploadRpc(address, id).create({ ...call(), ...from }, address, id, file);
  return { address, id, answer };
}

const assetOf = async (final: Made) => {
  const id = await until(async () => good(await portOf(final).read()).asset_id);
  return good(await userRpc(final.address).readAsset(id as AssetId));
};

const hashOf = async (bytes: Bytes): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

/** A file's parts, cut at these shares of it. */
function cut(bytes: Bytes, ...shares: number[]): Bytes[] {
  const ends = [0, ...shares.map((share) => Math.floor(bytes.length * share)), bytes.length];
  return ends.slice(1).map((end, nth) => bytes.slice(ends[nth], end));
}

const clip = (): Bytes => sample("clip.mp4");
const partialsOf = (address: UserAddress, fileParts: readonly Bytes[]): Promise<Made[]> =>
  Promise.all(fileParts.map((chunk) => partial(address, chunk)));

/** Runs the object's jobs of this kind, and waits until there are none. */
async function due(upload: Made, kind: string): Promise<void> {
  await runInDurableObject(stubOf(upload), (_, { storage }) => {
    storage.sql.exec("UPDATE jobs SET due_at = 1 WHERE kind = ?", kind);
  });
  await portOf(upload).wake();
  await idle(upload);
}

const idle = (upload: Made): Promise<boolean> =>
  until(() =>
    runInDurableObject(stubOf(upload), (_, { storage }) => {
      const query = "SELECT count(*) AS n FROM jobs WHERE kind != 'expire' OR due_at = 1"; // set by due()
      return storage.sql.exec<{ n: number }>(query).one().n === 0;
    }),
  );

const eventTypes = async (address: UserAddress): Promise<string[]> =>
  (await tenantRpc(address).listEvents(0, 50, null)).data.map(({ type }) => type);

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a final upload", () => {
  it("is one file and one asset, without copying a byte", async () => {
    const address = freshAddress();
    const partials = await partialsOf(address, cut(clip(), 0.001, 0.4));
    const final = await joined(address, partials);
    expect(good(final.answer)).toMatchObject({
      status: "completed",
      size_bytes: clip().length,
      offset_bytes: clip().length,
      concat: "final",
      filename: "clip.mp4",
    });
    const asset = await assetOf(final);
    expect(asset).toMatchObject({
      status: "ready",
      size_bytes: clip().length,
      sha256: await hashOf(clip()),
      metadata: { order: "1" },
    });
    expect(asset.duration_ms).toBeGreaterThan(0);
    expect((await fileOf(final))?.size).toBeLessThan(1_000);
    await until(async () => (await eventTypes(address)).length === 2);
    expect(await eventTypes(address)).toEqual(["upload.completed", "asset.ready"]);
  });

  it("reaches Nemo as one file", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const asset = await assetOf(await joined(address, await partialsOf(address, cut(clip(), 0.3, 0.31))));
    const project = await newProject(user);
    good(await user.attachAsset(call(), project, asset));
    await endOf(user, await startTurn(user, project, "turn this video into a short clip"));
    expect(good(await user.attachAsset(call(), project, asset)).status).toBe("attached");
    expect((await requestLog(address)).uploads).toMatchObject([
      { filename: "clip.mp4", size_bytes: clip().length, sha256: await hashOf(clip()) },
    ]);
  });

  it("accepts no bytes, and changes neither itself nor its partials when some are sent", async () => {
    const address = freshAddress();
    const [one] = await partialsOf(address, [clip()]);
    if (one === undefined) throw new Error("no partial");
    const final = await joined(address, [one]);
    await assetOf(final);
    const before = [good(await portOf(final).read()), good(await portOf(one).read())];
    const body = { offset: clip().length, contentBytes: 3, sizeBytes: null, complete: null, checksums: [] };
    expect(bad(await portOf(final).append(bodyOf(new Uint8Array(3)), body)).code).toBe("upload_final");
    expect(bad(await portOf(final).write(bodyOf(clip()), clip().length)).code).toBe("upload_closed");
    expect([good(await portOf(final).read()), good(await portOf(one).read())]).toEqual(before);
  });

  it("may use the same partials again, in another order, and one twice", async () => {
    const address = freshAddress();
    const [head, tail] = await partialsOf(address, [new Uint8Array([0xff, 0xd8, 0xff]), new Uint8Array([1, 2])]);
    if (head === undefined || tail === undefined) throw new Error("no partials");
    const first = await assetOf(await joined(address, [head, tail]));
    const again = await assetOf(await joined(address, [head, tail, head]));
    expect(first.sha256).toBe(await hashOf(new Uint8Array([0xff, 0xd8, 0xff, 1, 2])));
    expect(again.sha256).toBe(await hashOf(new Uint8Array([0xff, 0xd8, 0xff, 1, 2, 0xff, 0xd8, 0xff])));
  });

  it("is sniffed by its own first bytes, and its partials are not", async () => {
    const address = freshAddress();
    const text = new TextEncoder().encode("this is not an image. ".repeat(500)) as Bytes;
    const [photo, words] = await partialsOf(address, [new Uint8Array([0xff, 0xd8]), text]);
    if (photo === undefined || words === undefined) throw new Error("no partials");
    const problem = await joined(address, [words, photo]);
    expect(bad(problem.answer).code).toBe("unsupported_media");
    expect(bad(await portOf(problem).read()).code).toBe("not_found");
    const rest = await partial(address, new Uint8Array([0xff, 0xe0]));
    expect(await assetOf(await joined(address, [photo, rest, words]))).toMatchObject({
      status: "ready",
      filename: "clip.jpg",
    });
  });

  it("counts its partials' bytes once, and uses no slot of the open uploads", async () => {
    const address = freshAddress();
    const quotas = {
      concurrent_turns: 1,
      renders_per_day: 1,
      bytes_per_day: (clip().length + 1) * 3,
      new_users_per_day: 1,
    };
    const fileParts = cut(clip(), 0.5); // a user's share: one byte more
    const partials = await Promise.all(fileParts.map((chunk) => partial(address, chunk, { quotas })));
    const late = await uploadRpc(address, newId(address)).create({ ...call(), quotas }, address, newId(address), {
      filename: "a.mp4",
      size_bytes: 2,
      metadata: {},
    });
    expect(bad(late).code).toBe("quota_exceeded");
    // The places of the partials are free when the user's object has recorded their end.
    await Promise.all(partials.map(idle));
    for (let open = 0; open < 20; open += 1) await announced(address, null);
    good((await joined(address, partials, { quotas })).answer);
  });

  it("counts repeated content again: a partial that it names twice, or that another final uses", async () => {
    const address = freshAddress();
    const size = clip().length;
    const quotas = { concurrent_turns: 1, renders_per_day: 1, bytes_per_day: size * 3 * 4, new_users_per_day: 1 };
    const one = await partial(address, clip(), { quotas });
    const left = async () => {
      const found = await tenantRpc(address).readQuotas(quotas, address.uh);
      return (found.find(({ name }) => name === "bytes_per_day")?.remaining ?? 0) / size;
    };
    expect(await left()).toBe(3);
    const many = await joined(
      address,
      Array.from({ length: 5 }, () => one),
      { quotas },
    );
    expect(bad(many.answer).code).toBe("quota_exceeded");
    expect(await left()).toBe(3);
    good((await joined(address, [one, one], { quotas })).answer);
    expect(await left()).toBe(2);
    good((await joined(address, [one], { quotas })).answer);
    expect(await left()).toBe(1);
    expect(bad((await joined(address, [one, one], { quotas })).answer).code).toBe("quota_exceeded");
  });
});

describe("a final upload is rejected", () => {
  it("if a partial is unknown, another user's, a regular upload, or a final itself", async () => {
    const address = freshAddress();
    const [own] = await partialsOf(address, [clip()]);
    if (own === undefined) throw new Error("no partial");
    const foreign = await partial({ ...address, uh: randomUserHash(random) }, clip());
    const otherMode = { address: { ...address, mode: "live" as const }, id: own.id };
    const whole = { address, id: newId(address) };
    const file = { filename: "a.mp4", size_bytes: clip().length, metadata: {} };
    good(await portOf(whole).create(call(), address, whole.id, file));
    good(await portOf(whole).write(bodyOf(clip()), clip().length));
    const final = await joined(address, [own]);
    for (const wrong of [{ address, id: newId(address) }, foreign, whole, final]) {
      const problem = await joined(address, [own, wrong]);
      expect(bad(problem.answer).code).toBe("not_found");
      expect(bad(await portOf(problem).read()).code).toBe("not_found");
    }
    expect(bad((await joined(otherMode.address, [otherMode])).answer).code).toBe("not_found");
  });

  it("if one partial has a user and another has none; partials without a user can be concatenated without one", async () => {
    const address = freshAddress();
    const withoutUser = { named: false };
    const stray = () => ({ ...address, uh: randomUserHash(random) });
    const [head, tail] = cut(clip(), 0.5);
    if (head === undefined || tail === undefined) throw new Error("no parts");
    const parts = [await partial(stray(), head, withoutUser), await partial(stray(), tail, withoutUser)];
    expect(bad((await joined(address, parts)).answer).code).toBe("not_found");
    const final = await joined(stray(), parts, withoutUser);
    good(final.answer);
    expect((await assetOf(final)).sha256).toBe(await hashOf(clip()));
  });

  it("if a partial is incomplete, has expired, or was deleted", async () => {
    const address = freshAddress();
    const open = await announced(address, 10);
    expect(bad((await joined(address, [open])).answer).code).toBe("upload_incomplete");
    const [expired, deleted] = await partialsOf(address, [clip(), clip()]);
    if (expired === undefined || deleted === undefined) throw new Error("no partials");
    await due(expired, "expire");
    expect(bad((await joined(address, [expired])).answer).code).toBe("upload_expired");
    good(await portOf(deleted).remove());
    expect(bad((await joined(address, [deleted])).answer).code).toBe("not_found");
  });

  it("if it would exceed the maximum file size, or is empty", async () => {
    const address = freshAddress();
    const partials = await partialsOf(address, [clip(), clip()]);
    for (const one of partials)
      await editRows(stubOf(one), (sql) => {
        sql.exec("UPDATE meta SET value = json_set(value, '$.sizeBytes', 250000001) WHERE key = 'upload'");
      });
    expect(bad((await joined(address, partials)).answer).code).toBe("file_too_large");
    const nothing = await partial(address, new Uint8Array());
    expect(bad((await joined(address, [nothing, nothing])).answer).code).toBe("empty_file");
  });
});

describe("a partial upload", () => {
  it("that is deleted by its sender keeps its file for the final that needs it", async () => {
    const address = freshAddress();
    const [one, other] = await partialsOf(address, cut(clip(), 0.5));
    if (one === undefined || other === undefined) throw new Error("no partials");
    const final = await joined(address, [one, other]);
    good(await portOf(one).remove());
    await idle(one);
    await due(other, "expire");
    expect(bad(await portOf(one).read()).code).toBe("not_found");
    expect(bad(await portOf(other).settle()).code).toBe("upload_expired");
    expect((await assetOf(final)).sha256).toBe(await hashOf(clip()));
    expect(await fileOf(one)).not.toBeNull();
    expect(await fileOf(other)).not.toBeNull();
    expect(await eventTypes(address)).not.toContain("upload.expired");
  });

  it("is released by a final that was rejected: at once if its own expiry has passed, else with it", async () => {
    const address = freshAddress();
    const [one, other] = await partialsOf(address, cut(clip().slice(0, clip().length / 2), 0.5));
    if (one === undefined || other === undefined) throw new Error("no partials");
    const release = vi.spyOn(UploadObject.prototype, "releasePartial").mockRejectedValueOnce(new Error("not now"));
    const final = await joined(address, [one, other]);
    good(await portOf(one).remove());
    expect(await assetOf(final)).toMatchObject({ status: "rejected" });
    await idle(final);
    expect(release.mock.calls.length).toBeGreaterThan(2); // the first was lost
    await until(async () => (await fileOf(one)) === null);
    expect(await fileOf(final)).toBeNull();
    expect(await fileOf(other)).not.toBeNull();
    await due(other, "expire");
    expect(await fileOf(other)).toBeNull();
  });

  it("is not kept for a final that was never created", async () => {
    const address = freshAddress();
    const [one] = await partialsOf(address, [clip()]);
    if (one === undefined) throw new Error("no partial");
    good(await portOf(one).acquirePartial({ id: newId(address), uh: address.uh, named: true }, true));
    good(await portOf(one).remove());
    await idle(one);
    expect(await fileOf(one)).toBeNull();
  });

  it("that no final uses expires", async () => {
    const address = freshAddress();
    const [one] = await partialsOf(address, [clip()]);
    if (one === undefined) throw new Error("no partial");
    await due(one, "expire");
    await until(async () => (await fileOf(one)) === null);
    const listed = async () => (await userRpc(address).listUploads({ limit: 5, after: null })).data;
    await until(async () => (await listed())[0]?.status === "expired"); // the upload publishes its state by a job
    expect(await listed()).toMatchObject([{ id: one.id, status: "expired", concat: "partial" }]);
    expect(await eventTypes(address)).toEqual([]);
  });
});

describe("a job of an upload", () => {
  it("publishes the last state also when the upload expires while an earlier one is published", async () => {
    const address = freshAddress();
    const publishing = holdRecordUpload();
    const [one] = await partialsOf(address, [clip()]);
    if (one === undefined) throw new Error("no partial");
    await until(async () => publishing.isReached);
    await runInDurableObject(stubOf(one), (_, { storage }) => {
      storage.sql.exec("UPDATE jobs SET due_at = 1 WHERE kind = 'expire'");
    });
    await portOf(one).wake();
    await until(async () => good(await portOf(one).read()).status === "expired");
    publishing.isHeld = false;
    await idle(one);
    const listed = await userRpc(address).listUploads({ limit: 5, after: null });
    expect(listed.data).toMatchObject([{ id: one.id, status: "expired" }]);
  });
});

/** Makes the first call of `recordUpload` wait until `isHeld` is false. Polls: a promise must not cross objects. */
function holdRecordUpload(): { isHeld: boolean; isReached: boolean } {
  const original = UserObject.prototype.recordUpload;
  const state = { isHeld: true, isReached: false };
  vi.spyOn(UserObject.prototype, "recordUpload").mockImplementationOnce(async function (this: UserObject, ...values) {
    state.isReached = true;
    await until(async () => !state.isHeld);
    return original.apply(this, values);
  });
  return state;
}

describe("a crash during a concatenation", () => {
  it("after the commit of the final and before its manifest is completed by the next run", async () => {
    const address = freshAddress();
    const partials = await partialsOf(address, cut(clip(), 0.5));
    const lost = vi.spyOn(UploadObject.prototype, "acquirePartial").mockImplementation(function (
      this: UploadObject,
      to,
      keep,
    ) {
      if (keep) throw new Error("crashed"); // the plan was made, no partial was acquired
      return real.call(this, to, keep);
    });
    const final = await joined(address, partials);
    expect(good(final.answer).status).toBe("open");
    expect(good(await portOf(final).settle())).toMatchObject({ isComplete: true });
    lost.mockRestore();
    await evictDurableObject(stubOf(final));
    await due(final, "check_write");
    expect((await assetOf(final)).sha256).toBe(await hashOf(clip()));
  });

  it("with a partial that ends before it is acquired fails the final, and the others are released", async () => {
    const address = freshAddress();
    const [one, other] = await partialsOf(address, cut(clip(), 0.5));
    if (one === undefined || other === undefined) throw new Error("no partials");
    vi.spyOn(UploadObject.prototype, "acquirePartial").mockImplementation(async function (
      this: UploadObject,
      to,
      keep,
    ) {
      if (keep && (await this.read()).ok && good(await this.read()).id === one.id) good(await this.remove());
      return real.call(this, to, keep);
    });
    const final = await joined(address, [one, other]);
    expect(bad(final.answer).code).toBe("not_found");
    await idle(final);
    expect(good(await portOf(final).read())).toMatchObject({ status: "failed", error: { code: "not_found" } });
    const usedBy = await runInDurableObject(stubOf(other), (_, { storage }) =>
      storage.sql.exec<{ used: string }>("SELECT value->>'usedBy' AS used FROM meta WHERE key = 'upload'").one(),
    );
    expect(usedBy.used).toBe("[]");
  });
});

const real = UploadObject.prototype.acquirePartial;
