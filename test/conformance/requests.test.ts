/** PROTOCOL.md section 2: requests. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { me } from "../../src/core/wire/key.ts";
import { project } from "../../src/core/wire/project.ts";
import { link, render } from "../../src/core/wire/render.ts";
import { attachment, upload } from "../../src/core/wire/upload.ts";
import { createdEndpoint } from "../../src/core/wire/webhook.ts";
import { idsOf, type Member, newKey, newMember, problem, request, shown } from "./support/client.ts";
import { sendFile } from "./support/media.ts";
import { finishedRender } from "./support/renders.ts";

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const madeId = z.object({ id: z.string() });
const nested = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${"}".repeat(depth - 1)}`;

/** Every field of a JSON value, as name and value, however deep. */
function fieldsOf(value: unknown): [string, unknown][] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]): [string, unknown][] => [[name, inner], ...fieldsOf(inner)]);
}

describe.concurrent("§2.1 bodies and times", () => {
  it("§2.1 accepts a body of 256,000 bytes and rejects one byte more", async () => {
    const member = await newMember();
    const padded = (bytes: number): string => `${" ".repeat(bytes - 2)}{}`;
    const send = (body: string): Promise<Response> =>
      member.ask("POST", "/v1/projects", { body, headers: { "content-type": "application/json" } });
    await shown(send(padded(256_000)), project, 201);
    await problem(send(padded(256_001)), "request_too_large");
  });

  it("§2.1 accepts bodies of depth 32 and rejects depth 33", async () => {
    const member = await newMember();
    const send = (body: string): Promise<Response> =>
      member.ask("POST", "/v1/projects", { body, headers: { "content-type": "application/json" } });
    await problem(send(nested(32)), "invalid_request");
    await problem(send(nested(33)), "malformed_json");
  });

  it("§2.1 rejects unknown fields and duplicate keys", async () => {
    const member = await newMember();
    const unknown = await problem(member.post("/v1/projects", { colour: "red" }), "invalid_request");
    expect(unknown.errors?.map(({ field }) => field)).toEqual(["/colour"]);
    const twice = '{"name":"a","name":"b"}';
    const headers = { "content-type": "application/json" };
    await problem(member.ask("POST", "/v1/projects", { body: twice, headers }), "malformed_json");
  });

  it("§2.1 names fields in snake_case, and times are UTC in fields that end in _at", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    const said = await member.said(id, "make a clip of the sea");
    for (const path of [`/v1/projects/${id}`, `/v1/turns/${said.id}`, "/v1/events", "/v1/me", "/v1/credits"]) {
      const fields = fieldsOf(await member.get(path, z.unknown()));
      for (const [name, value] of fields) {
        expect(name, path).toMatch(/^[a-z0-9]+(_[a-z0-9]+)*$/);
        if (name.endsWith("_at") && value !== null) expect(value, `${path} ${name}`).toMatch(MOMENT);
        if (/_(ms|seconds|bytes)$/.test(name) && value !== null) expect(value, `${path} ${name}`).toBeTypeOf("number");
      }
    }
  });
});

describe.concurrent("§2.2 credentials", () => {
  it("§2.2 reads a key as Bearer, as X-Api-Key and as the user name of Basic", async () => {
    const { tenant, key } = await newMember();
    const forms: Record<string, string>[] = [
      { authorization: `Bearer ${key.secret}` },
      { "x-api-key": key.secret },
      { authorization: `Basic ${Buffer.from(`${key.secret}:`).toString("base64")}` },
    ];
    for (const headers of forms) {
      expect(await shown(request("GET", "/v1/me", { headers }), me)).toMatchObject({ tenant: { id: tenant.id } });
    }
  });

  it("§2.2 creates keys whose prefix names their mode", async () => {
    const { tenant, key } = await newMember();
    expect(key.secret).toMatch(/^ngw_test_/);
    const live = await newKey(tenant.id, { mode: "live" });
    expect(live.secret).toMatch(/^ngw_live_/);
    for (const { secret, mode } of [key, live]) {
      expect(await shown(request("GET", "/v1/me", { headers: { "x-api-key": secret } }), me)).toMatchObject({ mode });
    }
  });

  it("§2.2 separates the two modes", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    const live = { "x-api-key": (await newKey(member.tenant.id, { mode: "live" })).secret, "x-user-id": "ada" };
    await problem(request("GET", `/v1/projects/${id}`, { headers: live }), "not_found");
    expect(await shown(request("GET", "/v1/projects", { headers: live }), z.object({ data: z.array(madeId) }))).toEqual(
      { data: [] },
    );
  });

  it("§2.2 rejects a key that is sent from a web page", async () => {
    const member = await newMember();
    const headers = { origin: "https://app.example" };
    const rejected = await problem(member.ask("GET", "/v1/me", { headers }), "key_in_browser");
    expect(rejected.hint).toBeDefined();
  });
});

describe.concurrent("§2.3 users", () => {
  it("§2.3 accepts a name of 1 to 128 characters", async () => {
    const member = await newMember();
    await member.as("u").newProject();
    await member.as("u".repeat(128)).newProject();
    for (const wrong of ["u".repeat(129), ""]) {
      const rejected = await problem(member.as(wrong).post("/v1/projects"), "invalid_request");
      expect(rejected.errors?.map(({ field }) => field)).toEqual(["header:X-User-Id"]);
    }
  });

  it("§2.3 finds a resource by its id alone", async () => {
    const member = await newMember();
    const made = await member.newProject({ name: "summer" });
    expect(await member.as(null).get(`/v1/projects/${made.id}`, project)).toEqual(made);
    expect((await member.as("another user").ask("GET", `/v1/projects/${made.id}`)).status).toBe(404);
  });

  it("§2.3 lists a user's own resources, and those of all users without a user", async () => {
    const member = await newMember("ada");
    const { id } = await member.newProject();
    expect(await idsOf(member, "/v1/projects", 10)).toEqual([id]);
    expect(await idsOf(member.as("grace"), "/v1/projects", 10)).toEqual([]);
    expect(await idsOf(member.as(null), "/v1/projects", 10)).toEqual([id]);
    for (const path of ["/v1/assets", "/v1/batches"]) await problem(member.as(null).ask("GET", path), "user_required");
  });

  it("§2.3 combines resources that were created without a user", async () => {
    const withoutUser = await newMember(null);
    const [first, second] = [await withoutUser.newProject(), await withoutUser.newProject()];
    expect(first.id.slice(-16)).not.toBe(second.id.slice(-16));
    const asset_id = await sendFile(withoutUser, "photo.png");
    const answer = await withoutUser.post(`/v1/projects/${second.id}/assets`, { asset_id });
    expect([200, 202]).toContain(answer.status);
    await answer.body?.cancel();
  });
});

describe.concurrent("§2.4 idempotency keys", () => {
  /** A POST that creates something, and another body for the same route. */
  type Case = { readonly name: string; readonly path: string; readonly body: unknown; readonly other: unknown };
  const cases = (projectId: string): Case[] => [
    { name: "a project", path: "/v1/projects", body: { name: "a" }, other: { name: "b" } },
    {
      name: "an upload",
      path: "/v1/uploads",
      body: { filename: "a.png", size_bytes: 5 },
      other: { filename: "a.png", size_bytes: 6 },
    },
    {
      name: "a turn",
      path: `/v1/projects/${projectId}/turns`,
      body: { prompt: "hello" },
      other: { prompt: "goodbye" },
    },
    {
      name: "a render",
      path: `/v1/projects/${projectId}/renders`,
      body: { metadata: { n: "1" } },
      other: { metadata: { n: "2" } },
    },
    {
      name: "an endpoint",
      path: "/v1/webhook_endpoints",
      body: { url: "https://hooks.example.org/in" },
      other: { url: "https://hooks.example.org/out" },
    },
  ];
  const idOf = async (answer: Response): Promise<string> => madeId.parse(JSON.parse(await answer.clone().text())).id;

  it("§2.4 create one resource for two concurrent POSTs with one key, and reject another body", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    await member.said(id, "make a clip of the sea");
    for (const { name, path, body, other } of cases(id)) {
      const headers = { "idempotency-key": `race-${name.replace(/\W/g, "-")}` };
      const [one, two] = await Promise.all([member.post(path, body, headers), member.post(path, body, headers)]);
      expect([one.status, two.status], name).toEqual([one.status, one.status]);
      expect(await idOf(two), name).toBe(await idOf(one));
      expect(await idOf(await member.post(path, body, headers)), name).toBe(await idOf(one));
      await problem(member.post(path, other, headers), "idempotency_mismatch");
      const fresh = await member.post(path, body, { "idempotency-key": `${headers["idempotency-key"]}-2` });
      expect(await idOf(fresh), name).not.toBe(await idOf(one));
    }
  });

  it("§2.4 work without a user too", async () => {
    const withoutUser = await newMember(null);
    const headers = { "idempotency-key": "without-user" };
    const make = (name: string): Promise<Response> => withoutUser.post("/v1/projects", { name }, headers);
    const [one, two] = await Promise.all([make("a"), make("a")]);
    expect(await idOf(two)).toBe(await idOf(one));
    await problem(make("b"), "idempotency_mismatch");
    const shape = { filename: "a.png", size_bytes: 5 };
    const [up, duplicate] = await Promise.all([
      shown(withoutUser.post("/v1/uploads", shape, headers), upload, 201),
      shown(withoutUser.post("/v1/uploads", shape, headers), upload, 201),
    ]);
    expect(duplicate.id).toBe(up.id);
  });

  it("§2.4 of two users are independent", async () => {
    const ada = await newMember("ada");
    const headers = { "idempotency-key": "same" };
    const [one, two] = await Promise.all([
      ada.post("/v1/projects", {}, headers),
      ada.as("grace").post("/v1/projects", {}, headers),
    ]);
    expect(await idOf(two)).not.toBe(await idOf(one));
  });

  it("§2.4 return a stored answer without the secret it contained", async () => {
    const member = await newMember();
    const make = (): Promise<z.infer<typeof createdEndpoint>> =>
      shown(
        member.post("/v1/webhook_endpoints", { url: "https://hooks.example.org" }, { "idempotency-key": "hook" }),
        createdEndpoint,
        201,
      );
    const first = await make();
    expect(first.secret).toMatch(/^whsec_/);
    const again = await make();
    expect(again).toMatchObject({ id: first.id, secret_shown_once: true });
    expect(again.secret).toBeUndefined();
  });

  it("§2.4 return the same attachment, and are rejected for another asset", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    const [one, two] = [await sendFile(member, "photo.png"), await sendFile(member, "photo.jpg")];
    const attach = (asset_id: string): Promise<Response> =>
      member.post(`/v1/projects/${id}/assets`, { asset_id }, { "idempotency-key": "attach" });
    for (const answer of [await attach(one), await attach(one)])
      expect(attachment.parse(await answer.json()).asset_id).toBe(one);
    await problem(attach(two), "idempotency_mismatch");
  });

  it("§2.4 return the same share link, and are rejected for another lifetime", async () => {
    const member = await newMember();
    const { done } = await finishedRender(member);
    const share = (expires_in_seconds: number): Promise<Response> =>
      member.post(`/v1/renders/${done.id}/link`, { expires_in_seconds }, { "idempotency-key": "share" });
    const first = await shown(share(3_600), link, 201);
    await new Promise((settle) => setTimeout(settle, 1_100)); // links count in whole seconds
    expect(await shown(share(3_600), link, 201)).toEqual(first);
    await problem(share(7_200), "idempotency_mismatch");
  });

  it("§2.4 return the same stream ticket, or the ticket without its secret", async () => {
    const member = await newMember();
    const { id } = await member.said((await member.newProject()).id, "hello");
    const order = async (): Promise<{ url?: string | undefined }> => {
      const headers = { "idempotency-key": "ticket" };
      return shown(
        member.ask("POST", `/v1/turns/${id}/stream_ticket`, { headers }),
        z.object({ url: z.string().optional() }),
      );
    };
    const first = await order();
    expect([first.url, undefined]).toContain((await order()).url);
  });

  it("§2.4 have at most 255 visible characters", async () => {
    const member = await newMember();
    const make = (key: string): Promise<Response> => member.post("/v1/projects", {}, { "idempotency-key": key });
    await shown(make(`${"!~".repeat(127)}x`), project, 201);
    for (const wrong of ["k".repeat(256), "two words", "", "caf\u00e9"]) await problem(make(wrong), "invalid_header");
  });
});

describe.concurrent("§2.5 request ids", () => {
  it("§2.5 are in every answer, and are the caller's own if it is valid", async () => {
    const member = await newMember();
    const fit = ["eight-ch", "x".repeat(64), "A_b-9_zzzz"];
    for (const id of fit) {
      const answer = await member.ask("GET", "/v1/me", { headers: { "request-id": id } });
      await answer.body?.cancel();
      expect(answer.headers.get("request-id")).toBe(id);
    }
    const seen = new Set<string>();
    for (const id of ["short77", "x".repeat(65), "has space in it", "semi;colon"]) {
      const answer = await request("GET", "/v1/nothing", { headers: { "request-id": id } });
      await answer.body?.cancel();
      const given = answer.headers.get("request-id") ?? "";
      expect(given).not.toBe(id);
      expect(given).toMatch(/^[A-Za-z0-9_-]{8,64}$/);
      seen.add(given);
    }
    expect(seen.size).toBe(4);
  });
});

describe.concurrent("§2.6 lists", () => {
  const newestFirst = (ids: readonly string[]): string[] => ids.toReversed();

  it("§2.6 return every item once, newest first, in pages of any size", async () => {
    const member = await newMember();
    const made: string[] = [];
    for (let n = 0; n < 5; n++) made.push((await member.newProject({ name: `${n}` })).id);
    for (const limit of [1, 2, 5, 100]) expect(await idsOf(member, "/v1/projects", limit)).toEqual(newestFirst(made));
  });

  it("§2.6 of turns, renders, assets and deliveries work the same way", async () => {
    const member: Member = await newMember();
    const { id } = await member.newProject();
    const turns = [(await member.said(id, "make a clip of the sea")).id, (await member.said(id, "hello")).id];
    const renders: string[] = [];
    for (let n = 0; n < 2; n++) renders.push((await shown(member.post(`/v1/projects/${id}/renders`), render, 202)).id);
    const assets = [await sendFile(member, "tone.aac"), await sendFile(member, "photo.webp")];
    expect(await idsOf(member, `/v1/projects/${id}/turns`, 1)).toEqual(newestFirst(turns));
    expect(await idsOf(member, `/v1/projects/${id}/renders`, 1)).toEqual(newestFirst(renders));
    expect(await idsOf(member, "/v1/assets", 1)).toEqual(newestFirst(assets));
    expect(await idsOf(member, "/v1/deliveries", 1)).toEqual([]);
  });

  it("§2.6 have 20 items by default, and reject a limit outside 1 to 100", async () => {
    const member = await newMember();
    await Promise.all(Array.from({ length: 21 }, (_, n) => member.newProject({ name: `${n}` })));
    const first = await member.get("/v1/projects", z.object({ data: z.array(project), has_more: z.boolean() }));
    expect([first.data.length, first.has_more]).toEqual([20, true]);
    for (const limit of ["0", "101", "1.5", "many"]) {
      const rejected = await problem(member.ask("GET", `/v1/projects?limit=${limit}`), "invalid_request");
      expect(rejected.errors?.map(({ field }) => field)).toEqual(["query:limit"]);
    }
  });
});
