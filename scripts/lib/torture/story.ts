/**
 * What a story of the torture is: one customer's job, told by a client that repeats what was not answered, as a phone or a
 * no-code tool would: the same Idempotency-Key, the same body, until there is an answer.
 */
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { type Api, type Call, RefusedError } from "../api.ts";

/** How long a step may take, restarts of the gateway in the middle included. */
const STEP_MS = 120_000;
/** From one look to the next. */
const LOOK_EVERY_MS = 150;

/** Whose job it is: a tenant of its own for each run, with the operator behind it. */
export type Customer = {
  readonly api: Api;
  readonly admin: Api;
  readonly tenant: string;
  readonly endpoint: string;
  /** This run's own name: part of every prompt, so that the ledger can be asked, and of every Idempotency-Key. */
  readonly run: string;
};

/** What must be true when a story is over. */
export type Told = {
  /** Messages that Nemo must have got exactly once. */
  readonly prompts: readonly string[];
  /** How many exports Nemo must have been given, each once. */
  readonly renders: { readonly least: number; readonly most: number };
  /**
   * Exactly the facts of the tenant, as `type resource-id`, but for those that are told by the way. Null: nobody can be
   * asked any more.
   */
  readonly facts: readonly string[] | null;
  /** A user was erased: its facts are gone, and what it used stays counted. */
  readonly erased?: true;
};

export type Story = {
  /** By how much its waits are divided, where that is not the usual. */
  readonly timeScale?: number;
  readonly tell: (customer: Customer) => Promise<Told>;
};

export const made = z.object({ id: z.string() });
export const ended = z.object({ id: z.string(), status: z.string(), ended_at: z.string().nullable() });
export type Ended = z.infer<typeof ended>;

/** Everybody here is this user, unless a story says otherwise. */
export const USER = { "x-user-id": "tortured" } as const;

/** Repeats a call that found nobody home, or was told to come back; anything else is an answer. */
export async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + STEP_MS; ; await sleep(LOOK_EVERY_MS)) {
    try {
      return await ask();
    } catch (error) {
      const passing = !(error instanceof RefusedError) || error.status >= 500 || error.status === 429;
      if (!passing || Date.now() > until) throw error;
    }
  }
}

/** Asks until it is over. */
export async function until<T>(ask: () => Promise<T>, isOver: (got: T) => boolean, timeoutMs = STEP_MS): Promise<T> {
  let last: unknown = null;
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(LOOK_EVERY_MS)) {
    const got = await insist(ask);
    if (isOver(got)) return got;
    last = got;
  }
  throw new Error(`not over in time: ${JSON.stringify(last)}`);
}

/** Makes something under a key of this run: however often it is asked for, one is made. Answers with its id. */
export async function make({ api, run }: Customer, path: string, key: string, json: unknown): Promise<string> {
  const call: Call = { method: "POST", json, headers: { "idempotency-key": `${run}-${key}`, ...USER } };
  return (await insist(() => api.get(path, made, call))).id;
}

/** The resource at its end. */
export const endOf = ({ api }: Customer, path: string, timeoutMs?: number): Promise<Ended> =>
  until(
    () => api.get(path, ended),
    (got) => got.ended_at !== null,
    timeoutMs,
  );

/** Throws unless it ended as it should. */
export function mustBe(status: string, got: Ended): Ended {
  if (got.status === status) return got;
  throw new Error(`${got.id} ended as ${got.status}: ${JSON.stringify(got)}`);
}

/** Removes it; that it is gone already is what was wanted. */
export async function remove({ api }: Customer, path: string, headers: Record<string, string> = USER): Promise<void> {
  await insist(async () => {
    try {
      await api.send(path, { method: "DELETE", headers });
    } catch (error) {
      if (!(error instanceof RefusedError && error.status === 404)) throw error;
    }
  });
}

/** A prompt that no other run uses. */
export const promptOf = ({ run }: Customer, words: string): string => `${words} (${run})`;
