/**
 * The record of an upload: its fields, its validation at creation, the problems of its senders, and its public format.
 */
import type { UserAddress } from "../../core/address.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import type { AssetId, UploadId } from "../../core/ids.ts";
import { IDEMPOTENCY_TTL_MS, UPLOAD_BYTES } from "../../core/limits.ts";
import { FORMATS, formatOfName, type MediaFormat } from "../../core/media/sniff.ts";
import type { Result } from "../../core/result.ts";
import type { NewFile } from "../../core/rpc/upload.ts";
import type { AssetRecord, Call, FilePart } from "../../core/rpc/user.ts";
import { withExtension } from "../../core/text.ts";
import { type EpochMs, toRfc3339 } from "../../core/time.ts";
import { checkLarge, type UploadPosition } from "../../core/uploads/append.ts";
import type { Import } from "../../core/uploads/import.ts";
import type { Concat } from "../../core/uploads/resumable.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { PutFailure } from "../../store/chunks.ts";
import { idempotencyMismatch, oldUploadKey } from "../shared/idempotency.ts";
import { failureOf } from "../user/turns/store.ts";
import type { Inspection } from "./complete.ts";

export type Upload = {
  readonly id: UploadId;
  readonly owner: UserAddress;
  readonly call: Call;
  readonly filename: string;
  /** Null until the sender announces it. */
  readonly sizeBytes: number | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** tus's Upload-Metadata as received; null when the upload was not created by tus. */
  readonly uploadMetadata: string | null;
  /** SHA-256 that the whole file must have, in hexadecimal; null when the sender gave none. */
  readonly sha256: string | null;
  /** The file extension of the format found in the first bytes; null before the check. */
  readonly format: string | null;
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs;
  /** `closing`: all bytes are stored, the file is not assembled yet. `deleted`: shown as if it had never existed. */
  readonly status: UploadPosition["status"];
  /** Why it failed. */
  readonly error: Problem | null;
  /** R2's id of the multipart upload; null when there is none. */
  readonly multipart: string | null;
  readonly assetId: AssetId | null;
  /** Its role in a concatenation; null for an ordinary upload. */
  readonly concat: Concat | null;
  /** The objects that a final upload consists of, in order; null for an upload with a file of its own. */
  readonly fileParts: readonly FilePart[] | null;
  /** The final uploads that use this partial's file. */
  readonly usedBy: readonly UploadId[];
  /** Its asset is unusable or deleted, so its file is removed. */
  readonly isRejected: boolean;
  /** Inspections of its file that started and did not finish. */
  readonly inspections: number;
  /** The address to download from; null when the client sends the bytes. */
  readonly import: Import | null;
  /** The bytes that had arrived when it ended without completing; null before. */
  readonly arrivedBytes: number | null;
};

/** An upload whose bytes the gateway downloads. */
export type Imported = Upload & { readonly import: Import };

/** Whether it is a partial, which a final upload may use. */
export const isPartial = ({ concat }: Upload): boolean => concat?.kind === "partial";

/** Parses a stored record. */
export const decodeUpload = (text: string): Upload => JSON.parse(text) as Upload; // written by save only

/** What creates an upload: the call, the owner, the id and the announced file. */
export type NewUploadRequest = {
  readonly call: Call;
  readonly owner: UserAddress;
  readonly id: UploadId;
  readonly body: NewFile;
};

/** A new upload; a partial of zero bytes is complete. It expires after `idleMs` without a write. */
export const createUploadRecord = (
  { call, owner, id, body }: NewUploadRequest,
  now: EpochMs,
  idleMs: number,
): Upload => ({
  id,
  owner: { tenant: owner.tenant, mode: owner.mode, uh: owner.uh }, // without other fields of the caller
  call,
  filename: body.filename,
  sizeBytes: body.size_bytes,
  metadata: body.metadata,
  uploadMetadata: body.upload_metadata ?? null,
  sha256: body.sha256 ?? null,
  format: null,
  createdAt: now,
  expiresAt: now + idleMs,
  status: body.concat?.kind === "partial" && body.size_bytes === 0 ? "closing" : "open",
  error: null,
  multipart: null,
  assetId: null,
  concat: body.concat ?? null,
  fileParts: null,
  usedBy: [],
  isRejected: false,
  inspections: 0,
  import: null,
  arrivedBytes: null,
});

/**
 * Why an upload may not be created; null when it may. The file name is not checked: the first bytes decide the format.
 */
export function checkNew({ size_bytes, concat }: NewFile): Problem | null {
  // A partial is not checked: its content is checked as part of the final.
  if (size_bytes === 0 && concat?.kind !== "partial") return at("empty_file", "/size_bytes", "must be at least 1");
  return size_bytes !== null && size_bytes > UPLOAD_BYTES ? checkLarge() : null;
}

/**
 * Why a call that found this upload is not answered with it; null when it repeats the call that created it, with the
 * same key and body. A key is valid for 24 hours, but an upload lives longer and its id is never reused, so an expired
 * key is a problem.
 */
export function checkRepeat({ call, createdAt, status }: Upload, { idempotency }: Call, now: EpochMs): Problem | null {
  const gone = "This Idempotency-Key created an upload that was deleted; send a new key.";
  if (now - createdAt > IDEMPOTENCY_TTL_MS) return oldUploadKey();
  if (status === "deleted") return problemOf("idempotency_mismatch", gone);
  return call.idempotency?.fingerprint === idempotency?.fingerprint ? null : idempotencyMismatch();
}

/** The problem for a body with the whole file that could not be stored. */
export function checkFailed({ reason }: PutFailure, sizeBytes: number): Problem {
  switch (reason) {
    case "cut":
    case "too_large":
      return problemOf("size_mismatch", `The body is not ${sizeBytes} bytes long; send the whole content again.`);
    case "stalled":
    case "late":
      return problemOf("size_mismatch", "The body stalled before its end; send the whole content again.");
    case "stopped":
    case "store":
      return checkEnded(reason, "send the whole content again");
  }
}

/** The problem for a body that broke off; the bytes before `offset` are stored. */
export function checkCut({ reason }: PutFailure, offset: number): Problem {
  const next = `request the offset with HEAD and continue from there (now ${offset})`;
  switch (reason) {
    case "stalled":
    case "late":
      return problemOf("body_timeout", `The body arrived too slowly; ${next}.`);
    case "cut":
    case "too_large":
      return problemOf("upload_incomplete", `The body broke off before its end; ${next}.`);
    case "stopped":
    case "store":
      return checkEnded(reason, next);
  }
}

function checkEnded(reason: "stopped" | "store", next: string): Problem {
  return reason === "stopped"
    ? problemOf("concurrency_limited", `A newer request has replaced this one; if it fails, ${next}.`, {
        retryAfterSeconds: 1,
      })
    : problemOf("unavailable", `The content could not be stored; ${next}.`, { retryAfterSeconds: 5 });
}

/** The format of the first bytes; before they were checked, the one of the file name, if it has one. */
const shownFormat = (upload: Upload): MediaFormat | null =>
  FORMATS.find(({ ext }) => ext === upload.format) ?? formatOfName(upload.filename);

/** The format of a complete upload. */
export function formatOf(upload: Upload): MediaFormat {
  const format = shownFormat(upload);
  if (format === null) throw new Error("a complete upload's first bytes were not checked");
  return format;
}

/**
 * The content type of its object in R2. Bytes with a checksum may be stored before the format check, so only the
 * asset's type is reliable.
 */
export const mimeOf = (upload: Upload): string =>
  (isPartial(upload) ? null : shownFormat(upload)?.mime) ?? "application/octet-stream";

/** An asset's id is derived from its upload's, so creating it twice creates one. */
export const assetIdOf = ({ id }: Upload): AssetId => `ast_${id.slice("upl_".length)}`;

/** The asset of a complete upload. */
export const assetOf = (
  upload: Upload,
  key: string,
  sha256: string,
  inspection: Result<Inspection, Problem>,
  now: EpochMs,
): AssetRecord => ({
  id: assetIdOf(upload),
  status: inspection.ok ? "ready" : "rejected",
  ...described(upload, inspection.ok ? inspection.value.format : formatOf(upload)),
  size_bytes: upload.sizeBytes ?? 0,
  duration_ms: inspection.ok ? inspection.value.durationMs : null,
  width: inspection.ok ? inspection.value.width : null,
  height: inspection.ok ? inspection.value.height : null,
  sha256,
  error: inspection.ok ? null : failureOf(inspection.error),
  metadata: { ...upload.metadata },
  created_at: toRfc3339(now),
  key,
  named: upload.call.named,
});

const described = (upload: Upload, format: MediaFormat) => ({
  filename: withExtension(upload.filename, format),
  kind: format.kind,
  content_type: format.mime,
});

/** The public format of an upload. `offset`: the stored bytes. */
export const showUpload = (upload: Upload, offset: number, publicUrl: string | null): UploadWire => ({
  id: upload.id,
  status: shownStatus(upload.status),
  source: upload.import === null ? "sent" : "import",
  filename: upload.filename,
  size_bytes: upload.sizeBytes,
  offset_bytes: offset,
  asset_id: upload.assetId,
  error: upload.error === null ? null : failureOf(upload.error),
  concat: upload.concat?.kind ?? null,
  content_url: `${publicUrl ?? upload.call.origin}/v1/uploads/${upload.id}/content`,
  metadata: { ...upload.metadata },
  created_at: toRfc3339(upload.createdAt),
  expires_at: toRfc3339(upload.expiresAt),
});

/** Internal states are shown as public ones. */
function shownStatus(status: Upload["status"]): UploadWire["status"] {
  if (status === "closing") return "open";
  return status === "deleted" ? "expired" : status;
}

/** A problem of one field: the message names the field and its limit. */
const at = (code: Parameters<typeof problemOf>[0], field: string, message: string): Problem =>
  problemOf(code, `${field.replace("header:", "").replace("/", "")} ${message}.`, { errors: [{ field, message }] });
