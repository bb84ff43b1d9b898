/** The end users of a tenant, and the short-lived user tokens for phones and browsers. */
import * as z from "zod";
import { USER_CHARS, USER_TOKEN_DEFAULT_SECONDS, USER_TOKEN_MAX_SECONDS, USER_TOKEN_MIN_SECONDS } from "../limits.ts";
import { moment } from "./common.ts";

/** Control characters and the replacement character for invalid UTF-8, which would merge users with different names. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern rejects control characters
const NOT_IN_NAMES = /[\u0000-\u001f\u007f-\u009f\ufffd]/;

/** The rule for user names, as an error states it. */
export const USER_NAME_RULE = `must be UTF-8 in the normalisation form NFC, with 1 to ${USER_CHARS} characters, no control characters and no leading or trailing spaces`;

/**
 * True for a valid user name: 1 to 128 characters of any script. `.` and `..` cannot be used in a path. Other normalisation
 * forms and outer spaces are rejected, not changed, so that two names never mean one user.
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

/** The path's `{id}` of a user: the tenant's own id, percent-encoded. */
export const userParams = z.object({
  id: z
    .string()
    .refine(isUserName, USER_NAME_RULE)
    .meta({ example: "ada", description: "Your own id of the user, as in `X-User-Id`, percent-encoded." }),
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
  .meta({ description: "The number of deleted items of each kind." });
export type RemovedWire = z.infer<typeof removed>;

const settled = z.object({ turns: z.int(), credits: z.number(), unknown_turns: z.int() }).meta({
  description:
    "The turns that Nemo was working on: their number, their cost, and the number of turns whose cost is unknown.",
});
export type SettledWire = z.infer<typeof settled>;

export const user = z
  .object({
    id: z.string().meta({ description: "Your own id of the user." }),
    state: z.enum(["active", "deleting", "deleted"]),
    created_at: moment,
    deletion: z
      .object({ requested_at: moment, completed_at: moment.nullable(), removed, settled })
      .nullable()
      .meta({ description: "The deletion job and its receipt, kept for 30 days. Null for an active user." }),
  })
  .meta({ id: "User" });
export type UserWire = z.infer<typeof user>;

/** The scopes that a user token can have. */
export const USER_SCOPES = ["read", "chat", "upload", "render"] as const;
const userScope = z.enum(USER_SCOPES).meta({ id: "UserScope" });
export type UserScope = z.infer<typeof userScope>;

export const newUserToken = z
  .strictObject({
    scopes: z
      .array(userScope)
      .min(1)
      .optional()
      .meta({ description: "Defaults to all of these scopes that the key has.", example: ["read", "chat"] }),
    expires_in_seconds: z
      .int()
      .min(USER_TOKEN_MIN_SECONDS)
      .max(USER_TOKEN_MAX_SECONDS)
      .default(USER_TOKEN_DEFAULT_SECONDS),
  })
  .meta({ id: "NewUserToken" });

export const userToken = z
  .object({
    token: z.string().meta({ description: "The token. Send it as `Authorization: Bearer <token>`.", example: "eyJ…" }),
    user_id: z.string(),
    scopes: z.array(userScope),
    expires_at: moment,
  })
  .meta({ id: "UserToken" });
export type UserTokenWire = z.infer<typeof userToken>;

export const signedOut = z.object({ user_id: z.string(), signed_out_at: moment }).meta({ id: "SignedOut" });
