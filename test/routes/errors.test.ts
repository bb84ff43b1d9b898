import { beforeAll, describe, expect, it } from "vitest";
import { call, jsonOf, type Member, makeMember, readProblem, send } from "../support/gateway.ts";

let member: Member;
beforeAll(async () => {
  member = await makeMember();
});

const post = (body: unknown, headers: Record<string, string> = {}) =>
  send("POST", "/v1/projects", body, { ...member.headers, ...headers });
const project = () => `/v1/projects/prj_01jd8m3k5xq2w4v7z9ab${"0".repeat(16)}`;

/** A body of unknown length. */
const unannounced = (text: string): ReadableStream => new Blob([text]).stream().pipeThrough(new TransformStream());

describe("bodies", () => {
  it.each([
    ["cut off", '{"name":', "position 8"],
    ["a trailing comma", '{"name":"a",}', "position"],
    ["not JSON at all", "hello", "position 0"],
    ["a duplicate key", '{"name":"a","name":"b"}', '"name"'],
    ["nested too deep", `{"metadata":${'{"a":'.repeat(40)}1${"}".repeat(40)}}`, "32"],
    ["nothing but open brackets", "[".repeat(200_000), "32"],
  ])("that are %s are malformed_json", async (_, body, words) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await readProblem(response)).toMatchObject({
      code: "malformed_json",
      detail: expect.stringContaining(words),
    });
  });

  it("that are not UTF-8 are malformed_json", async () => {
    const headers = { ...member.headers, "Content-Type": "application/json" };
    const response = await call("/v1/projects", { method: "POST", headers, body: new Uint8Array([0x22, 0xff, 0x22]) });
    expect(await readProblem(response)).toMatchObject({ status: 400, code: "malformed_json" });
  });

  it.each([
    ["a wrong type", { name: 5 }, "/name"],
    ["an unknown field", { zz: 1 }, "/zz"],
    ["an unknown field with a slash", { "a/b~": 1 }, "/a~1b~0"],
    ["a wrong nested type", { metadata: { a: {} } }, "/metadata/a"],
    ["a wrong language", { language: "not a tag" }, "/language"],
    ["an array", [], "/"],
    ["a string", '"text"', "/"],
    ["a number", "5", "/"],
    ["__proto__", '{"__proto__":{"name":"x"}}', "/__proto__"],
    ["constructor", '{"constructor":{"prototype":{"x":1}}}', "/constructor"],
  ])("with %s are invalid_request and say where", async (_, body, field) => {
    const response = await post(body);
    const found = await readProblem(response);
    expect(response.status).toBe(422);
    expect(found).toMatchObject({ code: "invalid_request", retryable: false });
    expect(found.errors?.map((error) => error.field)).toContain(field);
  });

  it("that lack a required field name it", async () => {
    const found = await readProblem(await send("POST", `${project()}/turns`, {}, member.headers));
    expect(found).toMatchObject({ status: 422, errors: [expect.objectContaining({ field: "/prompt" })] });
  });

  it("may be empty only if nothing is required", async () => {
    const response = await call(`${project()}/turns`, { method: "POST", headers: member.headers });
    expect(await readProblem(response)).toMatchObject({
      status: 422,
      errors: [expect.objectContaining({ field: "/prompt" })],
    });
    const typed = await send("POST", `${project()}/turns`, "", member.headers);
    expect(await readProblem(typed)).toMatchObject({ status: 422, code: "invalid_request" });
  });

  it("above 256 kB are request_too_large, announced or not", async () => {
    const big = JSON.stringify({ name: "x".repeat(256_000) });
    expect(await readProblem(await post(big))).toMatchObject({
      status: 413,
      code: "request_too_large",
      detail: expect.stringContaining("256000"),
    });
    const stream = unannounced(big);
    const headers = { ...member.headers, "Content-Type": "application/json" };
    expect((await call("/v1/projects", { method: "POST", headers, body: stream })).status).toBe(413);
  });

  it("announced above 95 MB are rejected before they are read", async () => {
    const response = await call("/v1/projects", {
      method: "POST",
      body: "{}",
      headers: { ...member.headers, "Content-Length": "95000001" },
    });
    expect(await readProblem(response)).toMatchObject({
      status: 413,
      code: "request_too_large",
      detail: expect.stringContaining("95000000"),
    });
  });

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "",
  ])("of type %j are accepted if they are plainly JSON, else the problem names both types", async (type) => {
    const response = await post(' {"name":"a"}', { "Content-Type": type });
    expect(await jsonOf(response, 201)).toMatchObject({ name: "a" });
    for (const body of ["name=a", '{"name":"a",}', '"a"']) {
      const problem = await post(body, { "Content-Type": type });
      const came = type === "" ? "No Content-Type" : (type.split(";")[0] ?? "");
      expect(await readProblem(problem)).toMatchObject({
        status: 415,
        code: "unsupported_content_type",
        detail: expect.stringContaining(came),
        errors: [{ field: "header:Content-Type", message: expect.stringContaining("application/json") }],
      });
    }
  });
});

describe("paths", () => {
  it("that no route has are not_found", async () => {
    expect(await readProblem(await call("/v1/nothing"))).toMatchObject({ status: 404, code: "not_found" });
    expect(await readProblem(await call("/nothing", { method: "POST" }))).toMatchObject({ status: 404 });
  });

  it("with another method are method_not_allowed and list the allowed ones", async () => {
    const response = await call("/v1/projects", { method: "DELETE" });
    expect(await readProblem(response)).toMatchObject({ status: 405, code: "method_not_allowed" });
    expect(response.headers.get("Allow")).toBe("GET, HEAD, POST");
    expect((await call("/openapi.json", { method: "POST" })).status).toBe(405);
  });

  it("with an id of another shape are not_found", async () => {
    for (const path of [
      "/v1/projects/x",
      "/v1/turns/prj_01jd8m3k5xq2w4v7z9ab",
      "/v1/renders/%E0%A4%A",
      "/v1/events/evt_1",
    ]) {
      expect(await readProblem(await call(path, { headers: member.headers })), path).toMatchObject({
        status: 404,
        code: "not_found",
      });
    }
  });

  it("with an invalid query name the parameter", async () => {
    const found = await readProblem(await call("/v1/projects?limit=0&zz=1", { headers: member.headers }));
    expect(found.status).toBe(422);
    expect(found.errors?.map((error) => error.field).toSorted()).toEqual(["query:limit", "query:zz"]);
    const twice = await readProblem(await call("/v1/events?after=1&after=2", { headers: member.headers }));
    expect(twice).toMatchObject({ status: 422, errors: [expect.objectContaining({ field: "query:after" })] });
  });
});

describe("headers", () => {
  it("that are invalid are reported", async () => {
    expect(await readProblem(await post({}, { "X-User-Id": "u".repeat(129) }))).toMatchObject({
      status: 422,
      code: "invalid_request",
      errors: [expect.objectContaining({ field: "header:X-User-Id" })],
    });
    expect(await readProblem(await post({}, { "Idempotency-Key": "a b" }))).toMatchObject({
      status: 400,
      code: "invalid_header",
    });
    expect(await readProblem(await post({}, { "X-Long": "x".repeat(9_000) }))).toMatchObject({
      status: 431,
      code: "header_too_large",
    });
  });

  it("name a user if a list needs one", async () => {
    const { "X-User-Id": _, ...withoutUser } = member.headers;
    expect(await readProblem(await call("/v1/assets", { headers: withoutUser }))).toMatchObject({
      status: 422,
      code: "user_required",
      hint: "GET /v1/events",
    });
  });

  it("contain the length of a file's content", async () => {
    const path = `/v1/uploads/upl_01jd8m3k5xq2w4v7z9ab${"0".repeat(16)}/content`;
    const response = await call(path, { method: "PUT", headers: member.headers, body: unannounced("x") });
    expect(await readProblem(response)).toMatchObject({
      status: 400,
      code: "invalid_header",
      detail: expect.stringContaining("Content-Length"),
    });
  });
});

describe("every answer", () => {
  it("has a request id, the caller's own if it is valid", async () => {
    const own = await call("/v1/nothing", { headers: { "Request-Id": "caller-chose_1" } });
    expect(own.headers.get("Request-Id")).toBe("caller-chose_1");
    expect((await readProblem(own)).request_id).toBe("caller-chose_1");
    for (const bad of ["short", "x".repeat(65), "has space in it", "semi;colon"]) {
      const response = await call("/healthz", { headers: { "Request-Id": bad } });
      expect(response.headers.get("Request-Id")).toMatch(/^req_[0-9a-z]{24}$/);
    }
  });

  it("that is a problem has every field, and a type that links to the list of errors", async () => {
    const found = await readProblem(await call("/v1/nothing"));
    expect(Object.keys(found).toSorted()).toEqual([
      "code",
      "detail",
      "hint",
      "request_id",
      "retryable",
      "status",
      "title",
      "type",
    ]);
    const page = await call(new URL(found.type).pathname);
    expect(await page.text()).toContain('id="not_found"');
  });
});
