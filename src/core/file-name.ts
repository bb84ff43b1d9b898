/** What a file is called here, whatever its sender calls it: shown to people and to Nemo, never part of a path. */
import { FORMATS, formatOfName, knownEnding, type MediaFormat } from "./formats.ts";
import { FILENAME_CHARS } from "./limits.ts";
import { cut, withoutHidden } from "./text.ts";

/** What stands for a name as long as nobody has said one. */
const NAMELESS = "upload";

/**
 * A name under which a file may be kept: what stands after the last slash, without characters that cannot be seen, cut to its
 * limit before its ending. A name without an ending gets one from the declared type; the content corrects both later.
 */
export function fileNameFor(name: string | null, type: string | null): string {
  const last = (name ?? "").split(/[/\\]/).at(-1) ?? "";
  const clean = withoutHidden(last).trim();
  const base = /^\.*$/.test(clean) ? NAMELESS : clean;
  const wanted = type?.split(";", 1)[0]?.trim().toLowerCase();
  const format = FORMATS.find(({ mime }) => mime === wanted);
  const ending = knownEnding(base);
  if (ending !== "" || format === undefined) return limited(base.slice(0, base.length - ending.length), ending);
  return limited(base, `.${format.ext}`);
}

/** The name for a file of this format: as it is where its ending says so, else with the format's ending in place of another's. */
export function nameFor(filename: string, format: MediaFormat): string {
  if (formatOfName(filename)?.ext === format.ext) return filename;
  return limited(filename.slice(0, filename.length - knownEnding(filename).length), `.${format.ext}`);
}

/** The name in its limit, its ending whole. */
const limited = (stem: string, ending: string): string => cut(stem, FILENAME_CHARS - ending.length) + ending;
