/** Uploads: bytes on their way into the store. */
import { MAX_REQUEST_BYTES } from "../core/limits.ts";
import { newUpload, upload } from "../core/wire/upload.ts";
import { apiError, unwrap } from "../http/api-error.ts";
import { callOf, newAddress, newUploadId } from "../http/call.ts";
import type { Api } from "../http/context.ts";
import { answer, body, declare, ownedParams } from "../http/declare.ts";
import { uploadObject } from "../http/objects.ts";
import { tooLarge } from "../http/size.ts";

const tags = ["Uploads"];
const create = declare({
  method: "post",
  path: "/v1/uploads",
  access: "upload",
  credentials: "key_or_user_token",
  tags,
  summary: "Announce a file",
  request: { body: body(newUpload) },
  responses: { 201: answer(upload, "The upload; send its content to `content_url`.") },
});

const read = declare({
  method: "get",
  path: "/v1/uploads/{id}",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "How far an upload is",
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
    body: { required: true, content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } } },
  },
  responses: {
    200: answer(
      upload,
      "The completed upload. Its `asset_id` follows within moments: read the upload again, or wait for `asset.ready`.",
    ),
  },
});

export function mountUploads(app: Api): void {
  app.openapi(create, async (c) => {
    const owner = await newAddress(c);
    const id = await newUploadId(c, owner);
    const made = unwrap(await uploadObject(c.env, owner, id).create(await callOf(c), owner, id, c.req.valid("json")));
    return c.json(made, 201, { Location: `/v1/uploads/${made.id}` });
  });

  app.openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(unwrap(await uploadObject(c.env, c.var.caller, id).read()), 200);
  });

  app.openapi(write, async (c) => {
    const { id } = c.req.valid("param");
    const size = announcedBytes(c.req.header("Content-Length"));
    const content = c.req.raw.body ?? new Blob([]).stream();
    return c.json(unwrap(await uploadObject(c.env, c.var.caller, id).write(content, size)), 200);
  });
}

/** The length a body announces. Without one a cut body would look whole. */
function announcedBytes(header: string | undefined): number {
  const size = /^\d{1,15}$/.test(header ?? "") ? Number(header) : null;
  if (size === null) throw apiError("invalid_header", "Send Content-Length: the exact number of bytes of the file.");
  if (size > MAX_REQUEST_BYTES) throw tooLarge(MAX_REQUEST_BYTES);
  return size;
}
