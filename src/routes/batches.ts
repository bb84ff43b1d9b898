/** Batches: many videos, ordered in one call. */
import { batch, batchItem, newBatch } from "../core/wire/batch.ts";
import { pageOf, pageQuery } from "../core/wire/common.ts";
import type { Api } from "../http/context.ts";
import { answer, body, declare, ownedPage, ownedParams } from "../http/define-route.ts";
import { addressOf, callOf, namedAddress, newAddress } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";
import { unwrap } from "../http/problem.ts";
import { batchOf } from "../services/batches.ts";
import { found } from "../services/generators.ts";
import { mayImport, mayMakeVideos } from "../services/videos.ts";

const tags = ["Batches"];
const credentials = "key_or_user_token" as const;
const params = ownedParams("bat");
/** The place of an item in its batch: the cursor of its videos. */
const SLOT = /^\d{1,3}$/;

const start = declare({
  method: "post",
  path: "/v1/batches",
  access: "chat",
  credentials,
  tags,
  summary: "Make many videos",
  description:
    "Up to 500 items, each a video of its own with its own export, begun a few at a time. One that fails holds none of the others back. `batch.completed` is told once, when all are over. Needs the scopes `chat` and `render`.",
  request: { body: body(newBatch) },
  responses: { 202: answer(batch, "The batch, on its way.") },
});

const list = declare({
  method: "get",
  path: "/v1/batches",
  access: "read",
  credentials,
  tags,
  summary: "A user's batches, newest first",
  request: { query: ownedPage("bat") },
  responses: { 200: answer(pageOf(batch), "A page of batches.") },
});

const read = declare({
  method: "get",
  path: "/v1/batches/{id}",
  access: "read",
  credentials,
  tags,
  summary: "One batch",
  request: { params },
  responses: { 200: answer(batch, "The batch and how many of its items stand where.") },
});

const items = declare({
  method: "get",
  path: "/v1/batches/{id}/videos",
  access: "read",
  credentials,
  tags,
  summary: "A batch's items, in their order",
  request: { params, query: pageQuery(SLOT).extend({ status: batchItem.shape.status.optional() }) },
  responses: { 200: answer(pageOf(batchItem), "A page of items, each with its video once it has begun.") },
});

const change = <A extends "pause" | "resume" | "cancel">(action: A, summary: string, description: string) =>
  declare({
    method: "post",
    path: `/v1/batches/{id}/${action}`,
    access: "chat",
    credentials,
    tags,
    summary,
    description,
    request: { params },
    responses: { 200: answer(batch, "The batch.") },
  });

const CHANGES = {
  pause: change("pause", "Begin nothing more for now", "What is being made is made to its end."),
  resume: change("resume", "Go on with a paused batch", "From the item it stood at."),
  cancel: change("cancel", "Stop a batch", "Stops what is being made, too; what Nemo has begun may still be charged."),
} as const;

export function mountBatches(app: Api): void {
  app.openapi(start, async (c) => {
    mayMakeVideos(c);
    const wanted = c.req.valid("json");
    const generator = wanted.generator === undefined ? null : await found(c, wanted.generator, null);
    const { order, items } = batchOf(wanted, generator);
    for (const { sources } of items) mayImport(c, sources);
    const user = userObject(c.env, order.project === null ? await newAddress(c) : addressOf(c, order.project));
    const made = unwrap(await user.startBatch(await callOf(c), order, items));
    return c.json(made, 202, { Location: `/v1/batches/${made.id}` });
  });

  app.openapi(list, async (c) => {
    const user = userObject(c.env, namedAddress(c));
    return c.json(shownPage(await user.listBatches(pageRequest(c.req.valid("query")))), 200);
  });

  app.openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(unwrap(await userObject(c.env, addressOf(c, id)).readBatch(id)), 200);
  });

  app.openapi(items, async (c) => {
    const { id } = c.req.valid("param");
    const { status, ...query } = c.req.valid("query");
    const user = userObject(c.env, addressOf(c, id));
    return c.json(shownPage(unwrap(await user.listBatchItems(id, pageRequest(query), status ?? null))), 200);
  });

  for (const action of ["pause", "resume", "cancel"] as const) {
    app.openapi(CHANGES[action], async (c) => {
      const { id } = c.req.valid("param");
      const user = userObject(c.env, addressOf(c, id));
      return c.json(unwrap(await user.changeBatch(await callOf(c), id, action)), 200);
    });
  }
}
