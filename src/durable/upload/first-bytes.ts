/**
 * The first bytes of a file, judged before the rest of it is taken: they decide what it is, whatever its name says.
 *
 * Judged once per upload, when its first FIRST_BYTES bytes are there or its last one is, whichever comes first; never with
 * more than that, never with none. A refusal ends the upload, and its sender gets it as the answer.
 */
import { type Refusal, refusal } from "../../core/errors.ts";
import { formatList } from "../../core/formats.ts";
import { formatOfBytes } from "../../core/signature.ts";
import type { UploadHome } from "./home.ts";

/** Writes down the format that the first bytes show, or says why the file is not taken. */
export function judgeFirstBytes(home: UploadHome, head: Uint8Array): Refusal | null {
  const format = formatOfBytes(head);
  if (format === null) return unsupported();
  home.save({ ...home.read(), format: format.ext });
  return null;
}

const unsupported = (): Refusal =>
  refusal(
    "unsupported_media",
    `The file's content is none of ${formatList}, whatever its name says; convert it and create another upload.`,
    { hint: "POST /v1/uploads", errors: [{ field: "body", message: `must be one of ${formatList}` }] },
  );
