/**
 * Text without half a character, and names without what cannot be seen. JavaScript counts in UTF-16 units, and a character beyond the first 65,536 takes two of
 * them; a text with one of the two alone is refused by strict readers of what we keep and send on.
 */

import { FILENAME_CHARS } from "./limits.ts";
import { FORMATS, formatOfName, mediaExtensionOf, type MediaFormat } from "./media/sniff.ts";

/** An escape in JSON text: a whole pair of surrogates, half a pair, or any other. */
const ESCAPE = /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[dD][89a-fA-F][\da-fA-F]{2}|[\s\S])/g;
const HALF_PAIR_CHARS = 6;
const SURROGATE = /\\u[dD][89a-fA-F]/;

/** JSON text whose strings hold no half character; each is replaced by U+FFFD, as decoders of UTF-8 do. */
export function wholeJson(json: string): string {
  const whole = json.toWellFormed();
  if (!SURROGATE.test(whole)) return whole; // most texts hold none
  return whole.replaceAll(ESCAPE, (found) => (found.length === HALF_PAIR_CHARS ? "\\ufffd" : found));
}

/**
 * Characters that cannot be seen and change how the text around them looks: controls of both kinds (C0, C1), separators of
 * lines, and format characters such as U+202E, which turns text around. The two joiners stay: emoji and some scripts need them.
 */
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

/** A name without them, in whole characters. */
export const withoutHidden = (text: string): string => text.replaceAll(HIDDEN, "").toWellFormed();

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** Where a text of more than `chars` units may be cut: there, or one unit before where a character would be halved. */
export const cutAt = (text: string, chars: number): number =>
  chars < text.length && isHigh(text.charCodeAt(chars - 1)) && isLow(text.charCodeAt(chars)) ? chars - 1 : chars;

/** At most the first `chars` units of a text, in whole characters. */
export const cut = (text: string, chars: number): string => text.slice(0, cutAt(text, chars)).toWellFormed();

/** At most the last `chars` units of a text, in whole characters. */
export function cutStart(text: string, chars: number): string {
  if (text.length <= chars) return text.toWellFormed();
  const from = text.length - chars;
  return text.slice(isLow(text.charCodeAt(from)) ? from + 1 : from).toWellFormed();
}

/* What a file is called here, whatever its sender calls it: shown to people and to Nemo, never part of a path. */

/** What stands for a name as long as nobody has said one. */
const DEFAULT_NAME = "upload";

/**
 * A name under which a file may be kept: what stands after the last slash, without characters that cannot be seen, cut to its
 * limit before its ending. A name without an ending gets one from the declared type; the content corrects both later.
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

/** The name for a file of this format: as it is where its ending says so, else with the format's ending in place of another's. */
export function withExtension(filename: string, format: MediaFormat): string {
  if (formatOfName(filename)?.ext === format.ext) return filename;
  return limited(filename.slice(0, filename.length - mediaExtensionOf(filename).length), `.${format.ext}`);
}

/** The name in its limit, its ending whole. */
const limited = (stem: string, ending: string): string => cut(stem, FILENAME_CHARS - ending.length) + ending;
