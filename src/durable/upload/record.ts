/** What an upload is, what it refuses at its creation, and how the outside sees it. */
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
import type { Concat } from "../../core/uploads/tus.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { PutFailure } from "../../store/chunks.ts";
import { idempotencyMismatch, oldUploadKey } from "../shared/idempotency.ts";
import { failureOf } from "../user/turns/store.ts";
import type { Inside } from "./complete.ts";

export type Upload = {
  readonly id: UploadId;
  readonly owner: UserAddress;
  readonly call: Call;
  readonly filename: string;
  /** Null as long as the sender has not said it. */
  readonly sizeBytes: number | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** tus's Upload-Metadata as it came; null when the upload was not made by tus. */
  readonly uploadMetadata: string | null;
  /** SHA-256 that the whole file must have, in hexadecimal; null when its sender did not say. */
  readonly sha256: string | null;
  /** The ending of the format that its first bytes show; null as long as they were not judged. */
  readonly format: string | null;
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs;
  /** `closing`: every byte is kept, the file is not put together. `deleted`: looks as if it had never been. */
  readonly status: UploadPosition["status"];
  /** Why it failed. */
  readonly error: Problem | null;
  /** R2's word for the file of parts; null as long as there is none. */
  readonly multipart: string | null;
  readonly assetId: AssetId | null;
  /** Its place in a concatenation; null for an upload of its own. */
  readonly concat: Concat | null;
  /** The objects that a final upload's file consists of, in order; null for one that has a file of its own. */
  readonly fileParts: readonly FilePart[] | null;
  /** The final uploads that need this partial's file. */
  readonly lentTo: readonly UploadId[];
  /** Its asset cannot be used, and its file is not kept. */
  readonly isRejected: boolean;
  /** Looks into its file that were begun and have not ended. */
  readonly looks: number;
  /** Where we fetch it from; null when its sender brings it. */
  readonly import: Import | null;
  /** How many of its bytes had come when it ended without being completed; null before. */
  readonly arrivedBytes: number | null;
};

/** One whose bytes we fetch. */
export type Imported = Upload & { readonly import: Import };

/** A piece of a file that a final upload may put together. */
export const isPartial = ({ concat }: Upload): boolean => concat?.kind === "partial";

/** What an earlier version did not know of an upload. */
const LATER = {
  uploadMetadata: null,
  sha256: null,
  error: null,
  multipart: null,
  format: null,
  concat: null,
  fileParts: null,
  lentTo: [],
  isRejected: false,
  looks: 0,
  import: null,
  arrivedBytes: null,
} as const;
type Later = keyof typeof LATER;

/** A record as it was kept, by this version or an earlier one. */
export function decodeUpload(text: string): Upload {
  const kept = JSON.parse(text) as Omit<Upload, Later> & Partial<Pick<Upload, Later>>; // written by #save only
  return { ...LATER, ...kept };
}

/** What makes an upload: who calls, whose it is, under which id, and the file that is announced. */
export type GeneratorJob = {
  readonly call: Call;
  readonly owner: UserAddress;
  readonly id: UploadId;
  readonly body: NewFile;
};

/** An upload that nobody has written to; a partial of no bytes is whole. It expires after `idleMs` without a write. */
export const newUpload = ({ call, owner, id, body }: GeneratorJob, now: EpochMs, idleMs: number): Upload => ({
  id,
  owner: { tenant: owner.tenant, mode: owner.mode, uh: owner.uh }, // and nothing of who asked
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
  lentTo: [],
  isRejected: false,
  looks: 0,
  import: null,
  arrivedBytes: null,
});

/** Why an upload may not be created; null when it may. What a file is called says nothing: its first bytes decide. */
export function checkNew({ size_bytes, concat }: NewFile): Problem | null {
  // A partial is not processed: what it holds is judged in its final.
  if (size_bytes === 0 && concat?.kind !== "partial") return at("empty_file", "/size_bytes", "must be at least 1");
  return size_bytes !== null && size_bytes > UPLOAD_BYTES ? checkLarge() : null;
}

/**
 * Why a call that found this upload is not answered with it; null when it repeats the call that made it: its key led here,
 * its body must be the same. A key is remembered for 24 hours, but its upload for longer, and an id never names two uploads:
 * an older key makes nothing new and is refused.
 */
export function checkRepeat({ call, createdAt, status }: Upload, { idempotency }: Call, now: EpochMs): Problem | null {
  const gone = "This Idempotency-Key made an upload that was deleted; send a new key.";
  if (now - createdAt > IDEMPOTENCY_TTL_MS) return oldUploadKey();
  if (status === "deleted") return problemOf("idempotency_mismatch", gone);
  return call.idempotency?.fingerprint === idempotency?.fingerprint ? null : idempotencyMismatch();
}

/** What a sender of a whole file in one body is told when it did not become the upload's. */
export function checkFailed({ reason }: PutFailure, sizeBytes: number): Problem {
  switch (reason) {
    case "cut":
    case "too_large":
      return problemOf(
        "size_mismatch",
        `The body ended before its ${sizeBytes} bytes or went beyond them; send the whole content again.`,
      );
    case "stalled":
    case "late":
      return problemOf("size_mismatch", "The body stopped before its end; send the whole content again.");
    case "stopped":
    case "store":
      return checkEnded(reason, "send the whole content again");
  }
}

/** What a sender is told whose body was not taken to its end; the bytes before `offset` are kept. */
export function checkCut({ reason }: PutFailure, offset: number): Problem {
  const next = `ask for the offset and send on from there (now ${offset})`;
  switch (reason) {
    case "stalled":
    case "late":
      return problemOf("body_timeout", `The body came too slowly; ${next}.`);
    case "cut":
    case "too_large":
      return problemOf("upload_incomplete", `The body ended before its end; ${next}.`);
    case "stopped":
    case "store":
      return checkEnded(reason, next);
  }
}

function checkEnded(reason: "stopped" | "store", next: string): Problem {
  return reason === "stopped"
    ? problemOf("concurrency_limited", "A newer request took this upload over.", { retryAfterSeconds: 1 })
    : problemOf("unavailable", `The content could not be stored; ${next}.`, { retryAfterSeconds: 5 });
}

export const noUpload = (): Problem =>
  problemOf("not_found", "No upload with this id exists here; create one with POST /v1/uploads.", {
    hint: "POST /v1/uploads",
  });

/** What the upload's first bytes show; before they were judged, what its name says, if it says anything. */
const shownFormat = (upload: Upload): MediaFormat | null =>
  FORMATS.find(({ ext }) => ext === upload.format) ?? formatOfName(upload.filename);

/** What a complete upload is. */
export function formatOf(upload: Upload): MediaFormat {
  const format = shownFormat(upload);
  if (format === null) throw new Error("a complete upload's first bytes were not judged");
  return format;
}

/** What its object in R2 is called. Bytes under a checksum may be stored before they are judged: only the asset's type counts. */
export const mimeOf = (upload: Upload): string =>
  (isPartial(upload) ? null : shownFormat(upload)?.mime) ?? "application/octet-stream";

/** The id of an asset is made from its upload's, so making it twice makes one. */
export const assetIdOf = ({ id }: Upload): AssetId => `ast_${id.slice("upl_".length)}`;

/** The asset that a complete upload becomes. */
export const assetOf = (
  upload: Upload,
  key: string,
  sha256: string,
  look: Result<Inside, Problem>,
  now: EpochMs,
): AssetRecord => ({
  id: assetIdOf(upload),
  status: look.ok ? "ready" : "rejected",
  ...described(upload, look.ok ? look.value.format : formatOf(upload)),
  size_bytes: upload.sizeBytes ?? 0,
  duration_ms: look.ok ? look.value.durationMs : null,
  width: look.ok ? look.value.width : null,
  height: look.ok ? look.value.height : null,
  sha256,
  error: look.ok ? null : failureOf(look.error),
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

/** An upload as its routes and events show it. `offset` is how far its bytes are kept. */
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

/** The moments in between are ours. */
function shownStatus(status: Upload["status"]): UploadWire["status"] {
  if (status === "closing") return "open";
  return status === "deleted" ? "expired" : status;
}

/** A refusal about one field: the message names it and its limit. */
const at = (code: Parameters<typeof problemOf>[0], field: string, message: string): Problem =>
  problemOf(code, `${field.replace("header:", "").replace("/", "")} ${message}.`, { errors: [{ field, message }] });
