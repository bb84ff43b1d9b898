/** The media that Nemo accepts: the 13 formats of its own list, and the size it refuses above. */

import { FILENAME_CHARS } from "./limits.ts";
import { cut } from "./text.ts";

export type MediaKind = "video" | "image" | "audio";

export type MediaFormat = {
  /** The file name's ending, lower case, without the dot. */
  readonly ext: string;
  readonly kind: MediaKind;
  /** The media type we store and serve it under. */
  readonly mime: string;
};

/** Source: nemo-api reference section 6, in its order. */
export const FORMATS: readonly MediaFormat[] = [
  { ext: "mp4", kind: "video", mime: "video/mp4" },
  { ext: "mov", kind: "video", mime: "video/quicktime" },
  { ext: "avi", kind: "video", mime: "video/x-msvideo" },
  { ext: "webm", kind: "video", mime: "video/webm" },
  { ext: "mkv", kind: "video", mime: "video/x-matroska" },
  { ext: "jpg", kind: "image", mime: "image/jpeg" },
  { ext: "png", kind: "image", mime: "image/png" },
  { ext: "gif", kind: "image", mime: "image/gif" },
  { ext: "webp", kind: "image", mime: "image/webp" },
  { ext: "mp3", kind: "audio", mime: "audio/mpeg" },
  { ext: "wav", kind: "audio", mime: "audio/wav" },
  { ext: "m4a", kind: "audio", mime: "audio/mp4" },
  { ext: "aac", kind: "audio", mime: "audio/aac" },
];

/** The format of a file name by its ending, any case, `jpeg` read as `jpg`; null when it is none of the 13. */
export function formatOfName(name: string): MediaFormat | null {
  const dot = name.lastIndexOf(".");
  if (dot < 0) return null;
  const ext = name.slice(dot + 1).toLowerCase();
  const wanted = ext === "jpeg" ? "jpg" : ext;
  return FORMATS.find((format) => format.ext === wanted) ?? null;
}

/** The name for a file of this format: as it is where its ending says so, else with the format's ending in place of another's. */
export function nameFor(filename: string, format: MediaFormat): string {
  const said = formatOfName(filename);
  if (said?.ext === format.ext) return filename;
  const stem = said === null ? filename : filename.slice(0, filename.lastIndexOf("."));
  return `${cut(stem, FILENAME_CHARS - format.ext.length - 1)}.${format.ext}`;
}

/** The list as a sentence part for people: `mp4, mov, … aac`. */
export const formatList: string = FORMATS.map((format) => format.ext).join(", ");
