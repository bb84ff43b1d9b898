/**
 * The SHA-256 of a file, computed from its bytes as they pass, so that nothing has to be read back.
 *
 * It lives in memory: of bytes that came to another instance, out of order, or twice, nothing is known here, and the file is
 * read back. What is not certain is never guessed.
 */
import { hex } from "../../core/encode.ts";

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
    if (!isWhole) return letGo(running);
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
    if (this.#running !== null) letGo(this.#running);
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

function letGo({ writer }: Running): null {
  writer.abort().catch(() => undefined);
  return null;
}
