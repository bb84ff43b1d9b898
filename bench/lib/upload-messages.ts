/** Messages between an upload measurement and its load process. */
import * as z from "zod";

export const uploadSettings = z.object({
  /** `tus`: the creation address, in chunks by tus-js-client; `put`: one body to `url` and a number. */
  how: z.enum(["tus", "put"]),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  /** Bytes of one file, and of one chunk. */
  bytes: z.number(),
  chunkBytes: z.number(),
  /** Files sent concurrently. */
  files: z.number(),
});
export type UploadSettings = z.infer<typeof uploadSettings>;

export const uploadResult = z.object({
  seconds: z.number(),
  /** Failed files. */
  failed: z.number(),
  /** The first failure; null if there was none. */
  fault: z.string().nullable(),
});
export type UploadResult = z.infer<typeof uploadResult>;
