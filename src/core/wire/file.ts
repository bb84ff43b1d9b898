/** The fields of a finished file, the same in all responses, events and webhooks. */
import * as z from "zod";
import { moment } from "./common.ts";

/** The link that downloads the file without a credential. */
export const downloadFields = {
  download_url: z.string().nullable().meta({
    description:
      "Downloads the file without a credential; with `?inline` it is played in the browser. Null until the file is available and after it was deleted.",
    example: "https://gateway.example/f/…",
  }),
  download_url_expires_at: moment
    .nullable()
    .meta({ description: "When `download_url` expires. Retrieve the resource again for a new link." }),
};

/** The link and the properties of its file. */
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
/** The properties of a file, without its link. */
export type FileProperties = Omit<FileFields, keyof typeof downloadFields>;
export const NO_PROPERTIES: FileProperties = { size_bytes: null, duration_ms: null, width: null, height: null };
