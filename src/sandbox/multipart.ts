/** A multipart body read as a stream: of each file its name, type, size, hash and first bytes; the rest passes by. */
import { FormReader } from "../core/form-reader.ts";

export type Part = {
  readonly name: string;
  readonly filename: string | null;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Up to 256 first bytes. */
  readonly head: Uint8Array;
};

const HEAD_BYTES = 256;

const concat = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
};

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The parts of a form in order. Null when the body is no whole form. A part above `limitBytes` is still read to its end. */
export async function readParts(body: ReadableStream<Uint8Array>, contentType: string): Promise<Part[] | null> {
  const reader = FormReader.of(body, contentType);
  if (reader === null) return null;
  const parts: Part[] = [];
  try {
    for (;;) {
      const headers = await reader.next();
      if (headers === "end") return parts;
      if (headers === null) return null;
      const digest = new crypto.DigestStream("SHA-256");
      const hashing = digest.getWriter();
      let sizeBytes = 0;
      let head: Uint8Array = new Uint8Array();
      const whole = await reader.content(async (piece) => {
        if (head.length < HEAD_BYTES) head = concat(head, piece.subarray(0, HEAD_BYTES - head.length));
        sizeBytes += piece.length;
        if (piece.length > 0) await hashing.write(piece);
      });
      await hashing.close();
      if (!whole) return null;
      parts.push({ ...headers, sizeBytes, sha256: hex(await digest.digest), head });
    }
  } finally {
    await reader.release();
  }
}
