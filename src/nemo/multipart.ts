/** One file as `multipart/form-data`, streamed: nothing is held, and the length is known before the first byte. */

export type MultipartFile = {
  /** The form field. */
  readonly field: string;
  readonly filename: string;
  readonly contentType: string;
  /** Exact. */
  readonly sizeBytes: number;
  readonly body: ReadableStream<Uint8Array>;
};

export type Multipart = {
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly body: ReadableStream<Uint8Array>;
  /** Ends when the whole file went through; rejects when the source failed or had another length. May be left unawaited. */
  readonly sent: Promise<void>;
  /** Lets the source go: for a receiver that wants no more of it. */
  stop(): void;
};

/** Escapes of a file name in a form part. Source: WHATWG HTML, "multipart/form-data encoding algorithm". */
const quoted = (name: string): string => name.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");

/** A media type is copied into a header of the part, so it must not bring a line of its own. */
const headerSafe = (type: string): string => (/^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : "application/octet-stream");

type Frame = { readonly head: Uint8Array; readonly tail: Uint8Array; readonly signal: AbortSignal };

async function pump(file: MultipartFile, writable: WritableStream<Uint8Array>, frame: Frame): Promise<void> {
  const first = writable.getWriter();
  await first.write(frame.head);
  first.releaseLock();
  await file.body.pipeTo(writable, { preventClose: true, signal: frame.signal });
  const last = writable.getWriter();
  await last.write(frame.tail);
  await last.close();
}

/**
 * `boundary` must be unguessable: a file that held it could forge a second part.
 *
 * In workerd a FixedLengthStream gives the request its Content-Length and refuses a body of another length; elsewhere (a Node script) the
 * body is sent in chunks.
 */
export function multipart(file: MultipartFile, boundary: string): Multipart {
  const utf8 = new TextEncoder();
  const disposition = `Content-Disposition: form-data; name="${file.field}"; filename="${quoted(file.filename)}"`;
  const head = utf8.encode(`--${boundary}\r\n${disposition}\r\nContent-Type: ${headerSafe(file.contentType)}\r\n\r\n`);
  const tail = utf8.encode(`\r\n--${boundary}--\r\n`);
  const sizeBytes = head.byteLength + file.sizeBytes + tail.byteLength;
  const pipe =
    typeof FixedLengthStream === "function"
      ? new FixedLengthStream(sizeBytes)
      : new TransformStream<Uint8Array, Uint8Array>();
  const stopper = new AbortController();
  const sent = pump(file, pipe.writable, { head, tail, signal: stopper.signal });
  sent.catch(() => undefined);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    sizeBytes,
    body: pipe.readable,
    sent,
    stop: () => stopper.abort(),
  };
}
