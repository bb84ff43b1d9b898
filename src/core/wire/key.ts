/** API keys as their owner sees them: everything but the secret, which is shown once. */
import * as z from "zod";
import { KEY_GRACE_MAX_SECONDS } from "../limits.ts";
import { mode, moment, plain, title } from "./common.ts";

/** What a key may do. */
export const SCOPES = ["read", "chat", "upload", "render", "webhooks", "keys"] as const;
export const scope = z.enum(SCOPES);
export type KeyScope = z.infer<typeof scope>;

export const key = z
  .object({
    id: plain("key"),
    name: z.string(),
    mode,
    scopes: z.array(scope),
    hint: z
      .string()
      .meta({ description: "The first characters of the key, to recognise it by.", example: "ngw_test_4f9a" }),
    created_at: moment,
    expires_at: moment.nullable(),
    last_used_on: z.iso.date().nullable().meta({ description: "The last day (UTC) on which it opened something." }),
    rotated_at: moment
      .nullable()
      .meta({ description: "When a successor was made; `revoked_at` then says when this one closes." }),
    replaces: plain("key").nullable().meta({ description: "The key that this one was made to follow." }),
    revoked_at: moment
      .nullable()
      .meta({ description: "From when on it is refused; lies ahead in a rotation's grace." }),
  })
  .meta({ id: "Key" });
export type KeyWire = z.infer<typeof key>;

const name = title(100);

/** A key as the operator orders it. */
export const newKey = z.strictObject({
  name: name.default("default"),
  mode: mode.default("test"),
  scopes: z
    .array(scope)
    .min(1)
    .default([...SCOPES]),
  expires_at: moment.nullable().default(null),
});

/** A key with its secret: shown once, at creation. */
export const shownKey = key.extend({ secret: z.string().meta({ example: "ngw_test_…" }) }).meta({ id: "ShownKey" });
export type ShownKeyWire = z.infer<typeof shownKey>;

/** What making or rotating a key answers: a repeat of the same Idempotency-Key says that the secret was shown instead of showing it. */
export const createdKey = key
  .extend({
    secret: z.string().optional().meta({ example: "ngw_test_…" }),
    secret_shown_once: z.literal(true).optional(),
  })
  .meta({ id: "CreatedKey" });
export type CreatedKeyWire = z.infer<typeof createdKey>;

/** A key as another key orders it: what is left out is as the asking key has it. */
export const newOwnKey = z.strictObject({
  name: name.default("default"),
  mode: mode.optional(),
  scopes: z.array(scope).min(1).optional(),
  expires_at: moment.nullable().optional(),
});
export type NewOwnKey = z.infer<typeof newOwnKey>;

export const rotation = z.strictObject({
  grace_seconds: z.int().min(0).max(KEY_GRACE_MAX_SECONDS).meta({
    description: "How long the old key still answers beside the new one. 0 closes it at once.",
    example: 3600,
  }),
});
