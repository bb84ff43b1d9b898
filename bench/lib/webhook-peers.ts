/** Peers of the gateway in a webhook measurement: queues with a datastore, from which workers sign and post. */
import { resolve } from "node:path";
import { findRedis, readPostgres, versionOf } from "./datastores.ts";
import { installPeers, withVersion } from "./peer-packages.ts";
import { startWebhooks } from "./servers.ts";
import { gatewaySender, peerSender, type Sender } from "./webhook-runs.ts";

export type WebhookPeer = {
  readonly key: "bullmq" | "graphile" | "before";
  readonly name: string;
  readonly send: Sender;
  /** Why it cannot be measured here, or null. */
  readonly missing: string | null;
};

const withDatastore = (name: string, store: string, program: string | null): string =>
  `${withVersion(name)} + ${store}${program === null ? "" : ` ${versionOf(program)}`}`;

/** The gateway of another checkout. */
export async function prepareWebhookBefore(dir: string, before: string): Promise<WebhookPeer> {
  const send = await gatewaySender(await startWebhooks(dir, resolve(before)));
  return { key: "before", name: "gateway before", send, missing: null };
}

/** Installs what the peers need. */
export function prepareWebhookPeers(dir: string): readonly WebhookPeer[] {
  installPeers();
  const [redis, postgres] = [findRedis(), readPostgres()];
  return [
    {
      key: "bullmq",
      name: withDatastore("bullmq", "Redis", redis),
      send: peerSender("bullmq.js", dir),
      missing: redis === null ? "redis-server is not installed" : null,
    },
    {
      key: "graphile",
      name: withDatastore("graphile-worker", "PostgreSQL", typeof postgres === "string" ? null : postgres.program),
      send: peerSender("graphile.js", dir),
      missing: typeof postgres === "string" ? postgres : null,
    },
  ];
}
