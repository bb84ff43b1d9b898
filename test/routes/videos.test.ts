/** Videos over HTTP. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { hex, sha256 } from "../../src/core/encoding.ts";
import type { TenantId } from "../../src/core/ids.ts";
import { DEDUPE_MS } from "../../src/core/limits.ts";
import type { VideoWire } from "../../src/core/wire/video.ts";
import { call, jsonOf, makeKey, makeMember, readProblem, send } from "../support/gateway.ts";
import { tenantRpc, tenantStub, until } from "../support/objects.ts";

/** The start of a PNG, enough to be sniffed. */
const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
const WAIT = { Prefer: "wait=60" };

async function finished(video: VideoWire, headers: Record<string, string>): Promise<VideoWire> {
  return until(async () => {
    const read = await jsonOf<VideoWire>(await call(`/v1/videos/${video.id}`, { headers }));
    return read.ended_at === null ? null : read;
  });
}

describe("POST /v1/videos", () => {
  it.concurrent("takes one request and one download", async () => {
    const { headers } = await makeMember(null);
    const posted = await send(
      "POST",
      "/v1/videos",
      { prompt: "make a 2 second video about tea" },
      { ...headers, ...WAIT },
    );
    expect(posted.headers.get("Preference-Applied")).toBe("wait=60");
    const video = await jsonOf<VideoWire>(posted);
    expect(video).toMatchObject({ status: "completed", poll_after_seconds: null, estimated_seconds: null });
    const file = await call(new URL(video.content_url).pathname, { headers });
    expect([file.status, file.headers.get("Content-Type")]).toEqual([200, "video/mp4"]);
    const bytes = new Uint8Array(await file.arrayBuffer());
    expect(new TextDecoder().decode(bytes.slice(4, 8))).toBe("ftyp");
    const path = `/v1/videos/${video.id}/content`;
    const head = await call(path, { method: "HEAD", headers });
    expect(head.headers.get("Content-Length")).toBe(String(bytes.length));
    const part = await call(path, { headers: { ...headers, Range: "bytes=4-7" } });
    expect([part.status, await part.text()]).toEqual([206, "ftyp"]);
    const link = await jsonOf<{ download_url: string }>(
      await send("POST", `/v1/videos/${video.id}/link`, {}, headers),
      201,
    );
    expect((await call(new URL(link.download_url).pathname)).status).toBe(200);
  });

  it.concurrent("answers at once with the address of the video", async () => {
    const { headers } = await makeMember(null);
    const posted = await send("POST", "/v1/videos", { prompt: "make a 1 second video" }, headers);
    const video = await jsonOf<VideoWire>(posted, 202);
    expect(posted.headers.get("Location")).toBe(`/v1/videos/${video.id}`);
    const base = `https://gateway.example/v1/videos/${video.id}`;
    expect(video).toMatchObject({
      status: "queued",
      status_url: base,
      events_url: `${base}/events`,
      content_url: `${base}/content`,
      cancel_url: `${base}/cancel`,
      poll_after_seconds: 5,
      estimated_seconds: 120,
    });
    expect(await readProblem(await call(`/v1/videos/${video.id}/content`, { headers }))).toMatchObject({
      status: 409,
      code: "video_not_ready",
    });
    await finished(video, headers);
  });

  it.concurrent("creates one for one key, without a user too", async () => {
    const { headers } = await makeMember(null);
    const idempotency = { ...headers, "Idempotency-Key": "one" };
    const body = { prompt: "make a 1 second video" };
    const first = await jsonOf<VideoWire>(await send("POST", "/v1/videos", body, idempotency), 202);
    const second = await jsonOf<VideoWire>(await send("POST", "/v1/videos", body, idempotency), 202);
    expect(second.id).toBe(first.id);
    const other = await send("POST", "/v1/videos", { prompt: "another" }, idempotency);
    expect(await readProblem(other)).toMatchObject({ code: "idempotency_mismatch" });
  });

  it.concurrent("only describes what would be sent in a dry run", async () => {
    const { headers } = await makeMember(null);
    const body = { variables: { topic: "tea", seconds: "5" }, dry_run: true };
    const plan = await jsonOf(await send("POST", "/v1/generators/free-generation-maker/videos", body, headers));
    expect(plan).toEqual({
      dry_run: true,
      prompt: "generate a 5-second video from my script about tea",
      generator: { id: "free-generation-maker", slug: "free-generation-maker", version: 1 },
      asset_ids: [],
      output: { format: "mp4", quality: "high" },
      estimated_seconds: 120,
      cost: expect.objectContaining({ basis: "published" }), // test/routes/dry-run.test.ts
    });
  });

  it.concurrent("checks in a dry run what it would reject", async () => {
    const { headers } = await makeMember("ada");
    for (const [more, field] of [
      [{ assets: [`ast_${"0".repeat(36)}`] }, "/assets/0"],
      [{ output: { format: "gif" } }, "/output"],
      [{ callback_url: "http://example.org/" }, "/callback_url"],
    ] as const) {
      const answer = await send("POST", "/v1/videos", { prompt: "x", dry_run: true, ...more }, headers);
      expect(await readProblem(answer)).toMatchObject({ status: 422, errors: [{ field }] });
    }
    const project = `prj_${"0".repeat(36)}`;
    expect((await send("POST", "/v1/videos", { prompt: "x", dry_run: true, project }, headers)).status).toBe(404);
    expect((await jsonOf<{ data: [] }>(await call("/v1/videos", { headers }))).data).toEqual([]);
  });

  it.concurrent("is continued, and awaited like the first time, with new time limits", async () => {
    const { headers } = await makeMember(null);
    const first = await jsonOf<VideoWire>(
      await send("POST", "/v1/videos", { prompt: "make a 1 second video" }, { ...headers, ...WAIT }),
    );
    type Timeline = { duration_ms: number; tracks: unknown[] };
    const timeline = async () => jsonOf<Timeline>(await call(`/v1/projects/${first.project_id}/timeline`, { headers }));
    const before = await timeline();
    await new Promise((resolve) => setTimeout(resolve, first.elapsed_ms));
    const path = `/v1/videos/${first.id}/turns`;
    const next = await send("POST", path, { prompt: "make it 2 seconds long" }, { ...headers, ...WAIT });
    expect(next.headers.get("Preference-Applied")).toBe("wait=60");
    const second = await jsonOf<VideoWire>(next);
    expect(second).toMatchObject({ id: first.id, status: "completed", prompt: "make it 2 seconds long" });
    expect(second.render_id).not.toBe(first.render_id);
    const now = await timeline(); // what the first message made is there, changed as the second one said
    expect([before.duration_ms, now.duration_ms]).toEqual([1_000, 2_000]);
    expect(now.tracks).toHaveLength(before.tracks.length);
    const lifetime = Date.parse(second.ended_at ?? "") - Date.parse(first.created_at);
    expect(second.elapsed_ms).toBeLessThanOrEqual(lifetime - first.elapsed_ms * 2);
  });

  it.concurrent("waits for an upload in progress", async () => {
    const { headers } = await makeMember("ada");
    const upload = await jsonOf<{ id: string }>(
      await send("POST", "/v1/uploads", { filename: "cup.png", size_bytes: PNG.length }, headers),
      201,
    );
    const body = { prompt: "make a 1 second video from the picture", assets: [upload.id] };
    const video = await jsonOf<VideoWire>(await send("POST", "/v1/videos", body, headers), 202);
    await until(async () => {
      const { stage } = await jsonOf<VideoWire>(await call(`/v1/videos/${video.id}`, { headers }));
      return stage === "assets";
    });
    const sent = await call(`/v1/uploads/${upload.id}/content`, { method: "PUT", headers, body: PNG });
    expect(sent.status).toBe(200);
    expect(await finished(video, headers)).toMatchObject({ status: "completed" });
  });

  it.concurrent.each([
    [{}, "/prompt"],
    [{ prompt: "" }, "/prompt"],
    [{ prompt: "x", assets: ["nonsense"] }, "/assets/0"],
    [{ prompt: "x", assets: Array(21).fill("ast_x") }, "/assets"],
    [{ prompt: "x", on_question: "maybe" }, "/on_question"],
    [{ prompt: "x", on_question: `answer: ${"a".repeat(20_001)}` }, "/on_question"],
    [{ prompt: "x", output: { format: "gif" } }, "/output"],
    [{ prompt: "x", project: "trn_0000000000000000000000000000000000000" }, "/project"],
    [{ prompt: "x", callback_url: "http://example.org/" }, "/callback_url"],
    [{ prompt: "x", surprise: true }, "/surprise"],
  ])("is rejected with the invalid field: %j", async (body, field) => {
    const { headers } = await makeMember(null);
    const problem = await readProblem(await send("POST", "/v1/videos", body, headers));
    expect(problem.status).toBe(422);
    expect(problem.errors?.map((error) => error.field).join()).toContain(field);
  });

  it.concurrent("rejects an unknown file", async () => {
    const { headers } = await makeMember("ada");
    const body = { prompt: "x", assets: [`ast_${"0".repeat(36)}`] };
    const problem = await readProblem(await send("POST", "/v1/videos", body, headers));
    expect(problem).toMatchObject({ status: 422, charged: "no", errors: [{ field: "/assets/0" }] });
  });

  it.concurrent("needs a key with the scopes for chat and render", async () => {
    const { tenant } = await makeMember(null);
    const chat = await makeKey(tenant.id, { scopes: ["read", "chat"] });
    const problem = await send("POST", "/v1/videos", { prompt: "x" }, { Authorization: `Bearer ${chat.secret}` });
    expect(await readProblem(problem)).toMatchObject({ status: 403, code: "missing_scope" });
  });
});

describe("POST /v1/generators/{id}/videos", () => {
  it.concurrent("names every variable that is missing or invalid, and a missing file", async () => {
    const { headers } = await makeMember(null);
    const body = { variables: { seconds: 900, colour: "red" } };
    const problem = await readProblem(await send("POST", "/v1/generators/video-to-generator/videos", body, headers));
    expect(problem).toMatchObject({ status: 422, code: "invalid_request" });
    expect(problem.errors?.map(({ field }) => field)).toEqual(["/variables/seconds", "/variables/colour", "/assets"]);
    expect((await send("POST", "/v1/generators/none-such/videos", {}, headers)).status).toBe(404);
  });

  it.concurrent("creates a video with a tenant's own recipe, and names it", async () => {
    const { headers } = await makeMember(null);
    const recipe = {
      name: "Tea",
      prompt: "make a {{s}} second video about tea",
      variables: [{ name: "s", type: "number" }],
    };
    await send("POST", "/v1/generators", recipe, headers);
    const made = await send("POST", "/v1/generators/tea/videos", { variables: { s: 1 } }, { ...headers, ...WAIT });
    const video = await jsonOf<VideoWire>(made);
    expect(video).toMatchObject({
      status: "completed",
      prompt: "make a 1 second video about tea",
      generator: { slug: "tea", version: 1 },
    });
  });
});

describe("a user's videos", () => {
  it.concurrent("are listed newest first, by status too, and are hidden from other users", async () => {
    const ada = await makeMember("ada");
    const make = async (prompt: string) =>
      jsonOf<VideoWire>(await send("POST", "/v1/videos", { prompt }, { ...ada.headers, ...WAIT }));
    const one = await make("make a 1 second video");
    const two = await make("make something #fault:question");
    const list = async (query: string, headers: Record<string, string> = ada.headers) =>
      (await jsonOf<{ data: VideoWire[] }>(await call(`/v1/videos${query}`, { headers }))).data.map(({ id }) => id);
    expect(await list("")).toEqual([two.id, one.id]);
    expect(await list("?status=needs_input")).toEqual([two.id]);
    const made = { variables: { topic: "tea", seconds: 1 } };
    const three = await jsonOf<VideoWire>(
      await send("POST", "/v1/generators/free-generation-maker/videos", made, { ...ada.headers, ...WAIT }),
    );
    expect(await list("?generator=free-generation-maker")).toEqual([three.id]);
    expect(await list("?generator=generator-online")).toEqual([]);
    expect(await list(`?project=${one.project_id}&status=completed`)).toEqual([one.id]);
    expect(await list(`?project=${one.project_id}&status=failed`)).toEqual([]);
    expect(await list(`?batch=bat_${one.id.slice(4)}`)).toEqual([]);
    const bob = { ...ada.headers, "X-User-Id": "bob" };
    expect(await list("", bob)).toEqual([]);
    const stranger = (await makeMember("ada")).headers;
    for (const path of ["", "/events", "/content"])
      expect((await call(`/v1/videos/${one.id}${path}`, { headers: stranger })).status).toBe(404);
    for (const path of ["/turns", "/cancel", "/link"])
      expect((await send("POST", `/v1/videos/${one.id}${path}`, { prompt: "x" }, stranger)).status).not.toBe(200);
    expect((await jsonOf<VideoWire>(await call(`/v1/videos/${one.id}`, { headers: ada.headers }))).status).toBe(
      "completed",
    );
  });
});

describe("a tool that cannot send nested JSON", () => {
  it.concurrent("sends flat fields, as text", async () => {
    const { headers } = await makeMember(null);
    const flat = {
      var_topic: "tea",
      var_seconds: "1",
      metadata_order: 7,
      asset_urls: "",
      callback_url: "",
      on_question: "",
    };
    const made = await send("POST", "/v1/generators/free-generation-maker/videos", flat, { ...headers, ...WAIT });
    expect(await jsonOf<VideoWire>(made)).toMatchObject({
      status: "completed",
      prompt: "generate a 1-second video from my script about tea",
      metadata: { order: "7" },
    });
  });

  it.concurrent("sends a form with prompt and files in one request", async () => {
    const { headers } = await makeMember(null);
    const form = new FormData();
    form.set("prompt", "make a 1 second video from the picture");
    form.set("metadata_order", "8");
    form.append("file", new File([PNG], "cup.png", { type: "image/png" }));
    const posted = await call("/v1/videos", {
      method: "POST",
      body: form,
      headers: { ...headers, "Idempotency-Key": "f" },
    });
    const video = await jsonOf<VideoWire>(posted, 202);
    expect(video.asset_ids).toHaveLength(1);
    expect(await finished(video, headers)).toMatchObject({ status: "completed", metadata: { order: "8" } });
    const again = await call("/v1/videos", {
      method: "POST",
      body: form,
      headers: { ...headers, "Idempotency-Key": "f" },
    });
    expect((await jsonOf<VideoWire>(again, 202)).id).toBe(video.id);
    const wrong = new FormData();
    wrong.set("surprise", "x");
    const problem = await readProblem(await call("/v1/videos", { method: "POST", body: wrong, headers }));
    expect(problem.errors?.map(({ field }) => field)).toEqual(["/prompt", "/surprise"]);
  });

  it.concurrent("sends the form of a web page, and learns of a field that is sent twice", async () => {
    const { headers } = await makeMember(null);
    const post = (fields: string[][]) =>
      call("/v1/generators/free-generation-maker/videos", {
        method: "POST",
        headers: { ...headers, "Content-Type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(fields).toString(),
      });
    const said = [
      ["var_topic", "tea & cake"],
      ["dry_run", "yes"],
    ];
    expect(await jsonOf(await post(said))).toMatchObject({
      prompt: "generate a 30-second video from my script about tea & cake",
    });
    const problem = await readProblem(await post([...said, ["var_topic", "coffee"]]));
    expect(problem).toMatchObject({ status: 422, errors: [{ field: "/var_topic" }] });
  });

  it.concurrent("stores no file of a form without the scope for it, nor for an unknown generator", async () => {
    const { headers, tenant } = await makeMember(null);
    const key = await makeKey(tenant.id, { scopes: ["read", "chat", "render"] });
    const form = (named: boolean) => {
      const fields = new FormData();
      fields.set("prompt", "make a 1 second video");
      fields.set("dry_run", "true");
      if (named) fields.append("file", new File([PNG], "cup.png", { type: "image/png" }));
      return fields;
    };
    const post = (path: string, body: FormData, credential: Record<string, string>) =>
      call(path, { method: "POST", body, headers: { ...credential, "X-User-Id": "ada" } });
    const narrow = { Authorization: `Bearer ${key.secret}` };
    expect((await post("/v1/videos", form(false), narrow)).status).toBe(200);
    expect(await readProblem(await post("/v1/videos", form(true), narrow))).toMatchObject({
      code: "missing_scope",
      detail: "This request needs the scope `upload`; this credential has read, chat, render.",
    });
    expect((await post("/v1/generators/none-such/videos", form(true), headers)).status).toBe(404);
    const list = await call("/v1/uploads", { headers: { ...headers, "X-User-Id": "ada" } });
    expect(await jsonOf<{ data: unknown[] }>(list)).toMatchObject({ data: [] });
  });
});

describe("the same body again, from a tool without an Idempotency-Key", () => {
  const body = { prompt: "make a 1 second video about once" };
  const post = (headers: Record<string, string>, more: object = {}) =>
    send("POST", "/v1/videos", { ...body, ...more }, headers);

  it.concurrent("returns the first video, also for concurrent requests, and if the first request crashed on the way", async () => {
    const { headers, tenant } = await makeMember(null);
    const both = await Promise.all([post(headers), post(headers)]);
    const [first, second] = await Promise.all(both.map(async (one) => (await one.json()) as VideoWire));
    expect(second?.id).toBe(first?.id);
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 202]);
    const third = await jsonOf<VideoWire>(await post(headers));
    expect(third).toMatchObject({ id: first?.id, deduplicated: true });
    // A claim whose request never came to start anything: the next one starts it.
    const other = { prompt: "make another" };
    const hash = hex(await sha256(`POST /v1/videos ${JSON.stringify(other)}`));
    await tenantRpc({ tenant: tenant.id as TenantId, mode: "test", uh: "" }).dedupeBody(hash);
    const made = await jsonOf<VideoWire>(await send("POST", "/v1/videos", other, headers), 202);
    expect(made.deduplicated).toBeUndefined();
    const again = await jsonOf<VideoWire>(await send("POST", "/v1/videos", other, headers), 200);
    expect(again).toMatchObject({ id: made.id, deduplicated: true });
  });

  it.concurrent("creates another one once the first was deleted; a caller's own key gets 410", async () => {
    const { headers } = await makeMember(null);
    const first = await jsonOf<VideoWire>(await post(headers), 202);
    const remove = (id: string) => call(`/v1/videos/${id}`, { method: "DELETE", headers });
    expect((await remove(first.id)).status).toBe(204);
    const both = await Promise.all([post(headers), post(headers)]);
    const ids = await Promise.all(both.map(async (one) => ((await one.json()) as VideoWire).id));
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(first.id);
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 202]);

    const keyed = { ...headers, "Idempotency-Key": "a" };
    const own = await jsonOf<VideoWire>(await post(keyed), 202);
    await remove(own.id);
    expect(await readProblem(await post(keyed))).toMatchObject({ status: 410, code: "repeat_deleted" });
  });

  it.concurrent("creates another one after a minute, with another body, a user, a key, or if deduplication is off", async () => {
    const { headers, tenant } = await makeMember(null);
    const ids = new Set<string>();
    const count = async (answer: Promise<Response>) => ids.add((await jsonOf<VideoWire>(await answer, 202)).id).size;
    expect(await count(post(headers))).toBe(1);
    expect(await count(post(headers, { language: "en" }))).toBe(2);
    expect(await count(post(headers, { dedupe: false }))).toBe(3);
    expect(await count(post(headers, { dedupe: false }))).toBe(4);
    expect(await count(post({ ...headers, "X-User-Id": "ada" }))).toBe(5);
    expect(await count(post({ ...headers, "X-User-Id": "ada" }))).toBe(6);
    expect(await count(post({ ...headers, "Idempotency-Key": "a" }))).toBe(7);
    const stub = tenantStub({ tenant: tenant.id as TenantId, mode: "test", uh: "" });
    await runInDurableObject(stub, (_, state) => {
      state.storage.sql.exec("UPDATE dedupe_keys SET created_at = created_at - ?", DEDUPE_MS);
    });
    expect(await count(post(headers))).toBe(8);
  });
});
