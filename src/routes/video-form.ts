/** A video from one form: its fields are the flat body, its files become uploads on the way. */
import type { MiddlewareHandler } from "hono";
import { fieldsOfForm, unflatten } from "../core/flat-fields.ts";
import { PROMPT_BYTES } from "../core/limits.ts";
import { mediaTypeOf } from "../core/upload-headers.ts";
import { type GeneratorWire, generatorParams } from "../core/wire/generator.ts";
import { newGeneratorVideo, newVideo } from "../core/wire/video.ts";
import { apiError, notFound } from "../http/api-error.ts";
import { access } from "../http/auth.ts";
import { parseJson, readUrlFields, valuesIn } from "../http/body.ts";
import type { AppEnv, Ctx } from "../http/context.ts";
import { found } from "../http/generators.ts";
import { refuseInvalid } from "../http/invalid.ts";
import { started } from "../http/video-start.ts";
import { mayMakeVideos, orderFor, orderOf } from "../http/videos.ts";
import { takeForm } from "./upload-form.ts";

const mayChat = access("chat", "key_or_user_token");

/** The two ways in which forms are sent; only the first can hold files. */
const FORMS: readonly (string | undefined)[] = ["multipart/form-data", "application/x-www-form-urlencoded"];

/** Answers a POST whose body is a form; hands everything else on. */
export const formVideos: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.method !== "POST" || !FORMS.includes(mediaTypeOf(c.req.raw.headers))) return next();
  await mayChat(c, async () => {
    mayMakeVideos(c);
    c.res = await startFromForm(c);
  });
  return undefined;
};

/** Files first, then the order that names them: a repeat with the same Idempotency-Key finds both. */
async function startFromForm(c: Ctx): Promise<Response> {
  const generator = await generatorOf(c); // before a file is taken for one that is not there
  const fields = await flatBodyOf(c);
  c.set("bodyText", JSON.stringify(fields)); // what a repeat must say again
  const flat = unflatten(fields, parseJson, true);
  if (generator === null) {
    const wanted = newVideo.safeParse(valuesIn(c, newVideo, flat));
    if (!wanted.success) throw refuseInvalid({ target: "json", ...wanted });
    return started(c, orderOf(wanted.data), wanted.data);
  }
  const wanted = newGeneratorVideo.safeParse(valuesIn(c, newGeneratorVideo, flat));
  if (!wanted.success) throw refuseInvalid({ target: "json", ...wanted });
  return started(c, orderFor(generator, wanted.data), wanted.data);
}

/** The generator that the path names; null where it names none. */
async function generatorOf(c: Ctx): Promise<GeneratorWire | null> {
  const id = c.req.param("id");
  if (id === undefined) return null;
  const params = generatorParams.safeParse({ id });
  if (!params.success) throw notFound();
  return found(c, params.data.id, null);
}

/** The form's fields, and the uploads that its files became among the `asset_ids`. */
async function flatBodyOf(c: Ctx): Promise<Record<string, string>> {
  const isMultipart = mediaTypeOf(c.req.raw.headers) === FORMS[0];
  const form = isMultipart
    ? await takeForm(c, PROMPT_BYTES, () => ({}))
    : { fields: await readUrlFields(c), uploads: [] };
  const files = form.uploads.map(({ id }) => ["asset_ids", id] as const);
  const fields = fieldsOfForm([...form.fields, ...files]);
  if (fields.ok) return fields.value;
  const { field, message } = fields.error;
  throw apiError("invalid_request", `${field}: ${message}`, { errors: [fields.error] });
}
