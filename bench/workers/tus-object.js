/**
 * A minimal tus server: an object per file, each PATCH read part by part into R2, each part a row.
 *
 * Nothing is checked or hashed, and it cannot continue after a crash: the difference from the loop is the cost of a request per
 * chunk and of an object that stores the offset. Its chunks are whole parts, so no bytes are stored in rows.
 */
import { DurableObject } from "cloudflare:workers";

/** Part size: the bytes of one request. */
const PART_BYTES = 8 * 1024 * 1024;

export class TusObject extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS file (key TEXT, id TEXT, size INTEGER)");
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS parts (n INTEGER PRIMARY KEY, etag TEXT, size INTEGER)");
  }

  async create(key, size) {
    const { uploadId } = await this.env.MEDIA.createMultipartUpload(key);
    this.ctx.storage.sql.exec("INSERT INTO file (key, id, size) VALUES (?, ?, ?)", key, uploadId, size);
  }

  async fetch(request) {
    const { sql } = this.ctx.storage;
    const { key, id, size } = sql.exec("SELECT key, id, size FROM file").one();
    let { n, offset } = sql.exec("SELECT count(*) AS n, coalesce(sum(size), 0) AS offset FROM parts").one();
    const file = this.env.MEDIA.resumeMultipartUpload(key, id);
    const reader = request.body.getReader({ mode: "byob" });
    for (let memory = new ArrayBuffer(PART_BYTES); ; ) {
      const { value } = await reader.readAtLeast(PART_BYTES, new Uint8Array(memory));
      if (!value?.byteLength) break;
      const { etag } = await file.uploadPart(++n, value);
      sql.exec("INSERT INTO parts (n, etag, size) VALUES (?, ?, ?)", n, etag, value.byteLength);
      offset += value.byteLength;
      memory = value.buffer;
    }
    const parts = sql.exec("SELECT n AS partNumber, etag FROM parts ORDER BY n");
    if (offset === size) await file.complete(parts.toArray());
    return new Response(null, { status: 204, headers: { "tus-resumable": "1.0.0", "upload-offset": String(offset) } });
  }
}
