/** Files in one form: `POST /v1/uploads` as multipart/form-data, one upload for each file, stored as they pass by. */
import type { Problem } from "../../core/errors.ts";
import { FORM_FIELDS, FORM_FILES, METADATA_VALUE_BYTES } from "../../core/limits.ts";
import type { Result } from "../../core/result.ts";
import type { UploadState } from "../../core/rpc/upload.ts";
import { fileNameFor, withoutHidden } from "../../core/text.ts";
import { type FormFault, FormReader, type PartHead } from "../../core/uploads/form.ts";
import { contentTypeOf } from "../../core/uploads/tus.ts";
import { metadata } from "../../core/wire/common.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { Ctx } from "../../http/context.ts";
import { unwrapMetered } from "../../http/define-route.ts";
import { callOf, newAddress, newUploadId } from "../../http/idempotency.ts";
import { requireScope } from "../../http/middleware/auth.ts";
import { uploadObject } from "../../http/objects.ts";
import { ApiError, apiError } from "../../http/problem.ts";
import { brokenBody, checkCompressed, NEVER } from "../../http/request-body.ts";
import { Broken, openFileParts } from "../../store/chunks.ts";

type Owner = Awaited<ReturnType<typeof newAddress>>;

/** Fields are labels of the files after them. */
export async function createFromForm(c: Ctx): Promise<Response> {
  const { uploads } = await takeForm(c, METADATA_VALUE_BYTES, Object.fromEntries);
  if (uploads.length === 0)
    throw apiError("invalid_request", "The form holds no file; send at least one, as a part with a filename.", {
      errors: [{ field: "/file", message: "is required" }],
    });
  return c.json({ data: uploads }, 201);
}

type Labels = Readonly<Record<string, string>>;
/** Names and texts in their order; a name may stand twice. */
type Fields = readonly (readonly [string, string])[];

/** The field by which a form may say how its texts are encoded. Source: RFC 7578, section 4.6. */
const CHARSET_FIELD = "_charset_";

/** What a form holds so far. */
type Form = {
  readonly reader: FormReader;
  readonly fields: [string, string][];
  readonly uploads: UploadWire[];
  charset: string | null;
  /** File inputs that nobody filled in. */
  empty: number;
};

/**
 * A form's fields, of at most `fieldBytes` each, and its files as uploads of the caller, labelled with what `labelsOf` says
 * of the fields before them. The first refusal ends the request; files before it are stored. Files need the scope `upload`.
 */
export async function takeForm(
  c: Ctx,
  fieldBytes: number,
  labelsOf: (fields: Fields) => Labels,
): Promise<{ fields: Fields; uploads: UploadWire[] }> {
  checkCompressed(c);
  const { body, headers } = c.req.raw;
  const { uploadBodyIdle, uploadBodyTotal } = c.var.config.waits;
  const bounds = { idleMs: uploadBodyIdle, signal: NEVER };
  const source = openFileParts(body ?? new Blob([]).stream(), bounds, Date.now() + uploadBodyTotal);
  const reader = FormReader.of(source, contentTypeOf(headers));
  const owner = await newAddress(c);
  const form: Form = { reader, fields: [], uploads: [], charset: null, empty: 0 };
  try {
    for (let part = whole(await reader.next()); part !== null; part = whole(await reader.next())) {
      if (part.isFile) await takeFile(c, owner, form, part, () => labelsOf(form.fields));
      else await takeField(form, part, fieldBytes);
      if (form.fields.length + form.empty > FORM_FIELDS)
        throw apiError("invalid_request", `A form may hold ${FORM_FIELDS} fields, empty file inputs among them.`);
    }
  } catch (error) {
    throw brokenBody(error);
  } finally {
    reader.release();
  }
  return form;
}

/** What was read; else the refusal of a form that is none. */
function whole<T>(read: Result<T, FormFault>): T {
  if (read.ok) return read.value;
  throw apiError("invalid_request", `The form cannot be read: ${read.error}.`);
}

async function takeField(form: Form, part: PartHead, bytes: number): Promise<void> {
  const text = whole(await form.reader.text(part.charset ?? form.charset, bytes));
  if (text === null) {
    const message = `must be at most ${bytes} bytes`;
    const field = part.name.slice(0, 60);
    throw apiError("invalid_request", `The field ${field} ${message}.`, { errors: [{ field: `/${field}`, message }] });
  }
  if (part.name === CHARSET_FIELD) form.charset = text.trim();
  else form.fields.push([part.name, text]);
}

/** A file becomes an upload. One without a name and without a byte is an input that nobody filled in. */
async function takeFile(c: Ctx, owner: Owner, form: Form, part: PartHead, labels: () => Labels): Promise<void> {
  if (part.filename === "" && whole(await form.reader.isEmpty())) {
    whole(await form.reader.content(async () => {}));
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
  if (nth >= FORM_FILES) throw apiError("invalid_request", `A form may hold ${FORM_FILES} files.`);
  const checked = metadata.safeParse(labels);
  if (!checked.success) throw apiError("invalid_request", `fields: ${checked.error.issues[0]?.message}`);
  const file = { filename: fileNameFor(part.filename, part.contentType), size_bytes: null, metadata: checked.data };
  const id = await newUploadId(c, owner, nth);
  c.set("bodyText", JSON.stringify(file)); // what a repeat with the same Idempotency-Key must say again
  const upload = uploadObject(c.env, owner, id);
  const made = unwrapMetered(c, await upload.create(await callOf(c), owner, id, file));
  if (made.status !== "open" || made.offset_bytes > 0) {
    whole(await form.content(async () => {})); // a repeat: what is there stays
    return made;
  }
  const passed = await passOn(form, (content) => upload.append(content, WHOLE_FILE));
  if (!passed.ok) throw new ApiError(ofFile(passed.error, part));
  return passed.value.upload;
}

/** The same refusal, with the field that holds the file and what it is called: a form may hold many. */
function ofFile(problem: Problem, { name, filename }: PartHead): Problem {
  const field = `/${name.slice(0, 60)}`;
  const called = filename === "" ? "" : ` (${withoutHidden(filename).slice(0, 60)})`;
  const message = problem.errors?.[0]?.message ?? problem.detail;
  return { ...problem, detail: `${field}${called}: ${problem.detail}`, errors: [{ field, message }] };
}

const WHOLE_FILE = { offset: 0, contentBytes: null, sizeBytes: null, complete: true, checksums: [] } as const;

/** Hands a part's content on as a stream. Whoever takes it may refuse before its end. */
async function passOn(
  form: FormReader,
  take: (content: ReadableStream) => Promise<Result<UploadState, Problem>>,
): Promise<Result<UploadState, Problem>> {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const bodyWriter = take(readable);
  const passing = form.content((piece) => writer.write(piece));
  let fault: unknown = null;
  const passed = passing.then(
    (read) => {
      if (read.ok) return writer.close();
      fault = apiError("invalid_request", `The form cannot be read: ${read.error}.`);
      return writer.abort(new Error("the form was cut"));
    },
    (error: unknown) => {
      // The connection broke off, or who takes the bytes wants no more of them: then its own word counts.
      fault = error instanceof Broken ? error : null;
      return writer.abort(error);
    },
  );
  passed.catch(() => undefined); // the taker says why
  const result = await bodyWriter;
  if (fault !== null) throw fault;
  if (!result.ok) writer.abort().catch(() => undefined);
  return result;
}
