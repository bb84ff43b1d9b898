/** An end user of a tenant, and the short-lived tokens that phones and browsers act with in its name. */
import * as z from "zod";
import { USER_CHARS, USER_TOKEN_DEFAULT_SECONDS, USER_TOKEN_MAX_SECONDS, USER_TOKEN_MIN_SECONDS } from "../limits.ts";
import { moment } from "./common.ts";

/** Control characters, and what stands for bytes that were not UTF-8: two users whose names differ there would be one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
const NOT_IN_NAMES = /[\u0000-\u001f\u007f-\u009f\ufffd]/;

/** What is asked of a user's name, as a refusal says it. */
export const USER_NAME_RULE = `must be UTF-8 in the normalisation form NFC, with 1 to ${USER_CHARS} characters, no control characters and no blanks around it`;

/**
 * What a tenant may call a user: 1 to 128 characters of any script. `.` and `..` cannot stand in a path. A name has one
 * spelling: other normalisation forms and outer blanks are refused rather than changed, so two names are never one user.
 */
export function isUserName(text: string): boolean {
  const length = [...text].length;
  return (
    length >= 1 &&
    length <= USER_CHARS &&
    !NOT_IN_NAMES.test(text) &&
    text.isWellFormed() &&
    text === text.normalize("NFC") &&
    text === text.trim() &&
    !/^\.\.?$/.test(text)
  );
}

/** The path's `{id}` of a user: the tenant's own string, percent-encoded. */
export const userParams = z.object({
  id: z
    .string()
    .refine(isUserName, USER_NAME_RULE)
    .meta({ example: "ada", description: "Your own name of the user, as in `X-User-Id`, percent-encoded." }),
});

const removed = z
  .object({
    projects: z.int(),
    turns: z.int(),
    assets: z.int(),
    renders: z.int(),
    videos: z.int(),
    files: z.int(),
    file_bytes: z.int(),
    events: z.int(),
    deliveries: z.int(),
  })
  .meta({ description: "How much there was of each." });
export type RemovedWire = z.infer<typeof removed>;

const settled = z.object({ turns: z.int(), credits: z.number(), unknown_turns: z.int() }).meta({
  description: "Turns that Nemo was working on: how many, what they cost, and of how many nobody knows what they cost.",
});
export type SettledWire = z.infer<typeof settled>;

export const user = z
  .object({
    id: z.string().meta({ description: "Your own name of the user." }),
    state: z.enum(["active", "deleting", "deleted"]),
    created_at: moment,
    deletion: z
      .object({ requested_at: moment, completed_at: moment.nullable(), removed, settled })
      .nullable()
      .meta({ description: "The job that erases everything of the user, and its receipt; kept for 30 days." }),
  })
  .meta({ id: "User" });
export type UserWire = z.infer<typeof user>;

/** What a user token may do. */
export const USER_SCOPES = ["read", "chat", "upload", "render"] as const;
const userScope = z.enum(USER_SCOPES);
export type UserScope = z.infer<typeof userScope>;

export const newUserToken = z.strictObject({
  scopes: z
    .array(userScope)
    .min(1)
    .optional()
    .meta({ description: "All that the key has of these four unless told.", example: ["read", "chat"] }),
  expires_in_seconds: z
    .int()
    .min(USER_TOKEN_MIN_SECONDS)
    .max(USER_TOKEN_MAX_SECONDS)
    .default(USER_TOKEN_DEFAULT_SECONDS),
});

export const userToken = z
  .object({
    token: z.string().meta({ description: "Send it as `Authorization: Bearer`.", example: "eyJ…" }),
    user_id: z.string(),
    scopes: z.array(userScope),
    expires_at: moment,
  })
  .meta({ id: "UserToken" });
export type UserTokenWire = z.infer<typeof userToken>;

export const signedOut = z.object({ user_id: z.string(), signed_out_at: moment }).meta({ id: "SignedOut" });
