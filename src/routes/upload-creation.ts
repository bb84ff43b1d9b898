/** Uploads made by a resumable protocol: `POST /v1/uploads` in another dialect than JSON. */
import type { MiddlewareHandler } from "hono";
import { booleanText, readBody, readIetfCreation } from "../core/ietf-upload.ts";
import { readTusAppend, readTusCreation, TUS_CONTENT } from "../core/tus.ts";
import { type Dialect, dialectOfCreation, mediaTypeOf } from "../core/upload-headers.ts";
import type { NewFile, UploadState } from "../core/upload-port.ts";
import type { UploadWire } from "../core/wire/upload.ts";
import { unwrap } from "../http/api-error.ts";
import { access } from "../http/auth.ts";
import { callOf, newAddress, newUploadId } from "../http/call.ts";
import type { AppEnv, Ctx } from "../http/context.ts";
import { crossing } from "../http/crossing.ts";
import { noteLimits } from "../http/metered.ts";
import { uploadObject } from "../http/objects.ts";
import { stateHeaders, unwrapUpload } from "../http/upload-headers.ts";
import { createFromForm } from "./upload-form.ts";

const mayUpload = access("upload", "key_or_user_token");

/** Answers a creation that is not JSON; hands everything else on. */
export const otherDialects: MiddlewareHandler<AppEnv> = async (c, next) => {
  const dialect = dialectOfCreation(c.req.raw.headers);
  if (c.req.method !== "POST" || dialect === "json") return next();
  await mayUpload(c, async () => {
    c.res = await CREATIONS[dialect](c);
  });
  return undefined;
};

const CREATIONS = { tus: createTus, ietf: createIetf, form: createFromForm } as const;

/** tus: an upload, and its first bytes where they come along (creation-with-upload). */
async function createTus(c: Ctx): Promise<Response> {
  const { headers, body } = c.req.raw;
  const file = unwrap(readTusCreation(headers));
  const hasContent = mediaTypeOf(headers) === TUS_CONTENT;
  const append = hasContent ? unwrap(readTusAppend(headers, 0)) : null;
  const made = await create(c, file);
  // A repeat of a creation whose first bytes arrived is told how far they came.
  if (append === null || made.offset_bytes > 0)
    return created(c, { ...stateOf(made), concat: file.concat?.text ?? null });
  const content = body && crossing(body);
  return created(c, unwrapUpload(await uploadObject(c.env, c.var.caller, made.id).append(content, append), "tus"));
}

/** The draft: an upload with its first content, which may be all of it. */
async function createIetf(c: Ctx): Promise<Response> {
  const { headers, body } = c.req.raw;
  const file = unwrap(readIetfCreation(headers));
  const append = unwrap(readBody(headers, 0));
  const made = await create(c, file, "ietf");
  if (made.offset_bytes > 0 || made.status !== "open") return created(c, stateOf(made));
  const content = body && crossing(body);
  const state = unwrapUpload(await uploadObject(c.env, c.var.caller, made.id).append(content, append), "ietf");
  return created(c, state);
}

async function create(c: Ctx, file: NewFile, dialect: Dialect = "tus"): Promise<UploadWire> {
  const owner = await newAddress(c);
  const id = await newUploadId(c, owner);
  c.set("bodyText", JSON.stringify(file)); // what a repeat with the same Idempotency-Key must say again
  const made = await uploadObject(c.env, owner, id).create(await callOf(c), owner, id, file);
  noteLimits(c, made);
  return unwrapUpload(made, dialect);
}

const stateOf = (upload: UploadWire): UploadState => ({
  upload,
  uploadMetadata: null,
  isComplete: upload.status === "completed",
});

/** A creation MUST be answered 201 with the upload's address. */
function created(c: Ctx, state: UploadState): Response {
  const headers = { ...stateHeaders(state), Location: `/v1/uploads/${state.upload.id}` };
  return c.json(state.upload, 201, { ...headers, "Upload-Complete": booleanText(state.isComplete) });
}
