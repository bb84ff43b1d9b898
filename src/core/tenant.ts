/**
 * A tenant's settings, its deletion, its audit entries, and what its objects report about users. Only settings that
 * differ from the defaults are stored, so that a changed default applies.
 */

import type { AuditId, InviteId, KeyId, Mode, TenantId } from "./ids.ts";
import { QUOTA_DEFAULTS, RENDER_TTL_MS } from "./limits.ts";
import type { Verdict } from "./rpc/user.ts";
import { type EpochMs, SECOND_MS } from "./time.ts";
import { NO_ATTRIBUTION, NO_CAPS } from "./usage/usage.ts";
import type { AttributionWire } from "./wire/common.ts";
import { type KeyScope, SCOPES } from "./wire/key.ts";
import type { AuditAction, QuotasWire, SpendingCapsWire, TenantRemovedWire } from "./wire/tenant.ts";
import type { SpentWire } from "./wire/token.ts";
import type { UserWire } from "./wire/user.ts";

/** The stored form in D1: JSON, every field optional, changed by merging (RFC 7396). */
export type StoredSettings = {
  readonly scopes?: readonly KeyScope[];
  readonly origins?: readonly string[];
  readonly render_file_seconds?: number;
  readonly quotas?: { readonly live?: Partial<QuotasWire>; readonly test?: Partial<QuotasWire> };
  readonly spending_caps?: { readonly live?: Partial<SpendingCapsWire>; readonly test?: Partial<SpendingCapsWire> };
  readonly attribution?: Partial<AttributionWire>;
};

/** With every default filled in. */
export type TenantSettings = {
  readonly scopes: readonly KeyScope[];
  readonly origins: readonly string[];
  readonly renderFileSeconds: number;
  readonly quotas: Readonly<Record<Mode, QuotasWire>>;
  readonly spendingCaps: Readonly<Record<Mode, SpendingCapsWire>>;
  readonly attribution: AttributionWire;
};

/** The stored settings with defaults filled in. */
export const settingsOf = ({
  scopes,
  origins,
  render_file_seconds,
  quotas,
  spending_caps: caps,
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
  spendingCaps: { live: { ...NO_CAPS, ...caps?.live }, test: { ...NO_CAPS, ...caps?.test } },
});

/** Warnings for the operator when a tenant is created: live calls need a Nemo token. */
export const tenantWarnings = (given: {
  readonly nemoToken: string | null;
  readonly allowAnonymous: boolean;
}): string[] =>
  given.nemoToken !== null || given.allowAnonymous
    ? []
    : [
        "Live calls of this tenant have no Nemo token yet: set the secret NEMO_TOKEN, or let the tenant provide its own with PUT /v1/nemo_token.",
      ];

/**
 * The steps of a tenant's deletion, in order. Every step can be repeated; what it counts is counted before it is
 * deleted. Before the first step the tenant's keys are revoked and it is marked as deleting, in one transaction.
 */
export const DELETION_STEPS = [
  "endpoints", // nothing is sent or accepted any more
  "quiet", // wait until no isolate has a key of the tenant in its cache
  "count", // count what will be deleted
  "users", // every user's object deletes itself, including uploads and files
  "files", // what is left in R2
  "objects", // events, endpoints, secrets, the tenant's Nemo token
  "rows", // everything in D1 but the receipt
] as const;
export type DeletionStep = (typeof DELETION_STEPS)[number];

/** The state of a deletion. `cursor`: where its step continues; null: at the beginning. Times in ms since epoch. */
export type Deletion = {
  readonly step: DeletionStep;
  readonly cursor: string | null;
  readonly removed: TenantRemovedWire;
  readonly requestedAt: EpochMs;
  readonly completedAt: EpochMs | null;
};

export const NOTHING_REMOVED: TenantRemovedWire = {
  keys: 0,
  users: 0,
  generators: 0,
  endpoints: 0,
  hooks: 0,
  events: 0,
  deliveries: 0,
  files: 0,
  file_bytes: 0,
};

/** The deletion at the beginning of its next step. */
export function nextDeletionStep(deletion: Deletion): Deletion {
  const step = DELETION_STEPS[DELETION_STEPS.indexOf(deletion.step) + 1];
  if (step === undefined) throw new Error("the last step has no next one");
  return { ...deletion, step, cursor: null };
}

/** Who performed an action: the operator, a key, or who opened a console session with an invite. */
export type Actor = "admin" | KeyId | InviteId;

/**
 * An entry of the audit log. `at` in ms since epoch; `mode` null where both are concerned; `detail` contains no
 * secret.
 */
export type AuditEntry = {
  readonly id: AuditId;
  readonly tenant: TenantId;
  readonly mode: Mode | null;
  readonly at: EpochMs;
  readonly actor: Actor;
  readonly action: AuditAction;
  readonly target: string;
  readonly requestId: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

/**
 * What a user token is issued from: the user's sign-out count, and the time of issue, so that a retry issues the same
 * token.
 */
export type UserSession = { readonly epoch: number; readonly issuedAt: EpochMs };

/** A user as its object knows it: everything but the name, which the request contains. */
export type UserRecord = Omit<UserWire, "id">;

/** A turn that was settled after its user's deletion: what still has to be counted. */
export type SettledTurn = {
  readonly at: EpochMs;
  readonly status: Verdict["status"];
  readonly credits: SpentWire;
  readonly key: KeyId | null;
};

/** What a tenant's object deleted of a user. */
export type ErasedEvents = { readonly events: number; readonly deliveries: number };
