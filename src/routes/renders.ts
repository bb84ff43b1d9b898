/** Renders: exports of a timeline to a file, and their files. */
import * as z from "zod";
import { linkUrl } from "../core/crypto.ts";
import type { PageRequest, UserRpc } from "../core/rpc/user.ts";
import { EXPORT_COST } from "../core/usage/usage.ts";
import { listedSchema, pageSchema } from "../core/wire/common.ts";
import { link, newLink, newRender, render, renderPlan } from "../core/wire/render.ts";
import type { Api } from "../http/context.ts";
import {
  defineRoute,
  documentHead,
  jsonBody,
  jsonResponse,
  listPage,
  ownedPage,
  ownedParams,
  unwrapMetered,
} from "../http/define-route.ts";
import { serveFile } from "../http/files.ts";
import { addressOf, callOf } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";
import { unwrap } from "../http/problem.ts";
import { listResources } from "../services/lists.ts";

const tags = ["Renders"];
const renderPage = pageSchema(render);
const start = defineRoute({
  method: "post",
  path: "/v1/projects/{id}/renders",
  operationId: "renders.create",
  access: "render",
  credentials: "key_or_user_token",
  tags,
  summary: "Create a render",
  description:
    "Exports the project's timeline to a file. If the unchanged timeline was exported before, the render reuses that file, unless `reuse` is false. With `dry_run`, nothing is exported.",
  request: { params: ownedParams("prj"), body: jsonBody(newRender) },
  responses: {
    200: jsonResponse(renderPlan, "With `dry_run`: the plan of the export."),
    202: jsonResponse(render, "The render, in progress."),
  },
});

const list = defineRoute({
  method: "get",
  path: "/v1/projects/{id}/renders",
  operationId: "projects.renders",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "List the renders of a project",
  description: "Newest first.",
  request: { params: ownedParams("prj"), query: ownedPage("rnd") },
  responses: { 200: jsonResponse(renderPage, "A page of renders.") },
});

const listAll = defineRoute({
  method: "get",
  path: "/v1/renders",
  operationId: "renders.list",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "List renders",
  description: "Newest first: the renders of the user, or, without `X-User-Id`, those of all users of the tenant.",
  request: { query: listPage("rnd").extend({ status: render.shape.status.optional() }) },
  responses: { 200: jsonResponse(pageSchema(listedSchema(render)), "A page of renders.") },
});

const cancel = defineRoute({
  method: "post",
  path: "/v1/renders/{id}/cancel",
  operationId: "renders.cancel",
  access: "render",
  credentials: "key_or_user_token",
  tags,
  summary: "Cancel a render",
  description:
    "The render ends as `failed` with the error code `cancelled`. A render that has ended, or whose file is being copied, is returned unchanged.",
  request: { params: ownedParams("rnd") },
  responses: { 200: jsonResponse(render, "The render.") },
});

const read = defineRoute({
  method: "get",
  path: "/v1/renders/{id}",
  operationId: "renders.retrieve",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "Retrieve a render",
  description: "Returns the render with its progress and, once it has completed, its file and a new download link.",
  request: { params: ownedParams("rnd") },
  responses: { 200: jsonResponse(render, "The render.") },
});

const BINARY = { schema: z.string().meta({ format: "binary" }) };

/** The responses of a route that serves files of these media types. */
export function fileAnswers(types: readonly string[]) {
  const content = Object.fromEntries(types.map((type) => [type, BINARY]));
  return {
    200: { description: "The file.", content },
    206: { description: "The part of the file that `Range` requested.", content },
    304: { description: "The file has not changed." },
  };
}

const content = defineRoute({
  method: "get",
  path: "/v1/renders/{id}/content",
  operationId: "renders.content",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "Download the file of a render",
  description:
    "Supports a single byte range. HEAD returns the size and the ETag. Fails with `render_not_ready` until the file is available.",
  request: { params: ownedParams("rnd") },
  responses: fileAnswers(["video/mp4"]),
});

const share = defineRoute({
  method: "post",
  path: "/v1/renders/{id}/link",
  operationId: "renders.link",
  access: "render",
  credentials: "key_or_user_token",
  tags,
  summary: "Create a download link for a render",
  description:
    "Returns a signed link that opens the file without a credential, valid for as long as you choose. The resource itself shows one as `download_url`.",
  request: { params: ownedParams("rnd"), body: jsonBody(newLink) },
  responses: { 201: jsonResponse(link, "The link.") },
});

export function mountRenders(app: Api): void {
  app.openapi(start, async (c) => {
    const { id } = c.req.valid("param");
    const json = c.req.valid("json");
    const user = userObject(c.env, addressOf(c, id));
    if (json.dry_run) return c.json({ ...unwrap(await user.planRender(id, json)), cost: EXPORT_COST }, 200);
    const made = unwrapMetered(c, await user.startRender(await callOf(c), id, json));
    return c.json(made, 202, { Location: `/v1/renders/${made.id}` });
  });

  app.openapi(list, async (c) => {
    const { id } = c.req.valid("param");
    const page = await userObject(c.env, addressOf(c, id)).listRenders(id, pageRequest(c.req.valid("query")));
    return c.json(shownPage(unwrap(page)), 200);
  });

  app.openapi(listAll, async (c) => {
    const { status, ...query } = c.req.valid("query");
    const read = async (user: UserRpc, page: PageRequest) => unwrap(await user.listRenders(null, page, status));
    return c.json(await listResources(c, { kind: "rnd", query, status, read }), 200);
  });

  app.openapi(cancel, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(unwrap(await userObject(c.env, addressOf(c, id)).cancelRender(await callOf(c), id)), 200);
  });

  app.openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(unwrap(await userObject(c.env, addressOf(c, id)).readRender(id)), 200);
  });

  documentHead(app, content);
  app.openapi(content, async (c) => {
    const { id } = c.req.valid("param");
    const file = unwrap(await userObject(c.env, addressOf(c, id)).renderFile(id));
    return serveFile(c.env.MEDIA, c.req.raw, file);
  });

  app.openapi(share, async (c) => {
    const { id } = c.req.valid("param");
    const { expires_in_seconds } = c.req.valid("json");
    const user = userObject(c.env, addressOf(c, id));
    const { token, expires_at } = unwrap(await user.shareRender(await callOf(c), id, expires_in_seconds));
    const url = linkUrl(c.var.origin, token);
    return c.json({ download_url: url, download_url_expires_at: expires_at, url }, 201);
  });
}
