/** Videos: one call, prompt in, file out. */

import type { MiddlewareHandler } from "hono";
import * as z from "zod";
import { linkUrl } from "../core/crypto.ts";
import { PROMPT_BYTES } from "../core/limits.ts";
import { mediaTypeOf } from "../core/uploads/tus.ts";
import { fieldsOfForm, unflatten } from "../core/webhooks/flat-body.ts";
import { owned, pageOf } from "../core/wire/common.ts";
import { type GeneratorWire, generatorParams } from "../core/wire/generator.ts";
import { link, newLink } from "../core/wire/render.ts";
import { newGeneratorVideo, newVideo, newVideoTurn, video, videoPlan } from "../core/wire/video.ts";
import type { Api, AppEnv, Ctx } from "../http/context.ts";
import { alsoForms, alsoHead, answer, body, declare, ownedPage, ownedParams } from "../http/define-route.ts";
import { serveFile } from "../http/files.ts";
import { addressOf, callOf, namedAddress } from "../http/idempotency.ts";
import { access } from "../http/middleware/auth.ts";
import { userObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";
import { apiError, checkInvalid, notFound, unwrap } from "../http/problem.ts";
import { parseJson, plainJson, readFormText, valuesIn, waitOf, waitQuery } from "../http/request-body.ts";
import { found } from "../services/generators.ts";
import { awaited, mayMakeVideos, orderFor, orderOf, started } from "../services/videos.ts";
import { fileAnswers } from "./renders.ts";
import { takeForm } from "./uploads/form.ts";

/* A video from one form: its fields are the flat body, its files become uploads on the way. */

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
    if (!wanted.success) throw checkInvalid({ target: "json", ...wanted });
    return started(c, orderOf(wanted.data), wanted.data);
  }
  const wanted = newGeneratorVideo.safeParse(valuesIn(c, newGeneratorVideo, flat));
  if (!wanted.success) throw checkInvalid({ target: "json", ...wanted });
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

const tags = ["Videos"];
const credentials = "key_or_user_token" as const;
const made = {
  200: answer(z.union([video, videoPlan]), "The finished video, or, of a dry run, what would be done."),
  202: answer(video, "The video, on its way."),
};

const start = declare({
  method: "post",
  path: "/v1/videos",
  access: "chat",
  credentials,
  tags,
  flat: true,
  summary: "Make a video",
  description:
    "Prompt in, MP4 out: project, files, turn, export. `assets` may be https addresses: they are imported first. 202 at once, or with `Prefer: wait=N` (1 to 60 s) 200 when it has ended by then. Tools that cannot nest send `asset_urls`, `asset_ids` (text, parted by commas or lines), `metadata_<key>`; a form may hold the same fields and, as multipart, the files themselves. Needs the scopes `chat` and `render`.",
  request: { query: waitQuery, body: body(newVideo) },
  hide: true, // its validators know JSON alone; documented below with forms
  responses: made,
});

const generate = declare({
  method: "post",
  path: "/v1/generators/{id}/videos",
  access: "chat",
  credentials,
  tags,
  flat: true,
  summary: "Make a video with a generator",
  description: "As `POST /v1/videos`; flat, its variables are `var_<name>`.",
  request: { params: generatorParams, query: waitQuery, body: body(newGeneratorVideo) },
  hide: true,
  responses: made,
});

const list = declare({
  method: "get",
  path: "/v1/videos",
  access: "read",
  credentials,
  tags,
  summary: "A user's videos, newest first",
  request: {
    query: ownedPage("vid").extend({
      status: video.shape.status.optional(),
      generator: generatorParams.shape.id.optional().meta({ description: "Its id or slug." }),
      project: owned("prj").optional(),
      batch: owned("bat").optional(),
    }),
  },
  responses: { 200: answer(pageOf(video), "A page of videos.") },
});

const read = declare({
  method: "get",
  path: "/v1/videos/{id}",
  access: "read",
  credentials,
  tags,
  summary: "One video",
  description: "With `Prefer: wait=N` or `?wait=N` it answers when the video has ended, or after that many seconds.",
  request: { params: ownedParams("vid"), query: waitQuery },
  responses: { 200: answer(video, "The video.") },
});

const continueWith = declare({
  method: "post",
  path: "/v1/videos/{id}/turns",
  access: "chat",
  credentials,
  tags,
  summary: "Go on with a video",
  description:
    "An answer to the agent's question, or a change to a finished video: another turn and another export. A prompt that says nothing but to export makes another export alone. `Prefer: wait=N` as when it was made.",
  request: { params: ownedParams("vid"), query: waitQuery, body: body(newVideoTurn) },
  responses: {
    200: answer(video, "The video, ended, for who asked to wait."),
    202: answer(video, "The video, on its way again."),
  },
});

const cancel = declare({
  method: "post",
  path: "/v1/videos/{id}/cancel",
  access: "chat",
  credentials,
  tags,
  summary: "Stop making a video",
  request: { params: ownedParams("vid") },
  responses: { 200: answer(video, "The video. What Nemo has begun may still be charged.") },
});

const remove = declare({
  method: "delete",
  path: "/v1/videos/{id}",
  access: "chat",
  credentials,
  tags,
  summary: "Delete a video",
  description:
    "One that is still made is cancelled first; what Nemo has begun may still be charged. Its events, its files and the project that was made for it go as soon as nothing of it runs. In a project of yours, or one that other videos work in, its turns stay. Uploads stay.",
  request: { params: ownedParams("vid") },
  responses: { 204: { description: "It is gone." } },
});

const content = declare({
  method: "get",
  path: "/v1/videos/{id}/content",
  access: "read",
  credentials,
  tags,
  summary: "The file",
  description: "One `Range` of bytes is honoured. HEAD gives the size and the ETag.",
  request: { params: ownedParams("vid") },
  responses: fileAnswers(["video/mp4"]),
});

const share = declare({
  method: "post",
  path: "/v1/videos/{id}/link",
  access: "render",
  credentials,
  tags,
  summary: "A link to the file that needs no key",
  request: { params: ownedParams("vid"), body: body(newLink) },
  responses: { 201: answer(link, "The link.") },
});

export function mountVideos(app: Api): void {
  app.use("/v1/videos", formVideos);
  app.use("/v1/generators/:id/videos", formVideos);
  for (const route of [start, generate]) alsoForms(app, route);

  app.openapi(start, async (c) => {
    mayMakeVideos(c);
    const wanted = c.req.valid("json");
    return started(c, orderOf(wanted), wanted);
  });

  app.openapi(generate, async (c) => {
    mayMakeVideos(c);
    const wanted = c.req.valid("json");
    const generator = await found(c, c.req.valid("param").id, null);
    return started(c, orderFor(generator, wanted), wanted);
  });

  app.openapi(list, async (c) => {
    const { status, generator, project, batch, ...query } = c.req.valid("query");
    const user = userObject(c.env, namedAddress(c));
    const page = await user.listVideos(pageRequest(query), status ?? null, { generator, project, batch });
    return c.json(shownPage(page), 200);
  });

  app.openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    const user = userObject(c.env, addressOf(c, id));
    const wait = c.req.method === "HEAD" ? null : waitOf(c);
    if (wait === null) return c.json(unwrap(await user.readVideo(id)), 200);
    return c.json(unwrap(await user.awaitVideo(id, wait.ms)), 200, wait.headers);
  });

  app.openapi(continueWith, async (c) => {
    mayMakeVideos(c);
    const wait = waitOf(c);
    const { id } = c.req.valid("param");
    const user = userObject(c.env, addressOf(c, id));
    const made = unwrap(await user.continueVideo(await callOf(c), id, c.req.valid("json").prompt));
    const { video, isEnd, headers } = await awaited(c, made, wait);
    return c.json(video, isEnd ? 200 : 202, headers);
  });

  app.openapi(cancel, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(unwrap(await userObject(c.env, addressOf(c, id)).cancelVideo(await callOf(c), id)), 200);
  });

  app.openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    unwrap(await userObject(c.env, addressOf(c, id)).removeVideo(await callOf(c), id));
    return c.body(null, 204);
  });

  alsoHead(app, content);
  app.openapi(content, async (c) => {
    const { id } = c.req.valid("param");
    const file = unwrap(await userObject(c.env, addressOf(c, id)).readVideoFile(id));
    return serveFile(c.env.MEDIA, c.req.raw, file);
  });

  app.openapi(share, async (c) => {
    const { id } = c.req.valid("param");
    const user = userObject(c.env, addressOf(c, id));
    const { expires_in_seconds } = c.req.valid("json");
    const { token, expires_at } = unwrap(await user.shareVideo(await callOf(c), id, expires_in_seconds));
    return c.json({ url: linkUrl(c.var.origin, token), expires_at }, 201);
  });
}
