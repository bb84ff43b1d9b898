/**
 * Appending to an upload: what a request must say, and what becomes of the upload after its bytes.
 *
 * The dialects differ in how they say it (tus.ts, ietf-upload.ts); from here on there is one meaning.
 */
import { type Problem, problemOf } from "../errors.ts";
import { CHUNK_ADVICE_BYTES, UPLOAD_BYTES } from "../limits.ts";

export type ChecksumAlgorithm = "SHA-1" | "SHA-256" | "SHA-512";
/** What the bytes of one request must hash to. */
export type Checksum = { readonly algorithm: ChecksumAlgorithm; readonly digest: Uint8Array };

/** A request that brings bytes of an upload. */
export type Append = {
  /** Where its body belongs in the file, as its sender sees it. */
  readonly offset: number;
  /** Bytes that the body announces; null for a body without an announced end. */
  readonly contentBytes: number | null;
  /** Bytes of the whole file, where this request says so. */
  readonly sizeBytes: number | null;
  /** Whether the file is complete after this body; null: as soon as its size is reached. */
  readonly complete: boolean | null;
  readonly checksums: readonly Checksum[];
};

/** An upload as an append meets it. `sizeBytes` is null as long as nobody has said how large the file is. */
export type UploadPosition = {
  readonly status: "open" | "closing" | "completed" | "expired" | "failed" | "deleted";
  readonly offset: number;
  readonly sizeBytes: number | null;
};

/** The size of the whole file as far as this request tells it: said, or the end of a body that is called the last. */
export function sizeAfter(position: UploadPosition, append: Append): number | null {
  const { complete, contentBytes, offset } = append;
  const byEnd = complete === true && contentBytes !== null ? offset + contentBytes : null;
  return append.sizeBytes ?? byEnd ?? position.sizeBytes;
}

/** Why this body is not taken; null when it may begin. Asked before any of its bytes is read. */
export function checkAppend(position: UploadPosition, append: Append): Problem | null {
  const closed = checkClosed(position.status);
  if (closed !== null) return closed;
  if (append.offset !== position.offset) return checkOffset(position.offset, append.offset);
  return checkSizes(position, append);
}

export function checkClosed(status: UploadPosition["status"]): Problem | null {
  const another = { hint: "POST /v1/uploads" };
  switch (status) {
    case "open":
      return null;
    case "closing":
    case "completed":
      return problemOf("upload_closed", "This upload already has all its bytes.");
    case "expired":
      return problemOf("upload_expired", "This upload has expired; create another one.", another);
    case "failed":
      return problemOf("upload_closed", "This upload has failed, its `error` says why; create another one.", another);
    case "deleted":
      return problemOf("not_found", "No upload with this id exists here; create one with POST /v1/uploads.", another);
  }
}

const checkOffset = (expected: number, provided: number): Problem =>
  problemOf("offset_mismatch", `The upload stands at byte ${expected}; send on from there.`, {
    members: { "expected-offset": expected, "provided-offset": provided },
  });

/** Every length that was ever said of one file must be the same, and none may be above the limit. */
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

/** The refusal of a file above the limit, which it names. */
export const checkLarge = (field = "/size_bytes"): Problem =>
  problemOf(
    "file_too_large",
    `${field.replace("/", "").replace("header:", "")} must be at most ${UPLOAD_BYTES} bytes; trim or compress the file.`,
    {
      hint: `POST /v1/uploads, at most ${UPLOAD_BYTES} bytes, sent in chunks of ${CHUNK_ADVICE_BYTES}`,
      errors: [{ field, message: `must be at most ${UPLOAD_BYTES}` }],
    },
  );

/** Whether the file is whole once a body was taken to its end and the upload stands at `offset`. */
export const isWhole = (append: Append, offset: number, sizeBytes: number | null): boolean =>
  append.complete ?? offset === sizeBytes;
