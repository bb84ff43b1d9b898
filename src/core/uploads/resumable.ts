/**
 * Parses the headers of resumable uploads: what tus 1.0.0 and the IETF draft have in common, then those of each. Each
 * rule of a protocol is paraphrased above the line that implements it. Source of tus:
 * https://tus.io/protocols/resumable-upload (1.0.0, 2016-03-25).
 */
import { fromBase64, hex } from "../encoding.ts";
import { type ErrorCode, type Problem, problemOf } from "../errors.ts";
import { ownedIdPattern, type UploadId } from "../ids.ts";
import { FINAL_PARTIALS, MAX_REQUEST_BYTES, UPLOAD_BYTES } from "../limits.ts";
import { booleanIn, countIn, dictionaryIn, parameterText, readParameters } from "../requests/header-fields.ts";
import { err, ok, type Result } from "../result.ts";
import type { NewFile } from "../rpc/upload.ts";
import { fileNameFor } from "../text.ts";
import { metadata } from "../wire/common.ts";
import type { Append, Checksum } from "./append.ts";

export type HeaderReader = { readonly get: (name: string) => string | null };

export type Dialect = "tus" | "ietf" | "form" | "json";

/** Supported versions of the draft, the newest first. */
export const INTEROP_VERSIONS: readonly string[] = ["9", "8"];

/** Content types that are never a file: JSON, or the text types that clients send by default. */
const NO_FILE = /^(text\/|application\/(?:[\w.-]+\+)?json$|application\/x-www-form-urlencoded$)/;

/**
 * The protocol of a creation. The content type decides before the headers, because Apple's upload tasks add the
 * draft's headers to every request of an app. tus takes precedence over the draft, since its clients set their header
 * deliberately.
 */
export function dialectOfCreation(headers: HeaderReader): Dialect {
  const type = mediaTypeOf(headers);
  if (headers.get("Tus-Resumable") !== null) return "tus";
  if (type === "multipart/form-data") return "form";
  return NO_FILE.test(type) || !offersDraft(headers) ? "json" : "ietf";
}

/** Whether the draft's header is present, in a supported version. Without a version it is the final protocol's. */
const offersDraft = (headers: HeaderReader): boolean =>
  booleanIn(headers.get("Upload-Complete")) !== null &&
  (headers.get("Upload-Draft-Interop-Version") === null || interopVersion(headers) !== null);

/** The supported draft version that a request names; else null. */
export function interopVersion(headers: HeaderReader): string | null {
  const version = String(countIn(headers.get("Upload-Draft-Interop-Version")));
  return INTEROP_VERSIONS.find((one) => one === version) ?? null;
}

/** The media type without its parameters, in lower case; empty when absent. */
export const mediaTypeOf = (headers: HeaderReader): string =>
  lastContentType(headers).split(";", 1)[0]?.trim().toLowerCase() ?? "";

/** A comma followed by another content type; a comma in a boundary has no type after it. */
const NEXT_TYPE = /,\s{0,8}(?=[\w.+-]{1,80}\/[\w.+*-]{1,80}\s{0,8}(?:[;,]|$))/;

/**
 * Content-Type. If a caller and a library below it both set it, the values are joined by commas; the last one counts,
 * as in browsers.
 */
export const lastContentType = (headers: HeaderReader): string =>
  (headers.get("Content-Type") ?? "").split(NEXT_TYPE).at(-1) ?? "";

/** A number of bytes in both protocols' syntax; null when absent or invalid. */
export const bytesIn = (text: string | null): number | null =>
  text !== null && /^\d{1,15}$/.test(text.trim()) ? Number(text) : null;

/** The announced bytes of the body; null without an announced length. */
export const contentBytesOf = (headers: HeaderReader): number | null => bytesIn(headers.get("Content-Length"));

/** Bytes in base64; null for anything else. */
export const base64Bytes = (text: string): Uint8Array | null => fromBase64(text);

/** The file name of a Content-Disposition; its extended form takes precedence. Null when it has none. */
export const dispositionName = (header: string | null): string | null =>
  parameterText(readParameters(header ?? ""), "filename") ?? null;

/** The draft's Upload-Limit; `max-age` only for an existing upload. */
export const uploadLimit = (maxAgeSeconds: number | null = null): string =>
  [`max-size=${UPLOAD_BYTES}`, `max-append-size=${MAX_REQUEST_BYTES}`]
    .concat(maxAgeSeconds === null ? [] : [`max-age=${maxAgeSeconds}`])
    .join(", ");

/** The problem of an invalid header. */
export const badHeader = (name: string, message: string): Problem =>
  problemOf("invalid_header", `${name} ${message}.`, { errors: [{ field: `header:${name}`, message }] });

/* tus 1.0.0. */

/**
 * An upload's role in a concatenation: `partial`, a part of a file; `final`, the concatenation of `partials` in order.
 * Source: "Concatenation".
 */
export type Concat = {
  readonly kind: "partial" | "final";
  /** Upload-Concat as sent. */
  readonly text: string;
  /** Empty for a partial. */
  readonly partials: readonly UploadId[];
};

const PARTIAL: Concat = { kind: "partial", text: "partial", partials: [] };
const UPLOAD = ownedIdPattern("upl");

/** Parses a creation's Upload-Concat; null for an upload of its own. */
export function readConcat(headers: HeaderReader): Result<Concat | null, Problem> {
  const text = headers.get("Upload-Concat")?.trim() ?? null;
  if (text === null) return ok(null);
  // The header MUST be `partial` for a partial upload.
  if (text === PARTIAL.text) return ok(PARTIAL);
  // For a final one it MUST be `final`, a semicolon, and the addresses of its partials, separated by spaces.
  const [, list] = /^final;(.*)$/.exec(text) ?? [];
  if (list === undefined)
    return err(badHeader("Upload-Concat", "must be partial, or final; and the partials' addresses"));
  const problem = checkFinal(headers);
  if (problem !== null) return err(problem);
  const partials = list.split(" ").filter(Boolean).map(idIn);
  if (partials.length === 0 || partials.length > FINAL_PARTIALS)
    return err(badHeader("Upload-Concat", `must name 1 to ${FINAL_PARTIALS} partial uploads`));
  return partials.every((id) => id !== null)
    ? ok({ kind: "final", text, partials })
    : err(badHeader("Upload-Concat", "must name uploads of this gateway by their addresses"));
}

/** A final upload gets its bytes and its length from its partials. */
function checkFinal(headers: HeaderReader): Problem | null {
  // A client MUST NOT send Upload-Length with it.
  if (headers.get("Upload-Length") !== null || headers.get("Upload-Defer-Length") !== null)
    return badHeader("Upload-Length", "must not be sent with a final upload: its length is that of its partials");
  return mediaTypeOf(headers) === "application/offset+octet-stream" ? finalRejectsBytes() : null;
}

/**
 * The upload that an address names. It MAY be relative; its host is ignored, since clients may know us under another
 * one.
 */
function idIn(address: string): UploadId | null {
  const url = URL.parse(address, "https://gateway/v1/uploads");
  const [, id = ""] = /^\/v1\/uploads\/([^/]+)$/.exec(url?.pathname ?? "") ?? [];
  return UPLOAD.test(id) ? (id as UploadId) : null; // just checked
}

/** PATCH requests to a final upload MUST be answered 403, and MUST NOT change it or its partials. */
export const finalRejectsBytes = (): Problem =>
  problemOf("upload_final", "A final upload consists of its partial uploads; send the bytes to a partial upload.");

export const TUS_VERSION = "1.0.0";
/**
 * A server that supports concatenation MUST list it here. `concatenation-unfinished` is not supported, so it is not
 * listed.
 */
export const TUS_EXTENSIONS =
  "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination,concatenation";
export const TUS_CHECKSUMS = "sha1,sha256";
export const TUS_CONTENT = "application/offset+octet-stream";

const TUS_ALGORITHMS = { sha1: "SHA-1", sha256: "SHA-256" } as const;
/** Metadata keys that clients use for the name and the type, in any case: the protocol does not define them. */
const FILE_NAMES: readonly string[] = ["filename", "name"];
const TYPE_NAMES: readonly string[] = ["filetype", "type", "contenttype", "mimetype"];
const bare = (key: string): string => key.toLowerCase().replaceAll(/[-_]/g, "");

/** A server that does not support the client's version MUST answer 412 and MUST NOT process the request. */
export function checkVersion(headers: HeaderReader): Problem | null {
  const version = headers.get("Tus-Resumable");
  if (version === null || version === TUS_VERSION) return null;
  return problemOf("upload_version", `This gateway supports tus ${TUS_VERSION}; send Tus-Resumable: ${TUS_VERSION}.`);
}

/** The file that a creation announces. */
export function readTusCreation(headers: HeaderReader): Result<NewFile, Problem> {
  const concat = readConcat(headers);
  if (!concat.ok) return concat;
  const length: Result<number | null, Problem> = concat.value?.kind === "final" ? ok(null) : readLength(headers);
  if (!length.ok) return length;
  const text = headers.get("Upload-Metadata");
  const pairs = readMetadata(text ?? "");
  if (pairs === null)
    return err(badHeader("Upload-Metadata", "must be unique keys with base64 values, joined by commas"));
  const labels = metadata.safeParse(
    Object.fromEntries([...pairs].filter(([key]) => ![...FILE_NAMES, ...TYPE_NAMES].includes(bare(key)))),
  );
  if (!labels.success) return err(badHeader("Upload-Metadata", labels.error.issues[0]?.message ?? "is too large"));
  const first = (keys: readonly string[]): string | null =>
    keys.flatMap((key) => [...pairs].filter(([name, value]) => bare(name) === key && value !== ""))[0]?.[1] ?? null;
  const filename = fileNameFor(first(FILE_NAMES), first(TYPE_NAMES));
  return ok({
    filename,
    size_bytes: length.value,
    metadata: labels.data,
    upload_metadata: text,
    concat: concat.value,
  });
}

/** The size, or null when it is sent later. */
function readLength(headers: HeaderReader): Result<number | null, Problem> {
  const [length, defer] = [headers.get("Upload-Length"), headers.get("Upload-Defer-Length")];
  // Upload-Defer-Length: a value other than 1 MUST be rejected with 400.
  if (defer !== null && defer !== "1") return err(badHeader("Upload-Defer-Length", "must be 1"));
  // A creation MUST have one of the two.
  if ((length === null) === (defer === null))
    return err(badHeader("Upload-Length", "or Upload-Defer-Length: 1 must be sent, and not both"));
  const size = bytesIn(length);
  // Upload-Length MUST be a non-negative integer.
  return length !== null && size === null ? err(badHeader("Upload-Length", "must be a number of bytes")) : ok(size);
}

/**
 * Parses pairs of a key, a space and a base64 value, joined by commas; a value may be empty. Null for anything else.
 */
function readMetadata(text: string): Map<string, string> | null {
  const pairs = new Map<string, string>();
  for (const pair of text.split(",").map((one) => one.trim())) {
    if (pair === "") continue; // no metadata, or a trailing comma
    const [key = "", value = "", ...more] = pair.split(/ +/);
    const bytes = base64Bytes(value);
    // Keys MUST NOT be empty and MUST be unique.
    if (key === "" || pairs.has(key) || more.length > 0 || bytes === null) return null;
    pairs.set(key, new TextDecoder().decode(bytes));
  }
  return pairs;
}

/** Parses a PATCH, or the body of a creation (`offset` 0). */
export function readTusAppend(headers: HeaderReader, offset: number | null): Result<Append, Problem> {
  // Every PATCH MUST have this content type; another one SHOULD be answered 415.
  if (mediaTypeOf(headers) !== TUS_CONTENT)
    return err(problemOf("unsupported_content_type", `Send the bytes as ${TUS_CONTENT}.`));
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

function readChecksum(header: string | null): Result<Checksum[], Problem> {
  if (header === null) return ok([]);
  const [name = "", value = "", ...more] = header.trim().split(" ");
  const algorithm = Object.hasOwn(TUS_ALGORITHMS, name) ? TUS_ALGORITHMS[name as keyof typeof TUS_ALGORITHMS] : null; // just checked
  const digest = base64Bytes(value);
  // An algorithm that the server does not support MUST be answered 400.
  if (algorithm === null) return err(badHeader("Upload-Checksum", `must name one of ${TUS_CHECKSUMS}`));
  if (digest === null || digest.length === 0 || more.length > 0)
    return err(badHeader("Upload-Checksum", "must be an algorithm, a space and the digest in base64"));
  return ok([{ algorithm, digest }]);
}

/*
 * Resumable Uploads for HTTP, interop versions 8 and 9. Source: draft-ietf-httpbis-resumable-upload, -09 to -11 for version 8, -12 for
 * version 9; digests: RFC 9530; file names: RFC 6266 and 8187. Where the two versions differ, this does what both
 * allow; tests quote the sentences.
 */

export const PARTIAL_CONTENT = "application/partial-upload";

const IETF_ALGORITHMS = { "sha-256": "SHA-256", "sha-512": "SHA-512" } as const;
const REGISTRY = "https://iana.org/assignments/http-problem-types#";
/** Codes with a problem type of the draft. */
const PROBLEM_TYPES: Partial<Record<ErrorCode, string>> = {
  offset_mismatch: `${REGISTRY}mismatching-upload-offset`,
  upload_closed: `${REGISTRY}completed-upload`,
  size_mismatch: `${REGISTRY}inconsistent-upload-length`,
};

/** A problem with the draft's type. */
export const ietfProblem = (given: Problem): Problem => ({ ...given, type: PROBLEM_TYPES[given.code] });

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

/** Parses the draft's headers that a creation and an append have in common. */
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
    Object.hasOwn(IETF_ALGORITHMS, name) && digest instanceof Uint8Array
      ? [{ algorithm: IETF_ALGORITHMS[name as keyof typeof IETF_ALGORITHMS], digest }] // just checked
      : [],
  );
}
