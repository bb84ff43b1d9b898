/** The file of parts in R2 behind one upload. Every verb may be repeated after a crash. */
import { ownerOf, uploadKey } from "../../core/address.ts";
import { log } from "../../log.ts";
import type { Ground } from "../ground.ts";
import type { StoredPart } from "./bytes.ts";
import type { Upload } from "./record.ts";

/** R2's number for a file of parts that is no longer, or never was. Source: R2 error codes. */
const NO_SUCH_UPLOAD = "(10024)";

export class PartsFile {
  readonly #ground: Ground;
  readonly #key: string;
  readonly #mime: () => string;
  readonly #begun: (multipart: string) => void;
  #file: R2MultipartUpload | null;

  /** `mime` is asked when the file begins, which is after its first bytes were judged; `begun` writes down R2's word for it. */
  constructor(ground: Ground, upload: Upload, mime: () => string, begun: (multipart: string) => void) {
    this.#ground = ground;
    this.#key = uploadKey(upload.owner, upload.id);
    this.#mime = mime;
    this.#begun = begun;
    this.#file = upload.multipart === null ? null : this.#bucket.resumeMultipartUpload(this.#key, upload.multipart);
  }

  /** Stores a part under its number. The same number again replaces it. `bytes` must rest until then. */
  async store(n: number, bytes: Uint8Array): Promise<StoredPart> {
    const file = await this.#open();
    const { now, name } = this.#ground;
    const began = now();
    const { etag } = await file.uploadPart(n, bytes);
    log("info", "upload_part", { work: "upload", count: n, ms: now() - began, ...ownerOf(name) });
    await this.#ground.boundary("upload.part");
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
    await this.#ground.boundary("upload.begun");
    this.#begun(this.#file.uploadId);
    return this.#file;
  }

  get #bucket(): R2Bucket {
    return this.#ground.env.MEDIA;
  }
}
