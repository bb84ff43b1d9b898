/** The targets of a stream measurement: the proxy, the plain object, the gateway. */
import { liveKey, makeUsers } from "./gateway-users.ts";
import type { Ask } from "./open-stream.ts";
import { type BenchSetup, type Server, startServer } from "./servers.ts";

export type StreamTarget = {
  readonly name: string;
  /** Starts it with an empty state. */
  readonly start: (setup: BenchSetup) => Promise<Server>;
  /** For a started server, returns a function that creates users with a name prefix. */
  readonly users: (url: string) => Promise<(prefix: string, count: number) => Promise<Ask[]>>;
};

/** Requests that need no preparation: the peers forward the body unchanged. */
export const plainly =
  (path: (name: string) => string) =>
  async (url: string) =>
  async (prefix: string, count: number): Promise<Ask[]> =>
    Array.from({ length: count }, (_, at) => ({
      url: `${url}${path(`${prefix}${at}`)}`,
      headers: {},
      body: JSON.stringify({ new_message: { parts: [{ text: "{bench}" }] } }),
    }));

const plain = (setup: BenchSetup): Promise<Server> => startServer(setup, "peers");

export const TARGETS = {
  proxy: { name: "Hono proxy", start: plain, users: plainly(() => "/proxy") },
  object: { name: "object + SQLite", start: plain, users: plainly((name) => `/object/${name}`) },
  gateway: {
    name: "gateway",
    start: (setup) => startServer(setup, "gateway"),
    users: async (url) => {
      const key = await liveKey(url);
      return (prefix, count) => makeUsers(url, key, prefix, count);
    },
  },
} as const satisfies Readonly<Record<string, StreamTarget>>;

export type TargetKey = keyof typeof TARGETS;
