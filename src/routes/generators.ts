/** Generators: saved recipes, the tenant's own and the built-in ones. */
import * as z from "zod";
import { BUILT_IN_GENERATORS, builtInGenerator } from "../core/generators/built-in.ts";
import { plainIdPattern } from "../core/ids.ts";
import { pageOf, pageQuery } from "../core/wire/common.ts";
import { generator, generatorParams, generatorPatch, newGenerator } from "../core/wire/generator.ts";
import { generatorJob, newGeneratorJob } from "../core/wire/making.ts";
import type { Api } from "../http/context.ts";
import { answer, body, declare, ownedParams } from "../http/define-route.ts";
import { addressOf, callOf, newAddress } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { notFound, unwrap } from "../http/problem.ts";
import { changed, checkTakenSlug, created, found, listed, ownOnly } from "../services/generators.ts";
import { removeGenerator } from "../store/generators.ts";

const tags = ["Generators"];
/** The cursor of the list: a generator's id, which of a built-in one is its slug. */
const CURSOR = new RegExp([plainIdPattern("gen").source, ...BUILT_IN_GENERATORS.map(({ id }) => `^${id}$`)].join("|"));
const headers = z.object({ ETag: z.string().meta({ description: "The version in quotes; for If-Match." }) });
const one = (description: string) => ({ ...answer(generator, description), headers });

const create = declare({
  method: "post",
  path: "/v1/generators",
  access: "chat",
  tags,
  summary: "Save a recipe as a generator",
  description: "Everybody of the tenant can use it at once, by its id or its slug.",
  request: { body: body(newGenerator) },
  responses: { 201: one("The generator.") },
});

const list = declare({
  method: "get",
  path: "/v1/generators",
  access: "read",
  tags,
  summary: "All generators: your own, newest first, then the built-in ones",
  request: { query: pageQuery(CURSOR) },
  responses: { 200: answer(pageOf(generator), "The generators.") },
});

const read = declare({
  method: "get",
  path: "/v1/generators/{id}",
  access: "read",
  tags,
  summary: "One generator",
  request: {
    params: generatorParams,
    query: z.strictObject({ version: z.coerce.number().int().min(1).optional() }),
  },
  responses: { 200: one("The generator, as it is or as it was in that version.") },
});

const IF_MATCH = 'must be the ETag of the version that you read, such as "3"';

const change = declare({
  method: "patch",
  path: "/v1/generators/{id}",
  access: "chat",
  tags,
  summary: "Change a generator",
  description: "What is left out stays. With `If-Match` only the version you read is changed.",
  request: {
    params: generatorParams,
    headers: z.object({
      "if-match": z
        .string()
        .regex(/^(\*|"\d{1,9}")$/, IF_MATCH)
        .optional(),
    }),
    body: body(generatorPatch),
  },
  responses: { 200: one("The next version.") },
});

const remove = declare({
  method: "delete",
  path: "/v1/generators/{id}",
  access: "chat",
  tags,
  summary: "Remove a generator",
  description: "Videos that it made stay.",
  request: { params: generatorParams },
  responses: { 204: { description: "It is gone." } },
});

export function mountGenerators(app: Api): void {
  app.openapi(create, async (c) => {
    const made = await created(c, c.req.valid("json"));
    return c.json(made, 201, { Location: `/v1/generators/${made.id}`, ETag: `"${made.version}"` });
  });

  app.openapi(list, async (c) => {
    const { limit, after } = c.req.valid("query");
    return c.json(await listed(c, limit, after ?? null), 200);
  });

  app.openapi(read, async (c) => {
    const known = await found(c, c.req.valid("param").id, c.req.valid("query").version ?? null);
    return c.json(known, 200, { ETag: `"${known.version}"` });
  });

  app.openapi(change, async (c) => {
    const next = await changed(c, c.req.valid("param").id, c.req.valid("json"), c.req.header("If-Match") ?? null);
    return c.json(next, 200, { ETag: `"${next.version}"` });
  });

  app.openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    ownOnly(builtInGenerator(id));
    const known = await found(c, id, null);
    if (!(await removeGenerator(c.env.DB, c.var.caller, known.id))) throw notFound();
    return c.body(null, 204);
  });
}

/* Generators written by the agent: described in a sentence, usable by the whole tenant when they are ready. */

const jobTags = ["Generators"];

const make = declare({
  method: "post",
  path: "/v1/generators/make",
  access: "chat",
  tags: jobTags,
  summary: "Have a generator written from a description",
  description:
    "One message to the agent, charged like any turn. If its answer cannot be used, the description becomes the prompt (`made_by: fallback`); nothing is asked again.",
  request: { body: body(newGeneratorJob) },
  responses: { 202: answer(generatorJob, "The generator, on its way.") },
});

const readJob = declare({
  method: "get",
  path: "/v1/generator_jobs/{id}",
  access: "read",
  tags: jobTags,
  summary: "How a generator that is being written stands",
  request: { params: ownedParams("gjb") },
  responses: { 200: answer(generatorJob, "With `generator_id` once it is ready.") },
});

export function mountGeneratorJobs(app: Api): void {
  app.openapi(make, async (c) => {
    const {
      description,
      name = null,
      slug = null,
      language = null,
      callback_url: callback = null,
    } = c.req.valid("json");
    await checkTakenSlug(c, slug);
    const user = userObject(c.env, await newAddress(c));
    const made = unwrap(await user.startGeneratorJob(await callOf(c), { description, name, slug, language, callback }));
    return c.json(made, 202, { Location: `/v1/generator_jobs/${made.id}` });
  });

  app.openapi(readJob, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(unwrap(await userObject(c.env, addressOf(c, id)).readGeneratorJob(id)), 200);
  });
}
