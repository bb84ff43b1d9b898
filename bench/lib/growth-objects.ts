/** Direct calls of a user's or tenant's object, by the route of bench/workers/growth.js: its events, its tables, what it read. */
import * as z from "zod";
import type { NewEvent } from "../../src/core/rpc/tenant.ts";

/** What the runs of a statement did together. */
const work = z.object({ times: z.number(), read: z.number(), written: z.number() });
const byStatement = z.record(z.string(), work);
export type ByStatement = z.infer<typeof byStatement>;

/** A statement and its values. */
export type Statement = readonly [query: string, ...values: (string | number | null)[]];
const row = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
export type Row = z.infer<typeof row>;
const ran = z.object({ rows: z.array(row), bytes: z.number() });

export type MeasuredObject = {
  /** What its statements did since the last call, by statement. */
  readonly counts: () => Promise<ByStatement>;
  /** Runs statements in one transaction, outside the counts. The rows are those of the last. */
  readonly run: (...statements: readonly Statement[]) => Promise<z.infer<typeof ran>>;
  /** Ends its instance; the next call starts one that knows of no rows. */
  readonly restart: () => Promise<void>;
  /** For a tenant's object: accepts events, as from an outbox. */
  readonly accept: (events: readonly NewEvent[]) => Promise<void>;
};

async function post<T>(url: string, schema: z.ZodType<T>, body: unknown): Promise<T> {
  const answer = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return schema.parse(await answer.json());
}

export function measuredObject(url: string, kind: "user" | "tenant", name: string): MeasuredObject {
  const call = <T>(schema: z.ZodType<T>, method: string, ...given: readonly unknown[]): Promise<T> =>
    post(`${url}/bench/object`, schema, { kind, name, method, given });
  return {
    counts: () => call(byStatement, "benchCounts"),
    run: (...statements) => call(ran, "benchRun", statements),
    restart: async () => void (await call(z.null(), "benchRestart")),
    accept: async (events) => void (await call(z.null(), "accept", events)),
  };
}

/** Counts statements from now on, or no longer. */
export async function meter(url: string, isOn: boolean): Promise<void> {
  await post(`${url}/bench/meter${isOn ? "?on" : ""}`, z.null(), {});
}
