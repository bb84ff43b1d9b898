/** A video from one form: its fields are the flat body, its files become uploads on the way. */
import type { MiddlewareHandler } from "hono";
import { fieldsOfForm, unflatten } from "../core/flat-fields.ts";
import { PROMPT_BYTES } from "../core/limits.ts";
import { mediaTypeOf } from "../core/upload-headers.ts";
import { type GeneratorWire, generatorParams } from "../core/wire/generator.ts";
import { newGeneratorVideo, newVideo } from "../core/wire/video.ts";
import { apiError, notFound } from "../http/api-error.ts";
import { access } from "../http/auth.ts";
import { parseJson, plainJson, readFormText, valuesIn } from "../http/body.ts";
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
  const body = await bodyOf(c);
  c.set("bodyText", JSON.stringify(body.sent)); // what a repeat must say again
  const flat = unflatten(body.sent, parseJson, body.isForm);
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

/** What the body says: a form's fields; of one that is plainly JSON, as tools send it that call every body a form, its value. */
async function bodyOf(c: Ctx): Promise<{ readonly sent: unknown; readonly isForm: boolean }> {
  if (mediaTypeOf(c.req.raw.headers) === FORMS[0])
    return { sent: flatBodyOf(await takeForm(c, PROMPT_BYTES, () => ({}))), isForm: true };
  const text = await readFormText(c);
  const json = plainJson(text);
  if (json !== null) return { sent: JSON.parse(json), isForm: false };
  return { sent: flatBodyOf({ fields: [...new URLSearchParams(text)], uploads: [] }), isForm: true };
}

/** The form's fields, and the uploads that its files became among the `asset_ids`. */
function flatBodyOf(form: Awaited<ReturnType<typeof takeForm>>): Record<string, string> {
  const files = form.uploads.map(({ id }) => ["asset_ids", id] as const);
  const fields = fieldsOfForm([...form.fields, ...files]);
  if (fields.ok) return fields.value;
  const { field, message } = fields.error;
  throw apiError("invalid_request", `${field}: ${message}`, { errors: [fields.error] });
}
