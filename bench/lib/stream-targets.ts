/** The targets of a stream measurement: the proxy, the plain object, the gateway. */
import type { StreamBundle } from "./bundle.ts";
import { liveKey, makeUsers } from "./gateway-users.ts";
import type { Ask } from "./open-stream.ts";

export type StreamTarget = {
  readonly name: string;
  readonly bundle: StreamBundle;
  /** For a started server, returns a function that creates users with a name prefix. */
  readonly users: (url: string) => Promise<(prefix: string, count: number) => Promise<Ask[]>>;
};

/** Requests that need no preparation: the peers forward the body unchanged. */
const plainly =
  (path: (name: string) => string) =>
  async (url: string) =>
  async (prefix: string, count: number): Promise<Ask[]> =>
    Array.from({ length: count }, (_, at) => ({
      url: `${url}${path(`${prefix}${at}`)}`,
      headers: {},
      body: JSON.stringify({ new_message: { parts: [{ text: "{bench}" }] } }),
    }));

export const TARGETS = {
  proxy: { name: "Hono proxy", bundle: "peers", users: plainly(() => "/proxy") },
  object: { name: "object + SQLite", bundle: "peers", users: plainly((name) => `/object/${name}`) },
  gateway: {
    name: "gateway",
    bundle: "gateway",
    users: async (url) => {
      const key = await liveKey(url);
      return (prefix, count) => makeUsers(url, key, prefix, count);
    },
  },
} as const satisfies Readonly<Record<string, StreamTarget>>;

export type TargetKey = keyof typeof TARGETS;
