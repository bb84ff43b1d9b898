/** A video from one form: its fields are the flat body, its files become uploads on the way. */
import type { MiddlewareHandler } from "hono";
import { unflatten } from "../core/flat-fields.ts";
import { PROMPT_BYTES } from "../core/limits.ts";
import { mediaTypeOf } from "../core/upload-headers.ts";
import { generatorParams } from "../core/wire/generator.ts";
import { newGeneratorVideo, newVideo } from "../core/wire/video.ts";
import { notFound } from "../http/api-error.ts";
import { access } from "../http/auth.ts";
import type { AppEnv, Ctx } from "../http/context.ts";
import { found } from "../http/generators.ts";
import { refuseInvalid } from "../http/invalid.ts";
import { started } from "../http/video-start.ts";
import { mayMakeVideos, orderFor, orderOf } from "../http/videos.ts";
import { takeForm } from "./upload-form.ts";

const mayChat = access("chat", "key_or_user_token");

/** Answers a POST whose body is a form; hands everything else on. */
export const formVideos: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.method !== "POST" || mediaTypeOf(c.req.raw.headers) !== "multipart/form-data") return next();
  await mayChat(c, async () => {
    mayMakeVideos(c);
    c.res = await startFromForm(c);
  });
  return undefined;
};

/** Files first, then the order that names them: a repeat with the same Idempotency-Key finds both. */
async function startFromForm(c: Ctx): Promise<Response> {
  const { fields, uploads } = await takeForm(c, PROMPT_BYTES, () => ({}));
  const flat = { ...fields, asset_ids: [fields.asset_ids ?? "", ...uploads.map(({ id }) => id)].join("\n") };
  const body = unflatten(flat);
  c.set("bodyText", JSON.stringify(body)); // what a repeat must say again
  const id = c.req.param("id");
  if (id === undefined) {
    const wanted = newVideo.safeParse(body);
    if (!wanted.success) throw refuseInvalid({ target: "json", ...wanted });
    return started(c, orderOf(wanted.data), wanted.data);
  }
  const params = generatorParams.safeParse({ id });
  if (!params.success) throw notFound();
  const wanted = newGeneratorVideo.safeParse(body);
  if (!wanted.success) throw refuseInvalid({ target: "json", ...wanted });
  return started(c, orderFor(await found(c, params.data.id, null), wanted.data), wanted.data);
}
