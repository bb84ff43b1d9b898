/** Generators over HTTP: a tenant's recipes and the built-in ones. */
import { describe, expect, it } from "vitest";
import { GENERATORS_PER_SCOPE } from "../../src/core/limits.ts";
import type { GeneratorWire } from "../../src/core/wire/generator.ts";
import { call, env, jsonOf, makeKey, makeMember, readProblem, send } from "../support/gateway.ts";

type List = { data: GeneratorWire[]; has_more: boolean; next_cursor: string | null };
const RECIPE = {
  name: "Product promo",
  prompt: "make a {{seconds}}-second promo about {{product}}",
  variables: [
    { name: "seconds", type: "number", default: 15 },
    { name: "product", type: "text" },
  ],
};

async function tenantWith(recipes: object[] = []): Promise<{
  headers: Record<string, string>;
  tenant: string;
  made: GeneratorWire[];
}> {
  const { headers, tenant } = await makeMember(null);
  const made: GeneratorWire[] = [];
  for (const recipe of recipes) made.push(await jsonOf(await send("POST", "/v1/generators", recipe, headers), 201));
  return { headers, tenant: tenant.id, made };
}
const only = <T>([one]: T[]): T => {
  if (one === undefined) throw new Error("nothing was made");
  return one;
};

describe("a tenant's generator", () => {
  it("is found by id and by slug, by every key of the tenant and mode", async () => {
    const { headers, tenant, made } = await tenantWith([RECIPE]);
    const generator = only(made);
    expect(generator).toMatchObject({ slug: "product-promo", version: 1, made_by: "tenant", needs_file: false });
    expect(generator.accepts).toHaveLength(13);
    const other = await makeKey(tenant, { scopes: ["read"] });
    for (const name of [generator.id, generator.slug]) {
      const read = await call(`/v1/generators/${name}`, { headers: { Authorization: `Bearer ${other.secret}` } });
      expect(read.headers.get("ETag")).toBe('"1"');
      expect(await jsonOf(read)).toEqual(generator);
    }
    expect(headers).toBeDefined();
  });

  it("is readable with a user token, without its prompt, until the user is signed out", async () => {
    const { headers, made } = await tenantWith([{ ...RECIPE, attribution: { source: "my-app" } }]);
    const generator = only(made);
    const { token } = await jsonOf<{ token: string }>(await send("POST", "/v1/users/ada/tokens", {}, headers), 201);
    const asUser = { headers: { Authorization: `Bearer ${token}` } };
    const attribution = { source: null, version: null, platform: null };
    const shown = { ...generator, prompt: null, attribution };
    expect(await jsonOf(await call(`/v1/generators/${generator.id}`, asUser))).toEqual(shown);
    const { data } = await jsonOf<List>(await call("/v1/generators", asUser));
    expect(data[0]).toEqual(shown);
    expect(data.every(({ prompt }) => prompt === null)).toBe(true);
    await jsonOf(await send("POST", "/v1/users/ada/sign_out", "", headers));
    for (const path of ["/v1/generators", `/v1/generators/${generator.id}`, "/v1/generators/video-to-generator"])
      expect(await readProblem(await call(path, asUser))).toMatchObject({ status: 401, code: "user_token_revoked" });
  });

  it("belongs to one tenant and mode: another tenant and the other mode find nothing, and change nothing", async () => {
    const { tenant, headers, made } = await tenantWith([RECIPE]);
    const generator = only(made);
    const stranger = (await makeMember(null)).headers;
    const live = { Authorization: `Bearer ${(await makeKey(tenant, { mode: "live" })).secret}` };
    for (const foreign of [stranger, live]) {
      for (const name of [generator.id, generator.slug]) {
        expect((await call(`/v1/generators/${name}`, { headers: foreign })).status).toBe(404);
        expect((await send("PATCH", `/v1/generators/${name}`, { name: "mine now" }, foreign)).status).toBe(404);
        expect((await call(`/v1/generators/${name}`, { method: "DELETE", headers: foreign })).status).toBe(404);
      }
      const list = await jsonOf<List>(await call("/v1/generators?limit=100", { headers: foreign }));
      expect(list.data.map(({ made_by }) => made_by)).not.toContain("tenant");
      expect((await send("POST", "/v1/generators", RECIPE, foreign)).status).toBe(201); // the slug is free there
    }
    expect(await jsonOf(await call(`/v1/generators/${generator.id}`, { headers }))).toEqual(generator);
  });

  it("keeps its last 100 versions beside the current one", async () => {
    const { headers, made } = await tenantWith([RECIPE]);
    const path = `/v1/generators/${only(made).id}`;
    for (let n = 2; n <= 102; n++) await jsonOf(await send("PATCH", path, { description: `change ${n}` }, headers));
    const status = async (version: number) => (await call(`${path}?version=${version}`, { headers })).status;
    expect([await status(1), await status(2), await status(102)]).toEqual([404, 200, 200]);
  });

  it("is changed in versions, and each can be read again", async () => {
    const { headers, made } = await tenantWith([RECIPE]);
    const { id } = only(made);
    const changed = await send("PATCH", `/v1/generators/${id}`, { description: "for mugs" }, headers);
    expect(await jsonOf(changed)).toMatchObject({ version: 2, description: "for mugs", prompt: RECIPE.prompt });
    expect(await jsonOf(await call(`/v1/generators/${id}?version=1`, { headers }))).toEqual(only(made));
    expect((await call(`/v1/generators/${id}?version=3`, { headers })).status).toBe(404);
  });

  it("is not changed over another caller's change", async () => {
    const { headers, made } = await tenantWith([RECIPE]);
    const { id } = only(made);
    const change = (name: string, version: string) =>
      send("PATCH", `/v1/generators/${id}`, { name }, { ...headers, "If-Match": version });
    for (const unreadable of ["1", 'W/"1"', '"x"']) {
      const problem = await readProblem(await change("none", unreadable));
      expect(problem).toMatchObject({ status: 422, errors: [{ field: "header:if-match" }] });
    }
    expect((await change("two", '"1"')).status).toBe(200);
    expect(await readProblem(await change("three", '"1"'))).toMatchObject({ status: 412, code: "version_conflict" });
    const racers = await Promise.all(
      ["a", "b"].map((name) => send("PATCH", `/v1/generators/${id}`, { name }, headers)),
    );
    expect(racers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await jsonOf(await call(`/v1/generators/${id}`, { headers }))).toMatchObject({ version: 4 });
  });

  it("is not found after its deletion", async () => {
    const { headers, made } = await tenantWith([RECIPE]);
    const path = `/v1/generators/${only(made).id}`;
    expect((await call(path, { method: "DELETE", headers })).status).toBe(204);
    expect(await readProblem(await call(path, { headers }))).toMatchObject({ code: "not_found" });
    expect((await call(path, { method: "DELETE", headers })).status).toBe(404);
    expect((await send("POST", "/v1/generators", { ...RECIPE, slug: "product-promo" }, headers)).status).toBe(201);
  });

  it("is created once for one Idempotency-Key", async () => {
    const { headers } = await makeMember(null);
    const idempotency = { ...headers, "Idempotency-Key": "once" };
    const [first, second] = await Promise.all([1, 2].map(() => send("POST", "/v1/generators", RECIPE, idempotency)));
    const one = await jsonOf<GeneratorWire>(first as Response, 201);
    expect(await jsonOf(second as Response, 201)).toEqual(one);
    const other = await send("POST", "/v1/generators", { ...RECIPE, name: "Another" }, idempotency);
    expect(await readProblem(other)).toMatchObject({ code: "idempotency_mismatch" });
  });

  it("has a unique slug: a taken one is rejected, a generated one gets a suffix", async () => {
    const { headers, made } = await tenantWith([RECIPE, RECIPE]);
    expect(made[1]?.slug).toMatch(/^product-promo-[0-9a-z]{8}$/);
    for (const slug of ["product-promo", "generator-online"]) {
      const taken = await readProblem(await send("POST", "/v1/generators", { ...RECIPE, slug }, headers));
      expect(taken).toMatchObject({ status: 409, code: "slug_taken", errors: [{ field: "/slug" }] });
    }
  });

  it.each([
    [{ prompt: "{{gone}}", variables: [] }, "/prompt"],
    [{ prompt: "make it about {{My Topic}}", variables: [] }, "/prompt"],
    [{ variables: [...RECIPE.variables, { name: "idle", type: "text" }] }, "/variables/2/name"],
    [{ variables: [{ name: "Bad Name", type: "text" }] }, "/variables/0/name"],
    [{ slug: "Not A Slug" }, "/slug"],
    [{ accepts: ["exe"] }, "/accepts/0"],
    [{ output: { format: "gif" } }, "/output/format"],
    [{ expected_seconds: { min: 9, max: 1 } }, "/expected_seconds/max"],
    [{ attribution: { source: "a b" } }, "/attribution/source"],
    [{ surprise: 1 }, "/surprise"],
  ])("is rejected with the invalid field: %j", async (more, field) => {
    const { headers } = await makeMember(null);
    const problem = await readProblem(await send("POST", "/v1/generators", { ...RECIPE, ...more }, headers));
    expect(problem).toMatchObject({ status: 422, code: "invalid_request" });
    expect(problem.errors?.map((error) => error.field)).toContain(field);
  });

  it("is one of at most 200", async () => {
    const { headers, tenant } = await tenantWith();
    const row = env.DB.prepare(
      "INSERT INTO generators (id, tenant, mode, slug, version, made_by, recipe, created_at, updated_at) VALUES (?, ?, 'test', ?, 1, 'tenant', '{}', 0, 0)",
    );
    await env.DB.batch(
      Array.from({ length: GENERATORS_PER_SCOPE }, (_, n) =>
        row.bind(`gen_${tenant.slice(-14)}${1e5 + n}`, tenant, `s${n}`),
      ),
    );
    const full = await readProblem(await send("POST", "/v1/generators", RECIPE, headers));
    expect(full).toMatchObject({ status: 409, code: "too_many_generators" });
  });
});

describe("the list of generators", () => {
  it("has the tenant's own, newest first, then the built-in five, in pages", async () => {
    const { headers } = await tenantWith([
      { ...RECIPE, name: "one" },
      { ...RECIPE, name: "two" },
    ]);
    const seen: string[] = [];
    let after: string | null = "";
    for (let pages = 0; after !== null && pages < 9; pages += 1) {
      const page: List = await jsonOf(
        await call(`/v1/generators?limit=3${after === "" ? "" : `&after=${after}`}`, { headers }),
      );
      expect(page.data.length).toBeLessThanOrEqual(3);
      seen.push(...page.data.map(({ slug }) => slug));
      after = page.next_cursor;
    }
    expect(seen).toEqual([
      "two",
      "one",
      "generator-maker-generator",
      "video-generator-generator",
      "generator-online",
      "free-generation-maker",
      "video-to-generator",
    ]);
  });
});

describe("a built-in generator", () => {
  it("is read by its slug, and cannot be changed", async () => {
    const { headers } = await makeMember(null);
    const path = "/v1/generators/free-generation-maker";
    expect(await jsonOf(await call(path, { headers }))).toMatchObject({
      id: "free-generation-maker",
      made_by: "built_in",
    });
    for (const problem of [
      await send("PATCH", path, { name: "mine" }, headers),
      await call(path, { method: "DELETE", headers }),
    ])
      expect(await readProblem(problem)).toMatchObject({ status: 409, code: "generator_built_in" });
  });
});
