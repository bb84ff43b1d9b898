/** Batches: many videos, requested in one call. */

import type { BatchRequest, NamedBatchItem } from "../core/batch.ts";
import type { FieldError } from "../core/errors.ts";
import { SHOWN_FAULTS } from "../core/generators/recipe.ts";
import { BATCH_PROMPTS_BYTES } from "../core/limits.ts";
import type { NamedVideoRequest } from "../core/video.ts";
import { batch, batchItem, type NewBatch, type NewBatchItem, newBatch } from "../core/wire/batch.ts";
import { pageQuery, pageSchema } from "../core/wire/common.ts";
import type { GeneratorWire } from "../core/wire/generator.ts";
import type { Api } from "../http/context.ts";
import { defineRoute, jsonBody, jsonResponse, ownedPage, ownedParams } from "../http/define-route.ts";
import { addressOf, callOf, namedAddress, newAddress } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";
import { ApiError, apiError, unwrap } from "../http/problem.ts";
import { findGenerator } from "../services/generators.ts";
import { checkImportScope, checkVideoScopes, orderFor, orderOf } from "../services/videos.ts";

const tags = ["Batches"];
const credentials = "key_or_user_token" as const;
const params = ownedParams("bat");
/** The cursor of a batch's items: the item's index. */
const SLOT = /^\d{1,3}$/;

const start = defineRoute({
  method: "post",
  path: "/v1/batches",
  operationId: "batches.create",
  access: "chat",
  credentials,
  tags,
  summary: "Create a batch",
  description:
    "Creates up to 500 videos in one call. Each item becomes a video with its own export; at most `concurrency` videos run at once. A failed item does not stop the others. One `batch.completed` event is sent when all items have ended. Requires the scopes `chat` and `render`.",
  request: { body: jsonBody(newBatch) },
  responses: { 202: jsonResponse(batch, "The batch, in progress.") },
});

const list = defineRoute({
  method: "get",
  path: "/v1/batches",
  operationId: "batches.list",
  access: "read",
  credentials,
  tags,
  summary: "List batches",
  description: "Returns the batches of the user, newest first.",
  request: { query: ownedPage("bat") },
  responses: { 200: jsonResponse(pageSchema(batch), "A page of batches.") },
});

const read = defineRoute({
  method: "get",
  path: "/v1/batches/{id}",
  operationId: "batches.retrieve",
  access: "read",
  credentials,
  tags,
  summary: "Retrieve a batch",
  description: "Returns the batch with the number of its items in each status and the credits spent so far.",
  request: { params },
  responses: { 200: jsonResponse(batch, "The batch, with the number of items in each status.") },
});

const items = defineRoute({
  method: "get",
  path: "/v1/batches/{id}/videos",
  operationId: "batches.videos",
  access: "read",
  credentials,
  tags,
  summary: "List the items of a batch",
  description: "Returns the items in the order of the request. `video` is null until the item is started.",
  request: { params, query: pageQuery(SLOT).extend({ status: batchItem.shape.status.optional() }) },
  responses: { 200: jsonResponse(pageSchema(batchItem), "A page of batch items.") },
});

const change = <A extends "pause" | "resume" | "cancel">(action: A, summary: string, description: string) =>
  defineRoute({
    method: "post",
    path: `/v1/batches/{id}/${action}`,
    operationId: `batches.${action}`,
    access: "chat",
    credentials,
    tags,
    summary,
    description,
    request: { params },
    responses: { 200: jsonResponse(batch, "The batch.") },
  });

const CHANGES = {
  pause: change(
    "pause",
    "Pause a batch",
    "Starts no further items. Videos in progress are finished. Fails with `batch_ended` if the batch has ended.",
  ),
  resume: change(
    "resume",
    "Resume a batch",
    "Continues a paused batch with its next queued item. Fails with `batch_ended` if the batch has ended.",
  ),
  cancel: change(
    "cancel",
    "Cancel a batch",
    "Starts no further items and cancels the videos in progress. Work that Nemo has already started may still be charged. A batch that has ended is returned unchanged.",
  ),
} as const;

export function mountBatches(app: Api): void {
  app.openapi(start, async (c) => {
    checkVideoScopes(c);
    const requested = c.req.valid("json");
    const generator = requested.generator === undefined ? null : await findGenerator(c, requested.generator, null);
    const { order, items } = batchOf(requested, generator);
    for (const { sources } of items) checkImportScope(c, sources);
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

/* The batch that a request asks for: every item is validated, and the errors are collected with their field paths. */

/** `generator`: the one named by the body. Throws if any item is invalid; then nothing is created. */
export function batchOf(
  body: NewBatch,
  generator: GeneratorWire | null,
): { order: BatchRequest; items: NamedBatchItem[] } {
  const faults: FieldError[] = [];
  if (body.project !== undefined && body.mode !== "one_project")
    faults.push({ field: "/project", message: "requires mode one_project" });
  const orders: NamedVideoRequest[] = [];
  let bytes = 0;
  // Stops once enough errors are found.
  for (let n = 0; n < body.items.length && faults.length < SHOWN_FAULTS && bytes <= BATCH_PROMPTS_BYTES; n += 1) {
    const item = body.items[n];
    if (item === undefined) continue;
    for (const order of tryOrder(() => itemOrder(body, item, generator), `/items/${n}`, faults)) {
      orders.push(order);
      bytes += new TextEncoder().encode(order.prompt).length;
    }
  }
  if (bytes > BATCH_PROMPTS_BYTES)
    faults.push({
      field: "/items",
      message: `must have prompts of at most ${BATCH_PROMPTS_BYTES} bytes in total`,
    });
  const [first] = orders;
  if (faults.length > 0 || first === undefined) throw invalid(faults);
  const { output, generator: named, attribution, accepts, expectedMs } = first;
  return {
    order: {
      mode: body.mode,
      concurrency: body.concurrency,
      project: body.project ?? null,
      metadata: body.metadata,
      callback: body.callback_url ?? null,
      shared: { output, generator: named, attribution, accepts, expectedMs },
    },
    items: orders.map(({ prompt, sources, language, metadata, onQuestion }) => ({
      prompt,
      sources,
      language,
      metadata,
      onQuestion,
    })),
  };
}

function itemOrder(body: NewBatch, item: NewBatchItem, generator: GeneratorWire | null): NamedVideoRequest {
  const { prompt, variables, assets, metadata } = item;
  const common = {
    assets,
    metadata,
    language: item.language ?? body.language,
    output: body.output,
    on_question: item.on_question ?? body.on_question,
    dry_run: false,
    dedupe: false,
  };
  if (generator === null) {
    if (variables !== undefined) throw invalid([{ field: "/variables", message: "require a generator" }]);
    if (prompt === undefined) throw invalid([{ field: "/prompt", message: "is required without a generator" }]);
    return orderOf({ ...common, prompt });
  }
  if (prompt !== undefined)
    throw invalid([{ field: "/prompt", message: "must not be sent with a generator; send variables" }]);
  return orderFor(generator, { ...common, variables: variables ?? {} });
}

/** The item's order in a list; empty after an error, which is added to `faults` with the item's path. */
function tryOrder(order: () => NamedVideoRequest, path: string, faults: FieldError[]): NamedVideoRequest[] {
  try {
    return [order()];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { errors = [{ field: "", message: error.problem.detail }] } = error.problem;
    for (const { field, message } of errors) faults.push({ field: `${path}${field}`, message });
    return [];
  }
}

function invalid(all: readonly FieldError[]): ApiError {
  const errors = all.slice(0, SHOWN_FAULTS);
  return apiError("invalid_request", errors.map(({ field, message }) => `${field}: ${message}`).join("; "), { errors });
}
