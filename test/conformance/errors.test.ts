/** PROTOCOL.md section 3: every row of the table that a caller can cause within a minute. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/core/errors.ts";
import { upload } from "../../src/core/wire/upload.ts";
import { type Member, newKey, newMember, problem, request, revokeKey, shown } from "./support/client.ts";
import { announce, media, put } from "./support/media.ts";
import { failNext, serveAlone } from "./support/nemo.ts";
import { finishedRender, startRender } from "./support/renders.ts";

const JSON_TYPE = { "content-type": "application/json" };
const unknownId = (prefix: string): string => `${prefix}_01jd8m3k5xq2w4v7z9ab${"0".repeat(16)}`;

let member: Member;
let project: string;
let stop: (() => Promise<void>) | null = null;
afterAll(() => stop?.());
beforeAll(async () => {
  stop = await serveAlone();
  member = await newMember();
  project = (await member.newProject()).id;
});

const post = (body: string, headers: Record<string, string> = JSON_TYPE): Promise<Response> =>
  member.ask("POST", "/v1/projects", { body, headers });

describe("§3.1 shape", () => {
  it("§3.1 a problem has every field, and a type that links to its entry in the list of codes", async () => {
    const rejected = await problem(member.ask("GET", "/v1/nothing"), "not_found");
    expect(rejected.title).toBe(ERRORS.not_found.title);
    const page = await (await fetch(rejected.type)).text();
    for (const code of Object.keys(ERRORS)) expect(page).toContain(`id="${code}"`);
  });

  it("§3.1 names every invalid field: a JSON pointer, a header, a parameter", async () => {
    const fieldsOf = async (answer: Promise<Response>): Promise<string[]> =>
      (await problem(answer, "invalid_request")).errors?.map(({ field }) => field).toSorted() ?? [];
    const wrong = { prompt: 5, metadata: { "a/b": [] }, "x~y": true };
    expect(await fieldsOf(member.post(`/v1/projects/${project}/turns`, wrong))).toEqual([
      "/metadata/a~1b",
      "/prompt",
      "/x~0y",
    ]);
    expect(await fieldsOf(member.as("u".repeat(129)).post("/v1/projects"))).toEqual(["header:X-User-Id"]);
    expect(await fieldsOf(member.ask("GET", "/v1/projects?limit=0&colour=red"))).toEqual([
      "query:colour",
      "query:limit",
    ]);
  });
});

describe("§3.2 codes", () => {
  type Row = readonly [code: ErrorCode, how: string, ask: () => Promise<Response>];
  const rows: Row[] = [
    ["malformed_json", "no JSON", () => post("hello")],
    ["malformed_json", "JSON cut off", () => post('{"name":')],
    ["malformed_json", "a duplicate key", () => post('{"name":"a","name":"b"}')],
    ["malformed_json", "nesting above 32", () => post(`${"[".repeat(33)}${"]".repeat(33)}`)],
    ["invalid_header", "an Idempotency-Key with a space", () => post("{}", { ...JSON_TYPE, "idempotency-key": "a b" })],
    ["unauthenticated", "no key", () => request("GET", "/v1/me")],
    [
      "unauthenticated",
      "a mistyped key",
      () => member.ask("GET", "/v1/me", { headers: { authorization: "Bearer x" } }),
    ],
    [
      "key_expired",
      "an expired key",
      async () => {
        const { secret } = await newKey(member.tenant.id, { expires_at: "2020-01-01T00:00:00.000Z" });
        return request("GET", "/v1/me", { headers: { "x-api-key": secret } });
      },
    ],
    [
      "key_revoked",
      "a revoked key",
      async () => {
        const { id, secret } = await newKey(member.tenant.id);
        const headers = { "x-api-key": secret };
        expect((await request("GET", "/v1/me", { headers })).status).toBe(200);
        expect((await revokeKey(id)).status).toBe(200);
        return request("GET", "/v1/me", { headers });
      },
    ],
    [
      "missing_scope",
      "a key that may only read",
      async () => {
        const { secret } = await newKey(member.tenant.id, { scopes: ["read"] });
        return request("POST", "/v1/projects", { json: {}, headers: { "x-api-key": secret } });
      },
    ],
    [
      "key_in_browser",
      "a key in a page",
      () => member.ask("GET", "/v1/me", { headers: { origin: "https://a.example" } }),
    ],
    ["not_found", "an unknown path", () => member.ask("GET", "/v1/nothing")],
    ["not_found", "an unknown id", () => member.ask("GET", `/v1/turns/${unknownId("trn")}`)],
    ["not_found", "an id of another kind", () => member.ask("GET", `/v1/turns/${unknownId("prj")}`)],
    ["upload_closed", "content for a complete upload", sendTwice],
    ["render_not_ready", "the file of a render that runs", readTooEarly],
    ["nothing_to_render", "an empty timeline", () => member.post(`/v1/projects/${project}/renders`)],
    ["request_too_large", "a body above 256,000 bytes", () => post(`{"name":"${"x".repeat(256_000)}"}`)],
    ["file_too_large", "a file above the limit", () => newUpload("clip.mp4", 500_000_001)],
    [
      "unsupported_content_type",
      "a form",
      () => post("name=a", { "content-type": "application/x-www-form-urlencoded" }),
    ],
    ["unsupported_media", "a file of another format", sendText],
    ["invalid_request", "a missing field", () => member.post(`/v1/projects/${project}/turns`, {})],
    ["concurrency_limited", "a twenty-first long poll of one user", pollTooOften],
  ];

  function newUpload(filename: string, size_bytes: number): Promise<Response> {
    return member.post("/v1/uploads", { filename, size_bytes });
  }

  async function sendText(): Promise<Response> {
    const made = await announce(member, "notes.txt", 5);
    return put(member, made, new TextEncoder().encode("notes"));
  }

  async function sendTwice(): Promise<Response> {
    const bytes = media("tone.aac");
    const made = await announce(member, "tone.aac", bytes.length);
    await shown(put(member, made, bytes), upload);
    return put(member, made, bytes);
  }

  async function readTooEarly(): Promise<Response> {
    const { id } = await member.newProject();
    await member.said(id, "make a clip of the sea #slow_render:1800s");
    return member.ask("GET", `/v1/renders/${(await startRender(member, id)).id}/content`);
  }

  async function pollTooOften(): Promise<Response> {
    const { id } = await member.say((await member.newProject()).id, "make a clip of the sea #slow:1800s");
    const open = new AbortController();
    const path = `/v1/turns/${id}/events?after=9999&wait=25`;
    const poll = (): Promise<Response> =>
      member.ask("GET", path, { headers: { accept: "application/json" }, signal: open.signal });
    try {
      const answers = await Promise.all(Array.from({ length: 21 }, poll)); // at once, before the first has waited its time
      const problem = answers.find(({ status }) => status !== 200);
      if (problem === undefined) throw new Error("one of twenty-one must be rejected");
      return new Response(await problem.text(), { status: problem.status, headers: new Headers(problem.headers) });
    } finally {
      open.abort();
    }
  }

  it.each(rows)("§3.2 answers %s to %s", async (code, _how, ask) => {
    await problem(ask(), code);
  });

  it("§3.2 lists the methods of a path in Allow", async () => {
    const answer = await member.ask("DELETE", "/v1/projects");
    expect(answer.headers.get("allow")?.split(", ")).toEqual(["GET", "HEAD", "POST"]);
    await problem(answer, "method_not_allowed");
  });

  it("§3.2 says with Retry-After when to retry, if that is known", async () => {
    const full = await pollTooOften();
    expect(Number(full.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it.each([
    ["nemo_unavailable", "/api/credits", 500],
    ["nemo_unavailable", "/api/credits", 0],
    ["nemo_busy", "/api/credits", 429],
    ["nemo_garbled", "/api/credits", 200],
    ["nemo_token_unavailable", "/api/auth/anonymous-token", 429],
  ] as const)("§3.2 answers %s when Nemo's %s answers %i", async (code, path, status) => {
    const live = await newMember("ada", "live");
    await live.newProject(); // for a user in whose name nothing was made Nemo is not asked
    await failNext(path, status);
    await problem(live.ask("GET", "/v1/credits"), code);
    const again = live.ask("GET", "/v1/credits");
    // A token that is rationed is not asked for again before its time.
    if (code === "nemo_token_unavailable") await problem(again, code);
    else expect((await again).status).toBe(200);
  });

  it("§3.2 renews a token that Nemo rejects, and answers nemo_token_rejected when the new one is rejected too", async () => {
    const live = await newMember("ada", "live");
    await live.newProject();
    await failNext("/api/credits", 401);
    expect((await live.ask("GET", "/v1/credits")).status).toBe(200);
    await failNext("/api/credits", 401, 2);
    await problem(live.ask("GET", "/v1/credits"), "nemo_token_rejected");
  });

  it("§3.2 answers plan_upgrade_required with the sign-up link when Nemo's plan does not allow exports", async () => {
    const { done } = await finishedRender(member, "#fault:render_402");
    expect(done).toMatchObject({ status: "failed", error: { code: "plan_upgrade_required", retryable: false } });
    expect(done.error?.register_url).toMatch(/^https:\/\//);
    const rejected = await problem(member.ask("GET", `/v1/renders/${done.id}/content`), "no_file");
    expect(rejected.error).toEqual(done.error);
    expect(rejected.register_url).toBe(done.error?.register_url);
  });
});
