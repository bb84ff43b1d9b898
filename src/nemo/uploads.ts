/** Uploads files into a session: by URL, which upstream downloads, or as a streamed form. */
import { err, ok, type Result } from "../core/result.ts";
import type { FileToUpload, UploadedFile } from "./client.ts";
import { type Answer, classifyAnswer, type NemoFailure, unavailable } from "./errors.ts";
import { ask, breakMessage, type Deadline, type HttpOptions, openDeadline } from "./http.ts";
import { arrayAt, numberAt, parseJson, stringAt } from "./json.ts";
import { MEDIA_ENTRIES, UPLOAD_TAIL_MS } from "./limits.ts";

/** One file as `multipart/form-data`, streamed without buffering; the length is known before the first byte. */
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
  /**
   * Resolves when the whole file was sent; rejects when the source failed or had another length. Need not be awaited.
   */
  readonly sent: Promise<void>;
  /** Cancels the source when the receiver wants no more. */
  stop(): void;
};

/** Escapes of a file name in a form part. Source: WHATWG HTML, "multipart/form-data encoding algorithm". */
const quoted = (name: string): string => name.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");

/** A media type is copied into a header of the part, so it must not contain a line break. */
const headerSafe = (type: string): string => (/^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : "application/octet-stream");

type Frame = { readonly head: Uint8Array; readonly tail: Uint8Array };

type Source = ReadableStreamDefaultReader<Uint8Array>;
type Sink = WritableStreamDefaultWriter<Uint8Array>;

/** Copies a file and counts its bytes; fails when they are not the announced number. */
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
  // The failing write reports it too; without a handler here it would be reported as uncaught.
  sink.closed.catch(() => undefined);
  try {
    await deadline.within(sink.write(frame.head));
    await copy(source, sink, file.sizeBytes, deadline);
  } catch (error) {
    source.cancel(error).catch(() => undefined);
    sink.abort(error).catch(() => undefined);
    throw error;
  }
  // The file is complete. A receiver that has seen the last boundary may stop reading, which is not a failure.
  const closed = sink.write(frame.tail).then(() => sink.close());
  await deadline.within(closed).catch(() => undefined);
}

type Pipe = { readonly readable: ReadableStream<Uint8Array>; readonly writable: WritableStream<Uint8Array> };

/**
 * workerd's FixedLengthStream if it exists. Looked up by name, so that a script in Node can be type-checked and run
 * too.
 */
function openPipe(sizeBytes: number): Pipe {
  const named = globalThis as { FixedLengthStream?: new (size: number) => Pipe }; // a global of workerd only
  return named.FixedLengthStream === undefined ? new TransformStream() : new named.FixedLengthStream(sizeBytes);
}

/**
 * Builds a form with one file. `boundary` must be random: a file that contains it could forge a second part.
 *
 * In workerd a FixedLengthStream gives the request its Content-Length and rejects a body of another length; elsewhere
 * (a Node script) the body is sent chunked.
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

const at = "upload";
const pathOf = (sessionId: string): string => `/api/upload-video/nemo_agent/me/${encodeURIComponent(sessionId)}`;

/**
 * The files that upstream reports. Empty when it accepted the files and lists none: most of its documents show no
 * answer at all. Source: nemo-api reference section 6; `uploaded_files` comes from a less reliable source.
 */
function filesOf(answer: Result<Answer, NemoFailure>): Result<readonly UploadedFile[], NemoFailure> {
  if (!answer.ok) return answer;
  const body = parseJson(answer.value.text);
  const failure = classifyAnswer(answer.value, body);
  if (failure !== null) return err(failure);
  const entries = arrayAt(body, "data.files", "data.uploaded_files", "files", "uploaded_files", "data");
  return ok(
    entries.slice(0, MEDIA_ENTRIES).map((entry) => ({
      name: stringAt(entry, "filename", "name", "file_name") ?? "",
      url: stringAt(entry, "cdn_url", "url", "cdnUrl"),
      kind: stringAt(entry, "file_type", "type", "kind"),
      durationSeconds: numberAt(entry, "duration"),
      width: numberAt(entry, "width"),
      height: numberAt(entry, "height"),
    })),
  );
}

/** POST with `urls`. Upstream downloads them before it answers. A retry adds the files again. */
export async function uploadByUrl(
  wire: HttpOptions,
  token: string,
  sessionId: string,
  urls: readonly string[],
): Promise<Result<readonly UploadedFile[], NemoFailure>> {
  const json = JSON.stringify({ urls, source_type: "url" });
  return filesOf(await ask(wire, { at, method: "POST", path: pathOf(sessionId), token, json }, wire.timeouts.uploadMs));
}

/** Why the file was not sent completely although upstream accepted it; null when it was. */
async function breakOf(form: Multipart): Promise<string | null> {
  const deadline = openDeadline();
  deadline.arm("tail", UPLOAD_TAIL_MS, "timeout");
  try {
    await deadline.within(form.sent);
    return null;
  } catch (error) {
    return breakMessage(error);
  } finally {
    deadline.release();
  }
}

/**
 * POST of one file in the form field `files`. A body of another length than `sizeBytes`, or one that breaks, fails the
 * call.
 */
export async function uploadFile(
  wire: HttpOptions,
  token: string,
  sessionId: string,
  file: FileToUpload,
): Promise<Result<readonly UploadedFile[], NemoFailure>> {
  const form = multipart({ field: "files", ...file }, `nemo-gateway-${crypto.randomUUID()}`);
  const headers = { "content-type": form.contentType };
  const call = { at, method: "POST", path: pathOf(sessionId), token, headers, body: form.body } as const;
  const files = filesOf(await ask(wire, call, wire.timeouts.uploadMs));
  // Upstream may reject the file before it is complete: that answer counts, and the rest of the file is discarded.
  const broken = files.ok ? await breakOf(form) : null;
  form.stop();
  return broken === null ? files : err(unavailable(at, "maybe", `the file broke off: ${broken}`));
}
