import { describe, expect, it } from "vitest";
import type { Nemo, Outcome } from "../../src/nemo/client.ts";
import { json, SESSION, sse, TOKEN, upstream } from "./support/upstream.ts";

/** The value of a call that upstream answers with `answer`. */
async function value<T>(answer: Response, call: (nemo: Nemo) => Outcome<T>): Promise<T> {
  const outcome = await call(upstream([answer]).nemo);
  if (!outcome.ok) throw new Error(`${outcome.error.reason}: ${outcome.error.message}`);
  return outcome.value;
}

describe("what every call sends", () => {
  it("names its source three times, and its token, at the documented address", async () => {
    const { nemo, asked } = upstream(Array.from({ length: 10 }, () => json({ code: 0, data: {} })));
    await nemo.claimLink(TOKEN, { taskId: "task_1", sessionId: SESSION });
    await nemo.createSession(TOKEN, { name: "My film", language: "en" });
    await nemo.openTurn(TOKEN, { sessionId: SESSION, text: "add music" });
    await nemo.readState(TOKEN, SESSION);
    await nemo.uploadByUrl(TOKEN, SESSION, ["https://files.example/a.mp4"]);
    await nemo.readCredits(TOKEN);
    await nemo.submitRender(TOKEN, { renderId: "render_1", sessionId: SESSION, draftText: '{"d":1.0}' });
    await nemo.readRender(TOKEN, "render_1");
    await nemo.cancelRender(TOKEN, "render_1");
    await nemo.downloadRender(TOKEN, "render_1");
    expect(asked.map(({ method, path, body }) => [method, path, body])).toEqual([
      ["POST", "/api/auth/claim-token", `{"task_id":"task_1","session_id":"${SESSION}"}`],
      ["POST", "/api/tasks/me/with-session/nemo_agent", '{"task_name":"My film","language":"en"}'],
      [
        "POST",
        "/run_sse",
        `{"app_name":"nemo_agent","user_id":"me","session_id":"${SESSION}","new_message":{"parts":[{"text":"add music"}]}}`,
      ],
      ["GET", `/api/state/nemo_agent/me/${SESSION}/latest`, ""],
      [
        "POST",
        `/api/upload-video/nemo_agent/me/${SESSION}`,
        '{"urls":["https://files.example/a.mp4"],"source_type":"url"}',
      ],
      ["GET", "/api/credits/balance/simple", ""],
      [
        "POST",
        "/api/render/proxy/lambda",
        `{"id":"render_1","sessionId":"${SESSION}","draft":{"d":1.0},"output":{"format":"mp4","quality":"high"}}`,
      ],
      ["GET", "/api/render/proxy/lambda/render_1", ""],
      ["POST", "/api/render/proxy/lambda/render_1/cancel", ""],
      ["GET", "/api/render/proxy/render_1/download", ""],
    ]);
    for (const { headers, body } of asked) {
      expect(["x-skill-source", "x-skill-version", "x-skill-platform"].map((name) => headers.get(name))).toEqual([
        "nemo-gateway",
        "1.0",
        "unknown",
      ]);
      expect(headers.get("authorization")).toBe(`Bearer ${TOKEN}`);
      expect(headers.get("content-type")).toBe(body === "" ? null : "application/json");
    }
    expect(asked[2]?.headers.get("accept")).toBe("text/event-stream");
  });

  it("sends a client id in place of a token, without a body", async () => {
    const { nemo, asked } = upstream([json({ code: 0, data: { token: TOKEN } })]);
    await nemo.mintToken("0f3c9a");
    expect(asked[0]).toMatchObject({ method: "POST", path: "/api/auth/anonymous-token", body: "" });
    expect(asked[0]?.headers.get("x-client-id")).toBe("0f3c9a");
    expect(asked[0]?.headers.get("authorization")).toBeNull();
  });

  it("writes an id into an address so that it cannot leave its place", async () => {
    const { nemo, asked } = upstream([json({}), json({})]);
    await nemo.readRender(TOKEN, "../../auth?x=1");
    await nemo.readState(TOKEN, "a/b");
    expect(asked.map(({ path }) => path)).toEqual([
      "/api/render/proxy/lambda/..%2F..%2Fauth%3Fx%3D1",
      "/api/state/nemo_agent/me/a%2Fb/latest",
    ]);
  });
});

describe("tokens and sessions", () => {
  it("reads a token with everything, and with nothing but itself", async () => {
    const full = {
      code: 0,
      data: { token: TOKEN, user_id: "anon_0f3c9a", expires_at: "2026-11-27T00:00:00Z", credits: 100 },
    };
    expect(await value(json(full), (nemo) => nemo.mintToken("c"))).toEqual({
      token: TOKEN,
      userId: "anon_0f3c9a",
      expiresAt: Date.UTC(2026, 10, 27),
      credits: 100,
    });
    expect(await value(json({ token: TOKEN, expires_at: 1795000000 }), (nemo) => nemo.mintToken("c"))).toEqual({
      token: TOKEN,
      userId: null,
      expiresAt: 1795000000_000,
      credits: null,
    });
  });

  it("keeps every digit of a session id, written as a string or as a number, in every envelope", async () => {
    const shapes = [
      `{"code":0,"data":{"task_id":"task_1","session_id":"${SESSION}"}}`,
      `{"success":true,"data":{"task_id":"task_1","session_id":${SESSION},"user_id":"anon_1"}}`,
      `{"session_id":${SESSION},"task_id":77,"code":0}`,
    ];
    const sessions = await Promise.all(
      shapes.map((shape) => value(json(shape), (nemo) => nemo.createSession(TOKEN, { name: "p" }))),
    );
    expect(sessions).toEqual([
      { taskId: "task_1", sessionId: SESSION, userId: null },
      { taskId: "task_1", sessionId: SESSION, userId: "anon_1" },
      { taskId: "77", sessionId: SESSION, userId: null },
    ]);
  });

  it("makes a link of a claim token", async () => {
    const link = await value(json({ code: 0, data: { claim_token: "clm_a&b", expires_in: 604800 } }), (nemo) =>
      nemo.claimLink(TOKEN, { taskId: "t", sessionId: SESSION }),
    );
    expect(link).toEqual({
      claimToken: "clm_a&b",
      expiresInSeconds: 604800,
      url: "https://nemovideo.com/workspace/claim?ct=clm_a%26b",
    });
  });

  it("reads a balance, as numbers or as text, with or without its total", async () => {
    expect(
      await value(json({ code: 0, data: { available: 60, frozen: 40, total: 100 } }), (nemo) =>
        nemo.readCredits(TOKEN),
      ),
    ).toEqual({ available: 60, frozen: 40, total: 100 });
    expect(
      await value(json('{"available":1,"available":"60.5","frozen":"4"}'), (nemo) => nemo.readCredits(TOKEN)),
    ).toEqual({ available: 60.5, frozen: 4, total: 64.5 });
  });
});

describe("state", () => {
  const DRAFT =
    '{ "id":5500000000000000123,"10":1,"2":1.0,"far":1e21,"mark":"\\ud83c\\udfac","t":[{"tt":0,"sg":[{"d":1}],"sg":[{"d":2000,"m":{"title":"a"}}]}] }';
  const state = (draft: string, rest = '"video_infos":[],"generated_media":[]'): Response =>
    json(
      `{"code":0,"data":{"session_id":${SESSION},"task_id":"t","state":{"draft": ${draft} ,${rest},"canvas_config":{}}}}`,
    );
  const read = (answer: Response) => value(answer, (nemo) => nemo.readState(TOKEN, SESSION));

  it("hands the draft out byte for byte, and back into a render", async () => {
    const { draftText, timeline } = await read(state(DRAFT));
    expect(draftText).toBe(DRAFT);
    expect(timeline.tracks[0]?.segments).toMatchObject([{ label: "a", durationMs: 2000 }]);
    const { nemo, asked } = upstream([json({ success: true })]);
    await nemo.submitRender(TOKEN, { renderId: "r", sessionId: SESSION, draftText: draftText ?? "" });
    expect(asked[0]?.body).toContain(`"draft":${DRAFT},"output"`);
  });

  it("knows an empty draft in every form, and a state without one", async () => {
    for (const empty of ["null", "{}", "{ }", "[]", '""']) expect((await read(state(empty))).draftText).toBeNull();
    const bare = await read(json({ code: 0, data: { state: {} } }));
    expect(bare).toMatchObject({
      draftText: null,
      mediaCount: 0,
      videoInfos: [],
      generatedCount: 0,
      timeline: { tracks: [] },
    });
    expect((await read(state('{"t":[]}'))).draftText).toBe('{"t":[]}');
  });

  it("finds the draft in a bare answer too", async () => {
    expect((await read(json(`{"state":{"draft":${DRAFT}}}`))).draftText).toBe(DRAFT);
    expect((await read(json(`{"draft":${DRAFT}}`))).draftText).toBe(DRAFT);
  });

  it("reads media lists of unknown shape", async () => {
    const lists =
      '"video_infos":[{"filename":"a.mp4","size":10,"cdn_url":"https://c/a.mp4"},{"url":"https://c/x/b.mp4?t=1"},null],"generated_media":{"a":1,"b":2}';
    expect(await read(state("null", lists))).toMatchObject({
      mediaCount: 3,
      videoInfos: [
        { name: "a.mp4", sizeBytes: 10, url: "https://c/a.mp4" },
        { name: "b.mp4", url: "https://c/x/b.mp4?t=1" },
        { name: "" },
      ],
      generatedCount: 2,
    });
  });

  it("prints equal states equally, however they are spelled, and others differently", async () => {
    const print = async (draft: string, rest?: string): Promise<string> => (await read(state(draft, rest))).fingerprint;
    const first = await print('{"a":1,"b":[2,"x"]}');
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(await print('{ "b":[2, "\\u0078"], "a":1 }')).toBe(first);
    const others = await Promise.all([
      print('{"a":1,"b":[2,"y"]}'),
      print('{"a":2,"b":[2,"x"]}'),
      print('{"a":1,"b":[2,"x"]}', '"video_infos":[{}]'),
      print('{"a":1,"b":[2,"x"]}', '"generated_media":[{}]'),
    ]);
    expect(new Set([first, ...others]).size).toBe(5);
  });

  it("refuses a state whose bytes are not text: its draft could not go back as it came", async () => {
    const bytes = new Uint8Array([
      ...new TextEncoder().encode('{"data":{"state":{"draft":{"a":"'),
      0xff,
      ...new TextEncoder().encode('"}}}}'),
    ]);
    expect(await upstream([new Response(bytes)]).nemo.readState(TOKEN, SESSION)).toMatchObject({
      error: { reason: "garbled" },
    });
  });
});

describe("renders", () => {
  const poll = (body: unknown) => value(json(body), (nemo) => nemo.readRender(TOKEN, "r"));

  it("takes any 2xx without an error mark for a yes", async () => {
    for (const body of [
      { success: true, data: { status: "pending" } },
      { code: 0, data: { id: "r" } },
      {},
      "",
      "OK",
      { taskId: "r", status: "pending", error: null },
    ]) {
      expect(
        await value(json(body, 201), (nemo) =>
          nemo.submitRender(TOKEN, { renderId: "r", sessionId: SESSION, draftText: "{}" }),
        ),
      ).toBeNull();
    }
  });

  it("refuses a draft that is not JSON before anything leaves", async () => {
    const { nemo, asked } = upstream([]);
    expect(await nemo.submitRender(TOKEN, { renderId: "r", sessionId: SESSION, draftText: '{},"x":1' })).toMatchObject({
      error: { reason: "refused" },
    });
    expect(asked).toEqual([]);
  });

  it("reads the flat and the wrapped form", async () => {
    const url = "https://cdn.example/o.mp4";
    expect(
      await poll({ taskId: "r", status: "completed", progress: 100, output: { url, duration: 30.5, size: 15700000 } }),
    ).toEqual({ status: "completed", progress: 100, url, message: null, durationSeconds: 30.5, sizeBytes: 15700000 });
    const wrapped = {
      id: "r",
      status: "COMPLETED",
      progress: 100,
      outputUrl: url,
      createdAt: 1795000000000,
      completedAt: 1795000027600,
    };
    for (const body of [{ success: true, data: wrapped }, { code: 0, data: wrapped }, wrapped])
      expect(await poll(body)).toMatchObject({ status: "completed", url });
  });

  it("knows every status in any case, and takes an unknown one for still running", async () => {
    const seen = await Promise.all(
      ["pending", "Processing", "FAILED", "canceled", "cancelled", "warming", "constructor"].map((status) =>
        poll({ status }),
      ),
    );
    expect(seen.map(({ status }) => status)).toEqual([
      "pending",
      "processing",
      "failed",
      "cancelled",
      "cancelled",
      "processing",
      "processing",
    ]);
  });

  it("tells a failed job from a failed call, in every envelope", async () => {
    for (const body of [
      { status: "failed", error: "no codec" },
      { success: false, data: { status: "failed", error: "no codec" } },
      { success: false, error: "no codec", data: { status: "failed" } },
      { status: "failed", error: { message: "no codec" } },
    ]) {
      expect(await poll(body)).toMatchObject({ status: "failed", message: "no codec", url: null });
    }
  });

  it("keeps progress within 0 to 100, and an address only when it is one", async () => {
    expect(await poll({ status: "processing", progress: 250 })).toMatchObject({ progress: 100 });
    expect(await poll({ status: "processing", progress: "37.5" })).toMatchObject({ progress: 37.5 });
    expect(await poll({ status: "completed", output: { url: "file:///etc/passwd" } })).toMatchObject({
      progress: null,
      url: null,
    });
  });
});

describe("finished files", () => {
  const file = (): Response => new Response("MP4", { headers: { "content-type": "text/plain" } });

  it("fetches a result without the token, and only by https", async () => {
    const { nemo, asked } = upstream([file()]);
    const answer = await nemo.fetchResult("https://cdn.example/o.mp4?sig=1");
    expect(answer.ok && (await answer.value.text())).toBe("MP4");
    expect(asked[0]).toMatchObject({ method: "GET", path: "/o.mp4?sig=1" });
    expect([asked[0]?.headers.get("authorization"), asked[0]?.headers.get("x-skill-source")]).toEqual([null, null]);
    for (const url of ["http://cdn.example/o.mp4", "file:///o.mp4", "o.mp4", ""])
      expect(await nemo.fetchResult(url)).toMatchObject({ error: { reason: "refused" } });
    expect(asked).toHaveLength(1);
  });

  it("takes the fallback as a file, as a redirect, and as an address in JSON; the token goes to upstream only", async () => {
    const redirect = new Response(null, { status: 302, headers: { location: "https://cdn.example/o.mp4" } });
    const named = json({ success: true, data: { output: { url: "https://cdn.example/o.mp4" } } });
    for (const [answers, requests] of [
      [[file()], 1],
      [[redirect, file()], 2],
      [[named, file()], 2],
    ] as const) {
      const { nemo, asked } = upstream(answers);
      const answer = await nemo.downloadRender(TOKEN, "r");
      expect(answer.ok && (await answer.value.text())).toBe("MP4");
      expect(asked.map(({ headers }) => headers.get("authorization"))).toEqual(
        [`Bearer ${TOKEN}`, null].slice(0, requests),
      );
    }
  });
});

describe("uploads", () => {
  it("reads what upstream took, in both spellings, and no list at all", async () => {
    const entry = {
      filename: "a.mp4",
      file_type: "video",
      cdn_url: "https://c/a.mp4",
      duration: 30.5,
      width: 1920,
      height: 1080,
      fps: 30,
      hash: "9f00aa",
    };
    const took = (body: unknown) =>
      value(json(body), (nemo) => nemo.uploadByUrl(TOKEN, SESSION, ["https://files.example/a.mp4"]));
    expect(await took({ code: 0, data: { files: [entry], session_state_applied: true } })).toEqual([
      { name: "a.mp4", url: "https://c/a.mp4", kind: "video", durationSeconds: 30.5, width: 1920, height: 1080 },
    ]);
    expect(await took({ code: 0, data: { uploaded_files: [{ url: "https://c/a.mp4" }] } })).toMatchObject([
      { name: "", url: "https://c/a.mp4" },
    ]);
    for (const body of [{ code: 0 }, "", { code: 0, data: null }]) expect(await took(body)).toEqual([]);
  });

  /** `size` bytes in chunks; `failAt` breaks off there. */
  function source(size: number, failAt = Number.POSITIVE_INFINITY): ReadableStream<Uint8Array> {
    let left = size;
    return new ReadableStream({
      pull(controller) {
        if (size - left >= failAt) return controller.error(new Error("source gone"));
        if (left === 0) return controller.close();
        const chunk = new Uint8Array(Math.min(left, 65_536)).fill(97);
        left -= chunk.byteLength;
        controller.enqueue(chunk);
      },
    });
  }
  const upload = (nemo: Nemo, sizeBytes: number, body: ReadableStream<Uint8Array>, filename = "a.mp4") =>
    nemo.uploadFile(TOKEN, SESSION, { filename, contentType: "video/mp4", sizeBytes, body });

  it("streams one file as a form that a server reads back whole, and a strange name with it", async () => {
    const { nemo, asked } = upstream([json({ code: 0, data: { files: [{ filename: "x" }] } })]);
    const name = 'ф"1\r\nX: y.mp4';
    expect(await upload(nemo, 200_000, source(200_000), name)).toMatchObject({ ok: true, value: [{ name: "x" }] });
    const form = await new Response(asked[0]?.body ?? "", {
      headers: { "content-type": asked[0]?.headers.get("content-type") ?? "" },
    }).formData();
    const files = form.getAll("files");
    expect([...form.keys()]).toEqual(["files"]);
    const got = files[0];
    if (!(got instanceof File)) throw new Error("no file");
    expect([got.size, got.type]).toEqual([200_000, "video/mp4"]);
    expect(asked[0]?.body).toContain('name="files"; filename="ф%221%0D%0AX: y.mp4"');
  });

  it("fails when the file breaks off or has another length", async () => {
    const yes = (): Response => json({ code: 0, data: { files: [] } });
    for (const body of [source(100_000, 65_536), source(50_000), source(150_000)]) {
      expect(await upload(upstream([yes]).nemo, 100_000, body)).toMatchObject({
        ok: false,
        error: { reason: "unavailable", at: "upload" },
      });
    }
  });

  it("takes a refusal that comes before the file was read", async () => {
    const nemo = upstream([]).nemo;
    expect((await upload(nemo, 10, source(10))).ok).toBe(false);
  });
});

describe("a turn", () => {
  it("is opened by a stream of any media type but JSON", async () => {
    expect((await upstream([sse([])]).nemo.openTurn(TOKEN, { sessionId: SESSION, text: "x" })).ok).toBe(true);
    expect(
      (await upstream([new Response("data: x\n\n")]).nemo.openTurn(TOKEN, { sessionId: SESSION, text: "x" })).ok,
    ).toBe(true);
  });
});
