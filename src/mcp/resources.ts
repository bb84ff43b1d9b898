/** Resources, prompts and completion: videos, timelines and generators under `nemo://` addresses. */
import {
  type CompleteRequest,
  type CompleteResult,
  type GetPromptResult,
  type ListPromptsResult,
  type McpServer,
  type ReadResourceResult,
  type Resource,
  ResourceNotFoundError,
  ResourceTemplate,
} from "@modelcontextprotocol/server";
import type * as z from "zod";
import { PAGE_MAX } from "../core/limits.ts";
import { owned } from "../core/wire/common.ts";
import { generatorParams, type ShownGeneratorWire } from "../core/wire/generator.ts";
import type { Ctx } from "../http/context.ts";
import { addressOf } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { ApiError, apiError, notFound, unwrap } from "../http/problem.ts";
import { findShownGenerator, GENERATOR_CURSOR, pageOfShownGenerators } from "../services/generators.ts";
import { listResources } from "../services/lists.ts";
import { shorten } from "./call.ts";
import { guarded } from "./errors.ts";

const VIDEO = "nemo://videos/{id}";
const TIMELINE = "nemo://projects/{id}/timeline";
const GENERATOR = "nemo://generators/{slug}";

/** Videos in the list of resources. Chosen: a person picks from it; tools read the others. */
const LISTED_VIDEOS = 20;
/** Values of one completion. The protocol's maximum. */
const COMPLETIONS = 100;

/** Adds the resources, prompts and completion of a caller that may read. */
export function addResources(server: McpServer, c: Ctx): void {
  const json = { mimeType: "application/json", cacheHint: { ttlMs: 0, cacheScope: "private" as const } };
  server.registerResource(
    "video",
    new ResourceTemplate(VIDEO, { list: () => guarded(c, async () => ({ resources: await listedVideos(c) })) }),
    { title: "Video", description: "A video with its status and the link to its file.", ...json },
    (uri, { id }) => readAs(c, uri, owned("vid"), id, async (video) => unwrap(await userOf(c, video).readVideo(video))),
  );
  server.registerResource(
    "timeline",
    new ResourceTemplate(TIMELINE, { list: undefined }),
    { title: "Timeline", description: "The tracks of a project and what is on them.", ...json },
    (uri, { id }) =>
      readAs(
        c,
        uri,
        owned("prj"),
        id,
        async (project) => unwrap(await userOf(c, project).readTimeline(project)).timeline,
      ),
  );
  server.registerResource(
    "generator",
    new ResourceTemplate(GENERATOR, {
      list: () => guarded(c, async () => ({ resources: (await firstGenerators(c)).map(listedGenerator) })),
    }),
    { title: "Generator", description: "A saved prompt with variables, for make_video.", ...json },
    (uri, { slug }) => readAs(c, uri, generatorParams.shape.id, slug, (id) => findShownGenerator(c, id, null)),
  );
  const { server: requests } = server;
  requests.setRequestHandler("prompts/list", ({ params }) => guarded(c, () => listPrompts(c, params?.cursor ?? null)));
  requests.setRequestHandler("prompts/get", ({ params }) =>
    guarded(c, () => getPrompt(c, params.name, params.arguments ?? {})),
  );
  requests.setRequestHandler("completion/complete", ({ params }) => guarded(c, () => complete(c, params)));
}

const userOf = (c: Ctx, id: `vid_${string}` | `prj_${string}`) => userObject(c.env, addressOf(c, id));

/** A resource as JSON. An id that is malformed or unknown is a resource that does not exist. */
function readAs<Id>(
  c: Ctx,
  uri: URL,
  schema: z.ZodType<Id>,
  sent: unknown,
  read: (id: Id) => Promise<unknown>,
): Promise<ReadResourceResult> {
  return guarded(c, async () => {
    const id = schema.safeParse(sent);
    try {
      if (!id.success) throw notFound();
      return { contents: [{ uri: uri.href, mimeType: "application/json", text: JSON.stringify(await read(id.data)) }] };
    } catch (error) {
      if (error instanceof ApiError && error.problem.code === "not_found") throw new ResourceNotFoundError(uri.href);
      throw error;
    }
  });
}

/** The newest videos of the caller's user, or of all users of the key's tenant. */
async function listedVideos(c: Ctx): Promise<Resource[]> {
  const { data } = await videosOf(c, LISTED_VIDEOS);
  return data.map(({ id, status, prompt }) => ({
    uri: VIDEO.replace("{id}", id),
    name: id,
    title: shorten(prompt ?? id, 60),
    description: `A video, ${status}.`,
  }));
}

const listedGenerator = ({ slug, name, description }: ShownGeneratorWire): Resource => ({
  uri: GENERATOR.replace("{slug}", slug),
  name: slug,
  title: name,
  description: shorten(description, 200),
});

const firstGenerators = async (c: Ctx): Promise<readonly ShownGeneratorWire[]> =>
  (await pageOfShownGenerators(c, { limit: PAGE_MAX, after: null })).data;

/* Prompts: one for each generator, with its variables as arguments. */

async function listPrompts(c: Ctx, cursor: string | null): Promise<ListPromptsResult> {
  if (cursor !== null && !GENERATOR_CURSOR.test(cursor))
    throw apiError("invalid_cursor", "The cursor must be the nextCursor of a page of this list.");
  const { data, next_cursor: next } = await pageOfShownGenerators(c, { limit: PAGE_MAX, after: cursor });
  const prompts = data.map(({ slug, name, description, variables }) => ({
    name: slug,
    title: name,
    description,
    arguments: variables.map(({ name: variable, description: text, default: value }) => ({
      name: variable,
      ...(text === null ? {} : { description: text }),
      required: value === null,
    })),
  }));
  return { prompts, ...(next === null ? {} : { nextCursor: next }) };
}

/** The message asks for the tool call, so that the generator's own prompt, version and attribution are used. */
async function getPrompt(c: Ctx, slug: string, values: Readonly<Record<string, string>>): Promise<GetPromptResult> {
  const known = generatorParams.shape.id.safeParse(slug);
  if (!known.success) throw notFound();
  const { name, description, needs_file: needsFile, tips } = await findShownGenerator(c, known.data, null);
  const text = [
    `Make a video with the generator "${name}": call make_video with generator "${slug}" and variables ${JSON.stringify(values)}.`,
    needsFile ? "It needs a file: pass one in assets, from import_file or create_upload." : "",
    "Then call wait_for_video until it is ready, and give me the link.",
    tips.length === 0 ? "" : `Tips: ${tips.join(" ")}`,
  ];
  const content = { type: "text" as const, text: text.filter((part) => part !== "").join("\n") };
  return { description, messages: [{ role: "user", content }] };
}

/* Completion of ids, slugs and the values of a variable. */

async function complete(c: Ctx, { ref, argument }: CompleteRequest["params"]): Promise<CompleteResult> {
  const found = ref.type === "ref/prompt" ? await valuesFor(c, ref.name, argument.name) : await idsFor(c, ref.uri);
  const values = found.filter((one) => one.startsWith(argument.value));
  return {
    completion: { values: values.slice(0, COMPLETIONS), total: values.length, hasMore: values.length > COMPLETIONS },
  };
}

async function valuesFor(c: Ctx, slug: string, variable: string): Promise<readonly string[]> {
  const known = generatorParams.shape.id.safeParse(slug);
  if (!known.success) throw notFound();
  const { variables } = await findShownGenerator(c, known.data, null);
  const named = variables.find(({ name }) => name === variable);
  return named?.type === "boolean" ? ["true", "false"] : (named?.choices ?? []);
}

async function idsFor(c: Ctx, template: string): Promise<readonly string[]> {
  if (template === GENERATOR) return (await firstGenerators(c)).map(({ slug }) => slug);
  if (template !== VIDEO && template !== TIMELINE) throw notFound();
  const { data } = template === VIDEO ? await videosOf(c, PAGE_MAX) : await projectsOf(c);
  return data.map(({ id }) => id);
}

const videosOf = (c: Ctx, limit: number) =>
  listResources(c, { kind: "vid", query: { limit }, read: (user, page) => user.listVideos(page, null) });
const projectsOf = (c: Ctx) =>
  listResources(c, { kind: "prj", query: { limit: PAGE_MAX }, read: (user, page) => user.listProjects(page) });
