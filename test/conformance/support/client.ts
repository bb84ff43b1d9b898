/** A client of the gateway: requests over HTTP, responses checked against the public schemas. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject } from "vitest";
import * as z from "zod";
import { ERRORS, type ErrorCode } from "../../../src/core/errors.ts";
import { HOUR_MS } from "../../../src/core/time.ts";
import { type ProblemWire, problemBody } from "../../../src/core/wire/common.ts";
import { type KeyScope, type ShownKeyWire, shownKey } from "../../../src/core/wire/key.ts";
import { type ProjectWire, project } from "../../../src/core/wire/project.ts";
import { type TenantWire, tenant } from "../../../src/core/wire/tenant.ts";
import { type TurnWire, turn } from "../../../src/core/wire/turn.ts";
import type { Served } from "./served.ts";

/** The gateway that requests go to: the one of all files, or one of this file's own (`serveAlone` in nemo.ts). */
export const served: Served = { ...inject("served") };

export type Ask = {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent unchanged. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
};

/** Sends one request. A path may also be a whole URL of the gateway. */
export function request(method: string, path: string, ask: Ask = {}): Promise<Response> {
  const json: Record<string, string> = ask.json === undefined ? {} : { "content-type": "application/json" };
  return fetch(new URL(path, served.url), {
    method,
    headers: { ...json, ...ask.headers },
    body: ask.body ?? (ask.json === undefined ? null : JSON.stringify(ask.json)),
    signal: ask.signal ?? null,
  });
}

/** A response's JSON, checked by a schema; throws if its status differs. */
export async function shown<T>(answer: Response | Promise<Response>, schema: z.ZodType<T>, status = 200): Promise<T> {
  const { status: got, text } = await read(answer);
  if (got !== status) throw new Error(`expected ${status}, got ${got}: ${text}`);
  return schema.parse(JSON.parse(text));
}

async function read(answer: Response | Promise<Response>): Promise<{ status: number; text: string }> {
  const response = await answer;
  return { status: response.status, text: await response.text() };
}

/** Checks an error response for everything that §3.1 promises. */
export async function problem(answer: Response | Promise<Response>, code: ErrorCode): Promise<ProblemWire> {
  const response = await answer;
  const text = await response.text();
  if (response.headers.get("content-type") !== "application/problem+json")
    throw new Error(`expected ${code}, got ${response.status}: ${text}`);
  const rejected = problemBody.parse(JSON.parse(text));
  expect(rejected.code, text).toBe(code);
  expect({ status: rejected.status, retryable: rejected.retryable }).toEqual({
    status: ERRORS[code].status,
    retryable: ERRORS[code].retryable,
  });
  expect(response.status).toBe(rejected.status);
  expect(rejected.request_id).toBe(response.headers.get("request-id"));
  expect(rejected.title.length).toBeLessThanOrEqual(60);
  expect(rejected.detail).not.toBe("");
  return rejected;
}

const admin = () => ({ authorization: `Bearer ${served.adminToken}` });

export const newTenant = (name = "acme"): Promise<TenantWire> =>
  shown(request("POST", "/admin/tenants", { json: { name }, headers: admin() }), tenant, 201);

export const newKey = (
  owner: string,
  wanted: { mode?: "live" | "test"; scopes?: KeyScope[]; expires_at?: string } = {},
): Promise<ShownKeyWire> =>
  shown(request("POST", `/admin/tenants/${owner}/keys`, { json: wanted, headers: admin() }), shownKey, 201);

export const revokeKey = (id: string): Promise<Response> =>
  request("POST", `/admin/keys/${id}/revoke`, { headers: admin() });

/** A client with a key, acting for a user or for none. */
export class Member {
  readonly tenant: TenantWire;
  readonly key: ShownKeyWire;
  readonly user: string | null;

  constructor(owner: TenantWire, key: ShownKeyWire, user: string | null) {
    this.tenant = owner;
    this.key = key;
    this.user = user;
  }

  /** The same key for another user. */
  as(user: string | null): Member {
    return new Member(this.tenant, this.key, user);
  }

  get headers(): Record<string, string> {
    const named: Record<string, string> = this.user === null ? {} : { "x-user-id": this.user };
    return { authorization: `Bearer ${this.key.secret}`, ...named };
  }

  ask(method: string, path: string, ask: Ask = {}): Promise<Response> {
    return request(method, path, { ...ask, headers: { ...this.headers, ...ask.headers } });
  }

  get<T>(path: string, schema: z.ZodType<T>, headers: Record<string, string> = {}): Promise<T> {
    return shown(this.ask("GET", path, { headers }), schema);
  }

  /** A POST; the caller checks its status. */
  post(path: string, json: unknown = {}, headers: Record<string, string> = {}): Promise<Response> {
    return this.ask("POST", path, { json, headers });
  }

  newProject(json: unknown = {}): Promise<ProjectWire> {
    return shown(this.post("/v1/projects", json), project, 201);
  }

  /** Starts a turn and returns at once. */
  say(projectId: string, prompt: string, headers: Record<string, string> = {}): Promise<TurnWire> {
    return shown(this.post(`/v1/projects/${projectId}/turns`, { prompt }, headers), turn, 202);
  }

  /** Starts a turn and waits for its end. */
  async said(projectId: string, prompt: string): Promise<TurnWire> {
    return this.endOf((await this.say(projectId, prompt)).id);
  }

  /** The stream of a turn's events after a cursor; `turn` is its path. 204 if there are no more. */
  events(turn: string, after = 0): Promise<Response> {
    return this.ask("GET", `${turn}/events`, {
      headers: { accept: "text/event-stream", "last-event-id": String(after) },
    });
  }

  readTurn(id: string): Promise<TurnWire> {
    return this.get(`/v1/turns/${id}`, turn);
  }

  endOf(id: string): Promise<TurnWire> {
    return until(
      () => this.readTurn(id),
      (got) => got.ended_at !== null,
    );
  }

  /** Waits until a turn was sent to Nemo. */
  running(id: string): Promise<TurnWire> {
    return until(
      () => this.readTurn(id),
      (got) => got.status === "running" && got.sent_at !== null,
    );
  }
}

/** A client of a new tenant, with a key that has every scope. */
export async function newMember(user: string | null = "ada", mode: "live" | "test" = "test"): Promise<Member> {
  const owner = await newTenant();
  return new Member(owner, await newKey(owner.id, { mode }), user);
}

/** Ends a wait for what never comes, before the test's own timeout, which does not say what was there instead. */
const HANGS_MS = 240_000;

/** Polls until `isOver`. */
export async function until<T>(ask: () => Promise<T>, isOver: (got: T) => boolean, ms = HANGS_MS): Promise<T> {
  for (const end = Date.now() + ms; ; await sleep(50)) {
    const got = await ask();
    if (isOver(got)) return got;
    if (Date.now() > end) throw new Error(`not over after ${ms / 1_000} s: ${JSON.stringify(got)}`);
  }
}

/**
 * The minimum of up to three measurements of a time; returns at once when one is under `bound`. A pause of the machine lengthens
 * some measurements; what is really too slow is slow in each.
 */
export async function leastOf(read: () => Promise<number>, bound: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let reading = 0; reading < 3 && least >= bound; reading++) least = Math.min(least, await read());
  return least;
}

/** Longer than what is compared over the end of an hour takes. */
const HOUR_MARGIN_MS = 60_000;

/**
 * Waits for the next hour if this one is about to end: download links are renewed with the hour, and usage and quotas count by
 * days, so two readings before and after it differ.
 */
export async function awayFromHourEnd(): Promise<void> {
  const left = HOUR_MS - (Date.now() % HOUR_MS);
  if (left < HOUR_MARGIN_MS) await sleep(left);
}

/** Milliseconds of an RFC 3339 time. */
export const at = (moment: string | null): number => {
  if (moment === null) throw new Error("this has not happened");
  return Date.parse(moment);
};

const page = z.object({
  data: z.array(z.looseObject({ id: z.string() })),
  has_more: z.boolean(),
  next_cursor: z.string().nullable(),
});

/** The ids of a whole list, read in pages of `limit`. */
export async function idsOf(member: Member, path: string, limit: number): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = null; ; ) {
    const got: z.infer<typeof page> = await member.get(
      `${path}?limit=${limit}${after === null ? "" : `&after=${after}`}`,
      page,
    );
    expect(got.data.length).toBeLessThanOrEqual(limit);
    expect(got.has_more).toBe(got.next_cursor !== null);
    ids.push(...got.data.map(({ id }) => id));
    if (got.next_cursor === null) return ids;
    after = got.next_cursor;
  }
}
