import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type UserAddress, uploadKey, uploadObjectName } from "../../../src/core/address.ts";
import { ownedId, type UploadId } from "../../../src/core/ids.ts";
import { UPLOAD_PART_BYTES } from "../../../src/core/limits.ts";
import type { NewFile, UploadRpc } from "../../../src/core/rpc/upload.ts";
import type { Append } from "../../../src/core/uploads/append.ts";
import { BUFFER_POOL } from "../../../src/durable/upload/body-writer.ts";
import { Digests } from "../../../src/durable/upload/digests.ts";
import {
  bad,
  call,
  editRows,
  env,
  freshAddress,
  good,
  random,
  tenantRpc,
  until,
  uploadRpc,
  userRpc,
} from "../../support/objects.ts";

const MIB = 1024 * 1024;

/** Bytes that begin like a photo and differ by position, so that a misplaced chunk is found. */
function bytesOf(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  for (let at = 0, state = count; at < count; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  bytes.set([0xff, 0xd8, 0xff].slice(0, count));
  return bytes;
}

/** A body of these bytes, which ends, breaks or stays open after them. */
function bodyOf(bytes: Uint8Array<ArrayBuffer>, end: "close" | "break" | "stall" = "close"): ReadableStream {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const send = async (): Promise<void> => {
    if (bytes.length > 0) await writer.write(bytes);
    if (end === "close") await writer.close();
    if (end === "break") await writer.abort(new Error("gone"));
  };
  send().catch(() => undefined); // the reader may cancel it
  return readable;
}

const at = (offset: number, contentBytes: number | null, more: Partial<Append> = {}): Append => ({
  offset,
  contentBytes,
  sizeBytes: null,
  complete: null,
  checksums: [],
  ...more,
});

/** How many parts' buffers the isolate has to give just now. */
async function freeBuffers(): Promise<number> {
  const held = [];
  for (;;) {
    const buffer = await BUFFER_POOL.acquire(UPLOAD_PART_BYTES, 0, { tenant: `other ${held.length}`, user: "eve" });
    if (buffer === null) break;
    held.push(buffer);
  }
  for (const buffer of held) buffer.release();
  return held.length;
}

type UnwrappedAnswer = { readonly address: UserAddress; readonly id: UploadId; readonly port: () => UploadRpc };

async function opened(sizeBytes: number | null, more: Partial<NewFile> = {}): Promise<UnwrappedAnswer> {
  const address = freshAddress();
  const id = ownedId("upl", address.uh, Date.now(), random);
  const file = { filename: "a.mp4", size_bytes: sizeBytes, metadata: {}, ...more };
  good(await uploadRpc(address, id).create(call(), address, id, file));
  return { address, id, port: () => uploadRpc(address, id) };
}

const stubOf = ({ address, id }: UnwrappedAnswer) => env.UPLOAD.getByName(uploadObjectName(address, id));
const offsetOf = async (upload: UnwrappedAnswer): Promise<number> =>
  good(await upload.port().settle()).upload.offset_bytes;

async function stored({ address, id }: UnwrappedAnswer): Promise<Uint8Array | null> {
  const object = await env.MEDIA.get(uploadKey(address, id));
  return object === null ? null : new Uint8Array(await object.arrayBuffer());
}

/** Equal, without a report of millions of bytes when not. */
function same(one: Uint8Array | null, other: Uint8Array): boolean {
  return one !== null && one.length === other.length && one.every((byte, at) => byte === other[at]);
}

const rowsOf = (upload: UnwrappedAnswer): Promise<{ parts: number[]; rest: number[]; due: string[] }> =>
  runInDurableObject(stubOf(upload), (_, { storage: { sql } }) => ({
    parts: sql
      .exec<{ bytes: number }>("SELECT size_bytes AS bytes FROM parts ORDER BY part_number")
      .toArray()
      .map(({ bytes }) => bytes),
    rest: sql
      .exec<{ bytes: number }>("SELECT length(bytes) AS bytes FROM rest ORDER BY position")
      .toArray()
      .map(({ bytes }) => bytes),
    due: sql
      .exec<{ kind: string }>("SELECT kind FROM jobs ORDER BY kind")
      .toArray()
      .map(({ kind }) => kind),
  }));

/** Acts from inside the object, where its bindings can be made to fail. */
const inside = <T>(upload: UnwrappedAnswer, act: (object: UploadRpc, bindings: typeof env) => Promise<T>): Promise<T> =>
  runInDurableObject(
    stubOf(upload),
    (object) => act(object as unknown as UploadRpc, (object as unknown as { env: typeof env }).env), // what every object holds
  );

const makeDue = (upload: UnwrappedAnswer, kind: string): Promise<unknown> =>
  runInDurableObject(stubOf(upload), (_, { storage }) => {
    storage.sql.exec("UPDATE jobs SET due_at = 1 WHERE kind = ?", kind);
  });

const digestOf = async (algorithm: "SHA-1" | "SHA-256", bytes: Uint8Array<ArrayBuffer>) => ({
  algorithm,
  digest: new Uint8Array(await crypto.subtle.digest(algorithm, bytes)),
});

describe("bytes in chunks", () => {
  it("make the same file, however they are cut and wherever connections break or the instance ends", async () => {
    const step = fc.record({
      size: fc.oneof(
        fc.constantFrom(0, 1, 4_099, 256 * 1024, UPLOAD_PART_BYTES - 1, UPLOAD_PART_BYTES, UPLOAD_PART_BYTES + 1),
        fc.integer({ min: 1, max: 6 * MIB }),
      ),
      announced: fc.boolean(),
      end: fc.constantFrom("close", "close", "break", "evict"),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 3, max: 11 * MIB }),
        fc.array(step, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (size, steps, isDeferred) => {
          const file = bytesOf(size);
          const upload = await opened(isDeferred ? null : size);
          let offset = 0;
          for (const { size: wanted, announced, end } of steps) {
            const chunk = file.slice(offset, offset + wanted);
            if (offset + chunk.length === size) break; // the rest comes below
            const body = bodyOf(chunk, end === "break" ? "break" : "close");
            const content = end === "break" ? chunk.length + 1 : chunk.length;
            const answer = await upload.port().append(body, at(offset, announced ? content : null));
            expect(answer.ok).toBe(end !== "break");
            if (end === "evict") await evictDurableObject(stubOf(upload));
            const now = await offsetOf(upload);
            expect(now).toBeGreaterThanOrEqual(end === "break" ? offset : offset + chunk.length);
            expect(now).toBeLessThanOrEqual(offset + chunk.length);
            offset = now;
          }
          const rest = file.slice(offset);
          const last = at(offset, rest.length, { sizeBytes: isDeferred ? size : null });
          expect(good(await upload.port().append(bodyOf(rest), last)).upload).toMatchObject({
            status: "completed",
            offset_bytes: size,
            size_bytes: size,
          });
          expect(same(await stored(upload), file)).toBe(true);
        },
      ),
      { numRuns: 10, endOnFailure: true },
    );
  });

  it("are stored in parts of one size and in full rows", async () => {
    const file = bytesOf(12 * MIB);
    const upload = await opened(file.length);
    for (let offset = 0; offset < 11 * MIB; offset += MIB) {
      good(await upload.port().append(bodyOf(file.slice(offset, offset + MIB)), at(offset, MIB)));
    }
    good(await upload.port().append(bodyOf(file.slice(11 * MIB, 11 * MIB + 1)), at(11 * MIB, 1)));
    const { parts, rest } = await rowsOf(upload);
    expect(parts).toEqual([UPLOAD_PART_BYTES, UPLOAD_PART_BYTES]);
    expect(rest).toEqual([256 * 1024, 256 * 1024, 256 * 1024, 256 * 1024, 1]);
  });

  it("are stored as they arrive, even one byte at a time", async () => {
    const file = bytesOf(40);
    const upload = await opened(file.length);
    for (let offset = 0; offset < file.length; offset++) {
      good(await upload.port().append(bodyOf(file.slice(offset, offset + 1)), at(offset, 1)));
    }
    expect(same(await stored(upload), file)).toBe(true);
  });

  it("are rejected if the upload has another offset, is closed, or was announced with another length", async () => {
    const upload = await opened(10);
    good(await upload.port().append(bodyOf(bytesOf(4)), at(0, 4)));
    expect(bad(await upload.port().append(bodyOf(bytesOf(4)), at(3, 4)))).toMatchObject({
      code: "offset_mismatch",
      members: { "expected-offset": 4, "provided-offset": 3 },
    });
    expect(bad(await upload.port().append(bodyOf(bytesOf(7)), at(4, 7))).code).toBe("size_mismatch");
    expect(bad(await upload.port().append(bodyOf(bytesOf(6)), at(4, 6, { sizeBytes: 11 }))).code).toBe("size_mismatch");
    expect(await offsetOf(upload)).toBe(4);
    good(await upload.port().append(bodyOf(bytesOf(6)), at(4, 6)));
    expect(bad(await upload.port().append(bodyOf(bytesOf(1)), at(10, 1))).code).toBe("upload_closed");
  });

  it("fail the upload when they exceed its announced size in a body without a length", async () => {
    const upload = await opened(10);
    expect(bad(await upload.port().append(bodyOf(bytesOf(11)), at(0, null))).code).toBe("size_mismatch");
    expect(good(await upload.port().read())).toMatchObject({ status: "failed", error: { code: "size_mismatch" } });
    expect(bad(await upload.port().append(bodyOf(bytesOf(1)), at(0, 1))).code).toBe("upload_closed");
    await until(async () => (await rowsOf(upload)).due.length === 0);
  });

  it("are not complete before the sender says so, in protocols where it does", async () => {
    const upload = await opened(null);
    const file = bytesOf(10);
    expect(good(await upload.port().append(bodyOf(file), at(0, 10, { complete: false, sizeBytes: 10 })))).toMatchObject(
      {
        isComplete: false,
        upload: { status: "open", offset_bytes: 10 },
      },
    );
    expect(good(await upload.port().append(null, at(10, 0, { complete: true }))).isComplete).toBe(true);
    expect(same(await stored(upload), file)).toBe(true);
  });

  it("are no file when there are none", async () => {
    const upload = await opened(null);
    expect(bad(await upload.port().append(null, at(0, 0, { complete: true }))).code).toBe("empty_file");
    expect(good(await upload.port().read()).status).toBe("failed");
  });
});

describe("a checksum", () => {
  it("that matches keeps the bytes; one that does not keeps none, whatever was stored of them", async () => {
    const file = bytesOf(11 * MIB + 5);
    const upload = await opened(file.length);
    good(await upload.port().append(bodyOf(file.slice(0, 1_000)), at(0, 1_000)));
    const chunk = file.slice(1_000, 10 * MIB + 1_000);
    const right = [await digestOf("SHA-256", chunk), await digestOf("SHA-1", chunk)];
    const other = bytesOf(10 * MIB);
    expect(bad(await upload.port().append(bodyOf(other), at(1_000, other.length, { checksums: right }))).code).toBe(
      "checksum_mismatch",
    );
    expect(await rowsOf(upload)).toMatchObject({ parts: [], rest: [1_000] });
    good(await upload.port().append(bodyOf(chunk), at(1_000, chunk.length, { checksums: right })));
    const offset = 1_000 + chunk.length;
    expect(await offsetOf(upload)).toBe(offset);
    good(await upload.port().append(bodyOf(file.slice(offset)), at(offset, file.length - offset)));
    expect(same(await stored(upload), file)).toBe(true);
  });

  it("of a body that was cut keeps nothing, because it cannot be verified", async () => {
    const upload = await opened(1_000);
    const checksums = [await digestOf("SHA-1", bytesOf(100))];
    expect(bad(await upload.port().append(bodyOf(bytesOf(50), "break"), at(0, 100, { checksums }))).code).toBe(
      "upload_incomplete",
    );
    expect(await offsetOf(upload)).toBe(0);
  });
});

/** Counts the bytes that have reached the objects, until the test has ended. */
function countReceived(): { bytes: number } {
  const received = { bytes: 0 };
  const { add } = Digests.prototype;
  const spy = vi.spyOn(Digests.prototype, "add").mockImplementation(function (this: Digests, bytes) {
    received.bytes += bytes.length;
    return add.call(this, bytes);
  });
  onTestFinished(() => spy.mockRestore());
  return received;
}

describe("a newer request", () => {
  it.each(["append", "settle", "remove"] as const)("takes over at once: %s", async (how) => {
    const tookMs: number[] = [];
    const received = countReceived();
    for (let n = 0; n < 3; n++) {
      const upload = await opened(1_000);
      received.bytes = 0;
      const first = upload.port().append(bodyOf(bytesOf(100), "stall"), at(0, 1_000));
      await until(async () => received.bytes === 100);
      const began = Date.now();
      if (how === "append")
        expect(bad(await upload.port().append(bodyOf(bytesOf(9)), at(0, 9))).code).toBe("offset_mismatch");
      if (how === "settle") expect(await offsetOf(upload)).toBe(100);
      if (how === "remove") good(await upload.port().remove());
      tookMs.push(Date.now() - began);
      expect(bad(await first).code).toBe("concurrency_limited"); // left alone it would end with `body_timeout`
    }
    // The stale one would be cut after three seconds, each time; the machine's own pauses do not come three times.
    expect(Math.min(...tookMs)).toBeLessThan(900);
  });

  it("continues after the bytes of a slow one, even after a crash", async () => {
    const received = countReceived();
    const upload = await opened(2 * MIB);
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    upload
      .port()
      .append(readable, at(0, 2 * MIB))
      .catch(() => undefined); // it ends with its instance
    const stored = async () => (await rowsOf(upload)).rest.reduce((sum, bytes) => sum + bytes, 0);
    for (let sent = 0; sent < 4; sent++) {
      await writer.write(bytesOf(256 * 1024));
      await until(async () => received.bytes === (sent + 1) * 256 * 1024);
      await until(async () => (await stored()) >= sent * 256 * 1024); // the last bytes are stored with the next ones
      await new Promise((resolve) => setTimeout(resolve, 100)); // slower than a part in `uploadKeep`, 83 ms here
    }
    await runInDurableObject(stubOf(upload), (_, state) => state.abort("killed by the test")).catch(() => undefined);
    expect(await offsetOf(upload)).toBeGreaterThanOrEqual(3 * 256 * 1024);
    await writer.abort().catch(() => undefined);
  });
});

describe("a body that is too slow", () => {
  it("is ended when no byte arrives, and received bytes are kept", async () => {
    const upload = await opened(1_000);
    expect(bad(await upload.port().append(bodyOf(bytesOf(100), "stall"), at(0, 1_000))).code).toBe("body_timeout");
    expect(await offsetOf(upload)).toBe(100);
  });
});

describe("a failing store", () => {
  it("loses nothing: a full part waits in rows and is stored by the next request", async () => {
    const file = bytesOf(7 * MIB);
    const upload = await opened(file.length);
    const problem = await inside(upload, async (object, { MEDIA }) => {
      const create = vi.spyOn(MEDIA, "createMultipartUpload").mockRejectedValue(new Error("internal error (10001)"));
      const answer = await object.append(bodyOf(file), at(0, file.length));
      create.mockRestore();
      return bad(answer);
    });
    expect(problem.code).toBe("unavailable");
    const offset = await offsetOf(upload);
    expect(offset).toBe(UPLOAD_PART_BYTES);
    good(await upload.port().append(bodyOf(file.slice(offset)), at(offset, file.length - offset)));
    expect(same(await stored(upload), file)).toBe(true);
  });

  it("keeps the buffer of a part until R2 has finished with it, even after the request", async () => {
    const file = bytesOf(6 * MIB);
    const upload = await opened(file.length);
    const free = await freeBuffers();
    const hanging = Promise.withResolvers<R2UploadedPart>();
    const problem = await inside(upload, async (object, { MEDIA }) => {
      const begun = { uploadId: "hanging", uploadPart: () => hanging.promise };
      const create = vi.spyOn(MEDIA, "createMultipartUpload").mockResolvedValue(begun as unknown as R2MultipartUpload); // the two members that a part needs
      const answer = await object.append(bodyOf(file), at(0, file.length));
      create.mockRestore();
      return bad(answer);
    });
    expect(problem.code).toBe("unavailable");
    expect(await freeBuffers()).toBe(free - 1);
    hanging.reject(new Error("internal error (10001)"));
    await until(async () => (await freeBuffers()) === free);
  });

  it("completes the file later when all bytes are there", async () => {
    const file = bytesOf(6 * MIB);
    const upload = await opened(file.length);
    const answer = await inside(upload, async (object, { MEDIA }) => {
      const resume = vi.spyOn(MEDIA, "resumeMultipartUpload").mockImplementation(() => {
        throw new Error("internal error (10001)");
      });
      const got = await object.append(bodyOf(file), at(0, file.length));
      resume.mockRestore();
      return good(got);
    });
    expect(answer).toMatchObject({ isComplete: true, upload: { status: "open", offset_bytes: file.length } });
    await makeDue(upload, "check_write");
    await upload.port().wake();
    await until(async () => good(await upload.port().read()).status === "completed");
    expect(same(await stored(upload), file)).toBe(true);
  });

  it("is asked again for a part that a crash left uncertain", async () => {
    const file = bytesOf(11 * MIB);
    const upload = await opened(file.length);
    const half = UPLOAD_PART_BYTES + 1_000;
    good(await upload.port().append(bodyOf(file.slice(0, half)), at(0, half)));
    // What the object and R2 hold after a kill at `upload.part`: the next part is stored, its row is missing.
    const multipart = await runInDurableObject(
      stubOf(upload),
      (_, { storage }) =>
        storage.sql.exec<{ id: string }>("SELECT value->>'multipart' AS id FROM meta WHERE key = 'upload'").one().id,
    );
    const object = env.MEDIA.resumeMultipartUpload(uploadKey(upload.address, upload.id), multipart);
    await object.uploadPart(2, bytesOf(UPLOAD_PART_BYTES));
    await evictDurableObject(stubOf(upload));
    good(await upload.port().append(bodyOf(file.slice(half)), at(half, file.length - half)));
    expect(same(await stored(upload), file)).toBe(true);
  });
});

describe("the expiry of an unfinished upload", () => {
  it("moves with every write, and removes parts and rows", async () => {
    const upload = await opened(20 * MIB);
    const before = good(await upload.port().read()).expires_at;
    good(await upload.port().append(bodyOf(bytesOf(6 * MIB)), at(0, 6 * MIB)));
    expect(Date.parse(good(await upload.port().read()).expires_at)).toBeGreaterThan(Date.parse(before));
    await makeDue(upload, "expire");
    await upload.port().wake();
    await until(async () => (await rowsOf(upload)).due.length === 0);
    expect(await rowsOf(upload)).toEqual({ parts: [], rest: [], due: [] });
    expect(good(await upload.port().read()).status).toBe("expired");
    expect(bad(await upload.port().settle()).code).toBe("upload_expired");
    const { data } = await tenantRpc(upload.address).listEvents(0, 10, null);
    expect(data.map(({ type }) => type)).toEqual(["upload.expired"]);
    const aborted = env.MEDIA.resumeMultipartUpload(uploadKey(upload.address, upload.id), "x");
    await expect(aborted.complete([])).rejects.toThrow();
  });

  it("is not moved beyond the maximum lifetime", async () => {
    const upload = await opened(100);
    await editRows(stubOf(upload), (sql) => {
      const older = "UPDATE meta SET value = json_set(value, '$.createdAt', ?) WHERE key = 'upload'";
      sql.exec(older, Date.now() - (6 * 24 * 3_600_000) / 60 + 5_000); // 5 s before six days, scaled, are over
    });
    good(await upload.port().append(bodyOf(bytesOf(10)), at(0, 10)));
    expect(Date.parse(good(await upload.port().read()).expires_at)).toBeLessThan(Date.now() + 6_000);
  });

  it("is immediate on deletion, and then the upload looks unknown", async () => {
    const upload = await opened(20 * MIB);
    good(await upload.port().append(bodyOf(bytesOf(6 * MIB)), at(0, 6 * MIB)));
    good(await upload.port().remove());
    expect(bad(await upload.port().read()).code).toBe("not_found");
    expect(bad(await upload.port().settle()).code).toBe("not_found");
    expect(bad(await upload.port().remove()).code).toBe("not_found");
    await until(async () => (await rowsOf(upload)).due.length === 0);
    expect(await rowsOf(upload)).toMatchObject({ parts: [], rest: [] });
    expect((await userRpc(upload.address).listUploads({ limit: 10, after: null })).data).toEqual([]);
  });

  it.each([
    ["a request without a body", 10, null, 0],
    ["a body", 20, bytesOf(10), 10],
  ])("is not undone by %s that arrives while it waits for a running one", async (_, sizeBytes, next, nextBytes) => {
    const received = countReceived();
    const upload = await opened(sizeBytes);
    const [running, removed, late] = await inside(upload, async (object) => {
      const { readable, writable } = new IdentityTransformStream();
      const writer = writable.getWriter();
      const first = object.append(readable, at(0, null));
      await writer.write(bytesOf(10));
      await until(async () => received.bytes === 10);
      return Promise.all([
        first,
        object.remove(),
        object.append(next === null ? null : bodyOf(next), at(10, nextBytes)),
      ]);
    });
    expect([running.ok, removed.ok, late.ok]).toEqual([false, true, false]);
    expect(bad(await upload.port().read()).code).toBe("not_found");
    await until(async () => (await rowsOf(upload)).due.length === 0);
    expect(await rowsOf(upload)).toMatchObject({ parts: [], rest: [] });
    expect(await stored(upload)).toBeNull();
  });

  it("never applies to a complete one", async () => {
    const upload = await opened(10);
    good(await upload.port().append(bodyOf(bytesOf(10)), at(0, 10)));
    expect(bad(await upload.port().remove()).code).toBe("upload_closed");
  });
});

describe("a whole body after chunks", () => {
  it("replaces their bytes, and only when it is complete itself", async () => {
    const file = bytesOf(7 * MIB);
    const upload = await opened(file.length);
    good(await upload.port().append(bodyOf(bytesOf(6 * MIB)), at(0, 6 * MIB)));
    expect(bad(await upload.port().write(bodyOf(file.slice(0, 100), "break"), file.length)).code).toBe("size_mismatch");
    expect(await offsetOf(upload)).toBe(6 * MIB);
    expect(good(await upload.port().write(bodyOf(file), file.length)).status).toBe("completed");
    expect(same(await stored(upload), file)).toBe(true);
    await until(async () => (await rowsOf(upload)).due.length === 0);
    expect(same(await stored(upload), file)).toBe(true); // the released parts are not the file
  });
});
