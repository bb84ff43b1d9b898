/** The checksums of one body, computed while it is taken. */

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
      stream.digest.catch(() => undefined); // of a body that is given up nobody asks
      return { stream, writer: stream.getWriter(), digest };
    });
  }

  /** Resolves when the bytes are taken in and may be overwritten. */
  async add(bytes: Uint8Array): Promise<void> {
    for (const { writer } of this.#running) await writer.write(bytes);
  }

  /** Whether every checksum is right. Ends the computation. */
  async match(): Promise<boolean> {
    const verdicts: boolean[] = [];
    for (const { stream, writer, digest } of this.#running) {
      await writer.close();
      const found = new Uint8Array(await stream.digest);
      verdicts.push(found.length === digest.length && crypto.subtle.timingSafeEqual(found, digest));
    }
    return !verdicts.includes(false);
  }

  /** Lets go of what was not asked for. */
  close(): void {
    for (const { writer } of this.#running) writer.abort().catch(() => undefined);
  }
}

/*
 * The SHA-256 of a file, computed from its bytes as they pass, so that nothing has to be read back.
 *
 * It lives in memory: of bytes that came to another instance, out of order, or twice, nothing is known here, and the file is
 * read back. What is not certain is never guessed.
 */

type Running = { readonly digest: Promise<ArrayBuffer>; readonly writer: WritableStreamDefaultWriter };

export class PassingHash {
  #running: Running | null = null;
  /** Bytes from the file's start that it holds; null once it can no longer be the file's. */
  #bytes: number | null = 0;

  /** The bytes that follow those before. Resolves when they are taken in and may be overwritten. */
  async pass(bytes: Uint8Array): Promise<void> {
    if (this.#bytes !== null) await this.add(this.#bytes, bytes);
  }

  /** The file's bytes from `offset` on. Resolves when they are taken in and may be overwritten. */
  async add(offset: number, bytes: Uint8Array): Promise<void> {
    if (this.#bytes !== offset) return this.forget();
    this.#running ??= begin();
    this.#bytes += bytes.length;
    await this.#running.writer.write(bytes);
  }

  /** The hash of a file of this size in hexadecimal, which ends it; null when not exactly these bytes passed. */
  async end(sizeBytes: number): Promise<string | null> {
    const running = this.#running;
    const isWhole = this.#bytes === sizeBytes;
    this.#running = null;
    this.#bytes = null;
    if (running === null) return null;
    if (!isWhole) return cancelBody(running);
    await running.writer.close();
    return hex(new Uint8Array(await running.digest));
  }

  /** The file begins anew. */
  restart(): void {
    this.forget();
    this.#bytes = 0;
  }

  /** The bytes so far are not the file's. */
  forget(): void {
    if (this.#running !== null) cancelBody(this.#running);
    this.#running = null;
    this.#bytes = null;
  }
}

function begin(): Running {
  const stream = new crypto.DigestStream("SHA-256");
  const digest = stream.digest;
  digest.catch(() => undefined); // of a hash that is given up nobody asks
  return { digest, writer: stream.getWriter() };
}

function cancelBody({ writer }: Running): null {
  writer.abort().catch(() => undefined);
  return null;
}

/*
 * The first bytes of a file, judged before the rest of it is taken: they decide what it is, whatever its name says.
 *
 * Judged once per upload, when its first FIRST_BYTES bytes are there or its last one is, whichever comes first; never with
 * more than that, never with none, and never before a checksum that came with them was found right. A refusal ends the upload, and its sender gets it as the answer.
 */

/** Writes down the format that the first bytes show, or says why the file is not taken. A partial may hold any bytes. */
export function judgeFirstBytes(context: UploadContext, head: Uint8Array): Problem | null {
  if (isPartial(context.read())) return null;
  const format = formatOfHead(head);
  if (!format.ok) return format.error;
  context.save({ ...context.read(), format: format.value.ext });
  return null;
}

/** The format that a file's first bytes show. */
export function formatOfHead(head: Uint8Array): Result<MediaFormat, Problem> {
  const format = formatOfBytes(head);
  return format === null ? err(unsupported(otherFormatName(head))) : ok(format);
}

/** What to do about a format that people have and Nemo does not take. */
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
