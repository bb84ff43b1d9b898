/** The bindings of each Worker in Miniflare: for the gateway all of wrangler.toml. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { V4WorkerOptionsShape } from "miniflare";
import { randomSecret } from "../../scripts/lib/env-file.ts";
import { ROOT } from "../../scripts/lib/root.ts";

export const ADMIN_TOKEN = randomSecret();

const toml = readFileSync(join(ROOT, "wrangler.toml"), "utf8");

/** The value of `key = "…"` in wrangler.toml. */
function setting(key: string): string {
  const value = new RegExp(`^${key}\\s*=\\s*"([^"]+)"`, "m").exec(toml)?.[1];
  if (value === undefined) throw new Error(`wrangler.toml holds no ${key}`);
  return value;
}

const object = (className: string) => ({ className, useSQLite: true });

/** A rate limiter. On loopback the gateway does not use them, but they must be bound. */
const limiter = (namespace_id: string) => ({ namespace_id, simple: { limit: 6_000, period: 60 as const } });

const consumer = (maxBatchSize: number) => ({
  maxBatchSize,
  maxBatchTimeout: 0,
  maxRetries: 3,
  deadLetterQueue: "nemo-gateway-dead",
});

/** The gateway. Live keys use anonymous tokens of the upstream at `upstreamUrl`; waits are divided by `timeScale`. */
export const gatewayOptions = (upstreamUrl: string, timeScale = 1): V4WorkerOptionsShape => ({
  compatibilityDate: setting("compatibility_date"),
  compatibilityFlags: ["global_fetch_strictly_public", "queue_consumer_no_wait_for_wait_until"],
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
  ratelimits: {
    RATE_LIMIT_SMALL: limiter("1001"),
    RATE_LIMIT_MEDIUM: limiter("1002"),
    RATE_LIMIT_LARGE: limiter("1003"),
    RATE_LIMIT_REJECTED: limiter("1004"),
    RATE_LIMIT_USER: limiter("1005"),
    RATE_LIMIT_LOOKUP: limiter("1006"),
    RATE_LIMIT_BYTES: limiter("1007"),
  },
  // A plain service for /docs: Miniflare's assets would put their router in front of every request.
  serviceBindings: { ASSETS: { disk: { path: join(ROOT, "dist/assets"), writable: false } } },
});

/** The Workers that it is compared with. */
export const peerOptions = (upstreamUrl: string): V4WorkerOptionsShape => ({
  compatibilityDate: setting("compatibility_date"),
  bindings: { UPSTREAM: upstreamUrl },
  durableObjects: { PLAIN: object("PlainObject"), TUS: object("TusObject"), VALUE: object("ValueObject") },
  r2Buckets: ["MEDIA"],
});

/** Cloudflare's agents. */
export const agentOptions = (upstreamUrl: string): V4WorkerOptionsShape => ({
  compatibilityDate: setting("compatibility_date"),
  compatibilityFlags: ["nodejs_compat"],
  bindings: { UPSTREAM: upstreamUrl },
  durableObjects: { AGENT: object("AgentObject") },
});

/** The cron run with a stub for the objects. */
export const sweepOptions = (): V4WorkerOptionsShape => ({
  compatibilityDate: setting("compatibility_date"),
  d1Databases: ["DB"],
  queueProducers: { WAKE: "nemo-gateway-wake" },
  queueConsumers: { "nemo-gateway-wake": consumer(100) },
});

/** The platform calls of a video, without the gateway. */
export const outsideOptions = (upstreamUrl: string): V4WorkerOptionsShape => ({
  compatibilityDate: setting("compatibility_date"),
  bindings: { UPSTREAM: upstreamUrl },
  durableObjects: { MAKER: object("MakerObject"), NOTE: object("NoteObject") },
  d1Databases: ["DB"],
  r2Buckets: ["MEDIA"],
});

/** The database's migrations, one line each: D1's `exec` runs line by line, and a line may contain several statements. */
export function migrations(): string {
  const dir = join(ROOT, "migrations");
  const names = readdirSync(dir).filter((name) => name.endsWith(".sql"));
  const texts = names.sort().map((name) => readFileSync(join(dir, name), "utf8"));
  return texts.map((text) => text.replace(/--.*$/gm, "").replace(/\s+/g, " ").trim()).join("\n");
}
