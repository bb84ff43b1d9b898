/** What an upload measurement and its load process say to each other. */
import * as z from "zod";

export const uploadSettings = z.object({
  /** `tus`: the creation address, in chunks by tus-js-client; `put`: one body to `url` and a number. */
  how: z.enum(["tus", "put"]),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  /** Bytes of one file, and of one chunk. */
  bytes: z.number(),
  chunkBytes: z.number(),
  /** Files sent at the same time. */
  files: z.number(),
});
export type UploadSettings = z.infer<typeof uploadSettings>;

export const uploadResult = z.object({
  seconds: z.number(),
  /** Files that did not arrive. */
  failed: z.number(),
  /** Why the first of them did not; null when all did. */
  fault: z.string().nullable(),
});
export type UploadResult = z.infer<typeof uploadResult>;
