/** `POST /v1/uploads` as multipart/form-data: one upload per file, stored while the form is read. */
import type { Problem } from "../../core/errors.ts";
import { FORM_FIELDS, FORM_FILES, METADATA_VALUE_BYTES } from "../../core/limits.ts";
import type { Result } from "../../core/result.ts";
import type { UploadState } from "../../core/rpc/upload.ts";
import { fileNameFor, withoutHidden } from "../../core/text.ts";
import { type FormError, FormReader, type PartHead } from "../../core/uploads/form.ts";
import { lastContentType } from "../../core/uploads/resumable.ts";
import { metadata } from "../../core/wire/common.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { Ctx } from "../../http/context.ts";
import { unwrapMetered } from "../../http/define-route.ts";
import { callOf, newAddress, newUploadId } from "../../http/idempotency.ts";
import { requireScope } from "../../http/middleware/auth.ts";
import { uploadObject } from "../../http/objects.ts";
import { ApiError, apiError } from "../../http/problem.ts";
import { checkCompressed, NEVER, toBodyError } from "../../http/request-body.ts";
import { Broken, openStream } from "../../store/chunks.ts";

type Owner = Awaited<ReturnType<typeof newAddress>>;

/** A field becomes metadata of the files after it. */
export async function createFromForm(c: Ctx): Promise<Response> {
  const { uploads } = await takeForm(c, METADATA_VALUE_BYTES, Object.fromEntries);
  if (uploads.length === 0)
    throw apiError("invalid_request", "The form contains no file; send at least one part with a filename.", {
      errors: [{ field: "/file", message: "is required" }],
    });
  return c.json({ data: uploads }, 201);
}

type Labels = Readonly<Record<string, string>>;
/** Names and values in their order; a name may occur more than once. */
type Fields = readonly (readonly [string, string])[];

/** The field that names the encoding of the form's texts. Source: RFC 7578, section 4.6. */
const CHARSET_FIELD = "_charset_";

/** The form as read so far. */
type Form = {
  readonly reader: FormReader;
  readonly fields: [string, string][];
  readonly uploads: UploadWire[];
  charset: string | null;
  /** File inputs without a file. */
  empty: number;
};

/**
 * Reads a form: its fields, of at most `fieldBytes` each, and its files as uploads of the caller. `labelsOf` makes a file's
 * metadata from the fields before it. The first problem ends the request; files before it stay stored. Files need the scope
 * `upload`.
 */
export async function takeForm(
  c: Ctx,
  fieldBytes: number,
  labelsOf: (fields: Fields) => Labels,
): Promise<{ fields: Fields; uploads: UploadWire[] }> {
  checkCompressed(c);
  const { body, headers } = c.req.raw;
  const { uploadBodyIdle, uploadBodyTotal } = c.var.config.timings;
  const bounds = { idleMs: uploadBodyIdle, signal: NEVER };
  const source = openStream(body ?? new Blob([]).stream(), bounds, Date.now() + uploadBodyTotal);
  const reader = FormReader.of(source, lastContentType(headers));
  const owner = await newAddress(c);
  const form: Form = { reader, fields: [], uploads: [], charset: null, empty: 0 };
  try {
    for (let part = readOrThrow(await reader.next()); part !== null; part = readOrThrow(await reader.next())) {
      if (part.isFile) await takeFile(c, owner, form, part, () => labelsOf(form.fields));
      else await takeField(form, part, fieldBytes);
      if (form.fields.length + form.empty > FORM_FIELDS)
        throw apiError(
          "invalid_request",
          `A form may have at most ${FORM_FIELDS} fields, including empty file inputs.`,
        );
    }
  } catch (error) {
    throw toBodyError(error);
  } finally {
    reader.release();
  }
  return form;
}

/** The value read; throws if the form is malformed. */
function readOrThrow<T>(read: Result<T, FormError>): T {
  if (read.ok) return read.value;
  throw apiError("invalid_request", `The form is malformed: ${read.error}.`);
}

async function takeField(form: Form, part: PartHead, bytes: number): Promise<void> {
  const text = readOrThrow(await form.reader.text(part.charset ?? form.charset, bytes));
  if (text === null) {
    const message = `must be at most ${bytes} bytes`;
    const field = part.name.slice(0, 60);
    throw apiError("invalid_request", `The field ${field} ${message}.`, { errors: [{ field: `/${field}`, message }] });
  }
  if (part.name === CHARSET_FIELD) form.charset = text.trim();
  else form.fields.push([part.name, text]);
}

/** Stores a file as an upload. A part without a filename and without content is an empty file input. */
async function takeFile(c: Ctx, owner: Owner, form: Form, part: PartHead, labels: () => Labels): Promise<void> {
  if (part.filename === "" && readOrThrow(await form.reader.isEmpty())) {
    readOrThrow(await form.reader.content(async () => {}));
    form.empty += 1;
  } else form.uploads.push(await storeFile(c, owner, form.reader, part, form.uploads.length, labels()));
}

async function storeFile(
  c: Ctx,
  owner: Owner,
  form: FormReader,
  part: PartHead,
  nth: number,
  labels: Labels,
): Promise<UploadWire> {
  requireScope(c.var.caller, "upload");
  if (nth >= FORM_FILES) throw apiError("invalid_request", `A form may have at most ${FORM_FILES} files.`);
  const checked = metadata.safeParse(labels);
  if (!checked.success) throw apiError("invalid_request", `fields: ${checked.error.issues[0]?.message}`);
  const file = { filename: fileNameFor(part.filename, part.contentType), size_bytes: null, metadata: checked.data };
  const id = await newUploadId(c, owner, nth);
  c.set("bodyText", JSON.stringify(file)); // the fingerprint of the Idempotency-Key
  const upload = uploadObject(c.env, owner, id, "rpc");
  const made = unwrapMetered(c, await upload.create(await callOf(c), owner, id, file));
  if (made.status !== "open" || made.offset_bytes > 0) {
    readOrThrow(await form.content(async () => {})); // an idempotent replay: the stored content is kept
    return made;
  }
  const appended = await pipeContent(form, (content) => upload.append(content, WHOLE_FILE));
  if (!appended.ok) throw new ApiError(ofFile(appended.error, part));
  return appended.value.upload;
}

/** The problem with the file's field and name, since a form may have many files. */
function ofFile(problem: Problem, { name, filename }: PartHead): Problem {
  const field = `/${name.slice(0, 60)}`;
  const called = filename === "" ? "" : ` (${withoutHidden(filename).slice(0, 60)})`;
  const message = problem.errors?.[0]?.message ?? problem.detail;
  return { ...problem, detail: `${field}${called}: ${problem.detail}`, errors: [{ field, message }] };
}

const WHOLE_FILE = { offset: 0, contentBytes: null, sizeBytes: null, complete: true, checksums: [] } as const;

/** Pipes a part's content to `append`, which may return a problem before the content ends. */
async function pipeContent(
  form: FormReader,
  append: (content: ReadableStream) => Promise<Result<UploadState, Problem>>,
): Promise<Result<UploadState, Problem>> {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const appending = append(readable);
  let fault: unknown = null;
  const piped = form
    .content((chunk) => writer.write(chunk))
    .then(
      (read) => {
        if (read.ok) return writer.close();
        fault = apiError("invalid_request", `The form is malformed: ${read.error}.`);
        return writer.abort(new Error("the form ended early"));
      },
      (error: unknown) => {
        // Either the connection failed, or `append` stopped reading; in the second case its result is returned.
        fault = error instanceof Broken ? error : null;
        return writer.abort(error);
      },
    );
  piped.catch(() => undefined); // the result of `append` says why
  const result = await appending;
  if (fault !== null) throw fault;
  if (!result.ok) writer.abort().catch(() => undefined);
  return result;
}
