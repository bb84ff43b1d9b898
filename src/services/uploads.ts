/** Creates uploads whose bytes are sent later, and imports. */
import type { UploadId } from "../core/ids.ts";
import type { Metered } from "../core/quota.ts";
import type { NewImport, NewUpload, UploadWire } from "../core/wire/upload.ts";
import type { Ctx } from "../http/context.ts";
import { callOf, newAddress, newUploadId } from "../http/idempotency.ts";
import { uploadObject } from "../http/objects.ts";

/** An upload whose content is sent in another request. */
export async function createUpload(c: Ctx, body: NewUpload): Promise<Metered<UploadWire>> {
  const owner = await newAddress(c);
  const id = await newUploadId(c, owner);
  return uploadObject(c.env, owner, id).create(await callOf(c), owner, id, body);
}

/** An upload whose content the gateway downloads from an https address. */
export async function importFile(c: Ctx, body: NewImport): Promise<Metered<UploadWire>> {
  const { url, file_name: fileName = null, metadata } = body;
  const owner = await newAddress(c);
  const id: UploadId = await newUploadId(c, owner);
  return uploadObject(c.env, owner, id).startImport(await callOf(c), owner, id, { url, fileName, metadata });
}
