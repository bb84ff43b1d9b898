/** Builds a batch from a request: validates every item and collects the errors with their field paths. */
import type { BatchRequest, NamedBatchItem } from "../core/batch.ts";
import type { FieldError } from "../core/errors.ts";
import { SHOWN_FAULTS } from "../core/generators/recipe.ts";
import { BATCH_PROMPTS_BYTES } from "../core/limits.ts";
import type { NamedVideoRequest } from "../core/video.ts";
import type { NewBatch, NewBatchItem } from "../core/wire/batch.ts";
import type { GeneratorWire } from "../core/wire/generator.ts";
import { ApiError, apiError } from "../http/problem.ts";
import { orderFor, orderOf } from "./videos.ts";

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
