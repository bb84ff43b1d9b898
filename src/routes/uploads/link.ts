/** `PUT /u/{token}`: the content of one upload, sent to a signed link without a credential. */
import type { Principal } from "../../core/auth.ts";
import { type Link, readLink } from "../../core/crypto.ts";
import { userHashOf } from "../../core/ids.ts";
import { type Api, type Ctx, rootsOf } from "../../http/context.ts";
import { pipeToObject } from "../../http/event-stream.ts";
import { authenticateKeyId } from "../../http/middleware/auth.ts";
import { countUploadLink } from "../../http/middleware/limits.ts";
import { checkUserToken, uploadObject } from "../../http/objects.ts";
import { ApiError, apiError, notFound, unwrap } from "../../http/problem.ts";
import { announcedBytes } from "./json.ts";

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
  const content = pipeToObject(c.req.raw.body ?? new Blob([]).stream());
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
