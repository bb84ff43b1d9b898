/** What the operator has set for a tenant. Only that is stored: what is not set follows the defaults of the day. */
import type { Mode } from "./ids.ts";
import { QUOTA_DEFAULTS } from "./limits.ts";
import { type KeyScope, SCOPES } from "./wire/key.ts";
import type { QuotaChange, Quotas, TenantChange } from "./wire/tenant.ts";

/** As D1 holds it: JSON, every field optional. */
export type StoredSettings = {
  readonly scopes?: readonly KeyScope[] | undefined;
  readonly origins?: readonly string[] | undefined;
  readonly quotas?: { readonly live: Partial<Quotas>; readonly test: Partial<Quotas> } | undefined;
};

/** With every default filled in. */
export type TenantSettings = {
  readonly scopes: readonly KeyScope[];
  readonly origins: readonly string[];
  readonly quotas: Readonly<Record<Mode, Quotas>>;
};

/** What is true of a tenant with these stored settings. */
export const settingsOf = ({ scopes, origins, quotas }: StoredSettings): TenantSettings => ({
  scopes: scopes ?? SCOPES,
  origins: origins ?? [],
  quotas: {
    live: { ...QUOTA_DEFAULTS.live, ...quotas?.live },
    test: { ...QUOTA_DEFAULTS.test, ...quotas?.test },
  },
});

/** Stored settings after a change: a field that is left out stays, a quota of null goes back to its default. */
export function changeSettings(stored: StoredSettings, change: TenantChange): StoredSettings {
  const { scopes = stored.scopes, origins = stored.origins } = change;
  const live = changeQuotas(stored.quotas?.live ?? {}, change.quotas?.live ?? {});
  const test = changeQuotas(stored.quotas?.test ?? {}, change.quotas?.test ?? {});
  return { scopes, origins, quotas: { live, test } };
}

const changeQuotas = (stored: Partial<Quotas>, change: QuotaChange): Partial<Quotas> =>
  Object.fromEntries(Object.entries({ ...stored, ...change }).filter(([, value]) => typeof value === "number"));

/** What an operator should know when a tenant is made: live calls need a Nemo token from somewhere. */
export const tenantWarnings = (given: {
  readonly nemoToken: string | null;
  readonly allowAnonymous: boolean;
}): string[] =>
  given.nemoToken !== null || given.allowAnonymous
    ? []
    : [
        "Live calls of this tenant have no Nemo token yet: set the secret NEMO_TOKEN, or let the tenant bring its own with PUT /v1/nemo_token.",
      ];
