/** What an upload is, what it refuses, and how the outside sees it. */
import type { UserAddress } from "../../core/address.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import { formatList, formatOfName, type MediaFormat } from "../../core/formats.ts";
import type { AssetId, UploadId } from "../../core/ids.ts";
import { UPLOAD_BYTES } from "../../core/limits.ts";
import type { AssetRecord, Call } from "../../core/ports.ts";
import { type EpochMs, toRfc3339 } from "../../core/time.ts";
import type { NewUpload, UploadWire } from "../../core/wire/upload.ts";

export type Upload = {
  readonly id: UploadId;
  readonly owner: UserAddress;
  readonly call: Call;
  readonly filename: string;
  readonly sizeBytes: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs;
  readonly status: "open" | "completed" | "expired";
  readonly assetId: AssetId | null;
};

/** Why an upload may not be created; null when it may. */
export function refuseNew({ filename, size_bytes }: NewUpload): Refusal | null {
  if (formatOfName(filename) === null) return at("unsupported_media", "/filename", `must end in one of ${formatList}`);
  if (size_bytes === 0) return at("empty_file", "/size_bytes", "must be at least 1");
  if (size_bytes > UPLOAD_BYTES)
    return at("file_too_large", "/size_bytes", `must be at most ${UPLOAD_BYTES}; trim or compress the file`);
  return null;
}

/** Whether a call that found this upload is a repeat of the one that made it: its key led here, its body must be the same. */
export const sameRequest = (upload: Upload, { repeat }: Call): boolean =>
  upload.call.repeat?.fingerprint === repeat?.fingerprint;

/** Why this content may not be written now; null when it may. */
export function refuseContent(upload: Upload, sizeBytes: number, writing: boolean): Refusal | null {
  if (upload.status === "expired") {
    return refusal("upload_expired", "This upload has expired; create another one.", { hint: "POST /v1/uploads" });
  }
  if (upload.status === "completed") return refusal("upload_closed", "This upload already has all its bytes.");
  if (writing)
    return refusal("concurrency_limited", "Another request is sending this upload's content.", {
      retryAfterSeconds: 1,
    });
  if (sizeBytes !== upload.sizeBytes)
    return at("size_mismatch", "header:Content-Length", `must be the announced ${upload.sizeBytes}`);
  return null;
}

export const noUpload = (): Refusal =>
  refusal("not_found", "No upload with this id exists here; create one with POST /v1/uploads.", {
    hint: "POST /v1/uploads",
  });

/** The format that the upload was let in with. */
export function formatOf(upload: Upload): MediaFormat {
  const format = formatOfName(upload.filename);
  if (format === null) throw new Error("an upload without a format was let in");
  return format;
}

/** The asset that a complete upload becomes. Its id is made from the upload's, so making it twice makes one. */
export const assetOf = (upload: Upload, key: string, sha256: string | null, now: EpochMs): AssetRecord => ({
  id: `ast_${upload.id.slice("upl_".length)}`,
  status: "ready",
  filename: upload.filename,
  kind: formatOf(upload).kind,
  content_type: formatOf(upload).mime,
  size_bytes: upload.sizeBytes,
  sha256,
  metadata: { ...upload.metadata },
  created_at: toRfc3339(now),
  key,
  named: upload.call.named,
});

export const showUpload = (upload: Upload, publicUrl: string | null): UploadWire => ({
  id: upload.id,
  status: upload.status,
  filename: upload.filename,
  size_bytes: upload.sizeBytes,
  offset_bytes: upload.status === "completed" ? upload.sizeBytes : 0,
  asset_id: upload.assetId,
  error: null,
  content_url: `${publicUrl ?? upload.call.origin}/v1/uploads/${upload.id}/content`,
  metadata: { ...upload.metadata },
  created_at: toRfc3339(upload.createdAt),
  expires_at: toRfc3339(upload.expiresAt),
});

/** A refusal about one field: the message names it and its limit. */
const at = (code: Parameters<typeof refusal>[0], field: string, message: string): Refusal =>
  refusal(code, `${field.replace("header:", "").replace("/", "")} ${message}.`, { errors: [{ field, message }] });
