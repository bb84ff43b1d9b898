/**
 * A finished file has the same fields in every answer that shows one: a link that needs no key, its expiry, and the
 * properties of the file. The answers are a table; its completeness is checked against the document, so a new route that
 * shows a file fails here until it is in the table.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { fileFields } from "../../src/core/wire/common.ts";
import type { ProjectWire } from "../../src/core/wire/project.ts";
import type { RenderWire } from "../../src/core/wire/render.ts";
import type { AssetWire } from "../../src/core/wire/upload.ts";
import type { UserTokenWire } from "../../src/core/wire/user.ts";
import type { VideoWire } from "../../src/core/wire/video.ts";
import { call, jsonOf, type Member, makeMember, ORIGIN, readProblem, send } from "../support/gateway.ts";
import { sample } from "../support/media.ts";
import { until } from "../support/objects.ts";
import { answering, type PlayedReceiver, playReceivers } from "../support/receivers.ts";

type Resource = Record<string, unknown>;
type Headers = Record<string, string>;

const NAMES = Object.keys(fileFields);
const WAIT = { Prefer: "wait=60" };
/** Contains its own length, so that every file here is distinct. */
const PROMPT = "make a 1 second video about tea";

let member: Member;
let by: Headers;
let project: ProjectWire;
let video: VideoWire;
let render: RenderWire;
let asset: AssetWire;
let batch: string;
let generator: string;
const received: Record<string, PlayedReceiver> = {};
/** What was answered to calls that may be made only once. */
const answered: Record<string, Resource> = {};

const get = <T>(path: string, headers: Headers = by): Promise<T> =>
  call(path, { headers }).then((got) => jsonOf<T>(got));
const bodies = (name: string): Resource[] => (received[name]?.got ?? []).map(({ body }) => JSON.parse(body));

async function uploaded(name: string): Promise<AssetWire> {
  const bytes = sample(name);
  const made = await send("POST", "/v1/uploads", { filename: name, size_bytes: bytes.length }, by);
  const { id } = await jsonOf<{ id: string }>(made, 201);
  const headers = { ...by, "Content-Length": String(bytes.length) };
  expect((await call(`/v1/uploads/${id}/content`, { method: "PUT", body: bytes, headers })).status).toBe(200);
  return until(async () => {
    const { asset_id } = await get<{ asset_id: string | null }>(`/v1/uploads/${id}`);
    return asset_id !== null && get<AssetWire>(`/v1/assets/${asset_id}`);
  });
}

const rendered = (id: string): Promise<RenderWire> =>
  until(async () => {
    const now = await get<RenderWire>(`/v1/renders/${id}`);
    return now.status === "completed" && now;
  });

beforeAll(async () => {
  const receiver = playReceivers();
  for (const name of ["nested", "render.completed", "video.completed", "asset.ready", "of a video", "of a render"])
    received[name] = receiver(answering());
  const urlOf = (name: string): string => received[name]?.url ?? "";
  member = await makeMember("ada");
  by = member.headers;
  const types = ["render.completed", "video.completed", "asset.ready"];
  await jsonOf(await send("POST", "/v1/webhook_endpoints", { url: urlOf("nested"), types }, by), 201);
  for (const event of types)
    await jsonOf(await send("POST", "/v1/hooks", { target_url: urlOf(event), event }, by), 201);
  asset = await uploaded("clip.mp4");
  project = await jsonOf(await send("POST", "/v1/projects", {}, by), 201);
  await jsonOf(await send("POST", `/v1/projects/${project.id}/turns`, { prompt: PROMPT }, { ...by, ...WAIT }));
  const ordered = { callback_url: urlOf("of a render") };
  const { id } = await jsonOf<RenderWire>(await send("POST", `/v1/projects/${project.id}/renders`, ordered, by), 202);
  render = await rendered(id);
  const wanted = { prompt: PROMPT, callback_url: urlOf("of a video") };
  video = await jsonOf(await send("POST", "/v1/videos", wanted, { ...by, ...WAIT }));
  answered["post /v1/videos"] = video;
  const recipe = { name: "tea", slug: "tea", prompt: PROMPT };
  generator = (await jsonOf<{ id: string }>(await send("POST", "/v1/generators", recipe, by), 201)).id;
  batch = (await jsonOf<{ id: string }>(await send("POST", "/v1/batches", { items: [{ prompt: PROMPT }] }, by), 202))
    .id;
  await until(async () => (await get<{ ended_at: string | null }>(`/v1/batches/${batch}`)).ended_at);
  await until(async () => Object.values(received).every(({ got }) => got.length > 0) || null);
});
afterAll(() => vi.restoreAllMocks());

const dataOf = (page: { data: Resource[] }): Resource[] => page.data;
const listed = (path: string): Promise<Resource[]> => get<{ data: Resource[] }>(path).then(dataOf);
const framesOf = (text: string): Resource[] =>
  text.split("\n").flatMap((line) => (line.startsWith("data: ") ? [JSON.parse(line.slice("data: ".length))] : []));
const eventData = (events: Resource[], type: string): Resource[] =>
  events.filter((event) => event.type === type).map((event) => (event.data ?? event.video) as Resource);
const SHOWING = ["render.completed", "video.completed", "asset.ready"];
const allEventData = (events: Resource[]): Resource[] => {
  const found = SHOWING.map((type) => eventData(events, type));
  expect(found.map((some) => some.length > 0)).toEqual([true, true, true]);
  return found.flat();
};
async function allEvents(): Promise<Resource[]> {
  return until(async () => {
    const events = await listed("/v1/events?limit=100");
    return SHOWING.every((type) => events.some((event) => event.type === type)) && events;
  });
}
async function streamOf(accept: string): Promise<string> {
  const answer = await call(`/v1/videos/${video.id}/events`, { headers: { ...by, Accept: accept } });
  return answer.text();
}

/** Each answer that shows a finished file, by its route or another name; the resources that it shows, each of them finished. */
const READERS: Record<string, () => Promise<Resource[]>> = {
  "get /v1/assets": () => listed("/v1/assets"),
  "get /v1/assets/{id}": async () => [await get<Resource>(`/v1/assets/${asset.id}`)],
  "get /v1/renders": () => listed("/v1/renders"),
  "get /v1/renders/{id}": async () => [await get<Resource>(`/v1/renders/${render.id}`)],
  "get /v1/projects/{id}/renders": () => listed(`/v1/projects/${project.id}/renders`),
  // The same timeline again is answered with the file there is.
  "post /v1/projects/{id}/renders": async () => [
    await jsonOf<Resource>(await send("POST", `/v1/projects/${project.id}/renders`, {}, by), 202),
  ],
  "post /v1/renders/{id}/cancel": async () => [
    await jsonOf<Resource>(await send("POST", `/v1/renders/${render.id}/cancel`, {}, by)),
  ],
  "post /v1/videos": async () => [answered["post /v1/videos"] ?? {}],
  "post /v1/generators/{id}/videos": async () => [
    await jsonOf<Resource>(await send("POST", `/v1/generators/${generator}/videos`, {}, { ...by, ...WAIT })),
  ],
  "get /v1/videos": () => listed("/v1/videos?status=completed"),
  "get /v1/videos/{id}": async () => [await get<Resource>(`/v1/videos/${video.id}`)],
  "get /v1/videos/{id}/events": async () => [
    ...eventData(framesOf(await streamOf("text/event-stream")), "video.completed"),
    ...eventData(
      (JSON.parse(await streamOf("application/json")) as { data: { event: Resource }[] }).data.map(
        ({ event }) => event,
      ),
      "video.completed",
    ),
  ],
  "post /v1/videos/{id}/cancel": async () => [
    await jsonOf<Resource>(await send("POST", `/v1/videos/${video.id}/cancel`, {}, by)),
  ],
  "post /v1/videos/{id}/turns": async () => {
    const { id } = await jsonOf<VideoWire>(await send("POST", "/v1/videos", { prompt: PROMPT }, { ...by, ...WAIT }));
    return [
      await jsonOf<Resource>(await send("POST", `/v1/videos/${id}/turns`, { prompt: "export" }, { ...by, ...WAIT })),
    ];
  },
  "get /v1/batches/{id}/videos": async () =>
    (await listed(`/v1/batches/${batch}/videos`)).map((item) => item.video as Resource),
  "get /v1/events": async () => allEventData(await allEvents()),
  "get /v1/events/{id}": async () => {
    const events = (await allEvents()).filter(({ type }) => SHOWING.includes(String(type)));
    return allEventData(await Promise.all(events.map(({ id }) => get<Resource>(`/v1/events/${id}`))));
  },
  "get /v1/hooks/samples": async () => {
    const found = await Promise.all(SHOWING.map((event) => get<Resource[]>(`/v1/hooks/samples?event=${event}`)));
    return found.flat();
  },
  "webhook of an endpoint": async () => allEventData(bodies("nested")),
  "webhook of a render's callback_url": async () => eventData(bodies("of a render"), "render.completed"),
  "webhook of a video's callback_url": async () => eventData(bodies("of a video"), "video.completed"),
  "flat webhook": async () => SHOWING.flatMap(bodies),
};

type Schema = { $ref?: string; properties?: Record<string, Schema>; [key: string]: unknown };
type Document = {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema?: Schema }> }> }>
  >;
  components: { schemas: Record<string, Schema> };
};
const documentOf = (): Promise<Document> => call("/openapi.json").then((answer) => jsonOf<Document>(answer));

/** Every schema within one and within the components that it leads to, each with its component's name where it has one. */
function* within(
  schema: unknown,
  document: Document,
  name = "",
  seen = new Set<string>(),
): Generator<[string, Schema]> {
  if (typeof schema !== "object" || schema === null) return;
  yield [name, schema as Schema];
  const ref = (schema as Schema).$ref?.split("/").at(-1);
  if (ref !== undefined && !seen.has(ref)) {
    seen.add(ref);
    yield* within(document.components.schemas[ref], document, ref, seen);
  }
  for (const inner of Object.values(schema)) yield* within(inner, document, "", seen);
}

/**
 * It has a finished file: a link to it, or a route that serves it. An upload's `content_url` takes bytes in, and a `Link` is
 * made for one request and has nothing of the file.
 */
const showsFile = (name: string, { properties = {} }: Schema): boolean =>
  !["Upload", "Link"].includes(name) && ("content_url" in properties || "download_url" in properties);
/** What holds any resource, and says in words what it is. */
const ANY_RESOURCE = ["Event", "HookBody"];

describe("the document", () => {
  it("has every name of a file in each schema that contains one", async () => {
    const { components } = await documentOf();
    const showing = Object.entries(components.schemas).filter(
      ([name, schema]) => showsFile(name, schema) || "sha256" in (schema.properties ?? {}),
    );
    const resources = showing.map(([name]) => name).filter((name) => !name.endsWith("HookBody"));
    expect(resources.sort()).toEqual(["Asset", "Render", "Video"]);
    for (const [name, { properties = {} }] of showing)
      for (const field of NAMES)
        expect([name, Object.keys(properties)]).toEqual([name, expect.arrayContaining([field])]);
  });

  it("has no route with a file that is missing in the table", async () => {
    const document = await documentOf();
    const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([, { responses }]) => {
          const good = Object.entries(responses).filter(([status]) => status.startsWith("2"));
          const found = [...within(good, document)];
          return found.some(([name, schema]) => showsFile(name, schema) || ANY_RESOURCE.includes(name));
        })
        .map(([method]) => `${method} ${path}`),
    );
    const readers = Object.keys(READERS).filter((name) => name.includes(" /v1/"));
    expect(readers.sort()).toEqual(routes.sort());
  });
});

describe("a finished file", () => {
  it.each(Object.keys(READERS))("opens through the link that is returned by: %s", async (reader) => {
    const resources = await (READERS[reader] as () => Promise<Resource[]>)();
    expect(resources.length).toBeGreaterThan(0);
    for (const resource of resources) {
      expect(Object.keys(resource)).toEqual(expect.arrayContaining(NAMES));
      expect(resource).not.toHaveProperty("download");
      const { download_url, download_url_expires_at, size_bytes, width, height, duration_ms } = resource;
      expect([width, height, duration_ms].map((newEvent) => Number(newEvent) > 0)).toEqual([true, true, true]);
      expect(Date.parse(String(download_url_expires_at))).toBeGreaterThan(Date.now());
      const path = String(download_url).replace(ORIGIN, "");
      expect(path).toMatch(/^\/f\//);
      const file = await call(path, { method: "HEAD" });
      expect([file.status, file.headers.get("Content-Type")]).toEqual([200, "video/mp4"]);
      expect(file.headers.get("Content-Length")).toBe(String(size_bytes));
      expect(file.headers.get("Content-Disposition")).toMatch(/^attachment; /);
      const played = await call(`${path}?inline`, { headers: { Range: "bytes=4-7" } });
      expect([played.status, new TextDecoder().decode(await played.arrayBuffer())]).toEqual([206, "ftyp"]);
      expect(played.headers.get("Content-Disposition")).toMatch(/^inline; /);
    }
  });

  it("has one link for all reads within the hour", async () => {
    const read = async (path: string) => (await get<VideoWire>(path)).download_url;
    const [first, second] = [await read(`/v1/videos/${video.id}`), await read(`/v1/videos/${video.id}`)];
    if (first !== second) expect(await read(`/v1/videos/${video.id}`)).toBe(second); // an hour ended between the two
  });

  it("is in a stream with the same bytes each time", async () => {
    const [first, second] = [await streamOf("text/event-stream"), await streamOf("text/event-stream")];
    expect(first).toContain('"download_url":"https://');
    expect(second).toBe(first);
  });

  it("belongs to its user: another user's token gets no link to it", async () => {
    const tokenOf = async (user: string) => {
      const headers = { Authorization: by.Authorization ?? "" };
      const { token } = await jsonOf<UserTokenWire>(await send("POST", `/v1/users/${user}/tokens`, {}, headers), 201);
      return { Authorization: `Bearer ${token}` };
    };
    const [ada, bob] = [await tokenOf("ada"), await tokenOf("bob")];
    for (const path of [`/v1/videos/${video.id}`, `/v1/renders/${render.id}`, `/v1/assets/${asset.id}`]) {
      expect((await get<Resource>(path, ada)).download_url).toMatch(/\/f\//);
      expect(await readProblem(await call(path, { headers: bob }))).toMatchObject({ code: "not_found" });
    }
    for (const path of ["/v1/videos", "/v1/renders", "/v1/assets", "/v1/events"])
      expect(await (await call(path, { headers: bob })).text()).not.toContain("/f/");
  });
});

describe("a link", () => {
  it("is absent before there is a file, and for a result without one", async () => {
    const none = Object.fromEntries(NAMES.map((name) => [name, null]));
    const headers = { ...by, "Idempotency-Key": crypto.randomUUID() };
    const begun = await jsonOf<VideoWire>(await send("POST", "/v1/videos", { prompt: PROMPT }, headers), 202);
    expect(begun).toMatchObject(none);
    const { id } = await jsonOf<ProjectWire>(await send("POST", "/v1/projects", {}, by), 201);
    const prompt = `${PROMPT} #fault:render_fail`;
    await jsonOf(await send("POST", `/v1/projects/${id}/turns`, { prompt }, { ...by, ...WAIT }));
    const ordered = await jsonOf<RenderWire>(await send("POST", `/v1/projects/${id}/renders`, {}, by), 202);
    expect(ordered).toMatchObject(none);
    const failed = await until(async () => {
      const now = await get<RenderWire>(`/v1/renders/${ordered.id}`);
      return now.status === "failed" && now;
    });
    expect(failed).toMatchObject({ ...none, content_url: null });
    const cut = sample("clip.mp4").slice(0, 3_000);
    const upload = await jsonOf<{ id: string }>(
      await send("POST", "/v1/uploads", { filename: "cut.mp4", size_bytes: cut.length }, by),
      201,
    );
    const put = { ...by, "Content-Length": String(cut.length) };
    await call(`/v1/uploads/${upload.id}/content`, { method: "PUT", body: cut, headers: put });
    const rejected = await until(async () => {
      const { data } = await get<{ data: AssetWire[] }>("/v1/assets");
      return data.find(({ status }) => status === "rejected");
    });
    expect(rejected).toMatchObject({ download_url: null, download_url_expires_at: null });
  });

  it("stops working once the video, its project, the asset or the user is deleted", async () => {
    const order = { prompt: PROMPT, dedupe: false };
    const made = await jsonOf<VideoWire>(await send("POST", "/v1/videos", order, { ...by, ...WAIT }));
    const path = String(made.download_url).replace(ORIGIN, "");
    expect((await call(path, { method: "HEAD" })).status).toBe(200);
    expect((await call(`/v1/videos/${made.id}`, { method: "DELETE", headers: by })).status).toBe(204);
    expect([404, 410]).toContain((await call(path)).status);

    const rendersPath = String(render.download_url).replace(ORIGIN, "");
    expect((await call(`/v1/projects/${project.id}`, { method: "DELETE", headers: by })).status).toBe(204);
    expect([404, 410]).toContain((await call(rendersPath)).status);

    const other = await uploaded("photo.jpg");
    const othersPath = String(other.download_url).replace(ORIGIN, "");
    expect((await call(othersPath, { method: "HEAD" })).status).toBe(200);
    const remove = () => call(`/v1/assets/${other.id}`, { method: "DELETE", headers: by });
    expect([(await remove()).status, (await remove()).status]).toEqual([204, 204]);
    expect((await call(othersPath)).status).toBe(404);
    expect((await call(`/v1/assets/${other.id}`, { headers: by })).status).toBe(404);

    const assetsPath = String(asset.download_url).replace(ORIGIN, "");
    expect((await call(assetsPath, { method: "HEAD" })).status).toBe(200);
    const keyOnly = { Authorization: by.Authorization ?? "" };
    expect((await call("/v1/users/ada", { method: "DELETE", headers: keyOnly })).status).toBe(202);
    expect((await call(assetsPath)).status).toBe(404);
  });
});
