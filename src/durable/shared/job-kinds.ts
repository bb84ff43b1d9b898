/**
 * Every kind of job of every object, and after how many failures it is given up. A kind that is missing here cannot be
 * scheduled. The types of each object's job handlers are derived from these names, so none can be forgotten.
 */
import { POISON_ATTEMPTS, STORE_ATTEMPTS } from "../../core/limits.ts";
import type { ObjectKind } from "../../env.ts";

/**
 * `tries`: failures in a row after which the job is given up and its resource gets a final state. A job that was
 * started `POISON_ATTEMPTS` times without ever finishing is given up too, because it takes its instance down each time.
 * Null: giving up would break a promise or leave data behind, so the job is retried for ever with growing waits.
 */
type Job = { readonly tries: number | null };

const GIVEN_UP: Job & { readonly tries: number } = { tries: POISON_ATTEMPTS };
/** Needs R2 only, and giving up loses a caller's file. */
const GIVEN_UP_LATE: Job & { readonly tries: number } = { tries: STORE_ATTEMPTS };
const NEVER_GIVEN_UP: Job & { readonly tries: null } = { tries: null };

export const JOBS = {
  user: {
    turn: GIVEN_UP,
    render: GIVEN_UP,
    attach: GIVEN_UP,
    suggested_render: GIVEN_UP,
    video: GIVEN_UP,
    generator_job: GIVEN_UP,
    batch: GIVEN_UP,
    file_expiry: NEVER_GIVEN_UP,
    delete: NEVER_GIVEN_UP,
    cleanup: NEVER_GIVEN_UP,
    retention: NEVER_GIVEN_UP,
    outbox: NEVER_GIVEN_UP,
    register: NEVER_GIVEN_UP,
    audit: NEVER_GIVEN_UP,
    token_warning: NEVER_GIVEN_UP,
    token_status: NEVER_GIVEN_UP,
    delete_user: NEVER_GIVEN_UP,
    purge: NEVER_GIVEN_UP,
  },
  tenant: {
    deliver: NEVER_GIVEN_UP,
    recover: GIVEN_UP,
    target_disabled: NEVER_GIVEN_UP,
    cap_reached: NEVER_GIVEN_UP,
    cleanup: NEVER_GIVEN_UP,
  },
  upload: {
    check_write: GIVEN_UP_LATE,
    asset: GIVEN_UP_LATE,
    import: GIVEN_UP,
    expire: NEVER_GIVEN_UP,
    delete: NEVER_GIVEN_UP,
    publish: NEVER_GIVEN_UP,
    outbox: NEVER_GIVEN_UP,
  },
  token: {
    outbox: NEVER_GIVEN_UP,
    audit: NEVER_GIVEN_UP,
    token_warning: NEVER_GIVEN_UP,
    token_status: NEVER_GIVEN_UP,
  },
} as const satisfies Record<ObjectKind, Readonly<Record<string, Job>>>;

/** The job kinds of one object, or of all. */
export type JobKind<Of extends ObjectKind = ObjectKind> = Of extends ObjectKind
  ? keyof (typeof JOBS)[Of] & string
  : never;

/** The job kinds of one object that can be given up. */
export type GivenUpKind<Of extends ObjectKind> = {
  [Kind in JobKind<Of>]: (typeof JOBS)[Of][Kind] extends { readonly tries: null } ? never : Kind;
}[JobKind<Of>];

/** Failures in a row after which a job is given up. Null for never, and for a kind that is not in the table. */
export function maxFailures(of: ObjectKind, kind: string): number | null {
  const jobs: Readonly<Record<string, Job>> = JOBS[of];
  return jobs[kind]?.tries ?? null;
}
