/**
 * Text functions: no halves of surrogate pairs, no hidden characters, cutting, and file names.
 *
 * JavaScript counts UTF-16 units, and a character beyond the first 65,536 takes two of them. Strict parsers reject a
 * text that contains only one of the two.
 */

import { FILENAME_CHARS } from "./limits.ts";
import { FORMATS, formatOfName, type MediaFormat, mediaExtensionOf } from "./media/sniff.ts";

/** An escape in JSON text: a surrogate pair, half a pair, or any other. */
const ESCAPE = /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[dD][89a-fA-F][\da-fA-F]{2}|[\s\S])/g;
const HALF_PAIR_CHARS = 6;
const SURROGATE = /\\u[dD][89a-fA-F]/;

/** JSON text without halves of surrogate pairs; each is replaced by U+FFFD, as UTF-8 decoders do. */
export function wholeJson(json: string): string {
  const whole = json.toWellFormed();
  if (!SURROGATE.test(whole)) return whole; // fast path: most texts have none
  return whole.replaceAll(ESCAPE, (found) => (found.length === HALF_PAIR_CHARS ? "\\ufffd" : found));
}

/**
 * Invisible characters that change how the text around them looks: control characters (C0, C1), line separators, and
 * format characters such as U+202E, which reverses text. The two joiners stay: emoji and some scripts need them.
 */
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

/** The text without hidden characters and halves of surrogate pairs. */
export const withoutHidden = (text: string): string => text.replaceAll(HIDDEN, "").toWellFormed();

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** Where a text of more than `chars` units is cut: there, or one unit earlier if that would split a surrogate pair. */
export const cutAt = (text: string, chars: number): number =>
  chars < text.length && isHigh(text.charCodeAt(chars - 1)) && isLow(text.charCodeAt(chars)) ? chars - 1 : chars;

/** At most the first `chars` units of a text, without splitting a surrogate pair. */
export const cut = (text: string, chars: number): string => text.slice(0, cutAt(text, chars)).toWellFormed();

/** At most the last `chars` units of a text, without splitting a surrogate pair. */
export function cutStart(text: string, chars: number): string {
  if (text.length <= chars) return text.toWellFormed();
  const from = text.length - chars;
  return text.slice(isLow(text.charCodeAt(from)) ? from + 1 : from).toWellFormed();
}

/** The name of a file that has none. */
const DEFAULT_NAME = "upload";

/**
 * The stored name of an uploaded file: the last path segment, without hidden characters, shortened to the limit before
 * its extension. A name without an extension gets one from the declared type; the content corrects both later. Names
 * are shown to people and sent to Nemo; they are never part of a path.
 */
export function fileNameFor(name: string | null, type: string | null): string {
  const last = (name ?? "").split(/[/\\]/).at(-1) ?? "";
  const clean = withoutHidden(last).trim();
  const base = /^\.*$/.test(clean) ? DEFAULT_NAME : clean;
  const wanted = type?.split(";", 1)[0]?.trim().toLowerCase();
  const format = FORMATS.find(({ mime }) => mime === wanted);
  const ending = mediaExtensionOf(base);
  if (ending !== "" || format === undefined) return limited(base.slice(0, base.length - ending.length), ending);
  return limited(base, `.${format.ext}`);
}

/**
 * The name with the extension of this format: unchanged if it has one of the format's, else with its extension
 * replaced.
 */
export function withExtension(filename: string, format: MediaFormat): string {
  if (formatOfName(filename)?.ext === format.ext) return filename;
  return limited(filename.slice(0, filename.length - mediaExtensionOf(filename).length), `.${format.ext}`);
}

/** The name shortened to its limit, with its full extension. */
const limited = (stem: string, ending: string): string => cut(stem, FILENAME_CHARS - ending.length) + ending;
