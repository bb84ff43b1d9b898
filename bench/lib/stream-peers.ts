/** Peers of the gateway in a stream measurement: other projects that pass on streams, most of them resumable. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { agentOptions } from "./bindings.ts";
import { build } from "./bundle.ts";
import { listening, startChild } from "./children.ts";
import { findRedis, versionOf } from "./datastores.ts";
import { SERVER_CPU } from "./machine.ts";
import type { PeerSettings } from "./peer-messages.ts";
import { installPeers, withVersion } from "./peer-packages.ts";
import { type BenchSetup, prepareBefore, type Server, serve } from "./servers.ts";
import { plainly, type StreamTarget, TARGETS } from "./stream-targets.ts";

export type PeerKey = "resumable" | "later" | "agents" | "portkey" | "durable" | "before";
export type StreamPeer = StreamTarget & {
  readonly key: PeerKey;
  /** Why it cannot be measured here, or null. */
  readonly missing: string | null;
};

/** Starts `bench/peers/<file>` with an empty folder, on the server's core. */
async function startPeer(file: string, { dir, upstreamUrl }: BenchSetup): Promise<Server> {
  const settings: PeerSettings = { upstreamUrl, dataDir: mkdtempSync(join(dir, "peer-")) };
  const child = startChild(`../peers/${file}`, SERVER_CPU, settings);
  const { url } = await child.nextMessage(listening);
  return { ...child, url, stateDir: settings.dataDir };
}

/** The gateway of another checkout. */
export async function prepareStreamBefore(setup: BenchSetup, before: string): Promise<StreamPeer> {
  const { users } = TARGETS.gateway;
  return { key: "before", name: "gateway before", missing: null, start: await prepareBefore(setup, before), users };
}

/** Installs and builds what the peers need. */
export async function prepareStreamPeers({ dir, upstreamUrl }: BenchSetup): Promise<readonly StreamPeer[]> {
  installPeers();
  const agents = await build("agents", dir);
  const redis = findRedis();
  const resumable = `${withVersion("resumable-stream")} + Redis ${redis === null ? "" : versionOf(redis)}`.trim();
  const noRedis = redis === null ? "redis-server is not installed" : null;
  return [
    {
      key: "resumable",
      name: `${resumable}, first reader`,
      missing: noRedis,
      start: (setup) => startPeer("resumable.js", setup),
      users: plainly(() => "/first"),
    },
    {
      key: "later",
      name: `${resumable}, later reader`,
      missing: noRedis,
      start: (setup) => startPeer("resumable.js", setup),
      users: plainly(() => "/later"),
    },
    {
      key: "agents",
      name: withVersion("agents"),
      missing: null,
      start: (setup) => serve(setup.dir, agents, agentOptions(setup.upstreamUrl), null),
      users: plainly((name) => `/${name}`),
    },
    {
      key: "portkey",
      name: withVersion("@portkey-ai/gateway"),
      missing: null,
      start: (setup) => startPeer("portkey.js", setup),
      users: async (url) => async (_, count) =>
        Array.from({ length: count }, () => ({
          url: `${url}/v1/chat/completions`,
          headers: {
            authorization: "Bearer bench",
            "x-portkey-provider": "openai",
            "x-portkey-custom-host": `${upstreamUrl}/v1`,
          },
          body: JSON.stringify({ model: "bench", stream: true, messages: [{ role: "user", content: "{bench}" }] }),
        })),
    },
    {
      key: "durable",
      name: withVersion("@durable-streams/server"),
      missing: null,
      start: (setup) => startPeer("durable.js", setup),
      users: async (url) => async (prefix, count) => {
        const asks = await plainly(() => "/")(url);
        return (await asks(prefix, count)).map((ask) => ({ ...ask, isElsewhere: true }));
      },
    },
  ];
}
