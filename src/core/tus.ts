/**
 * tus 1.0.0, its headers read. Each rule stands above the line that obeys it, in our words.
 * Source: https://tus.io/protocols/resumable-upload (1.0.0, 2016-03-25).
 */
import type { Append, Checksum } from "./append.ts";
import { type Refusal, refusal } from "./errors.ts";
import { fileNameFor } from "./file-name.ts";
import { err, ok, type Result } from "./result.ts";
import { readConcat } from "./tus-concat.ts";
import { badHeader, base64Bytes, bytesIn, contentBytesOf, type HeaderReader, mediaTypeOf } from "./upload-headers.ts";
import type { NewFile } from "./upload-port.ts";
import { metadata } from "./wire/common.ts";

export const TUS_VERSION = "1.0.0";
/** A server that concatenates MUST name it here. Partials that are still being sent are not taken, so that one is not named. */
export const TUS_EXTENSIONS =
  "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination,concatenation";
export const TUS_CHECKSUMS = "sha1,sha256";
export const TUS_CONTENT = "application/offset+octet-stream";

const ALGORITHMS = { sha1: "SHA-1", sha256: "SHA-256" } as const;
/** What a client may have put the name and the type under, in any case: the protocol leaves it open. */
const NAMES: readonly string[] = ["filename", "name"];
const TYPES: readonly string[] = ["filetype", "type", "contenttype", "mimetype"];
const bare = (key: string): string => key.toLowerCase().replaceAll(/[-_]/g, "");

/** A server that does not support the client's version MUST answer 412 and MUST NOT process the request. */
export function refuseVersion(headers: HeaderReader): Refusal | null {
  const version = headers.get("Tus-Resumable");
  if (version === null || version === TUS_VERSION) return null;
  return refusal("upload_version", `This gateway speaks tus ${TUS_VERSION}; send Tus-Resumable: ${TUS_VERSION}.`);
}

/** The file that a creation announces. */
export function readTusCreation(headers: HeaderReader): Result<NewFile, Refusal> {
  const concat = readConcat(headers);
  if (!concat.ok) return concat;
  const length: Result<number | null, Refusal> = concat.value?.kind === "final" ? ok(null) : readLength(headers);
  if (!length.ok) return length;
  const text = headers.get("Upload-Metadata");
  const pairs = readMetadata(text ?? "");
  if (pairs === null)
    return err(badHeader("Upload-Metadata", "must be unique keys with base64 values, joined by commas"));
  const labels = metadata.safeParse(
    Object.fromEntries([...pairs].filter(([key]) => ![...NAMES, ...TYPES].includes(bare(key)))),
  );
  if (!labels.success) return err(badHeader("Upload-Metadata", labels.error.issues[0]?.message ?? "is too large"));
  const first = (keys: readonly string[]): string | null =>
    keys.flatMap((key) => [...pairs].filter(([name, value]) => bare(name) === key && value !== ""))[0]?.[1] ?? null;
  const filename = fileNameFor(first(NAMES), first(TYPES));
  return ok({
    filename,
    size_bytes: length.value,
    metadata: labels.data,
    upload_metadata: text,
    concat: concat.value,
  });
}

/** The size, or null where it comes later. */
function readLength(headers: HeaderReader): Result<number | null, Refusal> {
  const [length, defer] = [headers.get("Upload-Length"), headers.get("Upload-Defer-Length")];
  // Upload-Defer-Length: any other value than 1 MUST be refused with 400.
  if (defer !== null && defer !== "1") return err(badHeader("Upload-Defer-Length", "must be 1"));
  // A creation MUST carry one of the two.
  if ((length === null) === (defer === null))
    return err(badHeader("Upload-Length", "or Upload-Defer-Length: 1 must be sent, and not both"));
  const size = bytesIn(length);
  // Upload-Length MUST be a non-negative integer.
  return length !== null && size === null ? err(badHeader("Upload-Length", "must be a number of bytes")) : ok(size);
}

/** Pairs of a key, a space and a base64 value, joined by commas; a value may be empty. Null for anything else. */
function readMetadata(text: string): Map<string, string> | null {
  const pairs = new Map<string, string>();
  for (const pair of text.split(",").map((one) => one.trim())) {
    if (pair === "") continue; // no metadata, or a comma at the end
    const [key = "", value = "", ...more] = pair.split(/ +/);
    const bytes = base64Bytes(value);
    // Keys MUST NOT be empty and MUST be unique.
    if (key === "" || pairs.has(key) || more.length > 0 || bytes === null) return null;
    pairs.set(key, new TextDecoder().decode(bytes));
  }
  return pairs;
}

/** The append that a PATCH is, or the body of a creation (`offset` 0). */
export function readTusAppend(headers: HeaderReader, offset: number | null): Result<Append, Refusal> {
  // Every PATCH MUST have this content type; another SHOULD be answered 415.
  if (mediaTypeOf(headers) !== TUS_CONTENT)
    return err(refusal("unsupported_content_type", `Send the bytes as ${TUS_CONTENT}.`));
  const at = offset ?? bytesIn(headers.get("Upload-Offset"));
  if (at === null) return err(badHeader("Upload-Offset", "must be the number of bytes that the upload has"));
  const checksums = readChecksum(headers.get("Upload-Checksum"));
  if (!checksums.ok) return checksums;
  const length = headers.get("Upload-Length");
  const sizeBytes = bytesIn(length);
  if (length !== null && sizeBytes === null) return err(badHeader("Upload-Length", "must be a number of bytes"));
  return ok({
    offset: at,
    contentBytes: contentBytesOf(headers),
    sizeBytes,
    complete: null,
    checksums: checksums.value,
  });
}

function readChecksum(header: string | null): Result<Checksum[], Refusal> {
  if (header === null) return ok([]);
  const [name = "", value = "", ...more] = header.trim().split(" ");
  const algorithm = Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name as keyof typeof ALGORITHMS] : null; // just asked
  const digest = base64Bytes(value);
  // An algorithm that the server does not support MUST be answered 400.
  if (algorithm === null) return err(badHeader("Upload-Checksum", `must name one of ${TUS_CHECKSUMS}`));
  if (digest === null || digest.length === 0 || more.length > 0)
    return err(badHeader("Upload-Checksum", "must be an algorithm, a space and the digest in base64"));
  return ok([{ algorithm, digest }]);
}
