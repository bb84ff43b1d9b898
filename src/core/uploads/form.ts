/**
 * Parses a multipart form (RFC 7578, RFC 2046) as a stream, part by part. Memory is bounded by one chunk, a boundary
 * and a part's headers, whatever the files' sizes; every byte is read a fixed number of times.
 *
 * It is our own, because no library streams a part's content with backpressure and accepts the file names that .NET,
 * Python and old clients write.
 */

import { PART_HEADER_BYTES } from "../limits.ts";
import { parameterText, readParameters } from "../requests/header-fields.ts";
import { err, ok, type Result } from "../result.ts";

const CR = 13;
const LF = 10;
const DASH = 45;
const BLANKS: readonly (number | undefined)[] = [32, 9];
/** Blanks after a boundary. Source: RFC 2046, section 5.1.1 allows any number; no sender writes one. */
const PADDING_BYTES = 64;
/** Characters of a boundary. Source: RFC 2046, section 5.1.1. */
const BOUNDARY_CHARS = 70;

/** Source of bytes: the next chunk, valid until the next call; null at the end. */
export type ByteSource = { readonly next: () => Promise<Uint8Array | null>; readonly cancel: () => void };

/** A stream's chunks, without a timeout. */
export function chunkSource(body: ReadableStream<Uint8Array>): ByteSource {
  const reader = body.getReader();
  return {
    next: async () => (await reader.read()).value ?? null,
    cancel: () => {
      reader.cancel().catch(() => undefined);
    },
  };
}

/** A part's headers. */
export type PartHead = {
  readonly name: string;
  /** A file has a file name, or at least a binary content type. */
  readonly isFile: boolean;
  /** Empty for a file without a name. */
  readonly filename: string;
  /** Without its parameters, in lower case. */
  readonly contentType: string;
  /** The charset of a field's text, if stated. */
  readonly charset: string | null;
};

/** Why the form is malformed: a sentence for its sender. */
export type FormError = string;

const noParts = (boundary: string): FormError =>
  `its boundary ${JSON.stringify(boundary)} does not occur in the body: send the Content-Type that the form's encoder made`;
const NO_BOUNDARY: FormError =
  "its Content-Type has no boundary: let the form's encoder set the header, or send multipart/form-data; boundary=…";
const NO_NAME: FormError = "each part needs a header Content-Disposition: form-data with a name";
const NESTED: FormError = "a part is a multipart itself: send each file as a part of the form";
const ENCODED: FormError = "a part has a Content-Transfer-Encoding: send its bytes unencoded";
const LONG_HEADERS: FormError = `the headers of a part may have ${PART_HEADER_BYTES} bytes`;
const CUT: FormError = "the body ends before the form does: send it again, with its last boundary";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A boundary line that ends at `end`, none, or too few bytes to decide. */
type Line = { readonly end: number; readonly isLast: boolean } | "none" | "short";
type Found = Exclude<Line, string> & { readonly at: number };

export class FormReader {
  readonly #source: ByteSource;
  #boundary: string | null;
  /** The line ending of this form: bare line feeds if its first line ends so. */
  #lineEnd: "\r\n" | "\n" = "\n";
  #mark: Uint8Array = new Uint8Array();
  /**
   * Received bytes that were not returned yet. It starts with a line feed, since the first boundary needs none before
   * it.
   */
  #held: Uint8Array = new Uint8Array([LF]);
  #isBegun = false;
  /** Whether the last boundary was read. */
  #isOver = false;
  /**
   * The held bytes begin with the line ending after a part's headers, which may also precede the boundary of a part
   * without content.
   */
  #isStart = false;

  private constructor(source: ByteSource, boundary: string | null) {
    this.#source = source;
    this.#boundary = boundary;
  }

  static of(source: ByteSource, contentType: string): FormReader {
    const boundary = readParameters(contentType).get("boundary") ?? "";
    return new FormReader(source, boundary === "" ? null : boundary);
  }

  /** The headers of the next part; null after the last one. Each part's content must be read before. */
  async next(): Promise<Result<PartHead | null, FormError>> {
    const begun = this.#isBegun ? ok(null) : await this.#begin();
    if (!begun.ok) return begun;
    if (this.#isOver) return ok(null);
    return this.#head();
  }

  /** Passes the part's content to `take`, chunk by chunk. Fails when the body ends inside it. */
  async content(take: (chunk: Uint8Array) => Promise<void>): Promise<Result<null, FormError>> {
    for (;;) {
      const found = this.#find();
      const at = typeof found === "number" ? found : found.at;
      const chunk = this.#held.subarray(this.#isStart ? Math.min(at, this.#lineEnd.length) : 0, at);
      if (at > 0) this.#isStart = false;
      if (chunk.length > 0) await take(chunk);
      if (typeof found !== "number") {
        this.#held = this.#held.subarray(found.end);
        this.#isOver = found.isLast;
        this.#isStart = false;
        return ok(null);
      }
      this.#held = this.#held.subarray(at);
      if (!(await this.#more())) return err(CUT);
    }
  }

  /** Whether the part has no content. To be called before the content is read. */
  async isEmpty(): Promise<Result<boolean, FormError>> {
    for (;;) {
      const found = this.#find();
      if (typeof found !== "number") return ok(found.at === 0 || (this.#isStart && found.at <= this.#lineEnd.length));
      if (found > this.#lineEnd.length) return ok(false);
      if (!(await this.#more())) return err(CUT);
    }
  }

  /** A field's text of at most `bytes` bytes, in its own charset or else in the form's; null when it is longer. */
  async text(charset: string | null, bytes: number): Promise<Result<string | null, FormError>> {
    const whole = new Uint8Array(bytes);
    let size = 0;
    try {
      const read = await this.content(async (chunk) => {
        if (size + chunk.length > bytes) throw new TooLong();
        whole.set(chunk, size);
        size += chunk.length;
      });
      return read.ok ? ok(textOf(whole.subarray(0, size), charset)) : read;
    } catch (error) {
      if (error instanceof TooLong) return ok(null);
      throw error;
    }
  }

  release(): void {
    this.#source.cancel();
  }

  async #begin(): Promise<Result<null, FormError>> {
    this.#boundary ??= await this.#firstLine();
    if (this.#boundary === null) return err(NO_BOUNDARY);
    this.#mark = ascii(`\n--${this.#boundary}`);
    const isThere = (await this.content(async () => {})).ok;
    if (!isThere) return err(noParts(this.#boundary.slice(0, BOUNDARY_CHARS)));
    this.#isBegun = true;
    this.#mark = ascii(`${this.#lineEnd}--${this.#boundary}`);
    return ok(null);
  }

  /** The boundary in the body's first line, when no header states it. Null when that line is not one. */
  async #firstLine(): Promise<string | null> {
    for (;;) {
      const end = this.#held.indexOf(LF, 1);
      if (end > 0)
        return /^--([!-~]{1,70})\r?$/.exec(new TextDecoder().decode(this.#held.subarray(1, end)))?.[1] ?? null;
      if (this.#held.length > BOUNDARY_CHARS + 5 || !(await this.#more())) return null;
    }
  }

  async #head(): Promise<Result<PartHead | null, FormError>> {
    const blank = ascii(this.#lineEnd + this.#lineEnd);
    for (let from = 0; ; ) {
      const end = indexOf(this.#held, blank, from);
      if (end > PART_HEADER_BYTES || (end < 0 && this.#held.length > PART_HEADER_BYTES + blank.length))
        return err(LONG_HEADERS);
      if (end >= 0) {
        const head = headOf(textOf(this.#held.subarray(0, end), null));
        this.#held = this.#held.subarray(end + this.#lineEnd.length);
        this.#isStart = true;
        return head;
      }
      from = Math.max(0, this.#held.length - blank.length);
      if (!(await this.#more())) return err(CUT);
    }
  }

  /** The first boundary in the held bytes; else how many of them are certainly content. */
  #find(): Found | number {
    const mark = this.#mark;
    for (let at = this.#held.indexOf(mark[0] ?? 0); at >= 0; at = this.#held.indexOf(mark[0] ?? 0, at + 1)) {
      let same = 1;
      while (same < mark.length && this.#held[at + same] === mark[same]) same += 1;
      if (at + same >= this.#held.length) return at; // the rest of it may follow
      if (same < mark.length) continue;
      const line = this.#lineAt(at + same);
      if (line === "short") return at;
      if (line !== "none") return { at, ...line };
    }
    return this.#held.length;
  }

  /** A boundary is a whole line: a longer line with the same beginning belongs to a form inside a file. */
  #lineAt(from: number): Line {
    const held = this.#held;
    if (held[from] === DASH) {
      if (from + 1 >= held.length) return "short";
      return held[from + 1] === DASH ? { end: from + 2, isLast: true } : "none";
    }
    let at = from;
    while (at - from < PADDING_BYTES && BLANKS.includes(held[at])) at += 1;
    if (at >= held.length) return "short";
    if (held[at] === CR && at + 1 >= held.length) return "short";
    const isBoth = held[at] === CR && held[at + 1] === LF;
    if (!isBoth && held[at] !== LF) return "none";
    if (!this.#isBegun && isBoth) this.#lineEnd = "\r\n";
    return { end: at + (isBoth ? 2 : 1), isLast: false };
  }

  /** Reads more bytes; false at the end. */
  async #more(): Promise<boolean> {
    const held = this.#held.slice(); // the last chunk is only valid until now
    const more = await this.#source.next();
    this.#held = more === null ? held : held.length === 0 ? more : joined([held, more], held.length + more.length);
    return more !== null;
  }
}

/** Thrown out of the reading loop for a field above its limit. */
class TooLong extends Error {}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(wanted[0] ?? 0, from); at >= 0; at = bytes.indexOf(wanted[0] ?? 0, at + 1))
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  return -1;
}

function joined(fileParts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of fileParts) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Decodes text in its charset, else in UTF-8, else in one that fits any bytes and that old clients write. */
function textOf(bytes: Uint8Array, charset: string | null): string {
  for (const label of [charset, "utf-8"]) {
    try {
      if (label !== null) return new TextDecoder(label, { fatal: true, ignoreBOM: false }).decode(bytes);
    } catch {
      // try the next one
    }
  }
  return new TextDecoder("windows-1252").decode(bytes);
}

/** Content types that are files even without a name. */
const BINARY = /^(image|video|audio)\/|^application\/octet-stream$/;

function headOf(text: string): Result<PartHead, FormError> {
  const lines = text.replaceAll(/\r?\n[ \t]+/g, " ").split(/\r?\n/);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, Math.max(0, colon)).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const disposition = readParameters(headers.get("content-disposition") ?? "");
  const name = parameterText(disposition, "name");
  if (name === undefined) return err(NO_NAME);
  const type = headers.get("content-type") ?? "";
  const contentType = type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (contentType.startsWith("multipart/")) return err(NESTED);
  if (/^(base64|quoted-printable)$/i.test(headers.get("content-transfer-encoding") ?? "")) return err(ENCODED);
  const filename = parameterText(disposition, "filename");
  const isFile = filename !== undefined || BINARY.test(contentType);
  return ok({
    name,
    isFile,
    filename: filename ?? "",
    contentType,
    charset: readParameters(type).get("charset") ?? null,
  });
}
