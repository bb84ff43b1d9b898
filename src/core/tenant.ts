/** What the operator has set for a tenant. Only that is stored: what is not set follows the defaults of the day. */

import type { AuditId, KeyId, Mode, TenantId } from "./ids.ts";
import { QUOTA_DEFAULTS, RENDER_TTL_MS } from "./limits.ts";
import type { Verdict } from "./rpc/user.ts";
import { type EpochMs, SECOND_MS } from "./time.ts";
import { NO_ATTRIBUTION } from "./usage.ts";
import type { AttributionWire } from "./wire/attribution.ts";
import type { AuditAction } from "./wire/audit.ts";
import type { TenantRemovedWire } from "./wire/deletion.ts";
import { type KeyScope, SCOPES } from "./wire/key.ts";
import type { Quotas } from "./wire/tenant.ts";
import type { SpentWire } from "./wire/token.ts";
import type { UserWire } from "./wire/user.ts";

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

/* The end of a tenant, step by step. Every step may be done again: what it counts it counts before it is gone. */

/** Before the first step the tenant's keys are revoked and it is marked as going, in one transaction. */
export const DELETION_STEPS = [
  "endpoints", // nothing is sent any more, nothing late is taken in
  "quiet", // wait until no isolate remembers a key of the tenant
  "count", // how much there is of what is about to go
  "users", // every user's object erases itself, uploads and files included
  "files", // what is left in the store
  "objects", // events, endpoints, secrets, the tenant's Nemo token
  "rows", // everything in D1; the receipt stays
] as const;
export type DeletionStep = (typeof DELETION_STEPS)[number];

/** A deletion as it stands. `cursor`: where its step goes on; null: at the beginning. Moments in ms since epoch. */
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

/** The same deletion at the beginning of its next step. */
export function nextStep(deletion: Deletion): Deletion {
  const step = DELETION_STEPS[DELETION_STEPS.indexOf(deletion.step) + 1];
  if (step === undefined) throw new Error("the last step has no next one");
  return { ...deletion, step, cursor: null };
}

/* An entry of the audit log, as whoever acts writes it down. */

/** Who acts: the operator, or a key. */
export type Actor = "admin" | KeyId;

/** An entry to write. `at` in ms since epoch; `mode` null where both are concerned; `detail` holds no secret. */
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

/* What objects know of a user beyond what was made in its name. */

/** What a user token is made from: how often the user was signed out, and the moment that a repeat makes it with again. */
export type Session = { readonly epoch: number; readonly issuedAt: EpochMs };

/** A user as its object knows it: everything but the name, which the caller brings. */
export type UserRecord = Omit<UserWire, "id">;

/** A turn that was settled after its user's deletion: what is left to be counted of it. */
export type SettledTurn = {
  readonly at: EpochMs;
  readonly status: Verdict["status"];
  readonly credits: SpentWire;
  readonly key: KeyId | null;
};

/** How much a tenant's object let go of with a user. */
export type ErasedEvents = { readonly events: number; readonly deliveries: number };
