/** What every answer, event and webhook that shows a finished file says about it, under the same names everywhere. */
import * as z from "zod";
import { moment } from "./common.ts";

/** The link that opens the file without a credential. */
export const downloadFields = {
  download_url: z.string().nullable().meta({
    description:
      "The file, without a key: it is downloaded, or with `?inline` played where it is opened. Null while there is no file, and after it was removed.",
    example: "https://gateway.example/f/…",
  }),
  download_url_expires_at: moment
    .nullable()
    .meta({ description: "Until when the link opens it; read again for a new one." }),
};

/** The link, and what is known of the file behind it. */
export const fileFields = {
  ...downloadFields,
  size_bytes: z.int().nullable(),
  duration_ms: z.int().nullable(),
  width: z.int().nullable(),
  height: z.int().nullable(),
};

const fields = z.object(fileFields);
export type FileFields = z.infer<typeof fields>;
export type DownloadFields = Pick<FileFields, keyof typeof downloadFields>;
/** What is known of a file without its link. */
export type FileFacts = Omit<FileFields, keyof typeof downloadFields>;
export const NO_FACTS: FileFacts = { size_bytes: null, duration_ms: null, width: null, height: null };
