/** Generators: saved prompt templates, the tenant's own and the built-in ones; and the jobs that write one. */

import * as z from "zod";
import { builtInGenerator } from "../core/generators/built-in.ts";
import { pageQuery, pageSchema } from "../core/wire/common.ts";
import {
  generatorJob,
  generatorParams,
  generatorPatch,
  newGenerator,
  newGeneratorJob,
  shownGenerator,
} from "../core/wire/generator.ts";
import type { Api } from "../http/context.ts";
import { defineRoute, jsonBody, jsonResponse, ownedParams } from "../http/define-route.ts";
import { addressOf, callOf, newAddress } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";
import { notFound, unwrap } from "../http/problem.ts";
import {
  checkNotBuiltIn,
  checkTakenSlug,
  createGenerator,
  findGenerator,
  findShownGenerator,
  GENERATOR_CURSOR,
  pageOfShownGenerators,
  updateGenerator,
} from "../services/generators.ts";
import { removeGenerator } from "../store/generators.ts";

const tags = ["Generators"];
const headers = z.object({
  ETag: z.string().meta({ description: "The version in quotes; send it as `If-Match` to update this version only." }),
});
const one = (description: string) => ({ ...jsonResponse(shownGenerator, description), headers });

const create = defineRoute({
  method: "post",
  path: "/v1/generators",
  operationId: "generators.create",
  access: "chat",
  tags,
  summary: "Create a generator",
  description: "The generator is available to all users of the tenant at once, by its id or its slug.",
  request: { body: jsonBody(newGenerator) },
  responses: { 201: one("The generator.") },
});

const list = defineRoute({
  method: "get",
  path: "/v1/generators",
  operationId: "generators.list",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "List generators",
  description: "Returns your own generators, newest first, then the built-in ones.",
  request: { query: pageQuery(GENERATOR_CURSOR) },
  responses: { 200: jsonResponse(pageSchema(shownGenerator), "A page of generators.") },
});

const read = defineRoute({
  method: "get",
  path: "/v1/generators/{id}",
  operationId: "generators.retrieve",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "Retrieve a generator",
  description: "Returns the current version, or the version given as `?version=`.",
  request: {
    params: generatorParams,
    query: z.strictObject({ version: z.coerce.number().int().min(1).optional() }),
  },
  responses: { 200: one("The generator.") },
});

const IF_MATCH = 'must be the ETag of a version, such as "3"';

const change = defineRoute({
  method: "patch",
  path: "/v1/generators/{id}",
  operationId: "generators.update",
  access: "chat",
  tags,
  summary: "Update a generator",
  description:
    "Fields that are not sent keep their values. Each update creates a new version. With `If-Match`, the update fails with `version_conflict` unless the ETag names the current version. Built-in generators cannot be updated.",
  request: {
    params: generatorParams,
    headers: z.object({
      "if-match": z
        .string()
        .regex(/^(\*|"\d{1,9}")$/, IF_MATCH)
        .optional(),
    }),
    body: jsonBody(generatorPatch),
  },
  responses: { 200: one("The generator, with its new version.") },
});

const remove = defineRoute({
  method: "delete",
  path: "/v1/generators/{id}",
  operationId: "generators.delete",
  access: "chat",
  tags,
  summary: "Delete a generator",
  description: "Videos created with it are kept. Built-in generators cannot be deleted.",
  request: { params: generatorParams },
  responses: { 204: { description: "The generator was deleted." } },
});

export function mountGenerators(app: Api): void {
  app.openapi(create, async (c) => {
    const made = await createGenerator(c, c.req.valid("json"));
    return c.json(made, 201, { Location: `/v1/generators/${made.id}`, ETag: `"${made.version}"` });
  });

  app.openapi(list, async (c) => {
    return c.json(shownPage(await pageOfShownGenerators(c, pageRequest(c.req.valid("query")))), 200);
  });

  app.openapi(read, async (c) => {
    const known = await findShownGenerator(c, c.req.valid("param").id, c.req.valid("query").version ?? null);
    return c.json(known, 200, { ETag: `"${known.version}"` });
  });

  app.openapi(change, async (c) => {
    const next = await updateGenerator(
      c,
      c.req.valid("param").id,
      c.req.valid("json"),
      c.req.header("If-Match") ?? null,
    );
    return c.json(next, 200, { ETag: `"${next.version}"` });
  });

  app.openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    checkNotBuiltIn(builtInGenerator(id));
    const known = await findGenerator(c, id, null);
    if (!(await removeGenerator(c.env.DB, c.var.caller, known.id))) throw notFound();
    return c.body(null, 204);
  });
}

/* Generator jobs: the agent writes a generator from a description. */

const jobTags = ["Generators"];

const make = defineRoute({
  method: "post",
  path: "/v1/generators/make",
  operationId: "generators.make",
  access: "chat",
  tags: jobTags,
  summary: "Create a generator from a description",
  description:
    "Starts a job in which the agent writes the generator. The job sends one message, which is charged like any turn and is never sent again. If the answer cannot be used, the description itself becomes the prompt (`made_by: fallback`).",
  request: { body: jsonBody(newGeneratorJob) },
  responses: { 202: jsonResponse(generatorJob, "The generator job, `running`.") },
});

const readJob = defineRoute({
  method: "get",
  path: "/v1/generator_jobs/{id}",
  operationId: "generator_jobs.retrieve",
  access: "read",
  tags: jobTags,
  summary: "Retrieve a generator job",
  description: "`generator_id` is set when the job has completed.",
  request: { params: ownedParams("gjb") },
  responses: { 200: jsonResponse(generatorJob, "The generator job.") },
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
