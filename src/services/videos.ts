/** Creates videos from requests: builds and checks the order, starts the video, and waits for its end. */

import type { FieldError } from "../core/errors.ts";
import { fillPrompt } from "../core/generators/recipe.ts";
import type { AssetId, UploadId, VideoId } from "../core/ids.ts";
import { SECOND_MS } from "../core/time.ts";
import { costOf, orderTypeOf } from "../core/usage/usage.ts";
import type { NamedSource, NamedVideoRequest, OnQuestion } from "../core/video.ts";
import type { CostWire } from "../core/wire/common.ts";
import type { GeneratorWire } from "../core/wire/generator.ts";
import type { NewGeneratorVideo, NewVideo, NewVideoTurn, VideoPlanWire, VideoWire } from "../core/wire/video.ts";
import type { Caller, Ctx } from "../http/context.ts";
import { addressOf, callOf, dedupeRequest, newAddress, repeatable } from "../http/idempotency.ts";
import { tenantObject, userObject } from "../http/objects.ts";
import { afterCommit, apiError, unwrap } from "../http/problem.ts";
import { waitOf } from "../http/request-body.ts";

/** The estimate without a generator's own. Source: the seeds' "1-2 minutes" for a 30-second clip. */
const EXPECTED_SECONDS = 120;

/** The order for a caller's own prompt. */
export const orderOf = (body: NewVideo): NamedVideoRequest => ({ ...shared(body), prompt: body.prompt });

/** The order for a generator's prompt. Throws for invalid variables, and for a missing file if one is required. */
export function orderFor(generator: GeneratorWire, body: NewGeneratorVideo): NamedVideoRequest {
  const filled = fillPrompt(generator, body.variables);
  const errors: FieldError[] = filled.ok ? [] : filled.error;
  if (generator.needs_file && body.assets.length === 0)
    errors.push({ field: "/assets", message: "must have at least one file for this generator" });
  if (!filled.ok || errors.length > 0)
    throw apiError("invalid_request", errors.map(({ field, message }) => `${field}: ${message}`).join("; "), {
      errors,
    });
  const { id, slug, version, attribution, accepts, language } = generator;
  return {
    ...shared(body),
    prompt: filled.value,
    language: body.language ?? language,
    generator: { id, slug, version },
    attribution: {
      ...attribution,
      source: attribution.source ?? slug,
      version: attribution.version ?? String(version),
    },
    accepts,
    expectedMs: (generator.expected_seconds?.max ?? EXPECTED_SECONDS) * SECOND_MS,
  };
}

/** The plan of an order, for a dry run. */
export const planOf = (order: NamedVideoRequest, { grant }: Pick<Caller, "grant">, cost: CostWire): VideoPlanWire => ({
  dry_run: true,
  prompt: grant !== null && order.generator !== null ? null : order.prompt,
  generator: order.generator,
  asset_ids: order.sources.flatMap((source) => ("url" in source ? [] : [source.asset])),
  output: { ...order.output },
  estimated_seconds: order.expectedMs / SECOND_MS,
  cost,
});

/** Throws if the caller lacks the scope `render`. A video also needs `chat`, which the route requires. */
export function checkVideoScopes(c: Ctx): void {
  if (c.var.caller.scopes.includes("render")) return;
  throw apiError("missing_scope", "Videos need the scopes `chat` and `render`; this credential lacks `render`.");
}

/** Throws if files are to be imported and the caller lacks the scope `upload`. */
export function checkImportScope(c: Ctx, sources: readonly NamedSource[]): void {
  if (!sources.some((source) => "url" in source) || c.var.caller.scopes.includes("upload")) return;
  throw apiError("missing_scope", "Importing a file needs the scope `upload`, which this credential lacks.");
}

function shared(body: Omit<NewVideo, "prompt">): Omit<NamedVideoRequest, "prompt"> {
  return {
    sources: body.assets.map(sourceOf),
    project: body.project ?? null,
    language: body.language ?? null,
    output: body.output,
    metadata: body.metadata,
    callback: body.callback_url ?? null,
    onQuestion: questionOf(body.on_question),
    generator: null,
    attribution: null,
    accepts: null,
    expectedMs: EXPECTED_SECONDS * SECOND_MS,
  };
}

/** An upload's id is replaced by that of its future asset, which has the same suffix. */
function sourceOf(source: string): NamedSource {
  if (source.startsWith("ast_")) return { asset: source as AssetId, upload: null };
  if (source.startsWith("upl_")) return { asset: `ast_${source.slice("upl_".length)}`, upload: source as UploadId };
  return { url: source };
}

function questionOf(text: NewVideo["on_question"]): OnQuestion {
  if (text === "fail" || text === "wait") return text;
  return { answer: text.slice("answer:".length).trim() };
}

/* Creating and continuing videos. The HTTP response is built from what these return. */

/** The fields of a body that are not part of the order. */
type RequestOptions = Pick<NewVideo, "dry_run" | "dedupe">;

/** A created video. `isDuplicate`: an identical request created it within the last 60 seconds. */
export type CreatedVideo = { readonly video: VideoWire; readonly isDuplicate: boolean };

/** Creates the video at its project's address, or at the caller's. `isRepeated`: an identical request came before. */
export async function createVideo(c: Ctx, order: NamedVideoRequest, isRepeated: boolean): Promise<CreatedVideo> {
  checkImportScope(c, order.sources);
  const { deduplicated, ...video } = unwrap(await repeatable(c, isRepeated, () => submit(c, order)));
  // If the earlier request ended before it created the video, this one creates it.
  return { video, isDuplicate: isRepeated && deduplicated === true };
}

/** Sends a message to a video that has ended: an answer to the agent's question, or a change. */
export async function continueVideo(
  c: Ctx,
  id: VideoId,
  { prompt, callback_url: callback }: NewVideoTurn,
  isRepeated = false,
): Promise<VideoWire> {
  const user = userObject(c.env, addressOf(c, id));
  return unwrap(await repeatable(c, isRepeated, async () => user.continueVideo(await callOf(c), id, prompt, callback)));
}

/** The response to an order: the plan of a dry run, the video in progress, or the ended video. */
export async function startVideo(c: Ctx, order: NamedVideoRequest, { dry_run, dedupe }: RequestOptions) {
  checkImportScope(c, order.sources);
  const wait = waitOf(c); // validated before the video is created
  if (dry_run) {
    unwrap(await userObject(c.env, await addressFor(c, order)).checkVideo(await callOf(c), order));
    const type = orderTypeOf(order);
    const costs = await tenantObject(c.env, c.var.caller).readCosts(type, c.var.caller.grant?.uh ?? null);
    return c.json(planOf(order, c.var.caller, costOf(type, costs)), 200);
  }
  const { video: made, isDuplicate } = await createVideo(c, order, dedupe && (await dedupeRequest(c)));
  const extra = isDuplicate ? ({ deduplicated: true } as const) : {};
  const { video, isEnd, headers } = await waitForVideo(c, made, wait);
  const location = { Location: `/v1/videos/${made.id}` };
  return c.json({ ...video, ...extra }, isEnd || isDuplicate ? 200 : 202, { ...location, ...headers });
}

/** The video; after the requested wait, its state at that time. */
export async function waitForVideo(c: Ctx, made: VideoWire, wait: ReturnType<typeof waitOf>) {
  if (wait === null) return { video: made, isEnd: false, headers: {} };
  const user = userObject(c.env, addressOf(c, made.id));
  const video = await afterCommit(user.awaitVideo(made.id, wait.ms).then(unwrap));
  if (video === null) return { video: made, isEnd: false, headers: {} };
  return { video, isEnd: video.ended_at !== null, headers: wait.headers };
}

const addressFor = async (c: Ctx, { project }: NamedVideoRequest) =>
  project === null ? await newAddress(c) : addressOf(c, project);

const submit = async (c: Ctx, order: NamedVideoRequest) =>
  userObject(c.env, await addressFor(c, order)).startVideo(await callOf(c), order);
