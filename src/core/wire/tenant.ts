/** A tenant: an app or account of the gateway, made by the operator, and what the operator sets for it. */
import * as z from "zod";
import { ORIGINS_PER_TENANT, RENDER_TTL_MAX_SECONDS, RENDER_TTL_MIN_SECONDS } from "../limits.ts";
import { attribution } from "./attribution.ts";
import { moment, plain, title } from "./common.ts";
import { scope } from "./key.ts";

/** The flood gate's tiers, as wrangler.toml binds them. */
export const TIERS = ["small", "medium", "large"] as const;
const tier = z.enum(TIERS);
export type Tier = z.infer<typeof tier>;

const name = title(100);
const count = z.int().min(0);

/** What one mode of a tenant may use. 0 allows none. Days are UTC. */
export const quotas = z.object({
  concurrent_turns: count.meta({ description: "Turns that wait or run at once, over all users." }),
  renders_per_day: count,
  bytes_per_day: count.meta({ description: "Bytes taken in: uploads and imports." }),
  new_users_per_day: count,
});
export type Quotas = z.infer<typeof quotas>;

/** Quotas to set: a field that is left out stays as it is, null returns it to the default. */
const limit = count.nullable().optional();
const quotaChange = z.strictObject({
  concurrent_turns: limit,
  renders_per_day: limit,
  bytes_per_day: limit,
  new_users_per_day: limit,
});
const quotaChanges = z.strictObject({ live: quotaChange, test: quotaChange }).partial();

/** A web origin as browsers send it: scheme, host, port where it is not the usual one. Plain http is for a developer's own machine. */
const origin = z
  .string()
  .max(200)
  .regex(/^(?!http:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(:\d{1,5})?$|^http:\/\/(localhost|127\.0\.0\.1)(:\d{1,5})?$/, {
    error: "must be an origin such as https://app.example: lower case, no path, and http for localhost only",
  });

const scopes = z.array(scope).min(1);
/** null returns it to the default. */
const fileSeconds = z.int().min(RENDER_TTL_MIN_SECONDS).max(RENDER_TTL_MAX_SECONDS).nullable();
const origins = z.array(origin).max(ORIGINS_PER_TENANT);

export const tenant = z
  .object({
    id: plain("ten"),
    name: z.string(),
    state: z.enum(["active", "paused", "deleting"]),
    tier,
    scopes: z.array(scope).meta({ description: "What keys of this tenant may do at most." }),
    origins: z.array(z.string()).meta({ description: "Web pages that may call with this tenant's credentials." }),
    render_file_seconds: z
      .int()
      .meta({ description: "How long a finished render's file is kept, counted from its end." }),
    quotas: z.object({ live: quotas, test: quotas }),
    attribution: attribution.meta({ description: "What Nemo is told about who calls, as far as it is set." }),
    created_at: moment,
  })
  .meta({ id: "Tenant" });
export type TenantWire = z.infer<typeof tenant>;

export const newTenant = z.strictObject({
  name,
  tier: tier.default("small"),
  scopes: scopes.optional(),
  origins: origins.optional(),
  render_file_seconds: fileSeconds.optional(),
  quotas: quotaChanges.optional(),
  attribution: attribution.optional(),
});

export type NewTenant = z.infer<typeof newTenant>;

/** A field that is left out stays as it is. */
export const tenantChange = z
  .strictObject({ name, tier, scopes, origins, render_file_seconds: fileSeconds, quotas: quotaChanges, attribution })
  .partial();
export type TenantChange = z.infer<typeof tenantChange>;
