/** Renders: exports of a timeline to a file, and the file. */
import * as z from "zod";
import { linkUrl } from "../core/link.ts";
import { pageOf } from "../core/wire/common.ts";
import { link, newLink, newRender, render, renderPlan } from "../core/wire/render.ts";
import { unwrap } from "../http/api-error.ts";
import { addressOf, callOf, namedAddress } from "../http/call.ts";
import type { Api } from "../http/context.ts";
import { alsoHead, answer, body, declare, ownedPage, ownedParams } from "../http/declare.ts";
import { serveFile } from "../http/file.ts";
import { unwrapMetered } from "../http/metered.ts";
import { userObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";

const tags = ["Renders"];
const start = declare({
  method: "post",
  path: "/v1/projects/{id}/renders",
  access: "render",
  credentials: "key_or_user_token",
  tags,
  summary: "Export the timeline",
  description:
    "An unchanged timeline that was exported before is answered with its finished file, unless `reuse` is false. With `dry_run` nothing is ordered.",
  request: { params: ownedParams("prj"), body: body(newRender) },
  responses: {
    200: answer(renderPlan, "With `dry_run`: what would be exported."),
    202: answer(render, "The render, on its way."),
  },
});

const list = declare({
  method: "get",
  path: "/v1/projects/{id}/renders",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "A project's renders, newest first",
  request: { params: ownedParams("prj"), query: ownedPage("rnd") },
  responses: { 200: answer(pageOf(render), "A page of renders.") },
});

const listAll = declare({
  method: "get",
  path: "/v1/renders",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "A user's renders, newest first",
  request: { query: ownedPage("rnd") },
  responses: { 200: answer(pageOf(render), "A page of renders.") },
});

const cancel = declare({
  method: "post",
  path: "/v1/renders/{id}/cancel",
  access: "render",
  credentials: "key_or_user_token",
  tags,
  summary: "Take a render back",
  description: "It fails as `cancelled`. One that is over, or whose file is being copied, stays as it is.",
  request: { params: ownedParams("rnd") },
  responses: { 200: answer(render, "The render as it is now.") },
});

const read = declare({
  method: "get",
  path: "/v1/renders/{id}",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "One render",
  request: { params: ownedParams("rnd") },
  responses: { 200: answer(render, "The render.") },
});

const BINARY = { schema: z.string().meta({ format: "binary" }) };

/** The answers of a route that serves files of these media types. */
export function fileAnswers(types: readonly string[]) {
  const content = Object.fromEntries(types.map((type) => [type, BINARY]));
  return {
    200: { description: "The file.", content },
    206: { description: "The part that `Range` asked for.", content },
    304: { description: "Unchanged." },
  };
}

const content = declare({
  method: "get",
  path: "/v1/renders/{id}/content",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "The finished file",
  description: "One `Range` of bytes is honoured. HEAD gives the size and the ETag.",
  request: { params: ownedParams("rnd") },
  responses: fileAnswers(["video/mp4"]),
});

const share = declare({
  method: "post",
  path: "/v1/renders/{id}/link",
  access: "render",
  credentials: "key_or_user_token",
  tags,
  summary: "A link to the file that needs no key",
  request: { params: ownedParams("rnd"), body: body(newLink) },
  responses: { 201: answer(link, "The link.") },
});

export function mountRenders(app: Api): void {
  app.openapi(start, async (c) => {
    const { id } = c.req.valid("param");
    const json = c.req.valid("json");
    const user = userObject(c.env, addressOf(c, id));
    if (json.dry_run) return c.json(unwrap(await user.planRender(id, json)), 200);
    const made = unwrapMetered(c, await user.startRender(await callOf(c), id, json));
    return c.json(made, 202, { Location: `/v1/renders/${made.id}` });
  });

  app.openapi(list, async (c) => {
    const { id } = c.req.valid("param");
    const page = await userObject(c.env, addressOf(c, id)).listRenders(id, pageRequest(c.req.valid("query")));
    return c.json(shownPage(unwrap(page)), 200);
  });

  app.openapi(listAll, async (c) => {
    const page = pageRequest(c.req.valid("query"));
    return c.json(shownPage(unwrap(await userObject(c.env, namedAddress(c)).listRenders(null, page))), 200);
  });

  app.openapi(cancel, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(unwrap(await userObject(c.env, addressOf(c, id)).cancelRender(await callOf(c), id)), 200);
  });

  app.openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(unwrap(await userObject(c.env, addressOf(c, id)).readRender(id)), 200);
  });

  alsoHead(app, content);
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
    return c.json({ url: linkUrl(c.var.origin, token), expires_at }, 201);
  });
}
