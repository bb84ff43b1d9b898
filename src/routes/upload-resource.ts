/** An upload that exists, as tus and the draft speak to it: PATCH goes on, DELETE ends it. HEAD stands beside GET in uploads.ts. */
import { PARTIAL_CONTENT, readIetfAppend } from "../core/ietf-upload.ts";
import { readTusAppend } from "../core/tus.ts";
import { badHeader, type Dialect, type HeaderReader, mediaTypeOf } from "../core/upload-headers.ts";
import { upload } from "../core/wire/upload.ts";
import { ApiError, unwrap } from "../http/api-error.ts";
import type { Api } from "../http/context.ts";
import { crossing } from "../http/crossing.ts";
import { answer, declare, ownedParams } from "../http/declare.ts";
import { uploadObject } from "../http/objects.ts";
import { stateHeaders, unwrapUpload } from "../http/upload-headers.ts";

const tags = ["Uploads"];
const binary = { schema: { type: "string", format: "binary" } } as const;

const append = declare({
  method: "patch",
  path: "/v1/uploads/{id}",
  access: "upload",
  flow: "bytes",
  credentials: "key_or_user_token",
  tags,
  summary: "Send the next bytes",
  description:
    "tus 1.0.0 (`Tus-Resumable`, `Upload-Offset`) or the IETF draft, interop versions 8 and 9 (`Upload-Complete`, `Upload-Offset`). A newer request takes over from an older one.",
  request: {
    params: ownedParams("upl"),
    body: {
      required: true,
      content: { "application/offset+octet-stream": binary, "application/partial-upload": binary },
    },
  },
  responses: {
    200: answer(upload, "The draft's last bytes: the upload is complete."),
    204: { description: "The bytes are kept; `Upload-Offset` says how far the upload is." },
  },
});

const remove = declare({
  method: "delete",
  path: "/v1/uploads/{id}",
  access: "upload",
  credentials: "key_or_user_token",
  tags,
  summary: "End an upload that is not wanted any more",
  request: { params: ownedParams("upl") },
  responses: { 204: { description: "Its bytes are being removed." } },
});

export function mountUploadResource(app: Api): void {
  app.openapi(append, async (c) => {
    const { headers, body } = c.req.raw;
    const dialect = dialectOfAppend(headers);
    if (dialect === null) throw new ApiError(unspoken);
    const asked = unwrap(dialect === "tus" ? readTusAppend(headers, null) : readIetfAppend(headers));
    const { id } = c.req.valid("param");
    const content = body && crossing(body);
    const state = unwrapUpload(await uploadObject(c.env, c.var.caller, id).append(content, asked), dialect);
    // The draft: the answer to the last content is what one request would have got. Any other MUST be 204 for tus.
    if (dialect === "ietf" && state.isComplete) return c.json(state.upload, 200, stateHeaders(state));
    return c.body(null, 204, stateHeaders(state));
  });

  app.openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    unwrap(await uploadObject(c.env, c.var.caller, id).remove());
    return c.body(null, 204);
  });
}

/** tus names itself; the draft is known by its patch document, whatever version its client names. Null for neither. */
function dialectOfAppend(headers: HeaderReader): Dialect | null {
  if (headers.get("Tus-Resumable") !== null) return "tus";
  const isDraft = mediaTypeOf(headers) === PARTIAL_CONTENT || headers.get("Upload-Complete") !== null;
  return isDraft ? "ietf" : null;
}

const unspoken = badHeader("Tus-Resumable", "1.0.0, or the IETF draft's Upload-Complete, must be sent with a PATCH");
