/** One file as `multipart/form-data`, streamed: nothing is held, and the length is known before the first byte. */

import { type Deadline, openDeadline } from "./deadline.ts";

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

type Frame = { readonly head: Uint8Array; readonly tail: Uint8Array };

type Source = ReadableStreamDefaultReader<Uint8Array>;
type Sink = WritableStreamDefaultWriter<Uint8Array>;

/** Copies a file and counts it: its length is the announced one, or the copy fails. */
async function copy(source: Source, sink: Sink, sizeBytes: number, deadline: Deadline): Promise<void> {
  for (let size = 0; ; ) {
    const { done, value } = await deadline.within(source.read());
    size += value?.byteLength ?? 0;
    if (size > sizeBytes) throw new Error("it is longer than announced");
    if (done && size < sizeBytes) throw new Error("it is shorter than announced");
    if (done) return;
    await deadline.within(sink.write(value));
  }
}

async function pump(
  file: MultipartFile,
  writable: WritableStream<Uint8Array>,
  frame: Frame,
  deadline: Deadline,
): Promise<void> {
  const source = file.body.getReader();
  const sink = writable.getWriter();
  // Told by the failing write as well; unheard here it would be reported as uncaught.
  sink.closed.catch(() => undefined);
  try {
    await deadline.within(sink.write(frame.head));
    await copy(source, sink, file.sizeBytes, deadline);
  } catch (error) {
    source.cancel(error).catch(() => undefined);
    sink.abort(error).catch(() => undefined);
    throw error;
  }
  // The file is through. A receiver that has seen the last boundary may stop reading, which is no failure.
  const closed = sink.write(frame.tail).then(() => sink.close());
  await deadline.within(closed).catch(() => undefined);
}

type Pipe = { readonly readable: ReadableStream<Uint8Array>; readonly writable: WritableStream<Uint8Array> };

/** workerd's stream of a known length where there is one. Looked up by name, so that a script in Node can be checked and run too. */
function openPipe(sizeBytes: number): Pipe {
  const named = globalThis as { FixedLengthStream?: new (size: number) => Pipe }; // a global of workerd, of no other runtime
  return named.FixedLengthStream === undefined ? new TransformStream() : new named.FixedLengthStream(sizeBytes);
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
  const pipe = openPipe(sizeBytes);
  const stopper = openDeadline();
  const sent = pump(file, pipe.writable, { head, tail }, stopper);
  sent.catch(() => undefined);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    sizeBytes,
    body: pipe.readable,
    sent,
    stop: stopper.cancel,
  };
}
