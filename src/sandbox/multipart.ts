/** A multipart body read as a stream: of each file its name, type, size, hash and first bytes; the rest passes by. */
import { FormReader, sourceOf } from "../core/form-reader.ts";

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
  if (!/^\s*multipart\/form-data\b/i.test(contentType)) return null;
  const reader = FormReader.of(sourceOf(body), contentType);
  const parts: Part[] = [];
  try {
    for (;;) {
      const next = await reader.next();
      if (!next.ok) return null;
      if (next.value === null) return parts;
      const { name, isFile, filename, contentType } = next.value;
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
      if (!whole.ok) return null;
      const told = { name, filename: isFile ? filename : null, contentType: contentType || "application/octet-stream" };
      parts.push({ ...told, sizeBytes, sha256: hex(await digest.digest), head });
    }
  } finally {
    reader.release();
  }
}
