/** Uploads: bytes on their way into the store, announced in JSON and sent in one piece or by a resumable protocol. */
import * as z from "zod";
import { MAX_REQUEST_BYTES } from "../../core/limits.ts";
import { contentBytesOf, interopVersion } from "../../core/uploads/tus.ts";
import { pageOf, pageQuery } from "../../core/wire/common.ts";
import { newImport, newUpload, type UploadWire, upload } from "../../core/wire/upload.ts";
import type { Api, Ctx } from "../../http/context.ts";
import { alsoHead, answer, body, declare, documentRoute, ownedParams, unwrapMetered } from "../../http/define-route.ts";
import { pipeToObject } from "../../http/event-stream.ts";
import { callOf, namedAddress, newAddress, newUploadId } from "../../http/idempotency.ts";
import { tooLarge } from "../../http/middleware/limits.ts";
import { uploadObject, userObject } from "../../http/objects.ts";
import { pageRequest, shownPage } from "../../http/page.ts";
import { apiError, unwrap } from "../../http/problem.ts";
import { stateHeaders } from "../../http/upload-headers.ts";
import { otherDialects } from "./resumable.ts";

const tags = ["Uploads"];
const BINARY = { schema: { type: "string", format: "binary" } } as const;
const FORM = {
  schema: { type: "object", properties: { file: { type: "array", items: { type: "string", format: "binary" } } } },
} as const;
const create = declare({
  method: "post",
  path: "/v1/uploads",
  access: "upload",
  credentials: "key_or_user_token",
  tags,
  summary: "Announce a file",
  description:
    "In JSON; or by tus 1.0.0 (`Tus-Resumable`), or by the IETF draft, interop versions 8 and 9 (`Upload-Complete`), both with the first bytes if they like; or as a form with up to 20 files, answered with `{data: […]}`, one upload each.",
  ways: "Send a file as a form (multipart/form-data, one part with a filename); or announce it in JSON (filename, size_bytes) and PUT its bytes to content_url; or send it by tus (Tus-Resumable) or the IETF draft (Upload-Complete: ?1).",
  request: { body: body(newUpload) },
  hide: true, // its validators know JSON alone; documented below with every dialect
  responses: { 201: answer(upload, "The upload; send its content to `content_url`, or PATCH its `Location`.") },
});

const everyDialect = {
  ...body(newUpload).content,
  "multipart/form-data": FORM,
  "application/offset+octet-stream": BINARY,
};

const list = declare({
  method: "get",
  path: "/v1/uploads",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "A user's uploads, newest first",
  request: { query: pageQuery(/^\d{1,15}$/) },
  responses: { 200: answer(pageOf(upload), "A page of uploads.") },
});

const read = declare({
  method: "get",
  path: "/v1/uploads/{id}",
  access: "read_or_upload",
  flow: "bytes",
  credentials: "key_or_user_token",
  tags,
  summary: "How far an upload is",
  description:
    "With the headers of tus and the draft. HEAD, and a GET that names a version of the draft, end a request that is still sending bytes.",
  request: { params: ownedParams("upl") },
  responses: { 200: answer(upload, "The upload.") },
});

const write = declare({
  method: "put",
  path: "/v1/uploads/{id}/content",
  access: "upload",
  credentials: "key_or_user_token",
  tags,
  summary: "Send a file in one piece",
  description: "The raw bytes, exactly as many as announced. `Content-Length` is required.",
  request: {
    params: ownedParams("upl"),
    body: { required: true, content: { "application/octet-stream": BINARY } },
  },
  responses: {
    200: answer(
      upload,
      "The completed upload. Its `asset_id` follows within moments: read the upload again, or wait for `asset.ready`.",
    ),
  },
});

export function mountUploads(app: Api): void {
  app.use("/v1/uploads", otherDialects);

  app.openapi(create, async (c) => {
    const owner = await newAddress(c);
    const id = await newUploadId(c, owner);
    const made = unwrapMetered(
      c,
      await uploadObject(c.env, owner, id).create(await callOf(c), owner, id, c.req.valid("json")),
    );
    return c.json(made, 201, { Location: `/v1/uploads/${made.id}` });
  });

  documentRoute(app, {
    ...create,
    request: { body: { required: true, content: everyDialect } },
    responses: {
      ...create.responses,
      201: answer(
        z.union([upload, z.object({ data: z.array(upload) })]),
        "The upload; send its content to `content_url`, or PATCH its `Location`. For a form `data`, with an upload for each of its files.",
      ),
    },
  });

  app.openapi(list, async (c) => {
    const page = await userObject(c.env, namedAddress(c)).listUploads(pageRequest(c.req.valid("query")));
    const data = await Promise.all(page.data.map((one) => asItStands(c, one)));
    return c.json(shownPage({ ...page, data }), 200);
  });

  app.openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    const object = uploadObject(c.env, c.var.caller, id);
    // The draft's GET means the same as its HEAD: the offset that it is told must be the one to go on from.
    const isOffset = c.req.method === "HEAD" || interopVersion(c.req.raw.headers) !== null;
    const state = unwrap(isOffset ? await object.settle() : await object.look());
    const isOver = state.upload.status === "failed" || state.upload.status === "expired";
    return c.json(state.upload, 200, isOver ? {} : stateHeaders(state));
  });
  alsoHead(app, read);

  app.openapi(write, async (c) => {
    const { id } = c.req.valid("param");
    const size = announcedBytes(c.req.raw.headers);
    const content = pipeToObject(c.req.raw.body ?? new Blob([]).stream());
    return c.json(unwrap(await uploadObject(c.env, c.var.caller, id).write(content, size)), 200);
  });
}

/** The length a body announces. Without one a cut body would look whole. */
function announcedBytes(headers: Headers): number {
  const size = contentBytesOf(headers);
  if (size === null) throw apiError("invalid_header", "Send Content-Length: the exact number of bytes of the file.");
  if (size > MAX_REQUEST_BYTES) throw tooLarge(MAX_REQUEST_BYTES);
  return size;
}

/** An upload of a list: one that may still change is asked itself. */
async function asItStands(c: Ctx, listed: UploadWire): Promise<UploadWire> {
  const mayChange = listed.status === "open" || (listed.status === "completed" && listed.asset_id === null);
  if (!mayChange) return listed;
  const found = await uploadObject(c.env, c.var.caller, listed.id).read();
  return found.ok ? found.value : listed;
}

/* An upload whose bytes we fetch: by the address of a file. */

const order = declare({
  method: "post",
  path: "/v1/uploads/import",
  access: "upload",
  credentials: "key_or_user_token",
  tags: ["Uploads"],
  flat: true,
  summary: "Import a file by its address",
  description:
    "The file is fetched in the background: `offset_bytes` grows, then `upload.completed`, or `upload.failed` with the reason in `error`. Three of a user are fetched at once, the others wait in order. DELETE ends one.",
  request: { body: body(newImport) },
  responses: { 202: answer(upload, "The upload. Its content is on its way.") },
});

export function mountUploadImport(app: Api): void {
  app.openapi(order, async (c) => {
    const { url, file_name: fileName = null, metadata } = c.req.valid("json");
    const owner = await newAddress(c);
    const id = await newUploadId(c, owner);
    const made = await uploadObject(c.env, owner, id).startImport(await callOf(c), owner, id, {
      url,
      fileName,
      metadata,
    });
    return c.json(unwrapMetered(c, made), 202, { Location: `/v1/uploads/${id}` });
  });
}
