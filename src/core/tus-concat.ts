/**
 * tus's concatenation, its header read. Each rule stands above the line that obeys it, in our words.
 * Source: https://tus.io/protocols/resumable-upload (1.0.0), "Concatenation".
 */
import { type Refusal, refusal } from "./errors.ts";
import { ownedIdPattern, type UploadId } from "./ids.ts";
import { FINAL_PARTIALS } from "./limits.ts";
import { err, ok, type Result } from "./result.ts";
import { badHeader, type HeaderReader, mediaTypeOf } from "./upload-headers.ts";

/** An upload's place in a concatenation: `partial`, a piece of a file; `final`, the file that `partials` are in their order. */
export type Concat = {
  readonly kind: "partial" | "final";
  /** Upload-Concat as it came. */
  readonly text: string;
  /** Empty for a partial. */
  readonly partials: readonly UploadId[];
};

const PARTIAL: Concat = { kind: "partial", text: "partial", partials: [] };
const UPLOAD = ownedIdPattern("upl");

/** What a creation says of a concatenation; null for an upload of its own. */
export function readConcat(headers: HeaderReader): Result<Concat | null, Refusal> {
  const text = headers.get("Upload-Concat")?.trim() ?? null;
  if (text === null) return ok(null);
  // The header MUST be `partial` for a partial upload.
  if (text === PARTIAL.text) return ok(PARTIAL);
  // For a final one it MUST be `final`, a semicolon, and the addresses of its partials, a space between two of them.
  const [, list] = /^final;(.*)$/.exec(text) ?? [];
  if (list === undefined)
    return err(badHeader("Upload-Concat", "must be partial, or final; and the partials' addresses"));
  const refused = refuseFinal(headers);
  if (refused !== null) return err(refused);
  const partials = list.split(" ").filter(Boolean).map(idIn);
  if (partials.length === 0 || partials.length > FINAL_PARTIALS)
    return err(badHeader("Upload-Concat", `must name 1 to ${FINAL_PARTIALS} partial uploads`));
  return partials.every((id) => id !== null)
    ? ok({ kind: "final", text, partials })
    : err(badHeader("Upload-Concat", "must name uploads of this gateway by their addresses"));
}

/** A final has its bytes and its length from its partials. */
function refuseFinal(headers: HeaderReader): Refusal | null {
  // A client MUST NOT send Upload-Length with it.
  if (headers.get("Upload-Length") !== null || headers.get("Upload-Defer-Length") !== null)
    return badHeader("Upload-Length", "must not be sent with a final upload: its length is that of its partials");
  return mediaTypeOf(headers) === "application/offset+octet-stream" ? finalTakesNone() : null;
}

/** The upload that an address names. It MAY be relative; under which host a client knows us is its own matter. */
function idIn(address: string): UploadId | null {
  const url = URL.parse(address, "https://gateway/v1/uploads");
  const [, id = ""] = /^\/v1\/uploads\/([^/]+)$/.exec(url?.pathname ?? "") ?? [];
  return UPLOAD.test(id) ? (id as UploadId) : null; // just checked
}

/** PATCH requests against a final MUST be answered 403, and MUST NOT change it or its partials. */
export const finalTakesNone = (): Refusal =>
  refusal("upload_final", "A final upload is made of its partials and takes no bytes of its own.");
