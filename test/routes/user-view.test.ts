/**
 * What an end user may see. Words that are the tenant's are planted (its name, its id, the prompt of its generator, the balance
 * of its Nemo account), and every route that takes a user token is asked for everything there is: none of them may come back.
 * The routes are the document's own, so a new one is covered without a line here.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { type EventId, eventId, type TenantId, userHash } from "../../src/core/ids.ts";
import { EVENT_TYPES, type EventType, type EventWire } from "../../src/core/wire/event.ts";
import type { GeneratorJobWire } from "../../src/core/wire/generator.ts";
import type { MeWire } from "../../src/core/wire/key.ts";
import type { ProjectWire } from "../../src/core/wire/project.ts";
import type { TurnWire } from "../../src/core/wire/turn.ts";
import type { UserTokenWire } from "../../src/core/wire/user.ts";
import type { VideoPlanWire, VideoWire } from "../../src/core/wire/video.ts";
import { type ApiDocument, pathOf, type Route, requestOf, routesOf } from "../support/document.ts";
import { adminHeaders, call, jsonOf, type Member, makeKey, makeTenant, readProblem, send } from "../support/gateway.ts";
import { someToken, startLiveNemo } from "../support/live-nemo.ts";
import { tenantRpc, until } from "../support/objects.ts";
import { createResources } from "../support/resources.ts";

type Headers = Record<string, string>;
const WAIT = { Prefer: "wait=60" };
const bearer = (secret: string): Headers => ({ Authorization: `Bearer ${secret}` });
const word = (): string => `W${crypto.randomUUID().replaceAll("-", "")}`;

/** A tenant whose name is unique in the test, and its key. */
async function member(mode: "live" | "test"): Promise<Member> {
  const tenant = await makeTenant(`Acme ${word()}`);
  const key = await makeKey(tenant.id, { mode });
  return { tenant, key, headers: bearer(key.secret) };
}

const tokenOf = async (headers: Headers): Promise<Headers> =>
  bearer((await jsonOf<UserTokenWire>(await send("POST", "/v1/users/ada/tokens", {}, headers), 201)).token);

/** Routes that a user token may call; those that delete come last. */
async function routesForUsers(): Promise<{ document: ApiDocument; routes: Route[] }> {
  const document = await jsonOf<ApiDocument>(await call("/openapi.json"));
  const open = routesOf(document).filter(({ operation }) => operation["x-credentials"] === "key_or_user_token");
  const ends = ({ method, path }: Route): number => (method === "delete" || path.endsWith("/cancel") ? 1 : 0);
  return { document, routes: open.toSorted((a, b) => ends(a) - ends(b)) };
}

/** A signed token grants access, and names its owner only to the gateway that issued it. */
const withoutTokens = (text: string): string =>
  text.replaceAll(/\/f\/[^"/?\s]+/g, "/f/…").replaceAll(/ticket=[^"\s]+/g, "ticket=…");

/** All that an answer says. */
async function said(response: Response): Promise<string> {
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const type = response.headers.get("Content-Type") ?? "";
  if (/^(video|image|audio)\//.test(type)) {
    await response.body?.cancel();
    return headers;
  }
  return withoutTokens(`${headers}\n\n${await response.text()}`);
}

describe("with a user token", () => {
  const recipe = word();
  const generatorJob = word();
  let owner: Member;
  let ada: Headers;
  /** The tenant's words, by what they are. */
  let planted: Record<string, string>;
  /** Resources of every kind, each created in another way. */
  let resourceSets: Map<string, string>[];
  let generator: string;

  const named = (): Headers => ({ ...owner.headers, "X-User-Id": "ada" });
  const read = async <T>(path: string, headers = named()): Promise<T> => jsonOf(await call(path, { headers }));

  beforeAll(async () => {
    owner = await member("test");
    planted = { name: owner.tenant.name, id: owner.tenant.id, key: owner.key.id, recipe, generatorJob };
    ada = await tokenOf(owner.headers);
    const resources = await createResources((path, init) =>
      call(path, { ...init, headers: { ...init?.headers, ...named() } }),
    );
    const prompt = `make a {{seconds}} second video about tea.\n\nHouse rules: ${recipe}`; // the subject becomes a title, which everybody sees
    const variables = [{ name: "seconds", type: "number", default: 1 }];
    const saved = { name: "film", slug: "film", prompt, variables };
    generator = (await jsonOf<{ id: string }>(await send("POST", "/v1/generators", saved, named()), 201)).id;
    const made = await jsonOf<VideoWire>(
      await send("POST", `/v1/generators/${generator}/videos`, {}, { ...named(), ...WAIT }),
    );
    expect(made.status).toBe("completed");
    const order = { generator, items: [{ variables: {} }] };
    const batch = await jsonOf<{ id: string }>(await send("POST", "/v1/batches", order, named()), 202);
    await until(async () => (await read<{ ended_at: string | null }>(`/v1/batches/${batch.id}`)).ended_at);
    const asked = { description: `quote cards about ${generatorJob}` };
    const begun = await jsonOf<GeneratorJobWire>(await send("POST", "/v1/generators/make", asked, named()), 202);
    const ready = await until(async () => {
      const now = await read<GeneratorJobWire>(`/v1/generator_jobs/${begun.id}`);
      return now.ended_at !== null && now;
    });
    const ofVideo = { prj: made.project_id, trn: made.turn_id, rnd: made.render_id, vid: made.id, bat: batch.id };
    const ofGeneratorJob = { prj: ready.project_id, trn: ready.turn_id };
    resourceSets = [ofVideo, ofGeneratorJob].map(
      (some) =>
        new Map([
          ...resources,
          ...Object.entries({ ...some, generators: generator }).map(([k, v]) => [k, String(v)] as const),
        ]),
    );
  });

  it("no route returns what belongs to the tenant, with any parameters", async () => {
    const { document, routes } = await routesForUsers();
    expect(routes.length).toBeGreaterThan(40);
    // The key receives each of these words, so they would be found.
    const byKey = new Set<string>();
    for (const route of routes.filter(({ method }) => method === "get"))
      for (const resources of resourceSets) {
        const { headers } = requestOf(route, document, resources);
        const text = await said(await call(pathOf(route, resources, "ada"), { headers: { ...headers, ...named() } }));
        for (const [what, marker] of Object.entries(planted)) if (text.includes(marker)) byKey.add(what);
      }
    expect([...byKey].sort()).toEqual(Object.keys(planted).sort());
    const leaks: string[] = [];
    const opened = new Set<string>();
    for (const route of routes)
      for (const resources of resourceSets)
        for (const accept of ["application/json", "text/event-stream"]) {
          const request = requestOf(route, document, resources);
          const isStream = accept !== "application/json";
          if (isStream && !route.path.endsWith("/events")) continue;
          const response = await call(pathOf(route, resources, "ada"), {
            method: route.method.toUpperCase(),
            body: request.body,
            headers: { ...request.headers, ...ada, Accept: accept },
          });
          const text = await said(response);
          if (response.ok) opened.add(route.name);
          for (const [what, marker] of Object.entries(planted))
            if (text.includes(marker)) leaks.push(`${route.name} ${accept}: ${what}`);
        }
    expect(leaks).toEqual([]);
    // Requests for what was just deleted or has ended are rejected; all reads are answered.
    const reads = routes.filter(({ method }) => method === "get").map(({ name }) => name);
    expect(reads.filter((name) => !opened.has(name))).toEqual([]);
  });

  it("each event of the user has no text of the tenant, and events of the tenant's account are absent", async () => {
    const uh = await userHash(owner.tenant.id as TenantId, "ada");
    const scope = { tenant: owner.tenant.id as TenantId, mode: "test", uh } as const;
    // Another user's events come in between; the token's cursor does not count them.
    const other = await userHash(owner.tenant.id as TenantId, "bob");
    for (const type of ["turn.completed", "video.completed"] as const) {
      const newEvent = { type, resource: `bob's ${type}`, sequence: 1, at: Date.now(), uh: other, data: "{}" } as const;
      await tenantRpc(scope).accept([{ ...newEvent, id: await eventId(newEvent.resource, type) }]);
    }
    const hidden: EventId[] = [];
    for (const type of EVENT_TYPES) {
      const id = await eventId(`of ${type}`, type);
      const data = JSON.stringify({ id: `of ${type}`, available: 7 });
      await tenantRpc(scope).accept([{ id, type, resource: `of ${type}`, sequence: 1, at: Date.now(), uh, data }]);
      if (/^(credits|token|endpoint|hook|generator_job)\./.test(type)) hidden.push(id);
    }
    const types: EventType[] = [];
    const cursors: number[] = [];
    for (let after = 0; ; ) {
      const page = await read<{ data: EventWire[]; has_more: boolean; next_cursor: number }>(
        `/v1/events?limit=100&after=${after}`,
        ada,
      );
      for (const event of page.data) {
        expect(event.tenant).toBeNull();
        types.push(event.type);
        cursors.push(event.cursor);
        expect(await read<EventWire>(`/v1/events/${event.id}`, ada)).toEqual(event);
        const one = await said(await call(`/v1/events/${event.id}`, { headers: ada }));
        for (const marker of Object.values(planted))
          expect(one + withoutTokens(JSON.stringify(event))).not.toContain(marker);
      }
      after = page.next_cursor;
      if (!page.has_more) break;
    }
    const visible = EVENT_TYPES.filter((type) => !/^(credits|token|endpoint|hook|generator_job)\./.test(type));
    expect([...new Set(types)].sort()).toEqual([...visible].sort());
    expect(hidden).toHaveLength(EVENT_TYPES.length - visible.length);
    expect(cursors).toEqual([...new Set(cursors)].sort((a, b) => a - b));
    const again = await read<{ data: EventWire[] }>(`/v1/events?limit=1&after=${cursors.at(-2)}`, ada);
    expect(again.data.map(({ cursor }) => cursor)).toEqual([cursors.at(-1)]);
    const byKey = await read<EventWire>(`/v1/events/${again.data[0]?.id}`, owner.headers);
    expect(byKey.cursor).toBeGreaterThan(cursors.at(-1) ?? 0);
    for (const id of hidden) {
      expect(await readProblem(await call(`/v1/events/${id}`, { headers: ada }))).toMatchObject({ code: "not_found" });
      expect((await call(`/v1/events/${id}`, { headers: owner.headers })).status).toBe(200);
    }
  });

  it("the user's own text stays visible; the key sees everything", async () => {
    const mine = `make a 1 second video about ${word()}`;
    const project = await jsonOf<ProjectWire>(await send("POST", "/v1/projects", {}, ada), 201);
    const turn = await jsonOf<TurnWire>(
      await send("POST", `/v1/projects/${project.id}/turns`, { prompt: mine }, { ...ada, ...WAIT }),
    );
    expect(turn).toMatchObject({ prompt: mine, prompt_source: "caller" });
    const video = await jsonOf<VideoWire>(await send("POST", "/v1/videos", { prompt: mine }, { ...ada, ...WAIT }));
    expect(video).toMatchObject({ prompt: mine, prompt_source: "caller", status: "completed" });

    const order = `/v1/generators/${generator}/videos`;
    const filled = `make a 1 second video about tea.\n\nHouse rules: ${recipe}`;
    const dry = { variables: {}, dry_run: true };
    const generated = { generator: expect.objectContaining({ slug: "film" }) };
    expect(await jsonOf<VideoPlanWire>(await send("POST", order, dry, ada))).toMatchObject({
      ...generated,
      prompt: null,
    });
    expect(await jsonOf<VideoPlanWire>(await send("POST", order, dry, named()))).toMatchObject({ prompt: filled });
    const made = await jsonOf<VideoWire>(await send("POST", order, {}, { ...ada, ...WAIT }));
    expect(made).toMatchObject({ ...generated, prompt: null, prompt_source: "generator", status: "completed" });
    expect(await read<VideoWire>(`/v1/videos/${made.id}`)).toMatchObject({ prompt: filled });
    expect(await read<TurnWire>(`/v1/turns/${made.turn_id}`)).toMatchObject({ prompt: filled });
    expect(await read<TurnWire>(`/v1/turns/${made.turn_id}`, ada)).toMatchObject({ prompt: null });

    // The next message of that video is the user's own.
    const next = await send("POST", `/v1/videos/${made.id}/turns`, { prompt: mine }, { ...ada, ...WAIT });
    const gone = await jsonOf<VideoWire>(next);
    expect(gone).toMatchObject({ prompt: mine, prompt_source: "caller" });
    expect(await read<TurnWire>(`/v1/turns/${gone.turn_id}`, ada)).toMatchObject({ prompt: mine });
  });

  it("a stream ticket shows what a user token shows", async () => {
    const order = `/v1/generators/${generator}/videos`;
    const made = await jsonOf<VideoWire>(await send("POST", order, {}, { ...named(), ...WAIT }));
    const path = `/v1/turns/${made.turn_id}/events`;
    const ticket = await jsonOf<{ url: string }>(
      await send("POST", `/v1/turns/${made.turn_id}/stream_ticket`, {}, named()),
    );
    const { pathname, search } = new URL(ticket.url);
    const byTicket = await said(await call(pathname + search));
    const byKey = await said(await call(path, { headers: { ...named(), Accept: "text/event-stream" } }));
    expect([byTicket.includes(recipe), byKey.includes(recipe)]).toEqual([false, true]);
    expect(byTicket).toContain('"prompt":null');
  });

  it("/v1/me returns the user, its scopes, mode and quotas, and to the key what it always did", async () => {
    const me = await read<MeWire>("/v1/me", ada);
    expect(me).toMatchObject({ tenant: null, user: "ada", mode: "test", events_cursor: null });
    expect(me.scopes).toEqual(["read", "chat", "upload", "render"]);
    expect(Object.keys(me.quotas)).not.toContain("new_users_per_day");
    expect(me.nemo_token).toMatchObject({ source: "sandbox" });
    const own = await read<MeWire>("/v1/me");
    expect(own).toMatchObject({ tenant: { id: owner.tenant.id, name: owner.tenant.name } });
    expect(own.events_cursor).toBeGreaterThan(0);
    expect(Object.keys(own.quotas)).toContain("new_users_per_day");
  });
});

describe("the balance of an account with Nemo", () => {
  const BALANCE = 7_654_321;

  it("belongs to the tenant if its token is used: no answer to a user token contains it", async () => {
    const nemo = startLiveNemo();
    try {
      await nemo.control("/__switches", { initial_credits: BALANCE });
      const owner = await member("live");
      const named = { ...owner.headers, "X-User-Id": "ada" };
      const ada = await tokenOf(owner.headers);
      await jsonOf(await send("PUT", "/v1/nemo_token", { for: "tenant", token: someToken() }, owner.headers));
      const { id } = await jsonOf<ProjectWire>(await send("POST", "/v1/projects", {}, ada), 201);
      const asked = async (headers: Headers) =>
        jsonOf<TurnWire>(
          await send("POST", `/v1/projects/${id}/turns`, { prompt: "credits" }, { ...headers, ...WAIT }),
        );
      for (const headers of [ada, named]) {
        const turn = await asked(headers);
        expect(turn).toMatchObject({ intent: "credits", status: "completed" });
        expect(turn.text).toContain("ask there how many are left");
      }
      const problem = await call("/v1/credits", { headers: ada });
      expect(await readProblem(problem)).toMatchObject({ status: 403, code: "key_required" });
      expect((await jsonOf<MeWire>(await call("/v1/me", { headers: ada }))).nemo_token).toBeNull();
      const byKey = await jsonOf<{ available: number }>(await call("/v1/credits", { headers: named }));
      expect(byKey.available).toBe(BALANCE);

      const { document, routes } = await routesForUsers();
      const turns = await jsonOf<{ data: TurnWire[] }>(await call(`/v1/projects/${id}/turns`, { headers: ada }));
      const resources = new Map([
        ["prj", id],
        ["trn", turns.data[0]?.id ?? ""],
      ]);
      for (const route of routes.filter(({ method }) => method === "get")) {
        if (/\{id\}/.test(route.path) && !/^\/v1\/(projects|turns)\//.test(route.path)) continue;
        const { headers } = requestOf(route, document, resources);
        const text = await said(await call(pathOf(route, resources, "ada"), { headers: { ...headers, ...ada } }));
        expect([route.name, text.includes(String(BALANCE))]).toEqual([route.name, false]);
      }

      // A token of the user's own is the user's to know of.
      await jsonOf(await send("PUT", "/v1/nemo_token", { for: "user", token: someToken() }, named));
      const own = await jsonOf<{ available: number }>(await call("/v1/credits", { headers: ada }));
      expect(own.available).toBe(BALANCE);
      expect((await asked(ada)).text).toContain(String(BALANCE));
      expect((await jsonOf<MeWire>(await call("/v1/me", { headers: ada }))).nemo_token).toMatchObject({
        source: "user",
      });
      expect((await call("/v1/me", { headers: adminHeaders })).status).toBe(401);
    } finally {
      nemo.stop();
    }
  });
});
