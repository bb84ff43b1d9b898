/**
 * Imports: the meaning of a server's answer, the file's name, and the retry delays. Pure: the upload's object sends
 * the requests.
 */

import { type Problem, problemOf, retryAfterMs } from "../errors.ts";
import { UPLOAD_BYTES } from "../limits.ts";
import { compressionIn } from "../requests/header-fields.ts";
import { fileNameFor } from "../text.ts";
import type { EpochMs } from "../time.ts";
import { contentBytesOf, dispositionName, type HeaderReader, mediaTypeOf } from "./resumable.ts";

/** The state of an upload's import. */
export type Import = {
  /** Encrypted, because a signed link is a secret; null once nothing more is downloaded. */
  readonly address: string | null;
  /** Whether the caller named the file; then the server's name is ignored. */
  readonly isNamed: boolean;
  /** Requests that were started. */
  readonly attempts: number;
  /** When the first one was; null: none yet. */
  readonly startedAt: EpochMs | null;
};

/** A caller's request. */
export type ImportRequest = {
  readonly url: string;
  readonly fileName: string | null;
  readonly metadata: Readonly<Record<string, string>>;
};

/** `retry`: another request may succeed, not before `afterMs` if the server stated it; otherwise `error` is final. */
export type ImportAnswer =
  | { readonly do: "take"; readonly sizeBytes: number | null }
  | { readonly do: "fail"; readonly error: Problem }
  | { readonly do: "retry"; readonly error: Problem; readonly afterMs: number | null };

const RETRY = { hint: "POST /v1/uploads/import" };
const fail = (code: Problem["code"], detail: string): ImportAnswer => ({
  do: "fail",
  error: problemOf(code, detail, RETRY),
});

/** Evaluates the first answer that is not a redirect. Its body is used only if it is the complete, unencoded file. */
export function readImportAnswer(status: number, headers: HeaderReader, now: EpochMs): ImportAnswer {
  if (status === 200) return readFile(headers);
  if (status === 204 || status === 205) return { do: "fail", error: emptyImport() };
  if (status === 404 || status === 410)
    return fail("import_not_found", `The address answers ${status}: no file is there; check it, or make a new link.`);
  if (status === 401 || status === 403 || status === 407)
    return fail(
      "import_forbidden",
      `The address answers ${status}: it needs a sign-in, or its link has expired; make a link that opens without one.`,
    );
  if (status >= 500 || status === 408 || status === 425 || status === 429)
    return {
      do: "retry",
      error: unreachable(`The address answers ${status}`),
      afterMs: retryAfterMs(headers.get("retry-after"), now),
    };
  return fail("import_refused", `The address answers ${status}, which is no file; use the file's direct address.`);
}

function readFile(headers: HeaderReader): ImportAnswer {
  const compression = compressionIn(headers.get("content-encoding"));
  if (compression !== null)
    return fail(
      "import_refused",
      `The address sends the file compressed (${compression}), although the request did not allow it; have it served without Content-Encoding.`,
    );
  const sizeBytes = contentBytesOf(headers);
  if (sizeBytes === 0) return { do: "fail", error: emptyImport() };
  if (sizeBytes !== null && sizeBytes > UPLOAD_BYTES) return { do: "fail", error: largeImport(sizeBytes) };
  return { do: "take", sizeBytes };
}

/** Explains content that is none of the 13 formats: most wrong addresses return a web page. */
export function explainContent(problem: Problem, headers: HeaderReader): Problem {
  if (mediaTypeOf(headers) !== "text/html") return { ...problem, ...RETRY };
  const detail = "The address returns a web page, not the file itself; use the file's direct download address.";
  return { ...problem, ...RETRY, detail };
}

export const emptyImport = (): Problem =>
  problemOf("empty_file", "The address returns an empty file; check it, or make a new link.", RETRY);

/** `sizeBytes`: as far as the server stated it. */
export const largeImport = (sizeBytes: number | null): Problem =>
  problemOf(
    "file_too_large",
    `The file at the address has ${sizeBytes ?? "more"} bytes; the limit is ${UPLOAD_BYTES}. Trim or compress it.`,
    RETRY,
  );

/** `what` is a sentence without its full stop. */
export const unreachable = (what: string): Problem =>
  problemOf("import_unavailable", `${what}, also after retries; import it later.`, RETRY);

export const tooSlow = (what: string): Problem =>
  problemOf("import_timeout", `${what}; import it from a faster address, or upload it yourself.`, RETRY);

/** When to retry after a failure at `now`; null to stop. `timings` as in core/timings.ts. */
export function nextRequestAt(
  { attempts, startedAt }: Import,
  timings: { readonly importRetries: readonly number[]; readonly importTotal: number },
  afterMs: number | null,
  now: EpochMs,
): EpochMs | null {
  const wait = timings.importRetries[attempts - 1];
  if (wait === undefined) return null;
  const at = now + Math.max(wait, afterMs ?? 0);
  return at < (startedAt ?? now) + timings.importTotal ? at : null;
}

/** The name of a file that has none. */
const DEFAULT_NAME = "import";

/** The file's name from its URL: the path's last segment if it has a media extension. Other segments may be secrets. */
export function nameByAddress(url: URL): string {
  const last = url.pathname.split("/").at(-1) ?? "";
  return /\.[A-Za-z0-9]{2,5}$/.test(last) ? cleanName(decoded(last)) : DEFAULT_NAME;
}

/** The file's name from the server's headers; null without one. */
export function nameByServer(headers: HeaderReader): string | null {
  const name = dispositionName(headers.get("content-disposition"));
  return name === null || name.trim() === "" ? null : cleanName(name);
}

/** Removes leading dots, which would hide the file. */
const cleanName = (name: string): string => {
  const bare = name.replace(/^[\s.]+/, "");
  return bare === "" ? DEFAULT_NAME : fileNameFor(bare, null);
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
