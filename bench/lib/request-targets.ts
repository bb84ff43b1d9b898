/** The requests that are measured, and what each is measured beside. */
import type { Ask } from "./open-stream.ts";

export type RequestTarget = {
  readonly name: string;
  readonly at: "plain" | "peers" | "gateway";
  readonly path: string;
  /** The row it is compared with, and the least share of its requests that is wanted; null where nothing is promised. */
  readonly beside: { readonly name: string; readonly goal: number | null } | null;
};

/** Of the bare platform's requests, what the gateway's house rules may leave. Chosen. */
const GOAL = 0.6;

/** One of the built-in generators: a route behind a key that asks no object and, with the key known, no database. */
const BUILT_IN = "/v1/generators/free-generation-maker";
const HELLO = "Hono: hello";
const ONE = "bare Worker, one object";
const TWO = "bare Worker, two objects";

/** Each right after what it is compared with, so that both meet the same moment of the machine. */
export const REQUEST_TARGETS: readonly RequestTarget[] = [
  { name: "Node: hello (the load's own limit)", at: "plain", path: "/", beside: null },
  { name: HELLO, at: "peers", path: "/hello", beside: null },
  { name: "GET /v1/generators/… (no object)", at: "gateway", path: BUILT_IN, beside: { name: HELLO, goal: GOAL } },
  { name: "GET /openapi.json (no key)", at: "gateway", path: "/openapi.json", beside: { name: HELLO, goal: null } },
  { name: ONE, at: "peers", path: "/one", beside: null },
  { name: "GET /v1/projects (one object)", at: "gateway", path: "/v1/projects", beside: { name: ONE, goal: GOAL } },
  { name: TWO, at: "peers", path: "/two", beside: null },
  { name: "GET /v1/me (two objects)", at: "gateway", path: "/v1/me", beside: { name: TWO, goal: GOAL } },
];

/** The request of a target, on the server that answers it. */
export const askOf = ({ at, path }: RequestTarget, url: string, key: string): Omit<Ask, "body"> => ({
  url: `${url}${path}`,
  headers: at === "gateway" ? { authorization: `Bearer ${key}`, "x-user-id": "bench0" } : {},
});
