/** The bindings of each Worker in Miniflare: for the gateway all of wrangler.toml. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { V4WorkerOptionsShape } from "miniflare";
import { unstable_readConfig } from "wrangler";
import { randomSecret } from "../../scripts/lib/env-file.ts";
import { ROOT } from "../../scripts/lib/root.ts";

export const ADMIN_TOKEN = randomSecret();

/** What the wrangler.toml of a checkout says. */
type Config = {
  readonly compatibility_date: string;
  readonly compatibility_flags: string[];
  readonly ratelimits: readonly { readonly name: string; readonly namespace_id: string }[];
  readonly assets: string;
};

function configOf(root: string): Config {
  const { compatibility_date, compatibility_flags, ratelimits, assets } = unstable_readConfig(
    { config: join(root, "wrangler.toml") },
    { hideWarnings: true },
  );
  if (compatibility_date === undefined || assets?.directory === undefined) {
    throw new Error(`${root}/wrangler.toml has no compatibility_date or no folder of assets`);
  }
  return { compatibility_date, compatibility_flags, ratelimits, assets: assets.directory };
}

const own = configOf(ROOT);

const object = (className: string) => ({ className, useSQLite: true });

const consumer = (maxBatchSize: number) => ({
  maxBatchSize,
  maxBatchTimeout: 0,
  maxRetries: 3,
  deadLetterQueue: "nemo-gateway-dead",
});

/** The gateway of the checkout in `root`. Live keys use anonymous tokens of the upstream; waits are divided by `timeScale`. */
export const gatewayOptions = (upstreamUrl: string, timeScale = 1, root = ROOT): V4WorkerOptionsShape =>
  optionsOf(root === ROOT ? own : configOf(root), root, upstreamUrl, timeScale);

const optionsOf = (config: Config, root: string, upstreamUrl: string, timeScale: number): V4WorkerOptionsShape => ({
  compatibilityDate: config.compatibility_date,
  compatibilityFlags: config.compatibility_flags,
  bindings: {
    ENVIRONMENT: "test",
    ALLOW_ANONYMOUS: "1",
    NEMO_API_URL: upstreamUrl,
    TIME_SCALE: String(timeScale),
    ADMIN_TOKEN,
    ROOT_SECRET: randomSecret(),
  },
  durableObjects: {
    USER: object("UserObject"),
    TENANT: object("TenantObject"),
    TOKEN: object("TokenObject"),
    UPLOAD: object("UploadObject"),
    SANDBOX: object("SandboxObject"),
  },
  d1Databases: ["DB"],
  r2Buckets: ["MEDIA"],
  queueProducers: { WAKE: "nemo-gateway-wake", DELIVERIES: "nemo-gateway-deliveries" },
  queueConsumers: { "nemo-gateway-wake": consumer(100), "nemo-gateway-deliveries": consumer(1) },
  // On loopback the gateway does not use them, but they must be bound.
  ratelimits: Object.fromEntries(
    config.ratelimits.map(({ name, namespace_id }) => [name, { namespace_id, simple: { limit: 6_000, period: 60 } }]),
  ),
  // A plain service for /docs: Miniflare's assets would put their router in front of every request.
  serviceBindings: { ASSETS: { disk: { path: join(root, config.assets), writable: false } } },
});

/** The Workers that it is compared with. */
export const peerOptions = (upstreamUrl: string): V4WorkerOptionsShape => ({
  compatibilityDate: own.compatibility_date,
  bindings: { UPSTREAM: upstreamUrl },
  durableObjects: { PLAIN: object("PlainObject"), TUS: object("TusObject"), VALUE: object("ValueObject") },
  r2Buckets: ["MEDIA"],
});

/** Cloudflare's agents. */
export const agentOptions = (upstreamUrl: string): V4WorkerOptionsShape => ({
  compatibilityDate: own.compatibility_date,
  compatibilityFlags: ["nodejs_compat"],
  bindings: { UPSTREAM: upstreamUrl },
  durableObjects: { AGENT: object("AgentObject") },
});

/** The cron run with a stub for the objects. */
export const sweepOptions = (): V4WorkerOptionsShape => ({
  compatibilityDate: own.compatibility_date,
  d1Databases: ["DB"],
  queueProducers: { WAKE: "nemo-gateway-wake" },
  queueConsumers: { "nemo-gateway-wake": consumer(100) },
});

/** The platform calls of a video, without the gateway. */
export const outsideOptions = (upstreamUrl: string): V4WorkerOptionsShape => ({
  compatibilityDate: own.compatibility_date,
  bindings: { UPSTREAM: upstreamUrl },
  durableObjects: { MAKER: object("MakerObject"), NOTE: object("NoteObject") },
  d1Databases: ["DB"],
  r2Buckets: ["MEDIA"],
});

/** The database's migrations, one line each: D1's `exec` runs line by line, and a line may contain several statements. */
export function migrations(root = ROOT): string {
  const dir = join(root, "migrations");
  const names = readdirSync(dir).filter((name) => name.endsWith(".sql"));
  const texts = names.sort().map((name) => readFileSync(join(dir, name), "utf8"));
  return texts.map((text) => text.replace(/--.*$/gm, "").replace(/\s+/g, " ").trim()).join("\n");
}
