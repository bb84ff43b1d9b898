/** Pieces that several nouns share on the wire. JSON, snake_case, times RFC 3339 in UTC. */
import * as z from "zod";
import { addresses } from "../body-values.ts";
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
import { withoutHidden } from "../text.ts";
import { PROMPT_SOURCES } from "../user-view.ts";

const utf8 = new TextEncoder();
const bytesOf = (text: string): number => utf8.encode(text).length;

/** A moment: `2026-11-21T10:00:00.000Z`. */
export const moment = z.iso
  .datetime({ precision: 3 })
  .meta({ format: "date-time", example: "2026-11-21T10:00:00.000Z" });

/** An id that ends in its owner's hash. */
export const owned = <P extends OwnedPrefix>(prefix: P) =>
  z
    .string()
    .regex(ownedIdPattern(prefix), `must be an id that starts with ${prefix}_`)
    .transform((id) => id as `${P}_${string}`) // the pattern was just checked
    .meta({ example: `${prefix}_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv` });

/** An id of a tenant's or the operator's own. */
export const plain = <P extends PlainPrefix | "evt">(prefix: P) =>
  z
    .string()
    .regex(plainIdPattern(prefix), `must be an id that starts with ${prefix}_`)
    .transform((id) => id as `${P}_${string}`) // the pattern was just checked
    .meta({ example: `${prefix}_01jd8m3k5xq2w4v7z9ab` });

/** Whether the agent can be sent a text of this size. */
export const isPromptSized = (text: string): boolean => bytesOf(text) <= PROMPT_BYTES;

export const prompt = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .refine(isPromptSized, `must be at most ${PROMPT_BYTES} bytes in UTF-8`)
  .meta({ example: "turn this video into a new short promotional clip with music and transitions" });

/** The caller's own labels: given back unchanged in answers and webhooks. */
export const metadata = z
  .record(
    z.string().min(1).max(METADATA_KEY_CHARS),
    z.string().refine((text) => bytesOf(text) <= METADATA_VALUE_BYTES, `must be at most ${METADATA_VALUE_BYTES} bytes`),
  )
  .refine((labels) => Object.keys(labels).length <= METADATA_KEYS, `must have at most ${METADATA_KEYS} keys`)
  .meta({ example: { order: "1234" } });

/** A name as people see it. What cannot be seen is taken out: it would make the name look like another. */
const seen = <T extends z.ZodType<string>>(text: T) =>
  text.transform(withoutHidden).refine((name) => name.trim() !== "", "must not be empty");

/** What somebody calls a thing, of at most so many characters. */
export const title = (chars: number) => seen(z.string().trim().min(1).max(chars));

/** A file's name: shown to people and to Nemo, never part of a path. */
export const filename = seen(
  z
    .string()
    .min(1)
    .max(FILENAME_CHARS)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
    .regex(/^[^\u0000-\u001f\u007f/\\]+$/, "must not hold slashes or control characters"),
).meta({ example: "clip.mp4" });

/** A BCP 47 language tag such as `en` or `zh-CN`. */
export const language = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, "must be a language tag such as en or zh-CN")
  .meta({ example: "en" });

/** An https address that we will send to; checked again before every send. */
export const targetUrl = z
  .url()
  .max(TARGET_CHARS)
  .register(addresses, { kind: "address" })
  .meta({ example: "https://example.com/hooks/nemo" });

/** Where the end of one turn, render or video is told, without an endpoint. */
export const callbackUrl = targetUrl.optional().meta({
  description:
    "An https address that is told the end, as a webhook signed with the default secret (`POST /v1/webhook_secret/rotate`).",
});

/** Who wrote a prompt: the one who made the call, or a generator of the tenant's. */
export const promptSource = z.enum(PROMPT_SOURCES).meta({
  description:
    "`caller`: it was sent as it is. `generator`: filled in by a generator. `generator_job`: it asks the agent to write a generator.",
});

export const mode = z.enum(["live", "test"]);
export const charged = z.enum(["yes", "no", "unknown"]);

/** A list's query. `cursor` is what the list's `next_cursor` looks like, from its first to its last character. */
export const pageQuery = (cursor: RegExp) =>
  z.strictObject({
    limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
    after: z.string().regex(cursor, "must be the next_cursor of another page of this list").optional(),
  });

/** A list's answer: newest first unless its route says otherwise. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), has_more: z.boolean(), next_cursor: z.string().nullable() });

/** What went wrong with a thing, inside the thing: the same words as a problem document. */
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
export type Failure = z.infer<typeof failure>;
