/** What an upload is, what it refuses, and how the outside sees it. */
import type { UserAddress } from "../../core/address.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import { formatList, formatOfName, type MediaFormat } from "../../core/formats.ts";
import type { AssetId, UploadId } from "../../core/ids.ts";
import { IDEMPOTENCY_TTL_MS, MAX_REQUEST_BYTES } from "../../core/limits.ts";
import type { AssetRecord, Call } from "../../core/ports.ts";
import { type EpochMs, toRfc3339 } from "../../core/time.ts";
import type { NewUpload, UploadWire } from "../../core/wire/upload.ts";
import type { PutFailure } from "../../store/body.ts";
import { idempotencyMismatch } from "../repeats.ts";

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

/** Why an upload may not be created; null when it may. All its bytes come in one request, so none is larger than a request. */
export function refuseNew({ filename, size_bytes }: NewUpload): Refusal | null {
  if (formatOfName(filename) === null) return at("unsupported_media", "/filename", `must end in one of ${formatList}`);
  if (size_bytes === 0) return at("empty_file", "/size_bytes", "must be at least 1");
  if (size_bytes > MAX_REQUEST_BYTES) {
    const advice = "larger files need resumable uploads, which are not offered yet; trim or compress the file";
    return at("file_too_large", "/size_bytes", `must be at most ${MAX_REQUEST_BYTES}: ${advice}`);
  }
  return null;
}

/**
 * Why a call that found this upload is not answered with it; null when it repeats the call that made it: its key led here,
 * its body must be the same. A key is remembered for 24 hours, but its upload for longer, and an id never names two uploads:
 * an older key makes nothing new and is refused.
 */
export function refuseRepeat({ call, createdAt }: Upload, { repeat }: Call, now: EpochMs): Refusal | null {
  const old = "This Idempotency-Key made an upload more than 24 hours ago; send a new key.";
  if (now - createdAt > IDEMPOTENCY_TTL_MS) return refusal("idempotency_mismatch", old);
  return call.repeat?.fingerprint === repeat?.fingerprint ? null : idempotencyMismatch();
}

/** Why this content may not be written now; null when it may. */
export function refuseContent(upload: Upload, sizeBytes: number): Refusal | null {
  if (upload.status === "expired") {
    return refusal("upload_expired", "This upload has expired; create another one.", { hint: "POST /v1/uploads" });
  }
  if (upload.status === "completed") return refusal("upload_closed", "This upload already has all its bytes.");
  if (sizeBytes !== upload.sizeBytes)
    return at("size_mismatch", "header:Content-Length", `must be the announced ${upload.sizeBytes}`);
  return null;
}

/** What a sender is told whose content did not become the upload's. */
export function refuseFailed({ reason }: PutFailure, upload: Upload): Refusal {
  switch (reason) {
    case "cut":
    case "too_large":
      return refusal(
        "size_mismatch",
        `The body ended before its ${upload.sizeBytes} bytes or went beyond them; send the whole content again.`,
      );
    case "stalled":
      return refusal("size_mismatch", "The body stopped before its end; send the whole content again.");
    case "stopped":
      return refusal("concurrency_limited", "A newer request is sending this upload's content.", {
        retryAfterSeconds: 1,
      });
    case "store":
      return refusal("unavailable", "The content could not be stored; send the whole content again.", {
        retryAfterSeconds: 5,
      });
  }
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
export const assetOf = (upload: Upload, key: string, sha256: string, now: EpochMs): AssetRecord => ({
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
