/** Uploads: created in JSON, by a form, by a resumable protocol, or by import from an address; sent whole or in chunks. */
import * as z from "zod";
import type { Principal } from "../../core/auth.ts";
import { type Link, readLink } from "../../core/crypto.ts";
import { userHashOf } from "../../core/ids.ts";
import { MAX_REQUEST_BYTES } from "../../core/limits.ts";
import type { PageRequest, UserRpc } from "../../core/rpc/user.ts";
import { contentBytesOf, interopVersion } from "../../core/uploads/resumable.ts";
import { listedSchema, pageQuery, pageSchema } from "../../core/wire/common.ts";
import { newImport, newUpload, upload } from "../../core/wire/upload.ts";
import { type Api, type Ctx, rootsOf } from "../../http/context.ts";
import {
  defineRoute,
  documentHead,
  documentRoute,
  formFiles,
  jsonBody,
  jsonResponse,
  ownedParams,
  unwrapMetered,
} from "../../http/define-route.ts";
import { authenticateKeyId } from "../../http/middleware/auth.ts";
import { countUploadLink, tooLarge } from "../../http/middleware/limits.ts";
import { checkUserToken, uploadObject } from "../../http/objects.ts";
import { ApiError, apiError, notFound, unwrap } from "../../http/problem.ts";
import { stateHeaders } from "../../http/upload-headers.ts";
import { listResources } from "../../services/lists.ts";
import { createUpload, importFile } from "../../services/uploads.ts";
import { otherDialects } from "./resumable.ts";

const tags = ["Uploads and assets"];
const BINARY = { schema: { type: "string", format: "binary" } } as const;
const create = defineRoute({
  method: "post",
  path: "/v1/uploads",
  operationId: "uploads.create",
  access: "upload",
  credentials: "key_or_user_token",
  tags,
  summary: "Create an upload",
  description:
    "Accepts JSON; tus 1.0.0 (`Tus-Resumable`) or the IETF draft, interop versions 8 and 9 (`Upload-Complete`), each optionally with the first bytes; or a form with up to 20 files, which returns `{data: […]}` with one upload per file.",
  alternatives:
    "Send the file as a form (multipart/form-data, one part with a filename); or create the upload in JSON (filename, size_bytes) and PUT the bytes to content_url; or use tus (Tus-Resumable) or the IETF draft (Upload-Complete: ?1).",
  request: { body: jsonBody(newUpload) },
  hide: true, // the validators accept only JSON; documented below with every protocol
  responses: { 201: jsonResponse(upload, "The upload. Send the content to `content_url`, or PATCH its `Location`.") },
});

const everyDialect = {
  ...jsonBody(newUpload).content,
  "multipart/form-data": { schema: formFiles },
  "application/offset+octet-stream": BINARY,
};

const list = defineRoute({
  method: "get",
  path: "/v1/uploads",
  operationId: "uploads.list",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "List uploads",
  description:
    "Newest first: the uploads of the user, or, without `X-User-Id`, those of all users of the tenant. With `status`, a page may have fewer items than `limit` although there are more.",
  request: { query: pageQuery(/^\d{1,15}(-[0-9a-z]{10})?$/).extend({ status: upload.shape.status.optional() }) },
  responses: { 200: jsonResponse(pageSchema(listedSchema(upload)), "A page of uploads.") },
});

const read = defineRoute({
  method: "get",
  path: "/v1/uploads/{id}",
  operationId: "uploads.retrieve",
  access: "read_or_upload",
  flow: "bytes",
  credentials: "key_or_user_token",
  tags,
  summary: "Retrieve an upload",
  description:
    "The response carries the headers of tus and of the IETF draft. HEAD, and GET with a draft version, end another request that is still sending bytes, so that the offset is final.",
  request: { params: ownedParams("upl") },
  responses: { 200: jsonResponse(upload, "The upload.") },
});

const write = defineRoute({
  method: "put",
  path: "/v1/uploads/{id}/content",
  operationId: "uploads.content",
  access: "upload",
  credentials: "key_or_user_token",
  tags,
  summary: "Upload the content of a file",
  description:
    "The body is the whole file, with exactly `size_bytes` bytes. `Content-Length` is required. A different length fails with `size_mismatch`.",
  request: {
    params: ownedParams("upl"),
    body: { required: true, content: { "application/octet-stream": BINARY } },
  },
  responses: {
    200: jsonResponse(
      upload,
      "The completed upload. `asset_id` is set shortly afterwards: retrieve the upload again, or wait for `asset.ready`.",
    ),
  },
});

export function mountUploads(app: Api): void {
  app.use("/v1/uploads", otherDialects);

  app.openapi(create, async (c) => {
    const made = unwrapMetered(c, await createUpload(c, c.req.valid("json")));
    return c.json(made, 201, { Location: `/v1/uploads/${made.id}` });
  });

  documentRoute(app, {
    ...create,
    request: { body: { required: true, content: everyDialect } },
    responses: {
      ...create.responses,
      201: jsonResponse(
        z.union([upload, z.object({ data: z.array(upload) }).meta({ id: "UploadList" })]),
        "The upload. Send the content to `content_url`, or PATCH its `Location`. For a form: `data` with one upload per file.",
      ),
    },
  });

  app.openapi(list, async (c) => {
    const { status, ...query } = c.req.valid("query");
    const read = (user: UserRpc, page: PageRequest) => user.listUploads(page, status);
    return c.json(await listResources(c, { kind: "upl", query, status, read }), 200);
  });

  app.openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    const object = uploadObject(c.env, c.var.caller, id);
    // In the draft, GET means the same as HEAD: the returned offset must be final.
    const isOffset = c.req.method === "HEAD" || interopVersion(c.req.raw.headers) !== null;
    const state = unwrap(isOffset ? await object.settle() : await object.readState());
    const isOver = state.upload.status === "failed" || state.upload.status === "expired";
    return c.json(state.upload, 200, isOver ? {} : stateHeaders(state));
  });
  documentHead(app, read);

  app.openapi(write, async (c) => {
    const { id } = c.req.valid("param");
    const size = announcedBytes(c.req.raw.headers);
    const content = c.req.raw.body ?? new Blob([]).stream();
    return c.json(unwrap(await uploadObject(c.env, c.var.caller, id).write(content, size)), 200);
  });
}

/** The body's declared length. Without it, a truncated body would look complete. */
function announcedBytes(headers: Headers): number {
  const size = contentBytesOf(headers);
  if (size === null) throw apiError("invalid_header", "Send Content-Length with the exact size of the file in bytes.");
  if (size > MAX_REQUEST_BYTES) throw tooLarge(MAX_REQUEST_BYTES);
  return size;
}

/* The content of one upload, sent to a signed link without a credential: `PUT /u/{token}`. */

export function mountUploadLinks(app: Api): void {
  app.put("/u/:token", async (c) => c.json(await receive(c), 200, { "Cache-Control": "no-store" }));
}

/**
 * Writes the body, of exactly the announced size, as `PUT /v1/uploads/{id}/content` does. The upload accepts one whole file: a
 * link that is used again fails with `upload_closed`. The answer has no more of the upload than the sender knows.
 */
async function receive(c: Ctx) {
  const read = await readLink(c.req.param("token") ?? "", rootsOf(c.var.config), Date.now());
  if (!read.ok && read.error === "expired")
    throw apiError("link_expired", "This link has expired; call create_upload again for a new one.");
  if (!read.ok || read.value.purpose !== "upload") throw notFound();
  const { tenant, mode, id } = read.value;
  await checkMaker(c, read.value);
  await countUploadLink(c, tenant, mode);
  const sizeBytes = announcedBytes(c.req.raw.headers);
  const content = c.req.raw.body ?? new Blob([]).stream();
  const written = unwrap(await uploadObject(c.env, { tenant, mode, grant: null }, id).write(content, sizeBytes));
  const { status, filename, size_bytes, error } = written;
  return { id, status, filename, size_bytes, error };
}

type UploadLink = Extract<Link, { purpose: "upload" }>;

/** Throws if the link's key has ended or lost its scope, if its tenant is paused, or if the user of its token was signed out. */
async function checkMaker(c: Ctx, { tenant, mode, id, key, epoch, expiresAt }: UploadLink): Promise<void> {
  const maker = await authenticateKeyId(c, key);
  const isOwner = maker !== null && maker.tenant === tenant && maker.mode === mode && maker.scopes.includes("upload");
  if (!isOwner) throw ended();
  if (epoch === null) return;
  const principal: Principal = { tenant, mode, grant: { uh: userHashOf(id), epoch, until: expiresAt } };
  await checkUserToken(c.env, principal).catch((error: unknown) => {
    throw error instanceof ApiError && error.status === 401 ? ended() : error;
  });
}

const ended = (): ApiError =>
  apiError(
    "link_expired",
    "This link has ended: the API key that made it is no longer valid, or its user was signed out. Call create_upload again for a new one.",
  );

/* Imports: uploads that the gateway downloads from an address. */

const startImport = defineRoute({
  method: "post",
  path: "/v1/uploads/import",
  operationId: "uploads.import",
  access: "upload",
  credentials: "key_or_user_token",
  tags: ["Uploads and assets"],
  flat: true,
  summary: "Import a file",
  description:
    "Downloads a file from an https address in the background. `offset_bytes` shows the progress. The import ends with `upload.completed`, or with `upload.failed` and the reason in `error`. At most three imports of a user run at once; the others wait in order. Delete the upload to cancel the import.",
  request: { body: jsonBody(newImport) },
  responses: { 202: jsonResponse(upload, "The upload, with its import in progress.") },
});

export function mountUploadImport(app: Api): void {
  app.openapi(startImport, async (c) => {
    const made = unwrapMetered(c, await importFile(c, c.req.valid("json")));
    return c.json(made, 202, { Location: `/v1/uploads/${made.id}` });
  });
}
