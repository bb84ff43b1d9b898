/** Projects: each has one conversation and one timeline. */
import * as z from "zod";
import { listedSchema, pageSchema } from "../core/wire/common.ts";
import { browserLink, newProject, project, projectPatch, timeline } from "../core/wire/project.ts";
import type { Api } from "../http/context.ts";
import { defineRoute, jsonBody, jsonResponse, listPage, ownedParams, unwrapMetered } from "../http/define-route.ts";
import { matchesEtag } from "../http/files.ts";
import { addressOf, callOf, newAddress } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { notFound, unwrap } from "../http/problem.ts";
import { listResources } from "../services/lists.ts";

const tags = ["Projects and turns"];
const create = defineRoute({
  method: "post",
  path: "/v1/projects",
  operationId: "projects.create",
  access: "chat",
  credentials: "key_or_user_token",
  tags,
  summary: "Create a project",
  description: "A project has one conversation and one timeline.",
  request: { body: jsonBody(newProject) },
  responses: { 201: jsonResponse(project, "The project.") },
});

const list = defineRoute({
  method: "get",
  path: "/v1/projects",
  operationId: "projects.list",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "List projects",
  description: "Newest first: the projects of the user, or, without `X-User-Id`, those of all users of the tenant.",
  request: { query: listPage("prj") },
  responses: { 200: jsonResponse(pageSchema(listedSchema(project)), "A page of projects.") },
});

const read = defineRoute({
  method: "get",
  path: "/v1/projects/{id}",
  operationId: "projects.retrieve",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "Retrieve a project",
  description: "Returns the project with a summary of its timeline.",
  request: { params: ownedParams("prj") },
  responses: { 200: jsonResponse(project, "The project.") },
});

const change = defineRoute({
  method: "patch",
  path: "/v1/projects/{id}",
  operationId: "projects.update",
  access: "chat",
  credentials: "key_or_user_token",
  tags,
  summary: "Update a project",
  description: "Changes the name or replaces the metadata. Fields that are not sent keep their values.",
  request: { params: ownedParams("prj"), body: jsonBody(projectPatch) },
  responses: { 200: jsonResponse(project, "The project.") },
});

const remove = defineRoute({
  method: "delete",
  path: "/v1/projects/{id}",
  operationId: "projects.delete",
  access: "chat",
  credentials: "key_or_user_token",
  tags,
  summary: "Delete a project",
  description:
    "Cancels the project's turns and deletes the videos created in it. Work that Nemo has already started may still be charged. Records and files are deleted as soon as no work of the project is running. Uploads are kept.",
  request: { params: ownedParams("prj") },
  responses: { 204: { description: "The project was deleted." } },
});

/** Nemo's own JSON; its fields are undocumented. */
const draft = z.looseObject({}).meta({ id: "TimelineDraft", description: "Nemo's own draft of the timeline." });

const readTimeline = defineRoute({
  method: "get",
  path: "/v1/projects/{id}/timeline",
  operationId: "projects.timeline",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "Retrieve the timeline of a project",
  description:
    "`?format=draft` returns Nemo's own JSON, byte for byte. With `If-None-Match`, an unchanged timeline returns 304.",
  request: {
    params: ownedParams("prj"),
    query: z.strictObject({ format: z.enum(["timeline", "draft"]).default("timeline") }),
  },
  responses: {
    200: jsonResponse(z.union([timeline, draft]), "The timeline, or Nemo's own JSON with `?format=draft`."),
    304: { description: "The timeline has not changed." },
  },
});

const link = defineRoute({
  method: "post",
  path: "/v1/projects/{id}/browser_link",
  operationId: "projects.browser_link",
  access: "chat",
  credentials: "key_or_user_token",
  tags,
  summary: "Create a browser link",
  description:
    "Returns a link that opens the project in Nemo's web app. Available only if the Nemo token belongs to this user alone; otherwise the call fails with `browser_link_unavailable`. Anyone with the link can open the project.",
  request: { params: ownedParams("prj") },
  responses: { 200: jsonResponse(browserLink, "The link, valid for a week.") },
});

export function mountProjects(app: Api): void {
  app.openapi(create, async (c) => {
    const user = userObject(c.env, await newAddress(c));
    const made = unwrapMetered(c, await user.createProject(await callOf(c), c.req.valid("json")));
    return c.json(made, 201, { Location: `/v1/projects/${made.id}` });
  });

  app.openapi(list, async (c) => {
    const query = c.req.valid("query");
    const page = await listResources(c, { kind: "prj", query, read: (user, page) => user.listProjects(page) });
    return c.json(page, 200);
  });

  app.openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(unwrap(await userObject(c.env, addressOf(c, id)).readProject(id)), 200);
  });

  app.openapi(change, async (c) => {
    const { id } = c.req.valid("param");
    const user = userObject(c.env, addressOf(c, id));
    return c.json(unwrap(await user.changeProject(await callOf(c), id, c.req.valid("json"))), 200);
  });

  app.openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    unwrap(await userObject(c.env, addressOf(c, id)).removeProject(await callOf(c), id));
    return c.body(null, 204);
  });

  app.openapi(readTimeline, async (c) => {
    const { id } = c.req.valid("param");
    const found = unwrap(await userObject(c.env, addressOf(c, id)).readTimeline(id));
    const headers = { ETag: found.etag, "Cache-Control": "private, no-cache" };
    if (matchesEtag(c.req.header("If-None-Match") ?? null, found.etag)) return c.body(null, 304, headers);
    if (c.req.valid("query").format === "timeline") return c.json(found.timeline, 200, headers);
    if (found.draft === null) throw notFound();
    return new Response(found.draft, { headers: { ...headers, "Content-Type": "application/json" } });
  });

  app.openapi(link, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(unwrap(await userObject(c.env, addressOf(c, id)).makeBrowserLink(id)), 200);
  });
}
