/**
 * What is kept of an unfinished file: parts in R2, and in rows here the rest that fills no part yet.
 *
 * The offset is the sum of both and nothing else, so it cannot disagree with them. A part's row and the end of the rows
 * that it holds are one transaction: a crash before it leaves the rows, and the same part is stored again under its number.
 */

import { ownerOf, uploadKey } from "../../core/address.ts";
import { UPLOAD_ROW_BYTES } from "../../core/limits.ts";
import { log } from "../../log.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import type { Upload } from "./record.ts";

export const BYTES_TABLES = `
  CREATE TABLE parts (
    n INTEGER PRIMARY KEY,            -- its number in R2, from 1 without gaps
    size_bytes INTEGER NOT NULL,      -- UPLOAD_PART_BYTES for all but the last
    etag TEXT NOT NULL                -- R2's word for it
  ) STRICT;
  CREATE TABLE rest (
    n INTEGER PRIMARY KEY,            -- the order of the bytes
    bytes BLOB NOT NULL               -- at most UPLOAD_ROW_BYTES; all but the last are full
  ) STRICT;
`;

export type StoredPart = { readonly n: number; readonly sizeBytes: number; readonly etag: string };
type RestRow = { n: number; bytes: ArrayBuffer };

export class UploadBytes {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Bytes from the file's start that are safe. */
  offset(): number {
    const [row] = this.#sql
      .exec<{ bytes: number }>("SELECT coalesce(sum(size_bytes), 0) AS bytes FROM parts")
      .toArray();
    return (row?.bytes ?? 0) + this.restBytes();
  }

  restBytes(): number {
    const query = "SELECT coalesce(sum(length(bytes)), 0) AS bytes FROM rest";
    return this.#sql.exec<{ bytes: number }>(query).one().bytes;
  }

  parts(): StoredPart[] {
    return this.#sql
      .exec<{ n: number; size_bytes: number; etag: string }>("SELECT n, size_bytes, etag FROM parts ORDER BY n")
      .toArray()
      .map(({ n, size_bytes, etag }) => ({ n, sizeBytes: size_bytes, etag }));
  }

  partCount(): number {
    return this.#sql.exec<{ n: number }>("SELECT count(*) AS n FROM parts").one().n;
  }

  /** Copies the rest's first bytes, as many as `into` takes. */
  readRest(into: Uint8Array): void {
    let at = 0;
    for (const row of this.#sql.exec<RestRow>("SELECT n, bytes FROM rest ORDER BY n")) {
      if (at >= into.length) return;
      const bytes = new Uint8Array(row.bytes).subarray(0, into.length - at);
      into.set(bytes, at);
      at += bytes.length;
    }
  }

  /** The file's first bytes, at most `count`, as long as no part of it is in R2; null afterwards. */
  head(count: number): Uint8Array | null {
    if (this.partCount() > 0) return null;
    const head = new Uint8Array(Math.min(count, this.restBytes()));
    this.readRest(head);
    return head;
  }

  /** Keeps bytes that follow the rest. A row that is not full is filled first, so tiny chunks make no tiny rows. */
  keep(bytes: Uint8Array): void {
    this.#storage.transactionSync(() => {
      const last = this.#sql.exec<RestRow>("SELECT n, bytes FROM rest ORDER BY n DESC LIMIT 1").toArray()[0];
      const room = last === undefined ? 0 : UPLOAD_ROW_BYTES - last.bytes.byteLength;
      if (last !== undefined && room > 0 && bytes.length > 0) {
        this.#put(last.n, joined(new Uint8Array(last.bytes), bytes.subarray(0, room)));
      }
      let n = (last?.n ?? 0) + 1;
      for (let at = room; at < bytes.length; at += UPLOAD_ROW_BYTES) {
        this.#put(n++, bytes.slice(at, at + UPLOAD_ROW_BYTES));
      }
    });
  }

  /** Says that parts are in R2, the first of which holds the whole rest. */
  storeParts(parts: readonly StoredPart[]): void {
    if (parts.length === 0) return;
    this.#storage.transactionSync(() => {
      this.#sql.exec("DELETE FROM rest");
      for (const { n, sizeBytes, etag } of parts) {
        this.#sql.exec("INSERT INTO parts (n, size_bytes, etag) VALUES (?, ?, ?)", n, sizeBytes, etag);
      }
    });
  }

  /** Forgets everything. */
  clear(): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec("DELETE FROM rest");
      this.#sql.exec("DELETE FROM parts");
    });
  }

  #put(n: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.#sql.exec("INSERT OR REPLACE INTO rest (n, bytes) VALUES (?, ?)", n, bytes.buffer);
  }

  get #sql(): SqlStorage {
    return this.#storage.sql;
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/* The file of parts in R2 behind one upload. Every verb may be repeated after a crash. */

/** R2's number for a file of parts that is no longer, or never was. Source: R2 error codes. */
const NO_SUCH_UPLOAD = "(10024)";

export class PartsFile {
  readonly #runtime: ObjectRuntime;
  readonly #key: string;
  readonly #mime: () => string;
  readonly #begun: (multipart: string) => void;
  #file: R2MultipartUpload | null;

  /** `mime` is asked when the file begins, which is after its first bytes were judged; `begun` writes down R2's word for it. */
  constructor(runtime: ObjectRuntime, upload: Upload, mime: () => string, begun: (multipart: string) => void) {
    this.#runtime = runtime;
    this.#key = uploadKey(upload.owner, upload.id);
    this.#mime = mime;
    this.#begun = begun;
    this.#file = upload.multipart === null ? null : this.#bucket.resumeMultipartUpload(this.#key, upload.multipart);
  }

  /** Stores a part under its number. The same number again replaces it. `bytes` must rest until then. */
  async store(n: number, bytes: Uint8Array): Promise<StoredPart> {
    const file = await this.#open();
    const { now, name } = this.#runtime;
    const began = now();
    const { etag } = await file.uploadPart(n, bytes);
    log("info", "upload_part", { work: "upload", count: n, ms: now() - began, ...ownerOf(name) });
    await this.#runtime.boundary("upload.part");
    return { n, sizeBytes: bytes.length, etag };
  }

  /** Makes one object of the parts. */
  async complete(parts: readonly StoredPart[]): Promise<void> {
    const file = await this.#open();
    await file.complete(parts.map(({ n, etag }) => ({ partNumber: n, etag })));
  }

  /** Lets go of the parts, if there are any. */
  async abort(): Promise<void> {
    try {
      await this.#file?.abort();
    } catch (error) {
      if (!(error instanceof Error && error.message.includes(NO_SUCH_UPLOAD))) throw error;
    }
  }

  async #open(): Promise<R2MultipartUpload> {
    if (this.#file !== null) return this.#file;
    const httpMetadata = { contentType: this.#mime() };
    this.#file = await this.#bucket.createMultipartUpload(this.#key, { httpMetadata });
    await this.#runtime.boundary("upload.begun");
    this.#begun(this.#file.uploadId);
    return this.#file;
  }

  get #bucket(): R2Bucket {
    return this.#runtime.env.MEDIA;
  }
}
