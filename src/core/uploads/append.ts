/**
 * Appending to an upload: validates a request against the upload's state, and decides whether the file is complete
 * after it. resumable.ts parses the headers of both protocols into the same `Append`.
 */
import { type Problem, problemOf } from "../errors.ts";
import { CHUNK_ADVICE_BYTES, UPLOAD_BYTES } from "../limits.ts";

export type ChecksumAlgorithm = "SHA-1" | "SHA-256" | "SHA-512";
/** A required hash of one request's bytes. */
export type Checksum = { readonly algorithm: ChecksumAlgorithm; readonly digest: Uint8Array };

/** A request that sends bytes of an upload. */
export type Append = {
  /** The offset in the file at which the sender places the body. */
  readonly offset: number;
  /** The announced bytes of the body; null for a body without an announced length. */
  readonly contentBytes: number | null;
  /** The bytes of the whole file, if this request states them. */
  readonly sizeBytes: number | null;
  /** Whether the file is complete after this body; null: as soon as its size is reached. */
  readonly complete: boolean | null;
  readonly checksums: readonly Checksum[];
};

/** The state of an upload before an append. `sizeBytes` is null while the size is unknown. */
export type UploadPosition = {
  readonly status: "open" | "closing" | "completed" | "expired" | "failed" | "deleted";
  readonly offset: number;
  readonly sizeBytes: number | null;
};

/** The size of the whole file after this request: stated, or the end of a last body. */
export function sizeAfter(position: UploadPosition, append: Append): number | null {
  const { complete, contentBytes, offset } = append;
  const byEnd = complete === true && contentBytes !== null ? offset + contentBytes : null;
  return append.sizeBytes ?? byEnd ?? position.sizeBytes;
}

/** Validates an append before any of its bytes is read; null when it may begin. */
export function checkAppend(position: UploadPosition, append: Append): Problem | null {
  const closed = checkClosed(position.status);
  if (closed !== null) return closed;
  if (append.offset !== position.offset) return checkOffset(position.offset, append.offset);
  return checkSizes(position, append);
}

export const noUpload = (): Problem =>
  problemOf("not_found", "No upload with this id exists here; create one with POST /v1/uploads.", {
    hint: "POST /v1/uploads",
  });

export function checkClosed(status: UploadPosition["status"]): Problem | null {
  const another = { hint: "POST /v1/uploads" };
  switch (status) {
    case "open":
      return null;
    case "closing":
    case "completed":
      return problemOf(
        "upload_closed",
        "This upload already has all its bytes; use its asset, or create another upload.",
      );
    case "expired":
      return problemOf("upload_expired", "This upload has expired; create another one.", another);
    case "failed":
      return problemOf("upload_closed", "This upload has failed, `error` says why; create another one.", another);
    case "deleted":
      return problemOf("not_found", "No upload with this id exists; create one with POST /v1/uploads.", another);
  }
}

const checkOffset = (expected: number, provided: number): Problem =>
  problemOf("offset_mismatch", `The upload has ${expected} bytes; continue at offset ${expected}.`, {
    members: { "expected-offset": expected, "provided-offset": provided },
  });

/** All stated lengths of a file must be equal, and none may exceed the limit. */
function checkSizes(position: UploadPosition, append: Append): Problem | null {
  const { complete, contentBytes, offset } = append;
  const end = offset + (contentBytes ?? 0);
  const size = sizeAfter(position, append);
  if ((size ?? end) > UPLOAD_BYTES) return checkLarge();
  const sizes = [append.sizeBytes, position.sizeBytes].filter((one) => one !== null);
  if (sizes.some((one) => one !== size)) return checkSize(`was announced as ${sizes.join(" and ")} bytes`);
  if (size !== null && end > size) return checkSize(`has ${size} bytes and this body ends at byte ${end}`);
  if (size !== null && complete === true && contentBytes !== null && end !== size)
    return checkSize(`has ${size} bytes and its last body ends at byte ${end}`);
  return null;
}

const checkSize = (why: string): Problem => problemOf("size_mismatch", `The file ${why}; all lengths must agree.`);

/** The problem of a file above the limit. `field` is where its size was stated. */
export const checkLarge = (field = "/size_bytes"): Problem =>
  problemOf(
    "file_too_large",
    `${field.replace("/", "").replace("header:", "")} must be at most ${UPLOAD_BYTES} bytes; trim or compress the file.`,
    {
      hint: `POST /v1/uploads, at most ${UPLOAD_BYTES} bytes, sent in chunks of ${CHUNK_ADVICE_BYTES}`,
      errors: [{ field, message: `must be at most ${UPLOAD_BYTES}` }],
    },
  );

/** Whether the file is complete after a full body, when the upload is at `offset`. */
export const isWhole = (append: Append, offset: number, sizeBytes: number | null): boolean =>
  append.complete ?? offset === sizeBytes;
