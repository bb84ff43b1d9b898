/** The table of an object's jobs: what runs each kind, and what a job that is given up does to its resource. */
import type { ObjectKind } from "../../env.ts";
import type { GivenUpKind, JobKind } from "./job-kinds.ts";
import type { JobHandler } from "./jobs.ts";

/** Methods, so that a handler may name the type of the key that its kind is scheduled with. */
type Running<Services> = {
  /** Must reschedule or complete the job; a throw means "retry later". `attempt` counts from 1. */
  run(services: Services, key: string, attempt: number): unknown;
};
type GivingUp<Services> = {
  /** Gives the job's resource a final state. */
  giveUp(services: Services, key: string): void;
};

/** Every kind of one object. A kind that can be given up says what happens then. `Rules`: what the object adds. */
export type JobTable<Of extends ObjectKind, Services, Rules = unknown> = {
  readonly [Kind in JobKind<Of>]: Running<Services> &
    Rules &
    (Kind extends GivenUpKind<Of> ? GivingUp<Services> : { readonly giveUp?: never });
};
/** The jobs of a table, whatever the kind. */
export type AnyJob<Services, Rules = unknown> = Running<Services> & Partial<GivingUp<Services>> & Rules;

/** Finds the job of a kind. Throws for a kind of another version, so that it is retried. */
export function jobOf<Services, Rules>(
  table: Readonly<Record<string, AnyJob<Services, Rules>>>,
  kind: string,
): AnyJob<Services, Rules> {
  const job = Object.hasOwn(table, kind) ? table[kind] : undefined;
  if (job === undefined) throw new Error(`no handler for jobs of kind ${kind}`);
  return job;
}

/** The handler that runs a table's jobs. `services` is called when a job runs: the scheduler is created before them. */
export const handlerOf = <Services>(
  table: Readonly<Record<string, AnyJob<Services>>>,
  services: () => Services,
): JobHandler => ({
  perform: async ({ kind, key, attempts }) => {
    await jobOf(table, kind).run(services(), key, attempts);
  },
  giveUp: ({ kind, key }) => jobOf(table, kind).giveUp?.(services(), key),
});
