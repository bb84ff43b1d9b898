/** Projects: one conversation and one timeline each. */
import * as z from "zod";
import { pageOf } from "../core/wire/common.ts";
import { browserLink, newProject, project, projectPatch, timeline } from "../core/wire/project.ts";
import type { Api } from "../http/context.ts";
import { answer, body, declare, ownedPage, ownedParams, unwrapMetered } from "../http/define-route.ts";
import { isKnown } from "../http/files.ts";
import { addressOf, callOf, namedAddress, newAddress } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";
import { notFound, unwrap } from "../http/problem.ts";

const tags = ["Projects"];
const create = declare({
  method: "post",
  path: "/v1/projects",
  access: "chat",
  credentials: "key_or_user_token",
  tags,
  summary: "Start a project",
  request: { body: body(newProject) },
  responses: { 201: answer(project, "The project.") },
});

const list = declare({
  method: "get",
  path: "/v1/projects",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "A user's projects, newest first",
  request: { query: ownedPage("prj") },
  responses: { 200: answer(pageOf(project), "A page of projects.") },
});

const read = declare({
  method: "get",
  path: "/v1/projects/{id}",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "One project",
  request: { params: ownedParams("prj") },
  responses: { 200: answer(project, "The project.") },
});

const change = declare({
  method: "patch",
  path: "/v1/projects/{id}",
  access: "chat",
  credentials: "key_or_user_token",
  tags,
  summary: "Rename a project, or give it other metadata",
  request: { params: ownedParams("prj"), body: body(projectPatch) },
  responses: { 200: answer(project, "The project.") },
});

const remove = declare({
  method: "delete",
  path: "/v1/projects/{id}",
  access: "chat",
  credentials: "key_or_user_token",
  tags,
  summary: "Delete a project and everything in it",
  description:
    "Turns are cancelled and videos made in it deleted; what Nemo has begun may still be charged. Records and files go as soon as nothing of it runs. Uploads stay.",
  request: { params: ownedParams("prj") },
  responses: { 204: { description: "It is gone." } },
});

/** Nemo's own JSON, whose fields are documented nowhere. */
const draft = z.looseObject({}).meta({ description: "Nemo's own draft of the timeline." });

const readTimeline = declare({
  method: "get",
  path: "/v1/projects/{id}/timeline",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "What stands on the timeline",
  description:
    "`?format=draft` gives upstream's own JSON, byte for byte. `If-None-Match` answers 304 while nothing changed.",
  request: {
    params: ownedParams("prj"),
    query: z.strictObject({ format: z.enum(["timeline", "draft"]).default("timeline") }),
  },
  responses: {
    200: answer(z.union([timeline, draft]), "The timeline, readable, or with `?format=draft` Nemo's own JSON."),
    304: { description: "Unchanged." },
  },
});

const link = declare({
  method: "post",
  path: "/v1/projects/{id}/browser_link",
  access: "chat",
  credentials: "key_or_user_token",
  tags,
  summary: "Open the project in Nemo's web app",
  description: "Only where the Nemo token is this user's alone. Whoever holds the link can open the project.",
  request: { params: ownedParams("prj") },
  responses: { 200: answer(browserLink, "The link, good for a week.") },
});

export function mountProjects(app: Api): void {
  app.openapi(create, async (c) => {
    const user = userObject(c.env, await newAddress(c));
    const made = unwrapMetered(c, await user.createProject(await callOf(c), c.req.valid("json")));
    return c.json(made, 201, { Location: `/v1/projects/${made.id}` });
  });

  app.openapi(list, async (c) => {
    const user = userObject(c.env, namedAddress(c));
    return c.json(shownPage(await user.listProjects(pageRequest(c.req.valid("query")))), 200);
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
    if (isKnown(c.req.header("If-None-Match") ?? null, found.etag)) return c.body(null, 304, headers);
    if (c.req.valid("query").format === "timeline") return c.json(found.timeline, 200, headers);
    if (found.draft === null) throw notFound();
    return new Response(found.draft, { headers: { ...headers, "Content-Type": "application/json" } });
  });

  app.openapi(link, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(unwrap(await userObject(c.env, addressOf(c, id)).makeBrowserLink(id)), 200);
  });
}
