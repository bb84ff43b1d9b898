/**
 * Every kind of job that an object may owe, and when one that keeps failing is given up. A kind that is not here cannot be
 * owed, and each object's tables of what performs and what gives up are made from these names, so none can be forgotten.
 */
import { POISON_ATTEMPTS, STORE_ATTEMPTS } from "../../core/limits.ts";
import type { ObjectKind } from "../../env.ts";

/**
 * `tries`: after so many failures in a row what the job belongs to is given an end. The same follows when it was begun
 * `POISON_ATTEMPTS` times and never ended, because it takes its instance down each time. Null: giving it up would break a
 * promise or leave something behind, so it is tried for ever, at growing distances.
 */
type Job = { readonly tries: number | null };

const GIVEN_UP: Job & { readonly tries: number } = { tries: POISON_ATTEMPTS };
/** It needs R2 alone, and what is lost with it is a caller's file. */
const GIVEN_UP_LATE: Job & { readonly tries: number } = { tries: STORE_ATTEMPTS };
const NEVER_GIVEN_UP: Job & { readonly tries: null } = { tries: null };

export const JOBS = {
  user: {
    turn: GIVEN_UP,
    render: GIVEN_UP,
    attach: GIVEN_UP,
    act: GIVEN_UP,
    video: GIVEN_UP,
    generator_job: GIVEN_UP,
    batch: GIVEN_UP,
    file: NEVER_GIVEN_UP,
    remove: NEVER_GIVEN_UP,
    tidy: NEVER_GIVEN_UP,
    aged: NEVER_GIVEN_UP,
    outbox: NEVER_GIVEN_UP,
    register: NEVER_GIVEN_UP,
    audit: NEVER_GIVEN_UP,
    token_warning: NEVER_GIVEN_UP,
    token_standing: NEVER_GIVEN_UP,
    erase: NEVER_GIVEN_UP,
    forget: NEVER_GIVEN_UP,
  },
  tenant: {
    deliver: NEVER_GIVEN_UP,
    recover: GIVEN_UP,
    disabled: NEVER_GIVEN_UP,
    tidy: NEVER_GIVEN_UP,
  },
  upload: {
    look: GIVEN_UP_LATE,
    asset: GIVEN_UP_LATE,
    import: GIVEN_UP,
    expire: NEVER_GIVEN_UP,
    remove: NEVER_GIVEN_UP,
    tell: NEVER_GIVEN_UP,
    outbox: NEVER_GIVEN_UP,
  },
  token: {
    outbox: NEVER_GIVEN_UP,
    audit: NEVER_GIVEN_UP,
    token_warning: NEVER_GIVEN_UP,
    token_standing: NEVER_GIVEN_UP,
  },
} as const satisfies Record<ObjectKind, Readonly<Record<string, Job>>>;

/** The kinds of one object's jobs, or of all. */
export type JobKind<Of extends ObjectKind = ObjectKind> = Of extends ObjectKind
  ? keyof (typeof JOBS)[Of] & string
  : never;

/** Those of an object that are given up. */
export type GivenUpKind<Of extends ObjectKind> = {
  [Kind in JobKind<Of>]: (typeof JOBS)[Of][Kind] extends { readonly tries: null } ? never : Kind;
}[JobKind<Of>];

/** Failures in a row after which a job is given up; null for never, and for a kind that only an earlier version knew. */
export function triesOf(of: ObjectKind, kind: string): number | null {
  const jobs: Readonly<Record<string, Job>> = JOBS[of];
  return jobs[kind]?.tries ?? null;
}
