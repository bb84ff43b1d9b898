/** API keys. The secret is returned once, when the key is created. */
import * as z from "zod";
import { KEY_GRACE_MAX_SECONDS } from "../limits.ts";
import { mode, moment, plain, title } from "./common.ts";

/** The permissions of a key. */
export const SCOPES = ["read", "chat", "upload", "render", "webhooks", "keys"] as const;
export const scope = z.enum(SCOPES).meta({ id: "Scope" });
export type KeyScope = z.infer<typeof scope>;

export const key = z
  .object({
    id: plain("key"),
    name: z.string(),
    mode,
    scopes: z.array(scope),
    hint: z
      .string()
      .meta({ description: "The first characters of the key, to identify it.", example: "ngw_test_4f9a" }),
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
    expires_at: moment.nullable().default(null),
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
    expires_at: moment.nullable().optional(),
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
