/** `PUT /u/{token}`: the content of one upload, sent to a signed link without a credential. */
import { readLink } from "../../core/crypto.ts";
import { type Api, type Ctx, rootsOf } from "../../http/context.ts";
import { checkStopped } from "../../http/middleware/auth.ts";
import { countUploadLink } from "../../http/middleware/limits.ts";
import { pipeToObject, uploadObject } from "../../http/objects.ts";
import { apiError, notFound, unwrap } from "../../http/problem.ts";
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
  await checkStopped(c, tenant);
  await countUploadLink(c, tenant, mode);
  const sizeBytes = announcedBytes(c.req.raw.headers);
  const content = pipeToObject(c.req.raw.body ?? new Blob([]).stream());
  const written = unwrap(await uploadObject(c.env, { tenant, mode, grant: null }, id).write(content, sizeBytes));
  const { status, filename, size_bytes, error } = written;
  return { id, status, filename, size_bytes, error };
}
