/** An order for a video, from whichever body asked for it. */
import type { FieldError } from "../core/errors.ts";
import { fillPrompt } from "../core/generators/recipe.ts";
import type { AssetId, UploadId } from "../core/ids.ts";
import { SECOND_MS } from "../core/time.ts";
import type { NamedOrder, NamedSource, OnQuestion } from "../core/video.ts";
import type { GeneratorWire } from "../core/wire/generator.ts";
import type { NewGeneratorVideo, NewVideo, VideoPlanWire, VideoWire } from "../core/wire/video.ts";
import type { Caller, Ctx } from "../http/context.ts";
import { addressOf, callOf, claimDuplicate, newAddress, renewClaim } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { afterCommit, apiError, unwrap } from "../http/problem.ts";
import { waitOf } from "../http/request-body.ts";

/** Where nothing says how long it takes. Source: the seeds' "1-2 minutes" for a 30-second clip. */
const EXPECTED_SECONDS = 120;

/** The order of a prompt that the caller wrote. */
export const orderOf = (body: NewVideo): NamedOrder => ({ ...shared(body), prompt: body.prompt });

/** The order of a generator's prompt, filled in. Refuses variables that do not fit, and a missing file where one is needed. */
export function orderFor(generator: GeneratorWire, body: NewGeneratorVideo): NamedOrder {
  const filled = fillPrompt(generator, body.variables);
  const errors: FieldError[] = filled.ok ? [] : filled.error;
  if (generator.needs_file && body.assets.length === 0)
    errors.push({ field: "/assets", message: "this generator works with at least one file" });
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

/** What would be done for an order, and is not. */
export const planOf = (order: NamedOrder, { grant }: Pick<Caller, "grant">): VideoPlanWire => ({
  dry_run: true,
  prompt: grant !== null && order.generator !== null ? null : order.prompt,
  generator: order.generator,
  asset_ids: order.sources.flatMap((source) => ("url" in source ? [] : [source.asset])),
  output: { ...order.output },
  estimated_seconds: order.expectedMs / SECOND_MS,
});

/** A video is made by talking and by exporting: its key must be allowed both. */
export function mayMakeVideos(c: Ctx): void {
  if (c.var.caller.scopes.includes("render")) return;
  throw apiError("missing_scope", "A video needs the scopes `chat` and `render`; this credential lacks `render`.");
}

/** What is fetched from an address is stored: the credential must be allowed to store files. */
export function mayImport(c: Ctx, sources: readonly NamedSource[]): void {
  if (!sources.some((source) => "url" in source) || c.var.caller.scopes.includes("upload")) return;
  throw apiError("missing_scope", "A file is stored with the scope `upload`, which this credential lacks.");
}

function shared(body: Omit<NewVideo, "prompt">): Omit<NamedOrder, "prompt"> {
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

/** An upload becomes the asset of the same number. */
function sourceOf(source: string): NamedSource {
  if (source.startsWith("ast_")) return { asset: source as AssetId, upload: null };
  if (source.startsWith("upl_")) return { asset: `ast_${source.slice("upl_".length)}`, upload: source as UploadId };
  return { url: source };
}

function questionOf(text: NewVideo["on_question"]): OnQuestion {
  if (text === "fail" || text === "wait") return text;
  return { answer: text.slice("answer:".length).trim() };
}

/* The answer to an order for a video: what would be done, the video on its way, or the finished one for who waits. */

/** What a body asks beside the order. */
type Asked = Pick<NewVideo, "dry_run" | "dedupe">;

/** Commits the order where its project lives, or at the caller's address; a dry run is judged there and commits nothing. */
export async function started(c: Ctx, order: NamedOrder, { dry_run, dedupe }: Asked) {
  mayImport(c, order.sources);
  const wait = waitOf(c); // what is wrong with it is said before anything is made
  if (dry_run) {
    unwrap(await userObject(c.env, await addressFor(c, order)).checkVideo(await callOf(c), order));
    return c.json(planOf(order, c.var.caller), 200);
  }
  const isClaimed = dedupe && (await claimDuplicate(c));
  const first = await ordered(c, order);
  const isGone = isClaimed && !first.ok && first.error.code === "repeat_deleted";
  if (isGone) await renewClaim(c);
  const { deduplicated, ...made } = unwrap(isGone ? await ordered(c, order) : first);
  // A claim whose request died before it made anything leaves the making to this one.
  const idempotencyKeys = isClaimed && deduplicated === true;
  const told = idempotencyKeys ? ({ deduplicated } as const) : {};
  const { video, isEnd, headers } = await awaited(c, made, wait);
  const location = { Location: `/v1/videos/${made.id}` };
  return c.json({ ...video, ...told }, isEnd || idempotencyKeys ? 200 : 202, { ...location, ...headers });
}

/** The video as it is; for who asked to wait, as it has ended by then. */
export async function awaited(c: Ctx, made: VideoWire, wait: ReturnType<typeof waitOf>) {
  if (wait === null) return { video: made, isEnd: false, headers: {} };
  const user = userObject(c.env, addressOf(c, made.id));
  const video = await afterCommit(user.awaitVideo(made.id, wait.ms).then(unwrap));
  if (video === null) return { video: made, isEnd: false, headers: {} };
  return { video, isEnd: video.ended_at !== null, headers: wait.headers };
}

const addressFor = async (c: Ctx, { project }: NamedOrder) =>
  project === null ? await newAddress(c) : addressOf(c, project);

const ordered = async (c: Ctx, order: NamedOrder) =>
  userObject(c.env, await addressFor(c, order)).startVideo(await callOf(c), order);
