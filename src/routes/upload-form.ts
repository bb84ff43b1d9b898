/** Files in one form: `POST /v1/uploads` as multipart/form-data, one upload for each file, stored as they pass by. */

import type { Refusal } from "../core/errors.ts";
import { FormReader, type PartHead } from "../core/form-reader.ts";
import { FORM_FIELDS, FORM_FILES, METADATA_VALUE_BYTES } from "../core/limits.ts";
import type { Result } from "../core/result.ts";
import { fileNameFor } from "../core/upload-headers.ts";
import type { UploadState } from "../core/upload-port.ts";
import { metadata } from "../core/wire/common.ts";
import type { UploadWire } from "../core/wire/upload.ts";
import { apiError, unwrap } from "../http/api-error.ts";
import { requireScope } from "../http/auth.ts";
import { callOf, newAddress, newUploadId } from "../http/call.ts";
import type { Ctx } from "../http/context.ts";
import { unwrapMetered } from "../http/metered.ts";
import { uploadObject } from "../http/objects.ts";

type Owner = Awaited<ReturnType<typeof newAddress>>;

/** Fields are labels of the files after them. */
export async function createFromForm(c: Ctx): Promise<Response> {
  const { uploads } = await takeForm(c, METADATA_VALUE_BYTES, Object.fromEntries);
  if (uploads.length === 0) throw apiError("invalid_request", "The form holds no file; send at least one.");
  return c.json({ data: uploads }, 201);
}

type Labels = Readonly<Record<string, string>>;
/** Names and texts in their order; a name may stand twice. */
type Fields = readonly (readonly [string, string])[];

/**
 * A form's fields, of at most `fieldBytes` each, and its files as uploads of the caller, labelled with what `labelsOf` says
 * of the fields before them. The first refusal ends the request; files before it are stored. Files need the scope `upload`.
 */
export async function takeForm(
  c: Ctx,
  fieldBytes: number,
  labelsOf: (fields: Fields) => Labels,
): Promise<{ fields: Fields; uploads: UploadWire[] }> {
  const { body, headers } = c.req.raw;
  const form = body === null ? null : FormReader.of(body, headers.get("Content-Type") ?? "");
  if (form === null) throw broken();
  const owner = await newAddress(c);
  const fields: [string, string][] = [];
  const uploads: UploadWire[] = [];
  try {
    for (let part = await next(form); part !== "end"; part = await next(form)) {
      if (part.filename === null) fields.push([part.name, await readField(form, part.name, fieldBytes)]);
      else uploads.push(await storeFile(c, owner, form, part, uploads.length, labelsOf(fields)));
      if (fields.length > FORM_FIELDS) throw apiError("invalid_request", `A form may hold ${FORM_FIELDS} fields.`);
    }
  } finally {
    form.release().catch(() => undefined);
  }
  return { fields, uploads };
}

async function next(form: FormReader): Promise<PartHead | "end"> {
  const part = await form.next();
  if (part === null) throw broken();
  return part;
}

/** A field's text, of at most so many bytes. */
async function readField(form: FormReader, name: string, bytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  const isWhole = await form.content(async (piece) => {
    text += decoder.decode(piece, { stream: true });
    if (text.length > bytes) throw apiError("invalid_request", `The field ${name} must be at most ${bytes} bytes.`);
  });
  if (!isWhole) throw broken();
  return text;
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
    await form.content(async () => {}); // a repeat: what is there stays
    return made;
  }
  return unwrap(await passOn(form, (content) => upload.append(content, WHOLE_FILE))).upload;
}

const WHOLE_FILE = { offset: 0, contentBytes: null, sizeBytes: null, complete: true, checksums: [] } as const;

/** Hands a part's content on as a stream. Whoever takes it may refuse before its end. */
async function passOn(
  form: FormReader,
  take: (content: ReadableStream) => Promise<Result<UploadState, Refusal>>,
): Promise<Result<UploadState, Refusal>> {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const taking = take(readable);
  const passing = form.content(async (piece) => {
    if (piece.length > 0) await writer.write(piece);
  });
  let isCut = false;
  const passed = passing.then((isWhole) => {
    isCut = !isWhole;
    return isWhole ? writer.close() : writer.abort(new Error("the form was cut"));
  });
  passed.catch(() => undefined); // the taker says why
  const result = await taking;
  if (isCut) throw broken();
  if (!result.ok) writer.abort().catch(() => undefined);
  return result;
}

const broken = () =>
  apiError(
    "invalid_request",
    "The form is not whole: it needs a boundary, a Content-Disposition for each part, and an end.",
  );
