/**
 * A file that we fetch from an address: what its server's answer means, what the file is called, and when to ask again.
 * Decides only; the upload's object asks.
 */

import { type Problem, problemOf, retryAfterMs } from "../errors.ts";
import { compressionIn } from "../header-fields.ts";
import { UPLOAD_BYTES } from "../limits.ts";
import { fileNameFor } from "../text.ts";
import type { EpochMs } from "../time.ts";
import { contentBytesOf, dispositionName, type HeaderReader, mediaTypeOf } from "./tus.ts";

/** What an upload knows of the address that its bytes come from. */
export type Import = {
  /** Sealed, because a signed link is a secret; null once no more of it is fetched. */
  readonly address: string | null;
  /** Whether the caller named the file: then its server's name for it does not count. */
  readonly isNamed: boolean;
  /** Requests that were begun. */
  readonly attempts: number;
  /** When the first one was; null: none yet. */
  readonly begunAt: EpochMs | null;
};

/** What a caller orders. */
export type ImportRequest = {
  readonly url: string;
  readonly fileName: string | null;
  readonly metadata: Readonly<Record<string, string>>;
};

/** `retry`: asking again may help, not before `afterMs` where the server said so; else `error` is the end. */
export type ImportAnswer =
  | { readonly do: "take"; readonly sizeBytes: number | null }
  | { readonly do: "fail"; readonly error: Problem }
  | { readonly do: "retry"; readonly error: Problem; readonly afterMs: number | null };

const RETRY = { hint: "POST /v1/uploads/import" };
const fail = (code: Problem["code"], detail: string): ImportAnswer => ({
  do: "fail",
  error: problemOf(code, detail, RETRY),
});

/** What the first answer that is no redirect means. Its body is only taken where it is the file, whole and as it is. */
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
      `The address sends the file compressed (${compression}), although it was asked for it as it is; have it served without Content-Encoding.`,
    );
  const sizeBytes = contentBytesOf(headers);
  if (sizeBytes === 0) return { do: "fail", error: emptyImport() };
  if (sizeBytes !== null && sizeBytes > UPLOAD_BYTES) return { do: "fail", error: largeImport(sizeBytes) };
  return { do: "take", sizeBytes };
}

/** What content that is none of the 13 formats is told as: a page is what most wrong addresses give. */
export function explainContent(problem: Problem, headers: HeaderReader): Problem {
  if (mediaTypeOf(headers) !== "text/html") return { ...problem, ...RETRY };
  const detail = "The address gives a web page, not the file itself; use the file's direct download address.";
  return { ...problem, ...RETRY, detail };
}

export const emptyImport = (): Problem => problemOf("empty_file", "The address gives a file without a byte.", RETRY);

/** `sizeBytes`: as far as the server told it. */
export const largeImport = (sizeBytes: number | null): Problem =>
  problemOf(
    "file_too_large",
    `The file behind the address has ${sizeBytes ?? "more"} bytes, at most ${UPLOAD_BYTES} are taken; trim or compress it.`,
    RETRY,
  );

/** A sentence's first half, without its full stop. */
export const unreachable = (what: string): Problem =>
  problemOf("import_unavailable", `${what}, also when it was asked again; import it later.`, RETRY);

export const tooSlow = (what: string): Problem =>
  problemOf("import_timeout", `${what}; import it from a faster address, or upload it yourself.`, RETRY);

/** When to ask again after a failure at `now`; null when it is time to stop. `timings` as in core/waits.ts. */
export function nextRequestAt(
  { attempts, begunAt }: Import,
  timings: { readonly importRetries: readonly number[]; readonly importTotal: number },
  afterMs: number | null,
  now: EpochMs,
): EpochMs | null {
  const wait = timings.importRetries[attempts - 1];
  if (wait === undefined) return null;
  const at = now + Math.max(wait, afterMs ?? 0);
  return at < (begunAt ?? now) + timings.importTotal ? at : null;
}

/** What stands for a name as long as nobody has said one. */
const DEFAULT_NAME = "import";

/** The file's name by its address: the path's last part where that ends like a file's name. What does not may be a secret. */
export function nameByAddress(url: URL): string {
  const last = url.pathname.split("/").at(-1) ?? "";
  return /\.[A-Za-z0-9]{2,5}$/.test(last) ? cleanName(decoded(last)) : DEFAULT_NAME;
}

/** The file's name by its server; null when that does not say one. */
export function nameByServer(headers: HeaderReader): string | null {
  const name = dispositionName(headers.get("content-disposition"));
  return name === null || name.trim() === "" ? null : cleanName(name);
}

/** A server may put a dot before it, which hides a file. */
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
