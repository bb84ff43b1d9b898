/** What clients, pages and tools of others expect of any service: slashes, cursors, HEAD, share links in pages, waiting. */
import { beforeAll, describe, expect, it } from "vitest";
import { SUBSCRIBERS_PER_TURN } from "../../src/core/limits.ts";
import { type ApiDocument, pathOf, type Route, routesOf } from "../support/document.ts";
import { call, front, jsonOf, type Member, makeMember, ORIGIN, readProblem, send } from "../support/gateway.ts";
import { paceIs } from "../support/pace.ts";
import { createResources, endOfResources } from "../support/resources.ts";

const USER = "ada";
let owner: Member;
let document: ApiDocument;
let resources: Map<string, string>;
const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  call(path, {
    ...init,
    headers: { ...owner.headers, "X-User-Id": USER, ...(init.headers as Record<string, string>) },
  });

beforeAll(async () => {
  owner = await makeMember(null);
  document = await jsonOf<ApiDocument>(await call("/openapi.json"));
  resources = await createResources(ask);
});

const routesThat = (is: (route: Route) => boolean): Route[] => routesOf(document).filter(is);
const streams = (): Route[] =>
  routesThat(({ method, operation }) => method === "get" && "text/event-stream" in contentOf(operation));
const contentOf = (operation: Route["operation"]): object =>
  (operation as { responses?: { 200?: { content?: object } } }).responses?.[200]?.content ?? {};

describe("a trailing slash", () => {
  it("makes no other route of any GET", async () => {
    const other: string[] = [];
    for (const route of routesThat(({ method, path }) => method === "get" && !/events$|content$|\/f\//.test(path))) {
      const [path = "", query = ""] = pathOf(route, resources, USER).split("?");
      const search = query === "" ? "" : `?${query}`;
      const [bare, slashed] = [await ask(path + search), await ask(`${path}/${search}`)];
      if (bare.status !== slashed.status) other.push(`${route.name}: ${bare.status}, ${slashed.status}`);
      await Promise.all([bare.text(), slashed.text()]);
    }
    expect(other).toEqual([]);
  });

  it("makes no other route if a base address that ends in one is joined to a path", async () => {
    for (const path of ["//v1/me", "/v1//me", "//v1//me/"]) expect((await ask(path)).status).toBe(200);
    for (const path of ["/v1/projects//turns", "/v1/users//x"]) expect((await ask(path)).status).toBe(404);
  });

  it("is accepted by uploads in every protocol, and a repeat is the same with it and without", async () => {
    const tus = { "Tus-Resumable": "1.0.0", "Upload-Length": "70", "Upload-Metadata": `filename ${btoa("a.png")}` };
    const made = await ask("/v1/uploads/", { method: "POST", headers: tus });
    expect(made.status).toBe(201);
    const head = await ask(`${made.headers.get("Location")}/`, {
      method: "HEAD",
      headers: { "Tus-Resumable": "1.0.0" },
    });
    expect([head.status, head.headers.get("Upload-Offset")]).toEqual([200, "0"]);
    const order = (path: string) => send("POST", path, { name: "x" }, { ...owner.headers, "Idempotency-Key": "slash" });
    const first = await jsonOf<{ id: string }>(await order("/v1/projects/"), 201);
    expect(await jsonOf(await order("/v1/projects"), 201)).toMatchObject({ id: first.id });
  });
});

describe("an event stream", () => {
  it("continues from the header's name in the query, as polyfills of EventSource write it", async () => {
    await endOfResources(ask, resources); // a stream of what is over has no pings
    for (const route of streams()) {
      const path = pathOf(route, resources, USER);
      const stream = async (query: string): Promise<string> => (await ask(`${path}?${query}`)).text();
      const after = await stream("after=2");
      expect(after).toContain("id: 3");
      for (const query of ["lastEventId=2", "Last-Event-ID=2", "after=0&lastEventId=2"])
        expect([route.name, query, await stream(query)]).toEqual([route.name, query, after]);
      expect((await readProblem(await ask(`${path}?lastEventId=x`))).code).toBe("invalid_cursor");
    }
  });

  it("that has ended says so to HEAD", async () => {
    const head = await ask(`/v1/turns/${resources.get("trn")}/events?after=9999`, { method: "HEAD" });
    expect([204, 422]).toContain(head.status);
  });
});

describe("an event stream of a running turn", () => {
  paceIs(1); // none ends by its own lifetime
  const grace = { "X-User-Id": "grace" }; // whose object is not there yet: it keeps the pace of its construction

  it("is not kept open by HEAD, and above its limit sends a retry interval", async () => {
    const { id } = await jsonOf<{ id: string }>(await ask("/v1/projects", { method: "POST", headers: grace }), 201);
    const said = { prompt: "make a clip of the sea #slow:600s" };
    const turn = await jsonOf<{ id: string }>(
      await send("POST", `/v1/projects/${id}/turns`, said, { ...owner.headers, ...grace }),
      202,
    );
    const events = `/v1/turns/${turn.id}/events`;
    for (let n = 0; n < SUBSCRIBERS_PER_TURN + 2; n += 1) {
      const head = await ask(events, { method: "HEAD", headers: grace });
      expect([head.status, head.headers.get("Content-Type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    }
    const open: Response[] = [];
    for (let n = 0; n <= SUBSCRIBERS_PER_TURN; n += 1) open.push(await ask(events, { headers: grace }));
    expect(open.map(({ status }) => status)).toEqual(open.map(() => 200));
    expect(await open.at(-1)?.text()).toMatch(/^retry: \d{4,5}\n: .+\n\n$/);
    await ask(`/v1/turns/${turn.id}/cancel`, { method: "POST", headers: grace });
    await Promise.all(open.slice(0, -1).map((one) => one.body?.cancel()));
  });
});

describe("a share link", () => {
  const link = (query = "", init: RequestInit = {}) =>
    front(new Request(`${ORIGIN}/f/${resources.get("f")}${query}`, init));

  it("may be read and shown by any web page, in ranges", async () => {
    const part = await link("", { headers: { Origin: "https://app.example.org", Range: "bytes=0-1" } });
    expect(part.status).toBe(206);
    expect(part.headers.get("Access-Control-Allow-Origin")).toBe("*");
    expect(part.headers.get("Access-Control-Expose-Headers")).toMatch(/Content-Range/);
    expect(part.headers.get("Cross-Origin-Resource-Policy")).toBe("cross-origin");
    expect(part.headers.get("Content-Disposition")).toMatch(/^attachment;/);
    await part.body?.cancel();
    const preflight = await link("", {
      method: "OPTIONS",
      headers: {
        Origin: "https://a.org",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "range",
      },
    });
    expect([preflight.status, preflight.headers.get("Access-Control-Allow-Headers")]).toEqual([204, "range"]);
  });

  it("plays inline with ?inline, and still runs nothing", async () => {
    const shown = await link("?inline");
    expect(shown.headers.get("Content-Disposition")).toMatch(/^inline; filename=/);
    expect(shown.headers.get("Content-Security-Policy")).toMatch(/^sandbox; default-src 'none'; media-src/);
    expect(shown.headers.get("X-Content-Type-Options")).toBe("nosniff");
    await shown.body?.cancel();
  });

  it("and the document are readable by pages of any origin; problems too", async () => {
    for (const path of ["/openapi.json", "/f/nothing", "/v1/nothing"])
      expect((await call(path)).headers.get("Access-Control-Allow-Origin")).toBe("*");
  });
});

describe("waiting", () => {
  it("is available on reads of turns and videos, by header and by query, and the answer says what was applied", async () => {
    for (const path of [`/v1/turns/${resources.get("trn")}`, `/v1/videos/${resources.get("vid")}`]) {
      const waited = await ask(`${path}?wait=600`);
      expect(waited.headers.get("Preference-Applied")).toBe("wait=60");
      expect(await jsonOf<{ ended_at: string }>(waited)).toMatchObject({ ended_at: expect.any(String) });
      const preferred = await ask(path, { headers: { Prefer: "wait=7" } });
      expect(preferred.headers.get("Preference-Applied")).toBe("wait=7");
      await preferred.body?.cancel();
    }
  });

  it("is rejected on every other route", async () => {
    const silent: string[] = [];
    for (const route of routesThat(({ method, path }) => method === "get" && path.startsWith("/v1/"))) {
      const isOffered = (route.operation.parameters ?? []).some(({ name }) => name === "wait");
      if (isOffered) continue;
      const path = pathOf(route, resources, USER);
      const answer = await ask(`${path}${path.includes("?") ? "&" : "?"}wait=5`);
      if (answer.status !== 422) silent.push(`${route.name}: ${answer.status}`);
      await answer.body?.cancel();
    }
    expect(silent).toEqual([]);
  });
});

it("the document does not describe the implementation of a route", () => {
  expect(JSON.stringify(document)).not.toContain('"middleware"');
});
