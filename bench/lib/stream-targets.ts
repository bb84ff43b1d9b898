/** What a stream can be asked of: the proxy, the plain object, the gateway. */
import type { StreamBundle } from "./bundle.ts";
import { liveKey, makeUsers } from "./gateway-users.ts";
import type { Ask } from "./open-stream.ts";

export type StreamTarget = {
  readonly name: string;
  readonly bundle: StreamBundle;
  /** Makes a maker of users on a server just started: so many of them, with names that begin like this. */
  readonly users: (url: string) => Promise<(prefix: string, count: number) => Promise<Ask[]>>;
};

/** Asks that need nothing made before: the peers pass the body on as it is. */
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
