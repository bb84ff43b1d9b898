/** An upload: bytes on their way into the store. And what it becomes: an asset. */
import * as z from "zod";
import { UPLOAD_BYTES } from "../limits.ts";
import { failure, filename, metadata, moment, owned, targetUrl } from "./common.ts";
import { downloadFields } from "./file.ts";

export const upload = z
  .object({
    id: owned("upl"),
    status: z.enum(["open", "completed", "expired", "failed"]),
    source: z.enum(["sent", "import"]).meta({ description: "Who brings the bytes: you, or we from an address." }),
    filename: z.string(),
    size_bytes: z.int().nullable().meta({ description: "Null until the sender has said it." }),
    offset_bytes: z.int().meta({ description: "What is stored: everything below it is safe." }),
    asset_id: owned("ast").nullable().meta({
      description:
        "Null until the whole file was looked at, moments after its last byte. While the file store gives nothing that is tried again for five and a half hours; then the asset is `rejected`.",
    }),
    error: failure.nullable(),
    concat: z.enum(["partial", "final"]).nullable().meta({
      description: "By tus's concatenation: a piece of a file, or the file made of pieces. Null for any other upload.",
    }),
    content_url: z
      .string()
      .meta({ description: "The file's bytes, for requests with a key: `PUT` them there, whole and in one body." }),
    metadata,
    created_at: moment,
    expires_at: moment,
  })
  .meta({ id: "Upload" });
export type UploadWire = z.infer<typeof upload>;

export const newUpload = z.strictObject({
  filename,
  size_bytes: z
    .int()
    .min(0)
    .meta({ description: `At most ${UPLOAD_BYTES}.` }),
  metadata: metadata.default({}),
});
export type NewUpload = z.infer<typeof newUpload>;

export const newImport = z.strictObject({
  url: targetUrl.meta({
    description: "Where the file is: https, without a user name. Never shown, and forgotten when the import is over.",
    example: "https://example.com/clip.mp4",
  }),
  file_name: filename
    .optional()
    .meta({ description: "Else as its server or its address calls it.", example: "clip.mp4" }),
  metadata: metadata.default({}),
});
export type NewImport = z.infer<typeof newImport>;

export const asset = z
  .object({
    id: owned("ast"),
    status: z.enum(["ready", "rejected"]),
    filename: z.string(),
    kind: z.enum(["video", "image", "audio"]),
    content_type: z.string(),
    ...downloadFields,
    size_bytes: z.int(),
    duration_ms: z.int().nullable().meta({ description: "Null where the file does not tell, and for pictures." }),
    width: z.int().nullable().meta({ description: "Pixels; null where the file does not tell, and for sounds." }),
    height: z.int().nullable(),
    sha256: z.string().nullable(),
    error: failure.nullable().meta({ description: "Why it was rejected." }),
    metadata,
    created_at: moment,
  })
  .meta({ id: "Asset" });
export type AssetWire = z.infer<typeof asset>;

/** One use of an asset in a project. */
export const attachment = z
  .object({
    asset_id: owned("ast"),
    project_id: owned("prj"),
    status: z.enum(["pending", "attached", "failed"]),
    error: failure.nullable(),
  })
  .meta({ id: "Attachment" });
export type AttachmentWire = z.infer<typeof attachment>;

export const newAttachment = z.strictObject({ asset_id: owned("ast") });
