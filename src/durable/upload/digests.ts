/** The checksums of one body, computed while it is taken. */
import type { Checksum } from "../../core/append.ts";

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
