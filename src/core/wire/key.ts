/**
 * API keys, whose secret is returned once, when the key is created; `/v1/me`, which describes the current credential; and
 * invites, which open a session of the console without a key.
 */
import * as z from "zod";
import { INVITE_DEFAULT_SECONDS, INVITE_MAX_SECONDS, INVITE_MIN_SECONDS, KEY_GRACE_MAX_SECONDS } from "../limits.ts";
import { mode, moment, plain, sentMoment, title } from "./common.ts";
import { nemoToken } from "./token.ts";

/** The permissions of a key. */
export const SCOPES = ["read", "chat", "upload", "render", "webhooks", "keys"] as const;
export const scope = z.enum(SCOPES).meta({ id: "Scope" });
export type KeyScope = z.infer<typeof scope>;

/** An app whose access is listed among the keys. Its name is the key's, as the app states it. */
const connectedApp = z
  .object({
    host: z
      .string()
      .nullable()
      .meta({ description: "The host that publishes the app's description. Null for an app that registered itself." }),
    redirect_host: z
      .string()
      .meta({ description: "The host, or the scheme, to which the app's access was sent.", example: "claude.ai" }),
    user_hash: z.string().nullable().meta({
      description: "The end of the ids of the user that the app acts for. Null: it acts as an API key alone.",
    }),
    approved_by: z.union([plain("key"), plain("inv")]).meta({
      description: "The key or invite with which a person approved it, and with which it ends.",
    }),
  })
  .meta({ id: "ConnectedApp" });

export const key = z
  .object({
    id: plain("key"),
    name: z.string(),
    mode,
    scopes: z.array(scope),
    hint: z.string().meta({
      description: "The first characters of the key, to identify it. Empty for a connected app, which has no key.",
      example: "ngw_test_4f9a",
    }),
    created_at: moment,
    expires_at: moment.nullable(),
    last_used_on: z.iso.date().nullable().meta({ description: "The last day, in UTC, on which the key was used." }),
    rotated_at: moment
      .nullable()
      .meta({ description: "When the key was rotated. `revoked_at` is then the end of the grace period." }),
    replaces: plain("key").nullable().meta({ description: "The key that this one replaced in a rotation." }),
    revoked_at: moment
      .nullable()
      .meta({ description: "When the key stops working. In the future during the grace period of a rotation." }),
    session_of: z
      .union([plain("key"), plain("inv")])
      .nullable()
      .meta({ description: "For a session of the console: the key or invite that it was opened with, and ends with." }),
    app: connectedApp
      .nullable()
      .meta({ description: "For the access of an app that was connected by OAuth. Revoking it disconnects the app." }),
  })
  .meta({ id: "Key" });
export type KeyWire = z.infer<typeof key>;

const name = title(100);

/** A key that the operator creates. */
export const newKey = z
  .strictObject({
    name: name.default("default"),
    mode: mode.default("test"),
    scopes: z
      .array(scope)
      .min(1)
      .default([...SCOPES]),
    expires_at: sentMoment.nullable().default(null),
  })
  .meta({ id: "NewTenantKey" });

/** A key with its secret. */
export const shownKey = key.extend({ secret: z.string().meta({ example: "ngw_test_…" }) }).meta({ id: "ShownKey" });
export type ShownKeyWire = z.infer<typeof shownKey>;

/** The response to creating or rotating a key. A replay of the same Idempotency-Key has `secret_shown_once` instead of `secret`. */
export const createdKey = key
  .extend({
    secret: z.string().optional().meta({ description: "The API key. Returned once.", example: "ngw_test_…" }),
    secret_shown_once: z
      .literal(true)
      .optional()
      .meta({ description: "Set instead of `secret` in the response to a repeated `Idempotency-Key`." }),
  })
  .meta({ id: "CreatedKey" });
export type CreatedKeyWire = z.infer<typeof createdKey>;

/** A key that another key creates. Fields that are not sent default to those of the calling key. */
export const newOwnKey = z
  .strictObject({
    name: name.default("default"),
    mode: mode.optional(),
    scopes: z.array(scope).min(1).optional(),
    expires_at: sentMoment.nullable().optional(),
  })
  .meta({ id: "NewKey" });
export type NewOwnKey = z.infer<typeof newOwnKey>;

export const rotation = z
  .strictObject({
    grace_seconds: z.int().min(0).max(KEY_GRACE_MAX_SECONDS).meta({
      description: "How long the old key stays valid, in seconds. 0 revokes it at once.",
      example: 3600,
    }),
  })
  .meta({ id: "KeyRotation" });

/** A quota and its current use. */
const quota = z.object({
  limit: z.int(),
  remaining: z.int(),
  resets_in_seconds: z
    .int()
    .nullable()
    .meta({ description: "Seconds until the quota resets. Null for a quota of concurrent items." }),
});

export const me = z
  .object({
    tenant: z
      .object({ id: plain("ten"), name: z.string() })
      .nullable()
      .meta({ description: "Null for a user token." }),
    user: z.string().nullable(),
    mode,
    scopes: z.array(scope),
    limits: z.object({
      upload_bytes: z.int(),
      request_bytes: z.int(),
      prompt_bytes: z.int(),
      formats: z.array(z.string()),
      chunk_advice_bytes: z.int(),
    }),
    quotas: z.record(z.string(), quota).meta({
      description:
        "The quotas by name: of the named user, or of the account if no user is named. A user can use at most a third of the account's quota, and at most half of what the other users leave.",
    }),
    nemo_token: nemoToken
      .nullable()
      .meta({ description: "Null for a user token if the Nemo token in use does not belong to this user." }),
    events_cursor: z
      .int()
      .nullable()
      .meta({ description: "The latest event cursor; pass it to `GET /v1/events?after=`. Null for a user token." }),
  })
  .meta({ id: "Me" });
export type MeWire = z.infer<typeof me>;

/* An invite: a link with which a person opens one session of the console. */

export const newInvite = z
  .strictObject({
    label: title(100).meta({ description: "Whom it is for. Only the operator sees it." }),
    mode: mode.default("test"),
    scopes: z
      .array(scope)
      .min(1)
      .default([...SCOPES])
      .meta({ description: "The scopes of the session. Without `keys` the person can create no key." }),
    expires_in_seconds: z.int().min(INVITE_MIN_SECONDS).max(INVITE_MAX_SECONDS).default(INVITE_DEFAULT_SECONDS),
  })
  .meta({ id: "NewInvite" });
export type NewInvite = z.infer<typeof newInvite>;

export const invite = z
  .object({
    id: plain("inv"),
    tenant: plain("ten"),
    label: z.string(),
    mode,
    scopes: z.array(scope),
    state: z.enum(["open", "accepted", "revoked", "expired"]).meta({
      id: "InviteState",
      description:
        "`open`: it can be used. `accepted`: it opened its session. A session ends when its invite is revoked.",
    }),
    created_at: moment,
    expires_at: moment.meta({ description: "Until when it can be used." }),
    accepted_at: moment.nullable(),
    revoked_at: moment.nullable(),
  })
  .meta({ id: "Invite" });
export type InviteWire = z.infer<typeof invite>;

/** The response to creating an invite. A replay of the same Idempotency-Key has `url_shown_once` instead of `url`. */
export const createdInvite = invite
  .extend({
    url: z.string().optional().meta({
      description: "The link to send to the person. Returned once. What follows `#` is never sent to a server.",
      example: "https://gateway.example/console#invite=ngi_…",
    }),
    url_shown_once: z
      .literal(true)
      .optional()
      .meta({ description: "Set instead of `url` in the response to a repeated `Idempotency-Key`." }),
  })
  .meta({ id: "CreatedInvite" });
export type CreatedInviteWire = z.infer<typeof createdInvite>;
