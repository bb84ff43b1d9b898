/**
 * The first bytes of a file, judged before the rest of it is taken: they decide what it is, whatever its name says.
 *
 * Judged once per upload, when its first FIRST_BYTES bytes are there or its last one is, whichever comes first; never with
 * more than that, never with none, and never before a checksum that came with them was found right. A refusal ends the upload, and its sender gets it as the answer.
 */
import { type Refusal, refusal } from "../../core/errors.ts";
import { formatList, type MediaFormat } from "../../core/formats.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { formatOfBytes, nameOfOther } from "../../core/signature.ts";
import type { UploadHome } from "./home.ts";
import { isPartial } from "./record.ts";

/** Writes down the format that the first bytes show, or says why the file is not taken. A partial may hold any bytes. */
export function judgeFirstBytes(home: UploadHome, head: Uint8Array): Refusal | null {
  if (isPartial(home.read())) return null;
  const format = formatOfHead(head);
  if (!format.ok) return format.error;
  home.save({ ...home.read(), format: format.value.ext });
  return null;
}

/** The format that a file's first bytes show. */
export function formatOfHead(head: Uint8Array): Result<MediaFormat, Refusal> {
  const format = formatOfBytes(head);
  return format === null ? err(unsupported(nameOfOther(head))) : ok(format);
}

/** What to do about a format that people have and Nemo does not take. */
const ADVICE: Readonly<Record<string, string>> = {
  HEIC: "convert it to jpg (an iPhone sends jpg with Settings, Camera, Formats, Most Compatible)",
  AVIF: "convert it to jpg, png or webp",
};

function unsupported(name: string | null): Refusal {
  const advice = (name === null ? undefined : ADVICE[name]) ?? "convert it";
  const content = name === null ? "none" : `${name}, none`;
  return refusal(
    "unsupported_media",
    `The file's content is ${content} of ${formatList}, whatever its name says; ${advice} and create another upload.`,
    { hint: "POST /v1/uploads", errors: [{ field: "body", message: `must be one of ${formatList}` }] },
  );
}
