/** The IETF draft, interop versions 8 and 9, requirement by requirement. */
import { beforeAll, describe, expect, it } from "vitest";
import { base64 } from "../../src/core/encoding.ts";
import type { AssetWire, UploadWire } from "../../src/core/wire/upload.ts";
import { call, jsonOf, type Member, makeKey, makeMember, readProblem } from "../support/gateway.ts";
import { until } from "../support/objects.ts";

const REGISTRY = "https://iana.org/assignments/http-problem-types#";
const V8 = { "Upload-Draft-Interop-Version": "8" };
const FILE = new Uint8Array(new TextEncoder().encode("\0\0\0\x18ftypisom\0\0\x02\0isommp42 and more"));

let member: Member;
beforeAll(async () => {
  member = await makeMember();
});

const create = (headers: Record<string, string>, body: Uint8Array<ArrayBuffer> | null = null) =>
  call("/v1/uploads", {
    method: "POST",
    body,
    headers: {
      ...member.headers,
      ...V8,
      "Content-Type": "video/mp4",
      "Content-Disposition": `inline; filename="x.mp4"; filename*=UTF-8''na%C3%AFve.mp4`,
      ...headers,
    },
  });

const append = (path: string, headers: Record<string, string>, body: Uint8Array<ArrayBuffer> | null = null) =>
  call(path, {
    method: "PATCH",
    body,
    headers: { ...member.headers, ...V8, "Content-Type": "application/partial-upload", ...headers },
  });

const head = (path: string) => call(path, { method: "HEAD", headers: { ...member.headers, ...V8 } });

/** An open upload with its first five bytes; answers with its path. */
async function begun(headers: Record<string, string> = {}): Promise<string> {
  const answer = await create({ "Upload-Complete": "?0", ...headers }, FILE.slice(0, 5));
  expect(answer.status).toBe(201);
  return answer.headers.get("Location") ?? "";
}

const digest = async (name: "SHA-256" | "SHA-512", bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  `${name.toLowerCase()}=:${base64(new Uint8Array(await crypto.subtle.digest(name, bytes)))}:`;

it("an upload needs no scope but `upload` to send, read the offset and continue; lists need `read`", async () => {
  const path = await begun({ "Upload-Length": String(FILE.length) });
  const key = await makeKey(member.tenant.id, { scopes: ["upload"] });
  const headers = { Authorization: `Bearer ${key.secret}`, ...V8 };
  expect((await call(path, { method: "HEAD", headers })).headers.get("Upload-Offset")).toBe("5");
  expect((await jsonOf<UploadWire>(await call(path, { headers }))).offset_bytes).toBe(5);
  expect((await call("/v1/uploads", { headers: { ...headers, "X-User-Id": "ada" } })).status).toBe(403);
});

describe("a creation", () => {
  it("with the whole content is complete, and answered with the upload", async () => {
    const answer = await create({ "Upload-Complete": "?1", "Upload-Length": String(FILE.length) }, FILE);
    expect(answer.headers.get("Upload-Complete")).toBe("?1");
    const made = await jsonOf<UploadWire>(answer, 201);
    expect(made).toMatchObject({ status: "completed", filename: "naïve.mp4", size_bytes: FILE.length });
  });

  it("with part of it returns its address and its limits", async () => {
    const answer = await create({ "Upload-Complete": "?0", "Upload-Length": "100" }, FILE.slice(0, 5));
    expect(answer.status).toBe(201);
    expect(answer.headers.get("Location")).toMatch(/^\/v1\/uploads\/upl_/);
    expect(answer.headers.get("Upload-Limit")).toMatch(/^max-size=500000000, max-append-size=95000000, max-age=\d+$/);
    expect(answer.headers.get("Upload-Complete")).toBe("?0");
    expect(answer.headers.get("Upload-Offset")).toBe("5");
  });

  it("may be empty, and may omit the name", async () => {
    const answer = await create({ "Upload-Complete": "?0", "Content-Disposition": "inline" });
    expect((await jsonOf<UploadWire>(answer, 201)).filename).toBe("upload.mp4");
  });

  it("above the limit is rejected with the limits, before a byte is read", async () => {
    const answer = await create({ "Upload-Complete": "?0", "Upload-Length": "500000001" });
    expect(answer.headers.get("Upload-Limit")).toContain("max-size=500000000");
    expect((await readProblem(answer)).code).toBe("file_too_large");
  });

  it("in an unsupported interop version is plain HTTP: a raw file, and the problem says how to send one", async () => {
    const answer = await create({ "Upload-Complete": "?1", "Upload-Draft-Interop-Version": "6" }, FILE);
    expect(answer.headers.get("Upload-Draft-Interop-Version")).toBeNull();
    expect(await readProblem(answer)).toMatchObject({
      code: "unsupported_content_type",
      detail: expect.stringMatching(/video\/mp4 .*multipart\/form-data.*content_url.*Tus-Resumable.*Upload-Complete/),
    });
  });

  it("whose lengths disagree is rejected for that", async () => {
    const answer = await create({ "Upload-Complete": "?1", "Upload-Length": "7" }, FILE.slice(0, 5));
    expect(await readProblem(answer)).toMatchObject({
      code: "size_mismatch",
      type: `${REGISTRY}inconsistent-upload-length`,
    });
  });

  it("finds its upload again by its Idempotency-Key, and does not store the bytes twice", async () => {
    const headers = { "Upload-Complete": "?0", "Upload-Length": "100", "Idempotency-Key": "again" };
    const first = await create(headers, FILE.slice(0, 5));
    const again = await create(headers, FILE.slice(0, 5));
    expect(again.headers.get("Location")).toBe(first.headers.get("Location"));
    expect(again.headers.get("Upload-Offset")).toBe("5");
    const other = await create({ ...headers, "Upload-Length": "101" }, FILE.slice(0, 5));
    expect((await readProblem(other)).code).toBe("idempotency_mismatch");
  });
});

describe("the state", () => {
  it("has offset, completeness, length and limits, and is not cached", async () => {
    const path = await begun({ "Upload-Length": String(FILE.length) });
    const answer = await head(path);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "upload-offset": "5",
      "upload-complete": "?0",
      "upload-length": String(FILE.length),
      "upload-limit": expect.stringContaining("max-age="),
      "upload-draft-interop-version": "8",
      "cache-control": "no-store",
    });
  });

  it("is returned to GET in the same headers, with and without a version", async () => {
    const path = await begun({ "Upload-Length": String(FILE.length) });
    for (const version of [{}, V8, { "Upload-Draft-Interop-Version": "9" }]) {
      const answer = await call(path, { headers: { ...member.headers, ...version } });
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        "upload-offset": "5",
        "upload-complete": "?0",
        "upload-length": String(FILE.length),
        "upload-limit": expect.stringContaining("max-age="),
        "cache-control": "no-store",
      });
      expect((await jsonOf<UploadWire>(answer)).offset_bytes).toBe(5);
    }
    await append(path, { "Upload-Offset": "5", "Upload-Complete": "?1" }, FILE.slice(5));
    const whole = await call(path, { headers: member.headers });
    expect(whole.headers.get("Upload-Complete")).toBe("?1");
    await whole.body?.cancel();
  });

  it("has no length until one was sent", async () => {
    expect((await head(await begun())).headers.get("Upload-Length")).toBeNull();
  });
});

describe("interop version 9", () => {
  const V9 = { "Upload-Draft-Interop-Version": "9" };

  it("is supported beside 8 from creation to completion, and named in every answer", async () => {
    const made = await create({ ...V9, "Upload-Complete": "?0" }, FILE.slice(0, 5));
    const path = made.headers.get("Location") ?? "";
    const state = await call(path, { method: "HEAD", headers: { ...member.headers, ...V9 } });
    const wrong = await append(path, { ...V9, "Upload-Offset": "0", "Upload-Complete": "?0" }, FILE);
    const last = await append(path, { ...V9, "Upload-Offset": "5", "Upload-Complete": "?1" }, FILE.slice(5));
    const answers = [made, state, wrong, last];
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 409, 200]);
    expect(answers.map(({ headers }) => headers.get("Upload-Draft-Interop-Version"))).toEqual(["9", "9", "9", "9"]);
    expect(answers.map(({ headers }) => headers.get("Upload-Complete"))).toEqual(["?0", "?0", "?0", "?1"]);
    await Promise.all(answers.map(({ body }) => body?.cancel()));
  });
});

describe("an append", () => {
  it("that is not the last is acknowledged, even if the length is reached", async () => {
    const path = await begun({ "Upload-Length": String(FILE.length) });
    const answer = await append(path, { "Upload-Offset": "5", "Upload-Complete": "?0" }, FILE.slice(5));
    expect(answer.status).toBe(204);
    expect(answer.headers.get("Upload-Complete")).toBe("?0");
    const state = await head(path);
    expect(state.headers.get("Upload-Complete")).toBe("?0");
    expect(state.headers.get("Upload-Offset")).toBe(String(FILE.length));
    const last = await append(path, { "Upload-Offset": String(FILE.length), "Upload-Complete": "?1" });
    expect(last.status).toBe(200);
    expect(last.headers.get("Upload-Complete")).toBe("?1");
  });

  it("that is the last is answered with the upload, and its hash is the file's", async () => {
    const path = await begun({ "Repr-Digest": await digest("SHA-256", FILE) });
    const answer = await append(path, { "Upload-Offset": "5", "Upload-Complete": "?1" }, FILE.slice(5));
    expect(answer.headers.get("Upload-Complete")).toBe("?1");
    expect(await jsonOf<UploadWire>(answer)).toMatchObject({ status: "completed", size_bytes: FILE.length });
    const get = (where: string) => call(where, { headers: member.headers });
    const asset_id = await until(async () => (await jsonOf<UploadWire>(await get(path))).asset_id);
    expect((await jsonOf<AssetWire>(await get(`/v1/assets/${asset_id}`))).size_bytes).toBe(FILE.length);
  });

  it("at another offset is 409 with the current one", async () => {
    const answer = await append(await begun(), { "Upload-Offset": "3", "Upload-Complete": "?0" }, FILE.slice(3));
    expect(answer.status).toBe(409);
    expect(answer.headers.get("Upload-Offset")).toBe("5");
    expect(answer.headers.get("Upload-Complete")).toBe("?0");
    expect(await readProblem(answer)).toMatchObject({
      type: `${REGISTRY}mismatching-upload-offset`,
      "expected-offset": 5,
      "provided-offset": 3,
    });
  });

  it("to a complete upload is rejected as that", async () => {
    const path = await begun();
    await append(path, { "Upload-Offset": "5", "Upload-Complete": "?1" }, FILE.slice(5));
    for (const offset of [String(FILE.length), "3"]) {
      const answer = await append(path, { "Upload-Offset": offset, "Upload-Complete": "?1" });
      expect(answer.headers.get("Upload-Offset")).toBe(String(FILE.length));
      expect(answer.headers.get("Upload-Complete")).toBe("?0");
      expect(await readProblem(answer)).toMatchObject({ code: "upload_closed", type: `${REGISTRY}completed-upload` });
    }
  });

  it("with content of no supported format is rejected for good, so that no client resumes it", async () => {
    const text = new Uint8Array(new TextEncoder().encode("not an image"));
    const answer = await create({ "Upload-Complete": "?1" }, text);
    expect(answer.headers.get("Upload-Complete")).toBe("?1");
    expect((await readProblem(answer)).code).toBe("unsupported_media");
  });

  it("beyond the length is rejected as that", async () => {
    const path = await begun({ "Upload-Length": "7" });
    const answer = await append(path, { "Upload-Offset": "5", "Upload-Complete": "?0" }, FILE.slice(5));
    expect(await readProblem(answer)).toMatchObject({ type: `${REGISTRY}inconsistent-upload-length` });
  });

  it("needs its media type, its offset and its completeness; an invalid header counts as absent", async () => {
    const path = await begun();
    const right = { "Upload-Offset": "5", "Upload-Complete": "?0" };
    const answers = [
      await append(path, { ...right, "Content-Type": "application/octet-stream" }, FILE.slice(5)),
      await append(path, { ...right, "Upload-Offset": "five" }, FILE.slice(5)),
      await append(path, { ...right, "Upload-Complete": "true" }, FILE.slice(5)),
    ];
    const codes = await Promise.all(answers.map(async (answer) => (await readProblem(answer)).code));
    expect(codes).toEqual(["unsupported_content_type", "invalid_header", "invalid_header"]);
    expect((await append(path, { ...right, "Upload-Length": "five" }, FILE.slice(5, 6))).status).toBe(204);
  });

  it("whose Content-Digest is wrong is not appended; another algorithm's is ignored", async () => {
    const path = await begun();
    const ask = { "Upload-Offset": "5", "Upload-Complete": "?0" };
    const wrong = { ...ask, "Content-Digest": await digest("SHA-512", FILE) };
    expect((await readProblem(await append(path, wrong, FILE.slice(5)))).code).toBe("checksum_mismatch");
    expect((await head(path)).headers.get("Upload-Offset")).toBe("5");
    const right = { ...ask, "Content-Digest": `md5=:AAAA:, ${await digest("SHA-512", FILE.slice(5))}` };
    expect((await append(path, right, FILE.slice(5))).status).toBe(204);
  });

  it("in neither protocol gets a problem that lists both", async () => {
    const path = await begun();
    const answer = await call(path, { method: "PATCH", headers: member.headers, body: FILE });
    expect(await readProblem(answer)).toMatchObject({
      code: "invalid_header",
      detail: expect.stringContaining("Tus-Resumable"),
    });
  });
});

describe("an upload whose Repr-Digest is wrong", () => {
  it("fails when all its bytes are there, and creates no asset", async () => {
    const path = await begun({ "Repr-Digest": await digest("SHA-256", FILE.slice(1)) });
    await append(path, { "Upload-Offset": "5", "Upload-Complete": "?1" }, FILE.slice(5));
    const failed = await until(async () => {
      const seen = await jsonOf<UploadWire>(await call(path, { headers: member.headers }));
      return seen.status === "failed" ? seen : null;
    });
    expect(failed).toMatchObject({ asset_id: null, error: { code: "checksum_mismatch" } });
  });
});
