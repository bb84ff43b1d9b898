/** Uploads: small files in one request, larger ones in chunks that resume. */
import { ConnectionError, GatewayError } from "./errors.ts";
import { backoff, pause, type RequestOptions, type Transport } from "./transport.ts";
import type { Upload } from "./types.ts";

/** The bytes of a file. A `File` also has its name. */
export type UploadSource = Blob | ArrayBuffer | Uint8Array<ArrayBuffer>;

export type SendOptions = RequestOptions & {
  /** The file's name with its extension. Default: the name of a `File`. */
  readonly filename?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Continues this upload, for example after a crash: it has the same file. */
  readonly uploadId?: string;
  /** Called when the upload is created: store the id to resume after a crash. */
  readonly onCreated?: (id: string) => void;
  /** Called after each chunk. */
  readonly onProgress?: (sentBytes: number, totalBytes: number) => void;
  /** Bytes of a request. Default: 8 MiB. */
  readonly chunkBytes?: number;
};

const CHUNK_BYTES = 8 * 1024 * 1024;
/** Failures in a row without a new byte at the gateway that end an upload. It can be continued with `uploadId`. */
const MAX_FAILURES = 8;
const TUS = { "tus-resumable": "1.0.0" };

/** Sends a file and returns its upload with all its bytes stored. Interrupted requests continue where the gateway has got to. */
export async function sendFile(transport: Transport, source: UploadSource, options: SendOptions): Promise<Upload> {
  const file = source instanceof Blob ? source : new Blob([source]);
  const upload = await openUpload(transport, file, options);
  options.onCreated?.(upload.id);
  const path = `/v1/uploads/${upload.id}`;
  const call: RequestOptions = optionsOf(options);
  const chunkBytes = options.chunkBytes ?? CHUNK_BYTES;
  let offset = upload.offset_bytes;
  for (let failures = 0; offset < file.size; ) {
    options.onProgress?.(offset, file.size);
    try {
      const body = file.slice(offset, offset + chunkBytes);
      const headers = { ...TUS, "upload-offset": String(offset), "content-type": "application/offset+octet-stream" };
      const response = await transport.send({ method: "PATCH", path, body, headers }, { ...call, maxRetries: 0 });
      transport.detach(response);
      offset = Number(response.headers.get("upload-offset") ?? offset + body.size);
      failures = 0;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!mayContinue(error) || ++failures >= MAX_FAILURES) throw error;
      await pause(backoff(failures), options.signal);
      const response = await transport.send({ method: "HEAD", path, headers: TUS }, call);
      transport.detach(response);
      const stored = Number(response.headers.get("upload-offset") ?? offset);
      if (stored > offset) failures = 0;
      offset = stored;
    }
  }
  options.onProgress?.(file.size, file.size);
  return (await transport.json<Upload>({ method: "GET", path }, call)).data;
}

async function openUpload(transport: Transport, file: Blob, options: SendOptions): Promise<Upload> {
  if (options.uploadId !== undefined) {
    const path = `/v1/uploads/${options.uploadId}`;
    const { data } = await transport.json<Upload>({ method: "GET", path }, optionsOf(options));
    if (data.size_bytes === file.size) return data;
    throw new Error(`Upload ${data.id} is of a file of ${data.size_bytes} bytes; this one has ${file.size}.`);
  }
  const filename = options.filename ?? ("name" in file && typeof file.name === "string" ? file.name : undefined);
  if (filename === undefined) throw new Error("Pass filename: the kind of a file is known by its extension.");
  const json = { filename, size_bytes: file.size, ...(options.metadata ? { metadata: options.metadata } : {}) };
  return (await transport.json<Upload>({ method: "POST", path: "/v1/uploads", json }, optionsOf(options, true))).data;
}

/** The options of one request of the upload; the Idempotency-Key is for the creation only. */
function optionsOf(options: SendOptions, isCreation = false): RequestOptions {
  const { idempotencyKey, signal, timeout, maxRetries, headers, user } = options;
  return {
    ...(isCreation && idempotencyKey !== undefined ? { idempotencyKey } : {}),
    ...(signal ? { signal } : {}),
    ...(timeout !== undefined ? { timeout } : {}),
    ...(maxRetries !== undefined ? { maxRetries } : {}),
    ...(headers ? { headers } : {}),
    ...(user !== undefined ? { user } : {}),
  };
}

/** Whether a chunk may be sent again from the gateway's offset. 409: another request was still writing, or the offset is old. */
const mayContinue = (error: unknown): boolean =>
  error instanceof ConnectionError ||
  (error instanceof GatewayError && (error.retryable || (error.status === 409 && error.code !== "upload_closed")));
