/** Section 13 of the nemo-api reference: one test titled with each line. `/run_sse` and renders are in files beside. */
import { describe, expect, test } from "vitest";
import { Caller } from "./caller.ts";

const DAY_MS = 86_400_000;
const ISSUING = { limit_tokens: true, initial_credits: 100 } as const;

describe("Auth", () => {
  test("anonymous-token: 400 without `X-Client-Id` (or over 64 chars); 1 per client id per 7 d and 10 per IP per 7 d -> 429; returns token, user_id, expires_at, credits 100; clock injectable.", async () => {
    const caller = new Caller(ISSUING);
    expect((await caller.issue("")).status).toBe(400);
    expect((await caller.issue("x".repeat(65))).status).toBe(400);
    const first = await caller.issue("x".repeat(64));
    expect(first.body).toEqual({
      code: 0,
      data: {
        token: expect.stringMatching(/^nmv_usr_[\w-]{43}$/),
        user_id: expect.stringMatching(/^anon_[0-9a-f]+$/),
        expires_at: "2026-11-28T10:00:00Z",
        credits: 100,
      },
    });
    expect((await caller.issue("x".repeat(64))).status).toBe(429);
    for (let at = 1; at < 10; at++) expect((await caller.issue(`client-${at}`)).status).toBe(200);
    expect((await caller.issue("client-10")).status).toBe(429);
    expect((await caller.issue("client-10", "203.0.113.2")).status).toBe(200);
    await caller.clock.advance(7 * DAY_MS);
    const again = await caller.issue("x".repeat(64));
    expect(again.body.data.user_id).toBe(first.body.data.user_id);
    expect(again.body.data.token).not.toBe(first.body.data.token);
  });

  test("tokens expire after 7 d -> 1001 on every endpoint; switch for HTTP 200 vs 401 with the same body; revoke switch.", async () => {
    const caller = await Caller.signedIn();
    const session = await caller.session();
    const made = (await caller.json("POST", "/api/tokens", { name: "ci", scopes: ["*"], expires_in_days: 90 })).body
      .data;
    await caller.clock.advance(7 * DAY_MS);
    const calls: [string, string][] = [
      ["POST", "/api/auth/claim-token"],
      ["POST", "/api/tokens"],
      ["GET", "/api/tokens"],
      ["POST", "/api/tasks/me/with-session/nemo_agent"],
      ["POST", "/run_sse"],
      ["GET", `/api/state/nemo_agent/me/${session}/latest`],
      ["POST", `/api/upload-video/nemo_agent/me/${session}`],
      ["GET", "/api/credits/balance/simple"],
      ["POST", "/api/render/proxy/lambda"],
      ["GET", "/api/render/proxy/lambda/r1"],
      ["POST", "/api/render/proxy/lambda/r1/cancel"],
      ["GET", "/api/render/proxy/r1/download"],
    ];
    const bodies = [];
    for (const [method, path] of calls) {
      const answer = await caller.json(method, path);
      expect(answer).toMatchObject({ status: 200, body: { code: 1001 } });
      bodies.push(answer.body);
    }
    await caller.set({ code_status: "4xx" });
    expect(await caller.json("GET", "/api/credits/balance/simple")).toEqual({ status: 401, body: bodies[0] });
    // A made token lives on, until it is revoked.
    caller.token = made.token;
    expect(await caller.json("GET", "/api/tokens")).toMatchObject({
      body: { data: [{}, { id: made.id, revoked: false }] },
    });
    expect((await caller.json("POST", `/api/tokens/${made.id}/revoke`)).body.code).toBe(0);
    expect(await caller.json("GET", "/api/tokens")).toMatchObject({ status: 401, body: { code: 1001 } });
  });

  test("claim-token returns `clm_`; a `clm_` used as bearer -> 1001.", async () => {
    const caller = await Caller.signedIn();
    const made = (await caller.json("POST", "/api/tasks/me/with-session/nemo_agent", {})).body.data;
    const claim = await caller.json("POST", "/api/auth/claim-token", {
      task_id: made.task_id,
      session_id: made.session_id,
    });
    expect(claim.body).toEqual({ code: 0, data: { claim_token: expect.stringMatching(/^clm_/), expires_in: 604_800 } });
    const other = await caller.json("POST", "/api/auth/claim-token", {
      task_id: "task_x",
      session_id: made.session_id,
    });
    expect(other.body.code).toBe(1002);
    caller.token = claim.body.data.claim_token;
    expect((await caller.json("GET", "/api/credits/balance/simple")).body.code).toBe(1001);
  });

  test("user_id omitted by a switch.", async () => {
    const caller = await Caller.signedIn({ omit_user_id: true });
    expect((await caller.issue("client-2")).body.data).not.toHaveProperty("user_id");
    const made = (await caller.json("POST", "/api/tasks/me/with-session/nemo_agent", {})).body.data;
    expect(Object.keys(made)).toEqual(["task_id", "session_id"]);
  });
});

describe("Attribution", () => {
  test("record the three headers of each request for assertions; submit without any of them -> HTTP 402 (strict mode); lenient mode only for free plan with zero credits.", async () => {
    const caller = await Caller.signedIn({ initial_credits: 100 });
    const session = await caller.session();
    await caller.turn(session, "make a video of a cat");
    for (const name of ["X-Skill-Source", "X-Skill-Version", "X-Skill-Platform"]) {
      expect((await caller.submit(session, "r1", { [name]: "" })).status).toBe(402);
    }
    expect((await caller.requestLog()).requests.at(-1)).toMatchObject({
      method: "POST",
      path: "/api/render/proxy/lambda",
      source: "nemo-video",
      version: "1.9",
      platform: null,
      status: 402,
    });
    // The 100 credits are gone with the clip: leniency ends too.
    await caller.set({ attribution: "lenient" });
    expect((await caller.submit(session, "r1", { "X-Skill-Source": "" })).status).toBe(402);
    const rich = await Caller.signedIn({ initial_credits: 200, attribution: "lenient" });
    const other = await rich.session();
    await rich.turn(other, "make a video of a cat");
    expect((await rich.submit(other, "r1", { "X-Skill-Source": "" })).status).toBe(200);
  });
});

describe("Sessions", () => {
  test("19-digit string ids beyond 2^53; new pair each call; `language` optional; unknown session -> 1002 envelope or ADK 404 (switch).", async () => {
    const caller = await Caller.signedIn();
    const first = (await caller.json("POST", "/api/tasks/me/with-session/nemo_agent", { task_name: "a" })).body.data;
    const second = (await caller.json("POST", "/api/tasks/me/with-session/nemo_agent", { task_name: "a" })).body.data;
    expect(first.session_id).toMatch(/^[1-9]\d{18}$/);
    expect(String(Number(first.session_id))).not.toBe(first.session_id);
    expect(second).not.toMatchObject({ session_id: first.session_id });
    expect(second.task_id).not.toBe(first.task_id);
    const ask = async () => {
      const response = await caller.open("1234567890123456789", "hello");
      return { status: response.status, body: await response.json() };
    };
    expect(await ask()).toMatchObject({ status: 200, body: { code: 1002 } });
    await caller.set({ missing_session: "adk_404" });
    expect(await ask()).toEqual({ status: 404, body: { detail: "Session not found" } });
    await caller.set({ missing_session: "adk_404_id" });
    expect(await ask()).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining("1234567890123456789") },
    });
    await caller.set({ missing_session: "adk_js" });
    expect(await ask()).toMatchObject({ status: 404, body: { error: "Session not found: 1234567890123456789" } });
    expect((await caller.state("1234567890123456789")).body.code).toBe(1002);
  });

  test("`me` and the real user_id both work; another user's session looks missing.", async () => {
    const caller = await Caller.signedIn();
    const made = await caller.json("POST", `/api/tasks/${caller.userId}/with-session/nemo_agent`, {});
    const session = made.body.data.session_id;
    expect(made.body.data.user_id).toBe(caller.userId);
    const path = (owner: string) => `/api/state/nemo_agent/${owner}/${session}/latest`;
    expect((await caller.json("GET", path("me"))).body.code).toBe(0);
    expect((await caller.json("GET", path(caller.userId))).body.code).toBe(0);
    const turn = await caller.turn(session, "make a cat video", { user_id: caller.userId });
    expect(turn.contentType).toBe("text/event-stream");
    caller.token = (await caller.issue("client-2")).body.data.token;
    expect((await caller.json("GET", path("me"))).body.code).toBe(1002);
    expect((await caller.json("GET", path(caller.userId))).body.code).toBe(1002);
    expect((await caller.turn(session, "hello")).text).toContain("1002");
  });
});

describe("Credits", () => {
  test("100 at start; generation holds 100 into `frozen`, then consumes; edit 50; export 0; zero -> 2001; total = available + frozen.", async () => {
    const caller = await Caller.signedIn({ initial_credits: 150 });
    expect((await (await Caller.signedIn(ISSUING)).credits()).total).toBe(100);
    const session = await caller.session();
    caller.begin(session, "make a cat video");
    await caller.clock.advance(1_000);
    expect(await caller.credits()).toEqual({ available: 50, frozen: 100, total: 150 });
    await caller.clock.advance(20_000);
    expect(await caller.credits()).toEqual({ available: 50, frozen: 0, total: 50 });
    await caller.submit(session, "r1");
    await caller.clock.advance(20_000);
    expect(await caller.credits()).toEqual({ available: 50, frozen: 0, total: 50 });
    await caller.turn(session, 'add a title "Hi"');
    expect(await caller.credits()).toEqual({ available: 0, frozen: 0, total: 0 });
    const problem = await caller.open(session, "add music");
    expect(await problem.json()).toMatchObject({ code: 2001 });
    expect((await caller.requestLog()).credits_charged).toBe(150);
  });
});

describe("State", () => {
  test("empty draft before the first edit; the five known keys plus unknown ones the client must carry through; delay between stream close and state (eventual) selectable.", async () => {
    const caller = await Caller.signedIn();
    const session = await caller.session({ task_name: "Trip" });
    expect((await caller.state(session)).draft).toBe("null");
    await caller.set({ empty_draft: "object" });
    expect((await caller.state(session)).draft).toBe("{}");
    await caller.set({ empty_draft: "tracks", state_delay_ms: 30_000 });
    expect((await caller.state(session)).draft).toBe('{"t":[]}');
    await caller.turn(session, "make a 12 second cat video", {}, 7_000);
    expect((await caller.state(session)).draft).toBe('{"t":[]}');
    await caller.clock.advance(30_000);
    const { body, draft } = await caller.state(session);
    expect(body.data).toMatchObject({
      session_id: session,
      task_id: expect.stringMatching(/^task_/),
      task_name: "Trip",
    });
    const { state } = body.data;
    expect(Object.keys(state)).toEqual(
      expect.arrayContaining([
        "draft",
        "video_infos",
        "generated_media",
        "canvas_config",
        "video_analyses",
        "files:index",
      ]),
    );
    expect(state.generated_media).toHaveLength(1);
    // What a parser loses is in the text.
    expect(draft).toMatch(/"id":\d{19}\b/);
    for (const oddity of ["1.0", "1e21", '{"10":"b","2":"a"', "\\ud83c\\udfac", '"layer":1,"layer":2'])
      expect(draft).toContain(oddity);
    expect(JSON.stringify(JSON.parse(draft))).not.toBe(draft);
  });
});

describe("Upload", () => {
  test("field `files` only, repeatable; JSON urls (fetches or pretends to); 4001 by extension; 4002 by a configurable limit; `session_state_applied`; adds to `video_infos`.", async () => {
    const caller = await Caller.signedIn({ upload_limit_bytes: 1_000 });
    const session = await caller.session();
    const path = `/api/upload-video/nemo_agent/me/${session}`;
    const form = (field: string, ...files: [string, number][]) => {
      const data = new FormData();
      for (const [name, size] of files) data.append(field, new File([new Uint8Array(size)], name));
      return data;
    };
    const two = await caller.json("POST", path, form("files", ["a.mp4", 900], ["photo.JPEG", 10]));
    expect(two.body).toMatchObject({
      code: 0,
      data: {
        session_state_applied: true,
        files: [
          { filename: "a.mp4", file_type: "video", fps: 30 },
          { filename: "photo.JPEG", file_type: "image" },
        ],
      },
    });
    expect((await caller.json("POST", path, form("file", ["a.mp4", 9]))).status).toBe(422);
    expect((await caller.json("POST", path, form("files", ["a.exe", 9]))).body.code).toBe(4001);
    expect((await caller.json("POST", path, form("files", ["a.mp4", 1_001]))).body.code).toBe(4002);
    const byUrl = await caller.json("POST", path, {
      urls: ["https://cdn.example/b.mov", "https://cdn.example/c.wav?x=1"],
      source_type: "url",
    });
    expect(byUrl.body.data.files).toMatchObject([{ filename: "b.mov" }, { filename: "c.wav", file_type: "audio" }]);
    expect((await caller.json("POST", path, { urls: ["https://cdn.example/b.txt"] })).body.code).toBe(4001);
    expect(
      (await caller.state(session)).body.data.state.video_infos.map((file: { filename: string }) => file.filename),
    ).toEqual(["a.mp4", "photo.JPEG", "b.mov", "c.wav"]);
    expect((await caller.requestLog()).uploads[0]).toMatchObject({
      filename: "a.mp4",
      size_bytes: 900,
      mode: "file",
      head: "00".repeat(256),
    });
  });
});

describe("Unknowns", () => {
  test("Unknowns to leave switchable, never hard-wired: heartbeat bytes, HTTP status beside body codes, render shape, draft inner keys, 2001 at `/run_sse`, upload limit, URL expiry, scope of anonymous tokens.", async () => {
    const caller = await Caller.signedIn({ anonymous_scopes: ["read", "write", "upload"], draft_keys: "short" });
    const { body } = await caller.json("GET", "/__switches");
    const named = [
      "heartbeat",
      "code_status",
      "render_shape",
      "draft_keys",
      "no_credits_form",
      "upload_limit_bytes",
      "render_url_ttl_ms",
      "anonymous_scopes",
    ];
    expect(Object.keys(body)).toEqual(expect.arrayContaining(named));
    expect((await caller.json("POST", "/__switches", { heartbeet: "comment" })).status).toBe(400);
    expect((await caller.json("POST", "/__switches", { heartbeat: "loud" })).status).toBe(400);
    const session = await caller.session();
    await caller.turn(session, "make a cat video");
    expect((await caller.state(session)).body.data.state.draft.t[0].sg[0]).toMatchObject({ s: 0, d: 10_000, sp: 1 });
    expect((await caller.submit(session, "r1")).status).toBe(403);
    expect((await caller.json("DELETE", "/__switches")).body.draft_keys).toBe("short");
  });
});
