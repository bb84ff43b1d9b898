/** Files in one form, and the list of a user's uploads. */
import { describe, expect, it } from "vitest";
import type { UploadWire } from "../../src/core/wire/upload.ts";
import { call, jsonOf, type Member, makeMember, readProblem, send } from "../support/gateway.ts";
import { until } from "../support/objects.ts";

type Many = { data: UploadWire[]; has_more: boolean; next_cursor: string | null };

const file = (name: string, bytes: number): File =>
  new File([Uint8Array.from({ length: 24 }, (_, at) => [0xff, 0xd8, 0xff][at] ?? 0), new Uint8Array(bytes)], name);

function formOf(parts: readonly (readonly [string, string | File])[]): FormData {
  const form = new FormData();
  for (const [name, value] of parts) form.append(name, value);
  return form;
}

const post = (member: Member, body: BodyInit, headers: Record<string, string> = {}) =>
  call("/v1/uploads", { method: "POST", body, headers: { ...member.headers, ...headers } });

const listed = async (member: Member, query = ""): Promise<Many> =>
  jsonOf<Many>(await call(`/v1/uploads${query}`, { headers: member.headers }));

describe("a form", () => {
  it("creates an upload of every file, with the fields before it as labels", async () => {
    const member = await makeMember();
    const form = formOf([
      ["order", "1234"],
      ["file", file("one.mp4", 10)],
      ["file", file("zwei ü.mov", 6_000_000)],
      ["late", "x"],
      ["other", file("three.mp4", 1)],
    ]);
    const { data } = await jsonOf<Many>(await post(member, form), 201);
    expect(data.map(({ filename, status, metadata }) => ({ filename, status, metadata }))).toEqual([
      { filename: "one.mp4", status: "completed", metadata: { order: "1234" } },
      { filename: "zwei ü.mov", status: "completed", metadata: { order: "1234" } },
      { filename: "three.mp4", status: "completed", metadata: { order: "1234", late: "x" } },
    ]);
    expect(data.map(({ size_bytes }) => size_bytes)).toEqual([34, 6_000_024, 25]);
    expect((await listed(member)).data.map(({ id }) => id)).toEqual(data.map(({ id }) => id).reverse());
  });

  it("that is repeated with the same Idempotency-Key finds the same uploads", async () => {
    const member = await makeMember();
    const parts = [
      ["a", file("one.mp4", 10)],
      ["b", file("two.mp4", 10)],
    ] as const;
    const key = { "Idempotency-Key": "form-1" };
    const first = await jsonOf<Many>(await post(member, formOf(parts), key), 201);
    const again = await jsonOf<Many>(await post(member, formOf(parts), key), 201);
    expect(again.data.map(({ id }) => id)).toEqual(first.data.map(({ id }) => id));
    expect(new Set(first.data.map(({ id }) => id)).size).toBe(2);
  });

  it("that is broken, has no file or one of another format is rejected", async () => {
    const member = await makeMember();
    const type = { "Content-Type": "multipart/form-data; boundary=x" };
    const cut = '--x\r\nContent-Disposition: form-data; name="f"; filename="a.mp4"\r\n\r\nabc';
    for (const body of ["", "nothing", cut])
      expect((await readProblem(await post(member, body, type))).code).toBe("invalid_request");
    const none = await readProblem(await post(member, formOf([["a", "b"]])));
    expect(none).toMatchObject({ code: "invalid_request", detail: expect.stringContaining("no file") });
    const text = await readProblem(await post(member, formOf([["f", new File(["not an image"], "a.png")]])));
    expect(text).toMatchObject({ code: "unsupported_media", errors: [{ field: "/f" }] });
    expect(text.detail).toMatch(/^\/f \(a\.png\): .*mp4/);
    const long = formOf([
      ["label", "x".repeat(501)],
      ["f", file("a.mp4", 3)],
    ]);
    expect((await readProblem(await post(member, long))).detail).toContain("500");
  });

  it("needs a key like every creation", async () => {
    expect((await call("/v1/uploads", { method: "POST", body: formOf([["f", file("a.mp4", 3)]]) })).status).toBe(401);
  });
});

describe("the list of uploads", () => {
  it("is a user's own, newest first, in pages, each in its present state", async () => {
    const member = await makeMember();
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      const key = { ...member.headers, "Idempotency-Key": `upload-${n}` }; // ids that say nothing of their order
      const made = await send("POST", "/v1/uploads", { filename: "a.mp4", size_bytes: 30 }, key);
      ids.unshift((await jsonOf<UploadWire>(made, 201)).id);
    }
    const patch = { ...member.headers, "Tus-Resumable": "1.0.0", "Upload-Offset": "0" };
    const headers = { ...patch, "Content-Type": "application/offset+octet-stream" };
    await call(`/v1/uploads/${ids[0]}`, { method: "PATCH", headers, body: new Uint8Array(7) });
    const first = await listed(member, "?limit=3");
    expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    expect(first.data[0]?.offset_bytes).toBe(7);
    const rest = await listed(member, `?limit=3&after=${first.next_cursor}`);
    expect(rest.data.map(({ id }) => id)).toEqual(ids.slice(3));
    expect(rest.has_more).toBe(false);
    const other = { ...member, headers: { ...member.headers, "X-User-Id": "another user" } };
    expect((await listed(other)).data).toEqual([]);
  });

  it("has at most 20 open ones; another is rejected until one has ended", async () => {
    const member = await makeMember();
    const make = () => send("POST", "/v1/uploads", { filename: "a.mp4", size_bytes: 30 }, member.headers);
    const made = await Promise.all(Array.from({ length: 20 }, async () => jsonOf<UploadWire>(await make(), 201)));
    expect(await readProblem(await make())).toMatchObject({ code: "concurrency_limited", hint: "GET /v1/uploads" });
    await call(`/v1/uploads/${made[0]?.id}`, { method: "DELETE", headers: member.headers });
    await until(async () => (await listed(member, "?limit=100")).data.length < 20);
    await until(async () => (await make()).status === 201); // its place is free when the user's object has recorded its end
  });
});
