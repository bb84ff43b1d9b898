/** An upload whose bytes we fetch: by the address of a file. */
import { newImport, upload } from "../core/wire/upload.ts";
import { callOf, newAddress, newUploadId } from "../http/call.ts";
import type { Api } from "../http/context.ts";
import { answer, body, declare } from "../http/declare.ts";
import { unwrapMetered } from "../http/metered.ts";
import { uploadObject } from "../http/objects.ts";

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
