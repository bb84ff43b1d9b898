/**
 * A story of the torture run: the requests of one tenant, by a client that retries what was not answered with the same
 * Idempotency-Key and the same body.
 */
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { type Api, type Call, ResponseError } from "../api.ts";

/** Timeout of a step, restarts of the gateway included. */
const STEP_MS = 120_000;
/** Polling interval. */
const POLL_MS = 150;

/** The tenant of one run, with the operator's client. */
export type Customer = {
  readonly api: Api;
  readonly admin: Api;
  readonly tenant: string;
  readonly endpoint: string;
  /** The run's unique name: part of every prompt, so that it can be found in the request log, and of every Idempotency-Key. */
  readonly run: string;
};

/** The expected result of a story. */
export type Expected = {
  /** Prompts that Nemo must have received exactly once. */
  readonly prompts: readonly string[];
  /** How many exports Nemo must have received, each once. */
  readonly renders: { readonly least: number; readonly most: number };
  /**
   * The tenant's events, as `type resource-id`, except those about timelines and credits. Null: the tenant no longer exists.
   */
  readonly eventNames: readonly string[] | null;
  /** A user was deleted: its events are gone, and its usage stays counted. */
  readonly erased?: true;
};

export type Story = {
  /** The time scale, if it is not the default. */
  readonly timeScale?: number;
  readonly perform: (customer: Customer) => Promise<Expected>;
};

export const made = z.object({ id: z.string() });
export const ended = z.object({ id: z.string(), status: z.string(), ended_at: z.string().nullable() });
export type Ended = z.infer<typeof ended>;

/** The user of all requests, unless a story names another. */
export const USER = { "x-user-id": "tortured" } as const;

/** Retries a call that failed to connect or got a retryable error; returns or throws any other result. */
export async function withRetries<T>(ask: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + STEP_MS; ; await sleep(POLL_MS)) {
    try {
      return await ask();
    } catch (error) {
      const passing = !(error instanceof ResponseError) || error.status >= 500 || error.status === 429;
      if (!passing || Date.now() > until) throw error;
    }
  }
}

/** Polls until the result is final. */
export async function until<T>(ask: () => Promise<T>, isOver: (got: T) => boolean, timeoutMs = STEP_MS): Promise<T> {
  let last: unknown = null;
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(POLL_MS)) {
    const got = await withRetries(ask);
    if (isOver(got)) return got;
    last = got;
  }
  throw new Error(`not over in time: ${JSON.stringify(last)}`);
}

/** Creates a resource under an Idempotency-Key of this run; returns its id. */
export async function make({ api, run }: Customer, path: string, key: string, json: unknown): Promise<string> {
  const call: Call = { method: "POST", json, headers: { "idempotency-key": `${run}-${key}`, ...USER } };
  return (await withRetries(() => api.get(path, made, call))).id;
}

/** Waits for the end of a resource. */
export const endOf = ({ api }: Customer, path: string, timeoutMs?: number): Promise<Ended> =>
  until(
    () => api.get(path, ended),
    (got) => got.ended_at !== null,
    timeoutMs,
  );

/** Throws unless it ended as expected. */
export function mustBe<T extends Pick<Ended, "id" | "status">>(status: string, got: T): T {
  if (got.status === status) return got;
  throw new Error(`${got.id} ended as ${got.status}: ${JSON.stringify(got)}`);
}

/** Deletes it; a resource that is gone already counts as deleted. */
export async function remove({ api }: Customer, path: string, headers: Record<string, string> = USER): Promise<void> {
  await withRetries(async () => {
    try {
      await api.send(path, { method: "DELETE", headers });
    } catch (error) {
      if (!(error instanceof ResponseError && error.status === 404)) throw error;
    }
  });
}

/** A prompt that is unique to this run. */
export const promptOf = ({ run }: Customer, words: string): string => `${words} (${run})`;
