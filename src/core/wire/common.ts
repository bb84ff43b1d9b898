/**
 * Schemas shared by several resources: ids, texts, pages, attribution, errors and the fields of a finished file. The wire format
 * is JSON with snake_case names and RFC 3339 times in UTC.
 */
import * as z from "zod";
import { type OwnedPrefix, ownedIdPattern, type PlainPrefix, plainIdPattern } from "../ids.ts";
import {
  FILENAME_CHARS,
  METADATA_KEY_CHARS,
  METADATA_KEYS,
  METADATA_VALUE_BYTES,
  PAGE_DEFAULT,
  PAGE_MAX,
  PROMPT_BYTES,
  TARGET_CHARS,
} from "../limits.ts";
import { addresses } from "../requests/body-values.ts";
import { withoutHidden } from "../text.ts";
import { PROMPT_SOURCES } from "../user-view.ts";

const utf8 = new TextEncoder();
const bytesOf = (text: string): number => utf8.encode(text).length;

/** A timestamp: `2026-11-21T10:00:00.000Z`. */
export const moment = z.iso
  .datetime({ precision: 3 })
  .meta({ format: "date-time", example: "2026-11-21T10:00:00.000Z" });

/** A timestamp of a request: RFC 3339 with any offset and precision, converted to that of `moment`. */
export const sentMoment = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text).toISOString())
  .meta({ format: "date-time", example: "2026-11-21T11:00:00+01:00" });

/** An id that ends with its owner's hash. */
export const owned = <P extends OwnedPrefix>(prefix: P) =>
  z
    .string()
    .regex(ownedIdPattern(prefix), `must be an id that starts with ${prefix}_`)
    .transform((id) => id as `${P}_${string}`) // the pattern was just checked
    .meta({ example: `${prefix}_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv` });

/** An id of a resource that belongs to a tenant or to the operator. */
export const plain = <P extends PlainPrefix | "evt">(prefix: P) =>
  z
    .string()
    .regex(plainIdPattern(prefix), `must be an id that starts with ${prefix}_`)
    .transform((id) => id as `${P}_${string}`) // the pattern was just checked
    .meta({ example: `${prefix}_01jd8m3k5xq2w4v7z9ab` });

/** True if the text is small enough to be sent to the agent. */
export const isPromptSized = (text: string): boolean => bytesOf(text) <= PROMPT_BYTES;

export const prompt = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .refine(isPromptSized, `must be at most ${PROMPT_BYTES} bytes in UTF-8`)
  .meta({ example: "turn this video into a new short promotional clip with music and transitions" });

/** The caller's own labels, returned unchanged in responses and webhooks. */
export const metadata = z
  .record(
    z.string().min(1).max(METADATA_KEY_CHARS),
    z.string().refine((text) => bytesOf(text) <= METADATA_VALUE_BYTES, `must be at most ${METADATA_VALUE_BYTES} bytes`),
  )
  .refine((labels) => Object.keys(labels).length <= METADATA_KEYS, `must have at most ${METADATA_KEYS} keys`)
  .meta({
    id: "Metadata",
    description: "Your own labels, returned unchanged in responses and webhooks.",
    example: { order: "1234" },
  });

/** Visible text: invisible characters are removed, since they would make two names look alike. */
const visible = <T extends z.ZodType<string>>(text: T) =>
  text.transform(withoutHidden).refine((name) => name.trim() !== "", "must not be empty");

/** A name of at most `chars` characters. */
export const title = (chars: number) => visible(z.string().trim().min(1).max(chars));

/** A file's name, for display and for Nemo; never part of a path. */
export const filename = visible(
  z
    .string()
    .min(1)
    .max(FILENAME_CHARS)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern rejects control characters
    .regex(/^[^\u0000-\u001f\u007f/\\]+$/, "must not contain slashes or control characters"),
).meta({ example: "clip.mp4" });

/** A BCP 47 language tag such as `en` or `zh-CN`. */
export const language = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, "must be a language tag such as en or zh-CN")
  .meta({ example: "en" });

/** An https address that the gateway sends to or downloads from; checked again before every request. */
export const targetUrl = z
  .url()
  .max(TARGET_CHARS)
  .register(addresses, { kind: "address" })
  .meta({ example: "https://example.com/hooks/nemo" });

/** The callback for the end of one turn, render, video, batch or generator job. */
export const callbackUrl = targetUrl.optional().meta({
  description:
    "An https address that receives the final event as a webhook, signed with the default secret (`POST /v1/webhook_secret` shows it once).",
});

/** The source of a prompt: the caller or a generator of the tenant. */
export const promptSource = z.enum(PROMPT_SOURCES).meta({
  id: "PromptSource",
  description:
    "`caller`: sent in the request. `generator`: built from a generator and its variables. `generator_job`: asks the agent to write a generator.",
});

export const mode = z.enum(["live", "test"]).meta({ id: "Mode" });
export const charged = z.enum(["yes", "no", "unknown"]).meta({ id: "Charged" });

/** The query of a list. `cursor` is the anchored pattern of the list's `next_cursor`. */
export const pageQuery = (cursor: RegExp) =>
  z.strictObject({
    limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT).meta({ description: "Items per page." }),
    after: z
      .string()
      .regex(cursor, "must be the next_cursor of a page of this list")
      .optional()
      .meta({ description: "The `next_cursor` of the previous page." }),
  });

export const withUser = z
  .object({ user: z.string().nullable().meta({ description: "Your own id of its user; null if it has none." }) })
  .meta({ id: "WithUser", description: "The user of an item of a list that can span all users." });

/** A resource in a list that can span all users. Its schema's name is that of the resource with `Listed`. */
export const listedSchema = <S extends z.ZodType>(item: S) =>
  z.intersection(item, withUser).meta({ id: `Listed${item.meta()?.id}` });

/** A page of a list, newest first unless its route says otherwise. Its schema's name is that of the item with `Page`. */
export const pageSchema = <T extends z.ZodType>(item: T) => {
  const page = z.object({ data: z.array(item), has_more: z.boolean(), next_cursor: z.string().nullable() });
  const name = item.meta()?.id;
  return name === undefined ? page : page.meta({ id: `${name}Page` });
};

/** The error inside a failed resource, with the fields of a problem document. */
export const failure = z
  .object({
    code: z.string(),
    title: z.string(),
    detail: z.string(),
    retryable: z.boolean(),
    register_url: z.string().optional(),
    hint: z.string().optional(),
  })
  .meta({ id: "Failure" });
export type FailureWire = z.infer<typeof failure>;

export const problemBody = z
  .object({
    type: z.string().meta({ example: "https://nemo-gateway.dev/errors/not_found" }),
    title: z.string().meta({ description: "A short message for the end user, at most 60 characters." }),
    status: z.int(),
    detail: z.string().meta({ description: "What happened and what to do next, for the developer." }),
    code: z.string().meta({
      description: "The error code: one of those in PROTOCOL.md section 3 and at `/docs/errors`.",
      example: "not_found",
    }),
    request_id: z.string(),
    retryable: z.boolean(),
    charged: charged.optional(),
    hint: z.string().optional().meta({ description: "A request that can resolve the error." }),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    register_url: z.string().optional(),
    error: failure.optional().meta({ description: "For `no_file`: the error of the video or render." }),
    "expected-offset": z
      .int()
      .optional()
      .meta({ description: "For a wrong offset: the current offset of the upload." }),
    "provided-offset": z.int().optional(),
  })
  .meta({ id: "Problem", description: "An error (RFC 9457)." });
export type ProblemWire = z.infer<typeof problemBody>;

/** What orders of one type cost. */
export const cost = z
  .object({
    basis: z.enum(["measured", "published"]).meta({
      description:
        "`measured`: from your own completed orders of the same type. `published`: Nemo's approximate figures (50 for an editing session, 100 for a generated clip, exports free), because there are no such orders yet.",
    }),
    median: z.number().nullable().meta({ description: "Null for published figures." }),
    min: z.number(),
    max: z.number(),
    orders: z.int().meta({ description: "How many orders were measured: at most the newest 100 of the last 90 days." }),
    since: moment.nullable().meta({ description: "When the oldest of them ended." }),
  })
  .meta({ id: "Cost", description: "What such an order cost lately, in credits. Not a quote." });
export type CostWire = z.infer<typeof cost>;

const part = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, "must be at most 64 letters, digits, dots, hyphens and underscores")
  .nullable()
  .default(null);

export const attribution = z.strictObject({ source: part, version: part, platform: part }).meta({
  id: "Attribution",
  description: "Identifies your app to Nemo. A null part gets a default.",
  example: { source: "my-app", version: "2.1", platform: "ios" },
});
export type AttributionWire = z.infer<typeof attribution>;

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
