/**
 * Parses the headers of Resumable Uploads for HTTP, interop versions 8 and 9. Each rule of the draft is paraphrased
 * above the line that implements it. Source: draft-ietf-httpbis-resumable-upload, -09 to -11 for version 8, -12 for
 * version 9; digests: RFC 9530; file names: RFC 6266 and 8187. Where the two versions differ, this does what both
 * allow; tests quote the sentences.
 */

import { hex } from "../encoding.ts";
import { type ErrorCode, type Problem, problemOf } from "../errors.ts";
import { booleanIn, countIn, dictionaryIn } from "../requests/header-fields.ts";
import { err, ok, type Result } from "../result.ts";
import type { NewFile } from "../rpc/upload.ts";
import { fileNameFor } from "../text.ts";
import type { Append, Checksum } from "./append.ts";
import { badHeader, contentBytesOf, dispositionName, type HeaderReader, mediaTypeOf } from "./tus.ts";

export const PARTIAL_CONTENT = "application/partial-upload";

const ALGORITHMS = { "sha-256": "SHA-256", "sha-512": "SHA-512" } as const;
const REGISTRY = "https://iana.org/assignments/http-problem-types#";
/** Codes with a problem type of the draft. */
const TYPES: Partial<Record<ErrorCode, string>> = {
  offset_mismatch: `${REGISTRY}mismatching-upload-offset`,
  upload_closed: `${REGISTRY}completed-upload`,
  size_mismatch: `${REGISTRY}inconsistent-upload-length`,
};

/** A problem with the draft's type. */
export const ietfProblem = (given: Problem): Problem => ({ ...given, type: TYPES[given.code] });

export const booleanText = (value: boolean): string => (value ? "?1" : "?0");

/** The file that a creation announces: its name in Content-Disposition, its type in Content-Type. */
export function readIetfCreation(headers: HeaderReader): Result<NewFile, Problem> {
  const append = readBody(headers, 0);
  if (!append.ok) return append;
  const { sizeBytes, complete, contentBytes } = append.value;
  // The length MUST be recorded if Upload-Length states it, or Upload-Complete: ?1 together with Content-Length.
  const size = sizeBytes ?? (complete === true ? contentBytes : null);
  const filename = fileNameFor(dispositionName(headers.get("Content-Disposition")), headers.get("Content-Type"));
  const whole = checksumsIn(headers.get("Repr-Digest")).find(({ algorithm }) => algorithm === "SHA-256");
  return ok({ filename, size_bytes: size, metadata: {}, sha256: whole === undefined ? null : hex(whole.digest) });
}

/** Parses a PATCH. */
export function readIetfAppend(headers: HeaderReader): Result<Append, Problem> {
  // The content MUST have this media type.
  if (mediaTypeOf(headers) !== PARTIAL_CONTENT)
    return err(problemOf("unsupported_content_type", `Send the bytes as ${PARTIAL_CONTENT}.`));
  // The request MUST state the offset of its content.
  const offset = countIn(headers.get("Upload-Offset"));
  if (offset === null) return err(badHeader("Upload-Offset", "must be the number of bytes that the upload has"));
  return readBody(headers, offset);
}

/** Parses the headers that a creation and an append have in common. */
export function readBody(headers: HeaderReader, offset: number): Result<Append, Problem> {
  const complete = booleanIn(headers.get("Upload-Complete"));
  // The request MUST state whether its content is the last.
  if (complete === null) return err(badHeader("Upload-Complete", "must be ?0 or ?1"));
  return ok({
    offset,
    contentBytes: contentBytesOf(headers),
    sizeBytes: countIn(headers.get("Upload-Length")),
    complete,
    checksums: checksumsIn(headers.get("Content-Digest")),
  });
}

/** The supported digests of a digest field; others are ignored. */
function checksumsIn(header: string | null): Checksum[] {
  return [...(dictionaryIn(header) ?? [])].flatMap(([name, digest]) =>
    Object.hasOwn(ALGORITHMS, name) && digest instanceof Uint8Array
      ? [{ algorithm: ALGORITHMS[name as keyof typeof ALGORITHMS], digest }] // just checked
      : [],
  );
}
