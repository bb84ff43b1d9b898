/** Videos: one call from a prompt to a file, and the events on the way. */
import type { MiddlewareHandler } from "hono";
import * as z from "zod";
import { linkUrl } from "../core/crypto.ts";
import { PROMPT_BYTES } from "../core/limits.ts";
import { mediaTypeOf } from "../core/uploads/resumable.ts";
import { fieldsOfForm, unflatten } from "../core/webhooks/flat-body.ts";
import { listedSchema, owned, pageSchema } from "../core/wire/common.ts";
import { type GeneratorWire, generatorParams } from "../core/wire/generator.ts";
import { link, newLink } from "../core/wire/render.ts";
import {
  newGeneratorVideo,
  newVideo,
  newVideoTurn,
  video,
  videoEvent,
  videoEventsPage,
  videoPlan,
} from "../core/wire/video.ts";
import type { Api, AppEnv, Ctx } from "../http/context.ts";
import {
  defineRoute,
  documentForms,
  documentHead,
  eventStream,
  jsonBody,
  jsonResponse,
  listPage,
  ownedParams,
} from "../http/define-route.ts";
import { eventsQuery, serveEvents } from "../http/event-stream.ts";
import { serveFile } from "../http/files.ts";
import { addressOf, callOf } from "../http/idempotency.ts";
import { access } from "../http/middleware/auth.ts";
import { userObject } from "../http/objects.ts";
import { apiError, checkInvalid, notFound, unwrap } from "../http/problem.ts";
import { parseJsonBody, plainJson, readFormText, valuesIn, waitOf, waitQuery } from "../http/request-body.ts";
import { findGenerator } from "../services/generators.ts";
import { listResources } from "../services/lists.ts";
import { checkVideoScopes, continueVideo, orderFor, orderOf, startVideo, waitForVideo } from "../services/videos.ts";
import { fileAnswers } from "./renders.ts";
import { takeForm } from "./uploads/form.ts";

/* A video from a form: its fields are the flat body, its files become uploads. */

const mayChat = access("chat", "key_or_user_token");

/** The two encodings of forms; only the first can have files. */
const FORMS: readonly (string | undefined)[] = ["multipart/form-data", "application/x-www-form-urlencoded"];

/** Handles a POST whose body is a form; calls `next` for every other request. */
export const formVideos: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.method !== "POST" || !FORMS.includes(mediaTypeOf(c.req.raw.headers))) return next();
  await mayChat(c, async () => {
    checkVideoScopes(c);
    c.res = await startFromForm(c);
  });
  return undefined;
};

/** Stores the files, then creates the video from them. A replay with the same Idempotency-Key finds both. */
async function startFromForm(c: Ctx): Promise<Response> {
  const generator = await generatorOf(c); // checked before any file is stored
  const body = await bodyOf(c);
  c.set("bodyText", JSON.stringify(body.sent)); // the fingerprint of the Idempotency-Key
  const flat = unflatten(body.sent, parseJsonBody, body.isForm);
  if (generator === null) {
    const requested = newVideo.safeParse(valuesIn(c, newVideo, flat));
    if (!requested.success) throw checkInvalid({ target: "json", ...requested });
    return startVideo(c, orderOf(requested.data), requested.data);
  }
  const requested = newGeneratorVideo.safeParse(valuesIn(c, newGeneratorVideo, flat));
  if (!requested.success) throw checkInvalid({ target: "json", ...requested });
  return startVideo(c, orderFor(generator, requested.data), requested.data);
}

/** The generator named by the path; null if it names none. */
async function generatorOf(c: Ctx): Promise<GeneratorWire | null> {
  const id = c.req.param("id");
  if (id === undefined) return null;
  const params = generatorParams.safeParse({ id });
  if (!params.success) throw notFound();
  return findGenerator(c, params.data.id, null);
}

/** The body's value: a form's fields, or the value of a JSON body. Some tools label every body as a form. */
async function bodyOf(c: Ctx): Promise<{ readonly sent: unknown; readonly isForm: boolean }> {
  if (mediaTypeOf(c.req.raw.headers) === FORMS[0])
    return { sent: flatBodyOf(await takeForm(c, PROMPT_BYTES, () => ({}))), isForm: true };
  const text = await readFormText(c);
  const json = plainJson(text);
  if (json !== null) return { sent: JSON.parse(json), isForm: false };
  return { sent: flatBodyOf({ fields: [...new URLSearchParams(text)], uploads: [] }), isForm: true };
}

/** The form's fields, with the uploads of its files added to `asset_ids`. */
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
  200: jsonResponse(z.union([video, videoPlan]), "The video, ended; or the plan, with `dry_run`."),
  202: jsonResponse(video, "The video, in progress."),
};

const start = defineRoute({
  method: "post",
  path: "/v1/videos",
  operationId: "videos.create",
  access: "chat",
  credentials,
  tags,
  flat: true,
  summary: "Create a video",
  description:
    "Creates a video from a prompt: project, files, turn and export in one call. `assets` may be ids or https addresses, which are imported first. Returns 202 at once. With `Prefer: wait=N` (1 to 60 s), returns 200 as soon as the video has ended, or 202 after N seconds. Requires the scopes `chat` and `render`, and `upload` to import or send files. Tools that cannot send nested JSON can send `asset_urls` and `asset_ids` (text, separated by commas or lines) and `metadata_<key>`. A form may have the same fields and, as multipart, the files.",
  request: { query: waitQuery, body: jsonBody(newVideo) },
  hide: true, // the validators accept only JSON; documented below with forms
  responses: made,
});

const generate = defineRoute({
  method: "post",
  path: "/v1/generators/{id}/videos",
  operationId: "generators.videos.create",
  access: "chat",
  credentials,
  tags,
  flat: true,
  summary: "Create a video with a generator",
  description:
    "Same as `POST /v1/videos`, with the generator's prompt. `variables` are inserted into the prompt; in a flat body they are `var_<name>`.",
  request: { params: generatorParams, query: waitQuery, body: jsonBody(newGeneratorVideo) },
  hide: true,
  responses: made,
});

const list = defineRoute({
  method: "get",
  path: "/v1/videos",
  operationId: "videos.list",
  access: "read",
  credentials,
  tags,
  summary: "List videos",
  description:
    "Newest first: the videos of the user, or, without `X-User-Id`, those of all users of the tenant. `project` and `batch` select the videos of one.",
  request: {
    query: listPage("vid").extend({
      status: video.shape.status.optional(),
      generator: generatorParams.shape.id.optional().meta({ description: "The id or slug of a generator." }),
      project: owned("prj").optional(),
      batch: owned("bat").optional(),
    }),
  },
  responses: { 200: jsonResponse(pageSchema(listedSchema(video)), "A page of videos.") },
});

const read = defineRoute({
  method: "get",
  path: "/v1/videos/{id}",
  operationId: "videos.retrieve",
  access: "read",
  credentials,
  tags,
  summary: "Retrieve a video",
  description: "With `Prefer: wait=N` or `?wait=N`, returns as soon as the video has ended, or after N seconds.",
  request: { params: ownedParams("vid"), query: waitQuery },
  responses: { 200: jsonResponse(video, "The video.") },
});

const continueWith = defineRoute({
  method: "post",
  path: "/v1/videos/{id}/turns",
  operationId: "videos.continue",
  access: "chat",
  credentials,
  tags,
  summary: "Continue a video",
  description:
    "Answers the agent's question or changes a finished or failed video: creates another turn and another export in the same project. A prompt that only asks for an export sends no message to the agent and costs no credits. Supports `Prefer: wait=N`, as when creating a video. A cancelled video cannot be continued.",
  request: { params: ownedParams("vid"), query: waitQuery, body: jsonBody(newVideoTurn) },
  responses: {
    200: jsonResponse(video, "The video, ended."),
    202: jsonResponse(video, "The video, in progress."),
  },
});

const cancel = defineRoute({
  method: "post",
  path: "/v1/videos/{id}/cancel",
  operationId: "videos.cancel",
  access: "chat",
  credentials,
  tags,
  summary: "Cancel a video",
  description: "A video that has ended is returned unchanged. Work that Nemo has already started may still be charged.",
  request: { params: ownedParams("vid") },
  responses: { 200: jsonResponse(video, "The video.") },
});

const remove = defineRoute({
  method: "delete",
  path: "/v1/videos/{id}",
  operationId: "videos.delete",
  access: "chat",
  credentials,
  tags,
  summary: "Delete a video",
  description:
    "A video in progress is cancelled first; work that Nemo has already started may still be charged. Its events, its files and the project that was created for it are deleted as soon as no work of the video is running. A project that you created, or that other videos use, is kept with its turns. Uploads are kept.",
  request: { params: ownedParams("vid") },
  responses: { 204: { description: "The video was deleted." } },
});

const content = defineRoute({
  method: "get",
  path: "/v1/videos/{id}/content",
  operationId: "videos.content",
  access: "read",
  credentials,
  tags,
  summary: "Download the file of a video",
  description:
    "Supports a single byte range. HEAD returns the size and the ETag. Fails with `video_not_ready` until the file is available, and with `no_file` if the video ended without one.",
  request: { params: ownedParams("vid") },
  responses: fileAnswers(["video/mp4"]),
});

const share = defineRoute({
  method: "post",
  path: "/v1/videos/{id}/link",
  operationId: "videos.link",
  access: "render",
  credentials,
  tags,
  summary: "Create a download link for a video",
  description:
    "Returns a signed link that opens the file without a credential, valid for as long as you choose. The resource itself shows one as `download_url`.",
  request: { params: ownedParams("vid"), body: jsonBody(newLink) },
  responses: { 201: jsonResponse(link, "The link.") },
});

export function mountVideos(app: Api): void {
  app.use("/v1/videos", formVideos);
  app.use("/v1/generators/:id/videos", formVideos);
  for (const route of [start, generate]) documentForms(app, route);

  app.openapi(start, async (c) => {
    checkVideoScopes(c);
    const requested = c.req.valid("json");
    return startVideo(c, orderOf(requested), requested);
  });

  app.openapi(generate, async (c) => {
    checkVideoScopes(c);
    const requested = c.req.valid("json");
    const generator = await findGenerator(c, c.req.valid("param").id, null);
    return startVideo(c, orderFor(generator, requested), requested);
  });

  app.openapi(list, async (c) => {
    const { status, generator, project, batch, ...query } = c.req.valid("query");
    const page = await listResources(c, {
      kind: "vid",
      query,
      status,
      generator,
      of: project ?? batch,
      read: (user, page) => user.listVideos(page, status ?? null, { generator, project, batch }),
    });
    return c.json(page, 200);
  });

  app.openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    const user = userObject(c.env, addressOf(c, id));
    const wait = c.req.method === "HEAD" ? null : waitOf(c);
    if (wait === null) return c.json(unwrap(await user.readVideo(id)), 200);
    return c.json(unwrap(await user.awaitVideo(id, wait.ms)), 200, wait.headers);
  });

  app.openapi(continueWith, async (c) => {
    checkVideoScopes(c);
    const wait = waitOf(c);
    const { id } = c.req.valid("param");
    const made = await continueVideo(c, id, c.req.valid("json"));
    const { video, isEnd, headers } = await waitForVideo(c, made, wait);
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

  documentHead(app, content);
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
    const url = linkUrl(c.var.origin, token);
    return c.json({ download_url: url, download_url_expires_at: expires_at, url }, 201);
  });
}

/* The events of a video: a resumable stream, or pages with the same cursor. */

const events = defineRoute({
  method: "get",
  path: "/v1/videos/{id}/events",
  operationId: "videos.events",
  access: "read",
  credentials: "key_or_user_token",
  tags: ["Videos"],
  summary: "Stream the events of a video",
  description:
    "Returns the video's stages, the complete messages of its turns, timeline changes and the end. Returns the events after the cursor, then follows the video until it ends. `Accept: application/json` returns a page instead. `Last-Event-ID` takes precedence over `?after=`. A stream closes after about 240 seconds; resume it with `Last-Event-ID`. If too many streams are open, the response contains only a `retry:` field. HEAD opens no stream.",
  request: {
    params: ownedParams("vid"),
    query: eventsQuery,
  },
  responses: {
    200: {
      description: "The events after the cursor.",
      content: { ...eventStream(videoEvent), "application/json": { schema: videoEventsPage } },
    },
    204: { description: "The video has ended and there are no events after the cursor." },
  },
});

export function mountVideoEvents(app: Api): void {
  app.openapi(events, async (c) => {
    const { id } = c.req.valid("param");
    const user = userObject(c.env, addressOf(c, id));
    const source = {
      readPage: (after: number, limit: number, waitMs: number) => user.readVideoEvents(id, after, limit, waitMs),
      watch: (after: number) => user.watchVideo(id, after),
    };
    return serveEvents(c, source, c.req.valid("query"));
  });
}
