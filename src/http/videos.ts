/** An order for a video, from whichever body asked for it. */
import type { FieldError } from "../core/errors.ts";
import type { AssetId, UploadId } from "../core/ids.ts";
import { fillPrompt } from "../core/recipe.ts";
import { SECOND_MS } from "../core/time.ts";
import type { OnQuestion } from "../core/video.ts";
import type { NamedOrder } from "../core/video-life.ts";
import type { NamedSource } from "../core/video-source.ts";
import type { GeneratorWire } from "../core/wire/generator.ts";
import type { NewGeneratorVideo, NewVideo, VideoPlanWire } from "../core/wire/video.ts";
import { apiError } from "./api-error.ts";
import type { Caller, Ctx } from "./context.ts";

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
export const planOf = (order: NamedOrder, { pass }: Pick<Caller, "pass">): VideoPlanWire => ({
  dry_run: true,
  prompt: pass !== null && order.generator !== null ? null : order.prompt,
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
