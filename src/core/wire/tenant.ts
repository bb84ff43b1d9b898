/** A tenant: an app or account of the gateway, made by the operator. */
import * as z from "zod";
import { mode, moment, plain } from "./common.ts";

/** What a key may do. */
export const SCOPES = ["read", "chat", "upload", "render", "webhooks", "keys"] as const;
export const scope = z.enum(SCOPES);
export type KeyScope = z.infer<typeof scope>;

export const tenant = z
  .object({
    id: plain("ten"),
    name: z.string(),
    state: z.enum(["active", "paused", "deleting"]),
    tier: z.enum(["small", "medium", "large"]),
    created_at: moment,
  })
  .meta({ id: "Tenant" });
export type TenantWire = z.infer<typeof tenant>;

export const newTenant = z.strictObject({
  name: z.string().trim().min(1).max(100),
  tier: z.enum(["small", "medium", "large"]).default("small"),
});

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
    revoked_at: moment.nullable(),
  })
  .meta({ id: "Key" });
export type KeyWire = z.infer<typeof key>;

export const newKey = z.strictObject({
  name: z.string().trim().min(1).max(100).default("default"),
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
