/** The end of a tenant, step by step. Every step may be done again: what it counts it counts before it is gone. */
import type { EpochMs } from "./time.ts";
import type { TenantRemovedWire } from "./wire/deletion.ts";

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
