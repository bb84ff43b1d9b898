import { createParser, type EventSourceMessage } from "eventsource-parser";
import { beforeAll, describe, expect, it } from "vitest";
import { type Link, signLink } from "../../src/core/crypto.ts";
import type { AssetId, TenantId } from "../../src/core/ids.ts";
import type { ProjectWire, TimelineWire } from "../../src/core/wire/project.ts";
import type { RenderWire } from "../../src/core/wire/render.ts";
import type { TurnEventsPage, TurnWire } from "../../src/core/wire/turn.ts";
import type { AssetWire, UploadWire } from "../../src/core/wire/upload.ts";
import { call, env, jsonOf, type Member, makeKey, makeMember, ORIGIN, readProblem, send } from "../support/gateway.ts";
import { until } from "../support/objects.ts";

let member: Member;
beforeAll(async () => {
  member = await makeMember();
});

const get = (path: string, headers: Record<string, string> = {}) =>
  call(path, { headers: { ...member.headers, ...headers } });
const post = (path: string, body: unknown = "", headers: Record<string, string> = {}) =>
  send("POST", path, body, { ...member.headers, ...headers });
const newProject = async () => jsonOf<ProjectWire>(await post("/v1/projects", {}), 201);

/** A stream's events until it ends or `enough` says so. */
async function eventsOf(response: Response, enough = (_: EventSourceMessage) => false): Promise<EventSourceMessage[]> {
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    if (events.some(enough)) break;
  }
  return events;
}

const endedTurn = async (project: string, prompt: string): Promise<TurnWire> =>
  jsonOf(await post(`/v1/projects/${project}/turns`, { prompt }, { Prefer: "wait=60" }));

/** Uploads `bytes` in one request. */
async function uploaded(bytes: Uint8Array): Promise<UploadWire> {
  const made = await jsonOf<UploadWire>(
    await post("/v1/uploads", { filename: "photo.png", size_bytes: bytes.length }),
    201,
  );
  const headers = { ...member.headers, "Content-Length": String(bytes.length) };
  return jsonOf(await call(new URL(made.content_url, ORIGIN).pathname, { method: "PUT", body: bytes, headers }));
}

const PNG = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="),
  (char) => char.charCodeAt(0),
);

describe("projects", () => {
  it("are created, found by their id alone, and listed for their user", async () => {
    const response = await post("/v1/projects", { name: "summer", metadata: { order: "1" } });
    const made = await jsonOf<ProjectWire>(response, 201);
    expect(response.headers.get("Location")).toBe(`/v1/projects/${made.id}`);
    const { "X-User-Id": _, ...withoutUser } = member.headers;
    expect(await jsonOf(await call(`/v1/projects/${made.id}`, { headers: withoutUser }))).toEqual(made);
    const list = await jsonOf<{ data: ProjectWire[] }>(await get("/v1/projects"));
    expect(list.data.map((project) => project.id)).toContain(made.id);
    const others = await jsonOf<{ data: ProjectWire[] }>(await get("/v1/projects", { "X-User-Id": "another user" }));
    expect(others.data).toEqual([]);
  });

  it("are created once for one Idempotency-Key, with and without a user", async () => {
    const { "X-User-Id": _, ...withoutUser } = member.headers;
    for (const headers of [member.headers, withoutUser]) {
      const make = (body: unknown) => send("POST", "/v1/projects", body, { ...headers, "Idempotency-Key": "once" });
      const first = await jsonOf<ProjectWire>(await make({ name: "a" }), 201);
      expect((await jsonOf<ProjectWire>(await make({ name: "a" }), 201)).id).toBe(first.id);
      expect(await readProblem(await make({ name: "b" }))).toMatchObject({ status: 422, code: "idempotency_mismatch" });
    }
  });

  it("of another tenant, or of the other mode, answer 404", async () => {
    const { id } = await newProject();
    const stranger = await makeMember();
    const live = await makeKey(member.tenant.id, { mode: "live" });
    for (const headers of [stranger.headers, { "X-Api-Key": live.secret }]) {
      for (const path of [
        `/v1/projects/${id}`,
        `/v1/projects/${id}/timeline`,
        `/v1/projects/${id}/turns`,
        `/v1/projects/${id}/renders`,
      ]) {
        expect(await readProblem(await call(path, { headers })), path).toMatchObject({
          status: 404,
          code: "not_found",
        });
      }
      expect((await send("POST", `/v1/projects/${id}/turns`, { prompt: "hi" }, headers)).status).toBe(404);
    }
  });
});

describe("turns", () => {
  it("answer 202 with their position at once", async () => {
    const { id } = await newProject();
    const response = await post(`/v1/projects/${id}/turns`, { prompt: "make a clip" });
    const made = await jsonOf<TurnWire>(response, 202);
    expect(response.headers.get("Location")).toBe(`/v1/turns/${made.id}`);
    await until(async () => (await jsonOf<TurnWire>(await get(`/v1/turns/${made.id}`))).ended_at);
    expect(await jsonOf<{ data: TurnWire[] }>(await get(`/v1/projects/${id}/turns`))).toMatchObject({
      data: [{ id: made.id, status: "completed" }],
    });
  });

  it("can be awaited with Prefer: wait", async () => {
    const { id } = await newProject();
    const response = await post(`/v1/projects/${id}/turns`, { prompt: "make a clip" }, { Prefer: "wait=60" });
    expect(response.headers.get("Preference-Applied")).toBe("wait=60");
    expect(await jsonOf<TurnWire>(response)).toMatchObject({ status: "completed" });
  });

  it("stream from the first event to the last, and again from any cursor", async () => {
    const { id } = await newProject();
    const response = await post(`/v1/projects/${id}/turns`, { prompt: "make a clip" }, { Accept: "text/event-stream" });
    expect(response.headers.get("Content-Type")).toContain("text/event-stream");
    const path = `${response.headers.get("Location")}/events`;
    const all = await eventsOf(response);
    const onFromLast = () => get(path, { "Last-Event-ID": all.at(-1)?.id ?? "0" });
    // A response may end before the turn does; a client continues after its last event.
    for (let next = await onFromLast(); next.status !== 204; next = await onFromLast())
      all.push(...(await eventsOf(next)));
    expect(all[0]?.event).toBe("turn.started");
    expect(all.at(-1)?.event).toBe("turn.completed");
    const rest = await eventsOf(await get(path, { "Last-Event-ID": all[0]?.id ?? "" }));
    expect(rest).toEqual(all.slice(1));
    expect(await eventsOf(await get(`${path}?after=${all[1]?.id}`, { "Last-Event-ID": all[0]?.id ?? "" }))).toEqual(
      all.slice(1),
    );
    const page = await jsonOf<TurnEventsPage>(await get(`${path}?limit=2`, { Accept: "application/json" }));
    expect(page.data.map((row) => String(row.id))).toEqual(all.slice(0, 2).map((event) => event.id));
    expect((await get(path, { "Last-Event-ID": all.at(-1)?.id ?? "" })).status).toBe(204);
    expect(await readProblem(await get(path, { "Last-Event-ID": "x" }))).toMatchObject({
      status: 422,
      code: "invalid_cursor",
    });
    expect(await readProblem(await get(`${path}?wait=26`, { Accept: "application/json" }))).toMatchObject({
      status: 422,
    });
  });
});

describe("timelines", () => {
  it("are readable, have an ETag, and are upstream's own bytes", async () => {
    const { id } = await newProject();
    await endedTurn(id, "make a clip");
    const response = await get(`/v1/projects/${id}/timeline`);
    const etag = response.headers.get("ETag") ?? "";
    expect(etag).toMatch(/^"/);
    expect(await jsonOf<TimelineWire>(response)).toMatchObject({ project_id: id, exportable: true });
    expect((await get(`/v1/projects/${id}/timeline`, { "If-None-Match": etag })).status).toBe(304);
    expect(await jsonOf(await get(`/v1/projects/${id}/timeline?format=draft`))).toHaveProperty("t");
  });
});

describe("uploads", () => {
  it("become assets that projects can use", async () => {
    const done = await uploaded(PNG);
    expect(done).toMatchObject({ status: "completed", offset_bytes: PNG.length });
    const id = await until(async () => (await jsonOf<UploadWire>(await get(`/v1/uploads/${done.id}`))).asset_id);
    const asset = await jsonOf<AssetWire>(await get(`/v1/assets/${id}`));
    expect(asset).toMatchObject({ status: "ready", kind: "image", filename: "photo.png" });
    expect(asset).not.toHaveProperty("key");
    expect((await jsonOf<{ data: AssetWire[] }>(await get("/v1/assets"))).data).toEqual([asset]);
    const attach = await post(`/v1/projects/${(await newProject()).id}/assets`, { asset_id: id });
    expect([200, 202]).toContain(attach.status);
    expect(await attach.json()).toMatchObject({ asset_id: id });
  });

  it("without a user may be used in a project without one", async () => {
    const { "X-User-Id": _, ...withoutUser } = member.headers;
    const made = await jsonOf<UploadWire>(
      await send("POST", "/v1/uploads", { filename: "photo.png", size_bytes: PNG.length }, withoutUser),
      201,
    );
    const headers = { ...withoutUser, "Content-Length": String(PNG.length) };
    expect((await call(`/v1/uploads/${made.id}/content`, { method: "PUT", body: PNG, headers })).status).toBe(200);
    const asset_id = await until(
      async () => (await jsonOf<UploadWire>(await call(`/v1/uploads/${made.id}`, { headers: withoutUser }))).asset_id,
    );
    const project = await jsonOf<ProjectWire>(await send("POST", "/v1/projects", {}, withoutUser), 201);
    const attach = await send("POST", `/v1/projects/${project.id}/assets`, { asset_id }, withoutUser);
    expect([200, 202]).toContain(attach.status);
  });

  it("are one for one Idempotency-Key", async () => {
    const make = () => post("/v1/uploads", { filename: "a.png", size_bytes: 5 }, { "Idempotency-Key": "same" });
    const first = await jsonOf<UploadWire>(await make(), 201);
    expect((await jsonOf<UploadWire>(await make(), 201)).id).toBe(first.id);
  });
});

describe("renders", () => {
  it("end with a file that can be read in ranges and shared by link", async () => {
    const { id } = await newProject();
    await endedTurn(id, "make a clip #slow_render:120s"); // two seconds, so that there is no file to share at first
    const response = await post(`/v1/projects/${id}/renders`);
    const made = await jsonOf<RenderWire>(response, 202);
    expect(response.headers.get("Location")).toBe(`/v1/renders/${made.id}`);
    expect(await readProblem(await post(`/v1/renders/${made.id}/link`))).toMatchObject({
      status: 409,
      code: "render_not_ready",
    });
    const done = await until(async () => {
      const now = await jsonOf<RenderWire>(await get(`/v1/renders/${made.id}`));
      return now.ended_at === null ? null : now;
    });
    expect(done).toMatchObject({ status: "completed", file: { content_type: "video/mp4" } });

    const content = `/v1/renders/${made.id}/content`;
    const part = await get(content, { Range: "bytes=4-7" });
    expect([part.status, await part.text()]).toEqual([206, "ftyp"]);
    const head = await call(content, { method: "HEAD", headers: member.headers });
    expect([head.status, head.headers.get("Content-Length")]).toEqual([200, String(done.file?.size_bytes)]);
    expect(head.headers.get("ETag")).toBe(done.file?.etag);
    const outside = await get(content, { Range: "bytes=999999999-" });
    expect(outside.headers.get("Content-Range")).toBe(`bytes */${done.file?.size_bytes}`);
    expect(await readProblem(outside)).toMatchObject({ status: 416 });

    const link = await jsonOf<{ download_url: string }>(
      await post(`/v1/renders/${made.id}/link`, { expires_in_seconds: 60 }),
      201,
    );
    const shared = await call(link.download_url.slice(ORIGIN.length));
    expect([shared.status, (await shared.arrayBuffer()).byteLength]).toEqual([200, done.file?.size_bytes]);
    expect(await readProblem(await call(`${link.download_url.slice(ORIGIN.length)}x`))).toMatchObject({
      status: 404,
      code: "not_found",
    });
  });
});

describe("signed links", () => {
  const roots = { current: env.ROOT_SECRET, previous: null };
  const open = async (link: Link, headers = {}) => call(`/f/${await signLink(link, roots)}`, { headers });

  it("let upstream pull one asset, until they expire", async () => {
    const { id } = await uploaded(PNG);
    const asset = await until(async () => (await jsonOf<UploadWire>(await get(`/v1/uploads/${id}`))).asset_id);
    const link: Link = {
      purpose: "pull",
      id: asset as AssetId,
      tenant: member.tenant.id as TenantId,
      mode: "test",
      expiresAt: Date.now() + 60_000,
    };
    const pulled = await open(link);
    expect([pulled.status, pulled.headers.get("Content-Type")]).toEqual([200, "image/png"]);
    expect(new Uint8Array(await pulled.arrayBuffer())).toEqual(PNG);
    expect(await readProblem(await open({ ...link, expiresAt: Date.now() - 1_000 }))).toMatchObject({
      status: 410,
      code: "link_expired",
    });
    const page = await open({ ...link, expiresAt: Date.now() - 1_000 }, { Accept: "text/html,*/*;q=0.8" });
    expect([page.status, page.headers.get("Content-Type"), page.headers.get("Vary")]).toEqual([
      410,
      "text/html; charset=UTF-8",
      expect.stringContaining("Accept"),
    ]);
    expect(await page.text()).toContain("This link has expired");
    expect(await readProblem(await open({ ...link, mode: "live" }))).toMatchObject({ status: 404, code: "not_found" });
  });
});

describe("a tenant's own routes", () => {
  it("/v1/me describes the key", async () => {
    expect(await jsonOf(await get("/v1/me"))).toMatchObject({
      tenant: { id: member.tenant.id },
      user: "ada",
      mode: "test",
      limits: { formats: expect.arrayContaining(["mp4"]) },
      events_cursor: expect.any(Number),
    });
  });

  it("credits are read for a user, and create no account if there is none", async () => {
    expect(await jsonOf(await get("/v1/credits"))).toMatchObject({ available: expect.any(Number) });
    expect((await call("/v1/credits", { headers: { "X-Api-Key": member.key.secret } })).status).toBe(404);
  });

  it("webhook endpoints show their secret once", async () => {
    const make = () => post("/v1/webhook_endpoints", { url: "https://example.com/in" }, { "Idempotency-Key": "hook" });
    const made = await jsonOf<{ id: string; secret: string }>(await make(), 201);
    expect(made.secret).toMatch(/^whsec_/);
    const again = await jsonOf<Record<string, unknown>>(await make(), 201);
    expect(again).toMatchObject({ id: made.id, secret_shown_once: true });
    expect(again).not.toHaveProperty("secret");
    expect(JSON.stringify(await jsonOf(await get("/v1/webhook_endpoints")))).not.toContain(made.secret);
    expect((await call(`/v1/webhook_endpoints/${made.id}`, { method: "DELETE", headers: member.headers })).status).toBe(
      204,
    );
    expect((await get(`/v1/webhook_endpoints/${made.id}`)).status).toBe(404);
  });

  it("events are read in order, and one by one", async () => {
    const page = await until(async () => {
      const found = await jsonOf<{ data: { id: string; cursor: number }[]; next_cursor: number }>(
        await get("/v1/events?limit=1"),
      );
      return found.data.length > 0 && found;
    });
    const [first] = page.data;
    expect(await jsonOf(await get(`/v1/events/${first?.id}`))).toMatchObject({ id: first?.id, cursor: first?.cursor });
    expect(await jsonOf(await get("/v1/deliveries"))).toMatchObject({ has_more: false });
  });
});
