/** Creates uploads whose bytes are sent later, links to send them without a credential, and imports. */
import { signLink } from "../core/crypto.ts";
import type { UploadId } from "../core/ids.ts";
import { UPLOAD_LINK_MS } from "../core/limits.ts";
import { toRfc3339 } from "../core/time.ts";
import type { Metered } from "../core/usage/quota.ts";
import type { NewImport, NewUpload, UploadWire } from "../core/wire/upload.ts";
import { type Ctx, rootsOf } from "../http/context.ts";
import { callOf, newAddress, newUploadId } from "../http/idempotency.ts";
import { uploadObject } from "../http/objects.ts";

/** An upload whose content is sent in another request. */
export async function createUpload(c: Ctx, body: NewUpload): Promise<Metered<UploadWire>> {
  const owner = await newAddress(c);
  const id = await newUploadId(c, owner);
  return uploadObject(c.env, owner, id).create(await callOf(c), owner, id, body);
}

/**
 * A link to which the content of an open upload can be sent once; it needs no credential. It ends with the credential that
 * made it.
 */
export async function uploadLink(c: Ctx, id: UploadId): Promise<{ readonly url: string; readonly expires_at: string }> {
  const { tenant, mode, keyId: key, grant, endsAt } = c.var.caller;
  const expiresAt = Math.min(Date.now() + UPLOAD_LINK_MS, endsAt ?? Number.POSITIVE_INFINITY);
  const maker = { key, epoch: grant?.epoch ?? null };
  const token = await signLink({ purpose: "upload", tenant, mode, id, ...maker, expiresAt }, rootsOf(c.var.config));
  return { url: `${c.var.origin}/u/${token}`, expires_at: toRfc3339(expiresAt) };
}

/** An upload whose content the gateway downloads from an https address. */
export async function importFile(c: Ctx, body: NewImport): Promise<Metered<UploadWire>> {
  const { url, file_name: fileName = null, metadata } = body;
  const owner = await newAddress(c);
  const id: UploadId = await newUploadId(c, owner);
  return uploadObject(c.env, owner, id).startImport(await callOf(c), owner, id, { url, fileName, metadata });
}
