/**
 * The stored bytes of an unfinished file: parts in R2, and rows here for the rest that does not fill a part.
 *
 * The offset is the sum of both and is not stored, so it cannot disagree with them. Adding a part's row and deleting
 * the rows it contains is one transaction: after a crash before it the rows are still there, and the part is stored
 * again under its number.
 */

import { ownerOf, uploadKey } from "../../core/address.ts";
import { UPLOAD_ROW_BYTES } from "../../core/limits.ts";
import { log } from "../../log.ts";
import type { ObjectRuntime, ObjectStorage } from "../shared/context.ts";
import type { Upload } from "./record.ts";

export const BYTES_TABLES = `
  CREATE TABLE parts (
    part_number INTEGER PRIMARY KEY,  -- in R2, from 1 without gaps
    size_bytes INTEGER NOT NULL,      -- UPLOAD_PART_BYTES for all but the last
    etag TEXT NOT NULL                -- R2's ETag of the part
  ) STRICT;
  CREATE TABLE rest (
    position INTEGER PRIMARY KEY,     -- the order of the bytes
    bytes BLOB NOT NULL               -- at most UPLOAD_ROW_BYTES; all but the last are full
  ) STRICT;
`;

export type StoredPart = { readonly partNumber: number; readonly sizeBytes: number; readonly etag: string };
type RestRow = { position: number; bytes: ArrayBuffer };

export class UploadBytes {
  readonly #storage: ObjectStorage;

  constructor(storage: ObjectStorage) {
    this.#storage = storage;
  }

  /** Stored bytes, from the file's start. */
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
      .exec<{ part_number: number; size_bytes: number; etag: string }>(
        "SELECT part_number, size_bytes, etag FROM parts ORDER BY part_number",
      )
      .toArray()
      .map(({ part_number, size_bytes, etag }) => ({ partNumber: part_number, sizeBytes: size_bytes, etag }));
  }

  partCount(): number {
    return this.#sql.exec<{ n: number }>("SELECT count(*) AS n FROM parts").one().n;
  }

  /** Copies the first bytes of the rest, as many as fit into `into`. */
  readRest(into: Uint8Array): void {
    let at = 0;
    for (const row of this.#sql.exec<RestRow>("SELECT position, bytes FROM rest ORDER BY position")) {
      if (at >= into.length) return;
      const bytes = new Uint8Array(row.bytes).subarray(0, into.length - at);
      into.set(bytes, at);
      at += bytes.length;
    }
  }

  /** The file's first bytes, at most `count`, while no part of it is in R2; null afterwards. */
  head(count: number): Uint8Array | null {
    if (this.partCount() > 0) return null;
    const head = new Uint8Array(Math.min(count, this.restBytes()));
    this.readRest(head);
    return head;
  }

  /** Appends bytes to the rest. A row that is not full is filled first, so that small chunks do not make small rows. */
  append(bytes: Uint8Array): void {
    this.#storage.transactionSync(() => {
      const last = this.#sql
        .exec<RestRow>("SELECT position, bytes FROM rest ORDER BY position DESC LIMIT 1")
        .toArray()[0];
      const space = last === undefined ? 0 : UPLOAD_ROW_BYTES - last.bytes.byteLength;
      if (last !== undefined && space > 0 && bytes.length > 0) {
        this.#put(last.position, joined(new Uint8Array(last.bytes), bytes.subarray(0, space)));
      }
      let position = (last?.position ?? 0) + 1;
      for (let at = space; at < bytes.length; at += UPLOAD_ROW_BYTES) {
        this.#put(position++, bytes.slice(at, at + UPLOAD_ROW_BYTES));
      }
    });
  }

  /** Records parts that are in R2; the first of them contains the whole rest. */
  storeParts(parts: readonly StoredPart[]): void {
    if (parts.length === 0) return;
    this.#storage.transactionSync(() => {
      this.#sql.exec("DELETE FROM rest");
      for (const { partNumber, sizeBytes, etag } of parts) {
        this.#sql.exec(
          "INSERT INTO parts (part_number, size_bytes, etag) VALUES (?, ?, ?)",
          partNumber,
          sizeBytes,
          etag,
        );
      }
    });
  }

  /** Removes all rows. */
  clear(): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec("DELETE FROM rest");
      this.#sql.exec("DELETE FROM parts");
    });
  }

  #put(position: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.#sql.exec("INSERT OR REPLACE INTO rest (position, bytes) VALUES (?, ?)", position, bytes.buffer);
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

/* The multipart upload in R2. Every method can be repeated after a crash. */

/** R2's error code for a multipart upload that does not exist. Source: R2 error codes. */
const NO_SUCH_UPLOAD = "(10024)";

export class PartsFile {
  readonly #runtime: ObjectRuntime;
  readonly #key: string;
  readonly #mime: () => string;
  readonly #onCreated: (multipart: string) => void;
  #file: R2MultipartUpload | null;

  /** `mime` is read when the multipart upload is created, which is after the format check; `onCreated` saves its id. */
  constructor(runtime: ObjectRuntime, upload: Upload, mime: () => string, onCreated: (multipart: string) => void) {
    this.#runtime = runtime;
    this.#key = uploadKey(upload.owner, upload.id);
    this.#mime = mime;
    this.#onCreated = onCreated;
    this.#file = upload.multipart === null ? null : this.#bucket.resumeMultipartUpload(this.#key, upload.multipart);
  }

  /** Stores a part; the same number again replaces it. `bytes` must not change until then. */
  async store(partNumber: number, bytes: Uint8Array): Promise<StoredPart> {
    const file = await this.#open();
    const { now, name, spans } = this.#runtime;
    const startedAt = now();
    const { etag } = await file.uploadPart(partNumber, bytes);
    const endedAt = now();
    const fields = { work: "upload", count: partNumber, ...ownerOf(name) };
    log("info", "upload_part", { ...fields, ms: endedAt - startedAt });
    spans?.add("upload.part", { startedAt, endedAt, resource: name, failed: false, fields });
    await this.#runtime.failpoint("upload.part");
    return { partNumber, sizeBytes: bytes.length, etag };
  }

  /** Combines the parts into one object. */
  async complete(parts: readonly StoredPart[]): Promise<void> {
    const file = await this.#open();
    await file.complete(parts.map(({ partNumber, etag }) => ({ partNumber, etag })));
  }

  /** Aborts the multipart upload, if there is one. */
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
    await this.#runtime.failpoint("upload.begun");
    this.#onCreated(this.#file.uploadId);
    return this.#file;
  }

  get #bucket(): R2Bucket {
    return this.#runtime.env.MEDIA;
  }
}
