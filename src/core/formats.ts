/** The media that Nemo accepts: the 13 formats of its own list. */

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

/** Other endings that media files are sent under: of the same formats, of formats that a sender may have converted, and of none. */
const OTHER_ENDINGS = new Set(
  `3g2 3ga 3gp 3gpp aif aiff amr apng asf avif bin bmp bw64 dat divx f4a f4b f4v flac flv gifv heic heics heif heifs hif jfif
  jif jpe jpg_large jps m1v m2ts m2v m4b m4p m4r m4v mka mk3d mp1 mp2 mp4a mp4v mpa mpe mpeg mpg mpga mpo mts oga ogg ogm ogv
  opus pjp pjpeg qt qta rf64 svg temp tif tiff tmp ts vob wave weba wma wmv x-m4v xvid`.split(/\s+/),
);

/** The ending by which a name says what kind of file it is, with its dot; empty where it has none. */
export function knownEnding(name: string): string {
  const dot = name.lastIndexOf(".");
  if (dot < 0) return "";
  const isKnown = formatOfName(name) !== null || OTHER_ENDINGS.has(name.slice(dot + 1).toLowerCase());
  return isKnown ? name.slice(dot) : "";
}

/** The list as a sentence part for people: `mp4, mov, … aac`. */
export const formatList: string = FORMATS.map((format) => format.ext).join(", ");
