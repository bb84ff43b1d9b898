/**
 * A tenant: an app or account of the gateway, created, configured and deleted by the operator. And its audit log.
 */
import * as z from "zod";
import { ORIGINS_PER_TENANT, RENDER_TTL_MAX_SECONDS, RENDER_TTL_MIN_SECONDS } from "../limits.ts";
import { attribution, mode, moment, plain, title } from "./common.ts";
import { scope } from "./key.ts";

/** The rate limit tiers, as bound in wrangler.toml. */
export const TIERS = ["small", "medium", "large"] as const;
const tier = z.enum(TIERS).meta({ id: "Tier" });
export type Tier = z.infer<typeof tier>;

const name = title(100);
const count = z.int().min(0);

/** The quotas of one mode of a tenant. 0 allows none. Days are UTC. */
export const quotas = z
  .object({
    concurrent_turns: count.meta({ description: "Turns queued or running at once, over all users." }),
    renders_per_day: count,
    bytes_per_day: count.meta({ description: "Bytes received in uploads and imports." }),
    new_users_per_day: count,
  })
  .meta({ id: "Quotas" });
export type QuotasWire = z.infer<typeof quotas>;

/** Quotas to set. Fields that are not sent keep their values; null resets to the default. */
const limit = count.nullable().optional();
const quotaChange = z
  .strictObject({
    concurrent_turns: limit,
    renders_per_day: limit,
    bytes_per_day: limit,
    new_users_per_day: limit,
  })
  .meta({ id: "QuotaChange" });
const quotaChanges = z.strictObject({ live: quotaChange, test: quotaChange }).partial().meta({ id: "QuotaChanges" });

/** Credits that may be spent in a calendar month (UTC), in one mode. */
const credits = z.number().min(0).max(1e12).nullable();
export const spendingCaps = z
  .object({
    tenant_soft: credits.meta({ description: "From here on `credits.cap_reached` is sent; null: never." }),
    tenant_hard: credits.meta({ description: "From here on new paid work is rejected too; null: never." }),
    user_soft: credits.meta({ description: "The same for what each named user spends." }),
    user_hard: credits,
  })
  .meta({ id: "SpendingCaps", description: "Credits in a calendar month (UTC)." });
export type SpendingCapsWire = z.infer<typeof spendingCaps>;
/** Fields that are not sent keep their values; null removes a cap. */
const capChange = spendingCaps.partial().strict().meta({ id: "SpendingCapChange" });
const capChanges = z.strictObject({ live: capChange, test: capChange }).partial().meta({ id: "SpendingCapChanges" });

/** A web origin as browsers send it: scheme, host and a non-default port. Plain http is allowed for localhost only. */
const origin = z
  .string()
  .max(200)
  .regex(/^(?!http:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(:\d{1,5})?$|^http:\/\/(localhost|127\.0\.0\.1)(:\d{1,5})?$/, {
    error: "must be an origin such as https://app.example: lower case, no path, and http for localhost only",
  });

const scopes = z.array(scope).min(1);
/** Null resets to the default. */
const fileSeconds = z.int().min(RENDER_TTL_MIN_SECONDS).max(RENDER_TTL_MAX_SECONDS).nullable();
const origins = z.array(origin).max(ORIGINS_PER_TENANT);

const tenantState = z.enum(["active", "paused", "deleting"]).meta({ id: "TenantState" });
const tenantQuotas = z.object({ live: quotas, test: quotas }).meta({ id: "TenantQuotas" });

export const tenant = z
  .object({
    id: plain("ten"),
    name: z.string(),
    state: tenantState,
    tier,
    scopes: z.array(scope).meta({ description: "The scopes that keys of this tenant can have." }),
    origins: z.array(z.string()).meta({ description: "Web origins that may send this tenant's API keys." }),
    render_file_seconds: z
      .int()
      .meta({ description: "How long a render's file is kept after the render has ended, in seconds." }),
    quotas: tenantQuotas,
    spending_caps: z.object({ live: spendingCaps, test: spendingCaps }).meta({ id: "TenantSpendingCaps" }),
    attribution: attribution.meta({ description: "Identifies the tenant's app to Nemo." }),
    created_at: moment,
  })
  .meta({ id: "Tenant" });
export type TenantWire = z.infer<typeof tenant>;

/** The response to creating a tenant. */
export const createdTenant = tenant
  .extend({ warnings: z.array(z.string()).meta({ description: "What the tenant cannot do yet, and what to set." }) })
  .meta({ id: "CreatedTenant" });

export const newTenant = z
  .strictObject({
    name,
    tier: tier.default("small"),
    scopes: scopes.optional(),
    origins: origins.optional(),
    render_file_seconds: fileSeconds.optional(),
    quotas: quotaChanges.optional(),
    spending_caps: capChanges.optional(),
    attribution: attribution.optional(),
  })
  .meta({ id: "NewTenant" });

export type NewTenant = z.infer<typeof newTenant>;

/** Fields that are not sent keep their values. */
export const tenantChange = z
  .strictObject({
    name,
    tier,
    scopes,
    origins,
    render_file_seconds: fileSeconds,
    quotas: quotaChanges,
    spending_caps: capChanges,
    attribution,
  })
  .partial()
  .meta({ id: "TenantPatch" });
export type TenantChange = z.infer<typeof tenantChange>;

const removed = z.object({
  keys: z.int(),
  users: z.int().meta({ description: "Users, including one for each call that named no user." }),
  generators: z.int(),
  endpoints: z.int(),
  hooks: z.int(),
  events: z.int(),
  deliveries: z.int(),
  files: z.int(),
  file_bytes: z.int(),
});
/** The number of deleted items of each kind. */
export type TenantRemovedWire = z.infer<typeof removed>;

export const tenantDeletion = z
  .object({
    tenant: plain("ten"),
    state: z.enum(["deleting", "deleted"]),
    step: z.string(),
    requested_at: moment,
    completed_at: moment.nullable(),
    removed,
  })
  .meta({ id: "TenantDeletion" });
export type TenantDeletionWire = z.infer<typeof tenantDeletion>;

/* The audit log of a tenant: changes by the operator and by the tenant's keys. */

/** All recorded actions. An action is never renamed or given another meaning. */
export const AUDIT_ACTIONS = [
  "tenant.created",
  "tenant.changed",
  "tenant.paused",
  "tenant.resumed",
  "tenant.deleted",
  "key.created",
  "key.rotated",
  "key.revoked",
  "invite.created",
  "invite.revoked",
  "user.signed_out",
  "user.deleted",
  "nemo_token.set",
  "nemo_token.removed",
] as const;
export const auditAction = z.enum(AUDIT_ACTIONS).meta({ id: "AuditAction" });
export type AuditAction = z.infer<typeof auditAction>;

export const auditEntry = z
  .object({
    id: plain("aud"),
    happened_at: moment,
    actor: z
      .string()
      .meta({ description: "`admin`, or the id of the key or invite that made the request.", example: "admin" }),
    action: auditAction,
    target: z.string().meta({
      description:
        "The id of the changed resource. A user is given by its hash, with which the ids of all its resources end.",
    }),
    mode: mode.nullable().meta({ description: "Null if the action applies to both modes." }),
    request_id: z.string(),
    detail: z
      .record(z.string(), z.unknown())
      .meta({ description: "The values that were set. Never contains a secret." }),
  })
  .meta({ id: "AuditEntry" });
export type AuditEntryWire = z.infer<typeof auditEntry>;
