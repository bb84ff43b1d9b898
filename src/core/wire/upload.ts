/** Uploads, and the assets that completed uploads become. */
import * as z from "zod";
import { UPLOAD_BYTES } from "../limits.ts";
import { downloadFields, failure, filename, metadata, moment, owned, targetUrl } from "./common.ts";

export const upload = z
  .object({
    id: owned("upl"),
    status: z.enum(["open", "completed", "expired", "failed"]).meta({ id: "UploadStatus" }),
    source: z
      .enum(["sent", "import"])
      .meta({ description: "`sent`: the caller sends the bytes. `import`: the gateway downloads them." }),
    filename: z.string(),
    size_bytes: z.int().nullable().meta({ description: "Null until the size is known." }),
    offset_bytes: z.int().meta({ description: "The number of bytes stored." }),
    asset_id: owned("ast").nullable().meta({
      description:
        "Null until the whole file has been analysed, moments after its last byte. If the file store does not return the file, the analysis is retried for five and a half hours; then the asset is `rejected`.",
    }),
    error: failure.nullable(),
    concat: z.enum(["partial", "final"]).nullable().meta({
      description:
        "For tus concatenation: `partial` is a part of a file, `final` the file joined from its parts. Null for any other upload.",
    }),
    content_url: z.string().meta({ description: "`PUT` the whole file here in one request, with a credential." }),
    metadata,
    created_at: moment,
    expires_at: moment,
  })
  .meta({ id: "Upload" });
export type UploadWire = z.infer<typeof upload>;

export const newUpload = z
  .strictObject({
    filename,
    size_bytes: z
      .int()
      .min(0)
      .meta({ description: `The size of the file in bytes, at most ${UPLOAD_BYTES}.` }),
    metadata: metadata.default({}),
  })
  .meta({ id: "NewUpload" });
export type NewUpload = z.infer<typeof newUpload>;

export const newImport = z
  .strictObject({
    url: targetUrl.meta({
      description:
        "The https address of the file, without user info. It is never returned, and deleted when the import has ended.",
      example: "https://example.com/clip.mp4",
    }),
    file_name: filename
      .optional()
      .meta({ description: "Defaults to the name given by the server or by the address.", example: "clip.mp4" }),
    metadata: metadata.default({}),
  })
  .meta({ id: "NewImport" });
export type NewImport = z.infer<typeof newImport>;

export const asset = z
  .object({
    id: owned("ast"),
    status: z.enum(["ready", "rejected"]).meta({ id: "AssetStatus" }),
    filename: z.string(),
    kind: z.enum(["video", "image", "audio"]).meta({ id: "AssetKind" }),
    content_type: z.string(),
    ...downloadFields,
    size_bytes: z.int(),
    duration_ms: z.int().nullable().meta({ description: "Null if unknown, and for images." }),
    width: z.int().nullable().meta({ description: "In pixels. Null if unknown, and for audio." }),
    height: z.int().nullable(),
    sha256: z.string().nullable(),
    error: failure.nullable().meta({ description: "Why the asset was rejected." }),
    metadata,
    created_at: moment,
  })
  .meta({ id: "Asset" });
export type AssetWire = z.infer<typeof asset>;

/** The use of an asset in a project. */
export const attachment = z
  .object({
    asset_id: owned("ast"),
    project_id: owned("prj"),
    status: z.enum(["pending", "attached", "failed"]),
    error: failure.nullable(),
  })
  .meta({ id: "Attachment" });
export type AttachmentWire = z.infer<typeof attachment>;

export const newAttachment = z.strictObject({ asset_id: owned("ast") }).meta({ id: "NewAttachment" });
