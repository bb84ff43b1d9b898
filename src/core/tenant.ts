/** What the operator has set for a tenant. Only that is stored: what is not set follows the defaults of the day. */
import { NO_ATTRIBUTION } from "./attribution.ts";
import type { Mode } from "./ids.ts";
import { QUOTA_DEFAULTS, RENDER_TTL_MS } from "./limits.ts";
import { SECOND_MS } from "./time.ts";
import type { AttributionWire } from "./wire/attribution.ts";
import { type KeyScope, SCOPES } from "./wire/key.ts";
import type { Quotas } from "./wire/tenant.ts";

/** As D1 holds it: JSON, every field optional, changed by merging (RFC 7396). */
export type StoredSettings = {
  readonly scopes?: readonly KeyScope[];
  readonly origins?: readonly string[];
  readonly render_file_seconds?: number;
  readonly quotas?: { readonly live?: Partial<Quotas>; readonly test?: Partial<Quotas> };
  readonly attribution?: Partial<AttributionWire>;
};

/** With every default filled in. */
export type TenantSettings = {
  readonly scopes: readonly KeyScope[];
  readonly origins: readonly string[];
  readonly renderFileSeconds: number;
  readonly quotas: Readonly<Record<Mode, Quotas>>;
  readonly attribution: AttributionWire;
};

/** What is true of a tenant with these stored settings. */
export const settingsOf = ({
  scopes,
  origins,
  render_file_seconds,
  quotas,
  attribution,
}: StoredSettings): TenantSettings => ({
  scopes: scopes ?? SCOPES,
  origins: origins ?? [],
  renderFileSeconds: render_file_seconds ?? RENDER_TTL_MS / SECOND_MS,
  attribution: { ...NO_ATTRIBUTION, ...attribution },
  quotas: {
    live: { ...QUOTA_DEFAULTS.live, ...quotas?.live },
    test: { ...QUOTA_DEFAULTS.test, ...quotas?.test },
  },
});

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
