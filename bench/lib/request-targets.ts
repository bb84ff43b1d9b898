/** The measured requests, and the comparison of each. */
import type { Ask } from "./open-stream.ts";

export type RequestTarget = {
  readonly name: string;
  readonly at: "plain" | "peers" | "gateway" | "before";
  readonly path: string;
  /** The row that it is compared with, and the goal as a share of that row's requests; null without a goal. */
  readonly beside: { readonly name: string; readonly goal: number | null } | null;
};

/** The goal: the share of the bare platform's requests that the gateway's middleware leaves. Chosen. */
const GOAL = 0.7;

/** A built-in generator: a route with a key that calls no object and, with the key cached, no database. */
const BUILT_IN = "/v1/generators/free-generation-maker";
const HELLO = "Hono: hello";
const ONE = "bare Worker, one object";
const TWO = "bare Worker, two objects";

/** Each follows its comparison, so that both run under the same conditions. */
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

/** All requests, those to the gateway also sent to one of another checkout and compared with it. */
export const TARGETS_WITH_BEFORE: readonly RequestTarget[] = REQUEST_TARGETS.flatMap((target) => {
  if (target.at !== "gateway") return [target];
  const { name, path } = target;
  return [target, { name: `before: ${name}`, at: "before", path, beside: { name, goal: null } }];
});

/** The request of a target, on the server that answers it. */
export const askOf = ({ at, path }: RequestTarget, url: string, key: string): Omit<Ask, "body"> => ({
  url: `${url}${path}`,
  headers: at === "gateway" || at === "before" ? { authorization: `Bearer ${key}`, "x-user-id": "bench0" } : {},
});
