/**
 * Digests of an upload: the checksums of one body, the running SHA-256 of the file, and the format check of its first
 * bytes.
 */

import { hex } from "../../core/encoding.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import { formatList, formatOfBytes, type MediaFormat, otherFormatName } from "../../core/media/sniff.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Checksum } from "../../core/uploads/append.ts";
import type { UploadContext } from "./context.ts";
import { isPartial } from "./record.ts";

export class Digests {
  readonly #running: readonly {
    readonly stream: DigestStream;
    readonly writer: WritableStreamDefaultWriter;
    readonly digest: Uint8Array;
  }[];

  constructor(checksums: readonly Checksum[]) {
    this.#running = checksums.map(({ algorithm, digest }) => {
      const stream = new crypto.DigestStream(algorithm);
      stream.digest.catch(() => undefined); // the digest of an abandoned body is not read
      return { stream, writer: stream.getWriter(), digest };
    });
  }

  /** Resolves when the bytes may be overwritten. */
  async add(bytes: Uint8Array): Promise<void> {
    for (const { writer } of this.#running) await writer.write(bytes);
  }

  /** Whether every checksum matches. Ends the computation. */
  async match(): Promise<boolean> {
    const matches: boolean[] = [];
    for (const { stream, writer, digest } of this.#running) {
      await writer.close();
      const found = new Uint8Array(await stream.digest);
      matches.push(found.length === digest.length && crypto.subtle.timingSafeEqual(found, digest));
    }
    return !matches.includes(false);
  }

  /** Discards unfinished computations. */
  close(): void {
    for (const { writer } of this.#running) writer.abort().catch(() => undefined);
  }
}

/*
 * The SHA-256 of a file, computed while its bytes pass, so that the file need not be read back.
 *
 * It lives in memory. When bytes came to another instance, out of order, or twice, the result is unknown and the file
 * is read back.
 */

type Running = { readonly digest: Promise<ArrayBuffer>; readonly writer: WritableStreamDefaultWriter };

export class RunningHash {
  #running: Running | null = null;
  /** Bytes from the file's start that were hashed; null once they cannot be the file's. */
  #bytes: number | null = 0;

  /** The next bytes. Resolves when they may be overwritten. */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#bytes !== null) await this.add(this.#bytes, bytes);
  }

  /** The file's bytes from `offset` on. Resolves when they may be overwritten. */
  async add(offset: number, bytes: Uint8Array): Promise<void> {
    if (this.#bytes !== offset) return this.invalidate();
    this.#running ??= begin();
    this.#bytes += bytes.length;
    await this.#running.writer.write(bytes);
  }

  /**
   * The hash in hexadecimal of a file of this size, which ends the computation; null unless exactly these bytes passed.
   */
  async end(sizeBytes: number): Promise<string | null> {
    const running = this.#running;
    const isWhole = this.#bytes === sizeBytes;
    this.#running = null;
    this.#bytes = null;
    if (running === null) return null;
    if (!isWhole) return abort(running);
    await running.writer.close();
    return hex(new Uint8Array(await running.digest));
  }

  /** The file starts over. */
  restart(): void {
    this.invalidate();
    this.#bytes = 0;
  }

  /** The bytes so far are not the file's. */
  invalidate(): void {
    if (this.#running !== null) abort(this.#running);
    this.#running = null;
    this.#bytes = null;
  }
}

function begin(): Running {
  const stream = new crypto.DigestStream("SHA-256");
  const digest = stream.digest;
  digest.catch(() => undefined); // the digest of an abandoned hash is not read
  return { digest, writer: stream.getWriter() };
}

function abort({ writer }: Running): null {
  writer.abort().catch(() => undefined);
  return null;
}

/*
 * The format check: the first bytes of a file decide its format, whatever its name says.
 *
 * It runs once per upload, when the first FIRST_BYTES bytes or the whole file have arrived, whichever comes first;
 * never with more bytes, never with none, and never before their checksum was verified. A problem ends the upload and
 * is the answer to its sender.
 */

/** Stores the format of the first bytes, or returns the problem. A partial may contain any bytes. */
export function checkFirstBytes(context: UploadContext, head: Uint8Array): Problem | null {
  if (isPartial(context.read())) return null;
  const format = formatOfHead(head);
  if (!format.ok) return format.error;
  context.save({ ...context.read(), format: format.value.ext });
  return null;
}

/** The format of a file's first bytes. */
export function formatOfHead(head: Uint8Array): Result<MediaFormat, Problem> {
  const format = formatOfBytes(head);
  return format === null ? err(unsupported(otherFormatName(head))) : ok(format);
}

/** Advice for common formats that Nemo does not accept. */
const ADVICE: Readonly<Record<string, string>> = {
  HEIC: "convert it to jpg (an iPhone sends jpg with Settings, Camera, Formats, Most Compatible)",
  AVIF: "convert it to jpg, png or webp",
};

function unsupported(name: string | null): Problem {
  const advice = (name === null ? undefined : ADVICE[name]) ?? "convert it";
  const content = name === null ? "none" : `${name}, none`;
  return problemOf(
    "unsupported_media",
    `The file's content is ${content} of ${formatList}, whatever its name says; ${advice} and create another upload.`,
    { hint: "POST /v1/uploads", errors: [{ field: "body", message: `must be one of ${formatList}` }] },
  );
}
