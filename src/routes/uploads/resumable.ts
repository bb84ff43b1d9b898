/** Resumable uploads: tus 1.0.0 and the IETF draft. Creation, append and termination. */
import type { MiddlewareHandler } from "hono";
import type { NewFile, UploadState } from "../../core/rpc/upload.ts";
import {
  badHeader,
  booleanText,
  type Dialect,
  dialectOfCreation,
  type HeaderReader,
  mediaTypeOf,
  PARTIAL_CONTENT,
  readBody,
  readIetfAppend,
  readIetfCreation,
  readTusAppend,
  readTusCreation,
  TUS_CONTENT,
} from "../../core/uploads/resumable.ts";
import { type UploadWire, upload } from "../../core/wire/upload.ts";
import type { Api, AppEnv, Ctx } from "../../http/context.ts";
import { defineRoute, jsonResponse, noteLimits, ownedParams } from "../../http/define-route.ts";
import { callOf, newAddress, newUploadId } from "../../http/idempotency.ts";
import { access } from "../../http/middleware/auth.ts";
import { uploadObject } from "../../http/objects.ts";
import { ApiError, unwrap } from "../../http/problem.ts";
import { stateHeaders, unwrapUpload } from "../../http/upload-headers.ts";
import { createFromForm } from "./form.ts";

const mayUpload = access("upload", "key_or_user_token");

/** Handles a creation that is not JSON; calls `next` for every other request. */
export const otherDialects: MiddlewareHandler<AppEnv> = async (c, next) => {
  const dialect = dialectOfCreation(c.req.raw.headers);
  if (c.req.method !== "POST" || dialect === "json") return next();
  await mayUpload(c, async () => {
    c.res = await CREATIONS[dialect](c);
  });
  return undefined;
};

const CREATIONS = { tus: createTus, ietf: createIetf, form: createFromForm } as const;

/** tus: creates an upload, with its first bytes if they are sent (creation-with-upload). */
async function createTus(c: Ctx): Promise<Response> {
  const { headers, body } = c.req.raw;
  const file = unwrap(readTusCreation(headers));
  const hasContent = mediaTypeOf(headers) === TUS_CONTENT;
  const append = hasContent ? unwrap(readTusAppend(headers, 0)) : null;
  const made = await create(c, file);
  // An idempotent replay whose first bytes were stored returns their offset.
  if (append === null || made.offset_bytes > 0)
    return created(c, { ...stateOf(made), concat: file.concat?.text ?? null });
  return created(c, unwrapUpload(await uploadObject(c.env, c.var.caller, made.id).append(body, append), "tus"));
}

/** The draft: creates an upload with its first content, which may be the whole file. */
async function createIetf(c: Ctx): Promise<Response> {
  const { headers, body } = c.req.raw;
  const file = unwrap(readIetfCreation(headers));
  const append = unwrap(readBody(headers, 0));
  const made = await create(c, file, "ietf");
  if (made.offset_bytes > 0 || made.status !== "open") return created(c, stateOf(made));
  const state = unwrapUpload(await uploadObject(c.env, c.var.caller, made.id).append(body, append), "ietf");
  return created(c, state);
}

async function create(c: Ctx, file: NewFile, dialect: Dialect = "tus"): Promise<UploadWire> {
  const owner = await newAddress(c);
  const id = await newUploadId(c, owner);
  c.set("bodyText", JSON.stringify(file)); // the fingerprint of the Idempotency-Key
  const made = await uploadObject(c.env, owner, id).create(await callOf(c), owner, id, file);
  noteLimits(c, made);
  return unwrapUpload(made, dialect);
}

const stateOf = (upload: UploadWire): UploadState => ({
  upload,
  uploadMetadata: null,
  isComplete: upload.status === "completed",
});

/** The response to a creation MUST be 201 with the upload's `Location`. */
function created(c: Ctx, state: UploadState): Response {
  const headers = { ...stateHeaders(state), Location: `/v1/uploads/${state.upload.id}` };
  return c.json(state.upload, 201, { ...headers, "Upload-Complete": booleanText(state.isComplete) });
}

/* An existing upload: PATCH appends, DELETE terminates. HEAD is beside GET in json.ts. */

const tags = ["Uploads and assets"];
const binary = { schema: { type: "string", format: "binary" } } as const;

const append = defineRoute({
  method: "patch",
  path: "/v1/uploads/{id}",
  operationId: "uploads.append",
  access: "upload",
  flow: "bytes",
  credentials: "key_or_user_token",
  tags,
  summary: "Append to an upload",
  description:
    "Appends bytes at `Upload-Offset`. Accepts tus 1.0.0 (`Tus-Resumable`) or the IETF draft, interop versions 8 and 9 (`Upload-Complete`). A newer request ends an older one that is still sending. A wrong offset fails with `offset_mismatch`.",
  request: {
    params: ownedParams("upl"),
    body: {
      required: true,
      content: { "application/offset+octet-stream": binary, "application/partial-upload": binary },
    },
  },
  responses: {
    200: jsonResponse(upload, "The last bytes by the IETF draft: the upload is complete."),
    204: { description: "The bytes were stored. `Upload-Offset` is the new offset." },
  },
});

const remove = defineRoute({
  method: "delete",
  path: "/v1/uploads/{id}",
  operationId: "uploads.delete",
  access: "upload",
  credentials: "key_or_user_token",
  tags,
  summary: "Delete an upload",
  description:
    "Ends an open upload or a running import and deletes its bytes. A completed upload fails with `upload_closed`.",
  request: { params: ownedParams("upl") },
  responses: { 204: { description: "The upload was deleted." } },
});

export function mountUploadResource(app: Api): void {
  app.openapi(append, async (c) => {
    const { headers, body } = c.req.raw;
    const dialect = dialectOfAppend(headers);
    if (dialect === null) throw new ApiError(noProtocol);
    const fields = unwrap(dialect === "tus" ? readTusAppend(headers, null) : readIetfAppend(headers));
    const { id } = c.req.valid("param");
    const state = unwrapUpload(await uploadObject(c.env, c.var.caller, id).append(body, fields), dialect);
    // The draft: the last append returns what a single request would have returned. tus: the response MUST be 204.
    if (dialect === "ietf" && state.isComplete) return c.json(state.upload, 200, stateHeaders(state));
    return c.body(null, 204, stateHeaders(state));
  });

  app.openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    unwrap(await uploadObject(c.env, c.var.caller, id).remove());
    return c.body(null, 204);
  });
}

/** tus has its own header; the draft is recognised by its media type or `Upload-Complete`, whatever its version. Null for neither. */
function dialectOfAppend(headers: HeaderReader): Dialect | null {
  if (headers.get("Tus-Resumable") !== null) return "tus";
  const isDraft = mediaTypeOf(headers) === PARTIAL_CONTENT || headers.get("Upload-Complete") !== null;
  return isDraft ? "ietf" : null;
}

const noProtocol = badHeader("Tus-Resumable", "1.0.0, or the IETF draft's Upload-Complete, must be sent with a PATCH");
