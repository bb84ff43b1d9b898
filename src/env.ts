/**
 * Reads the Worker's environment once into a Config. A missing binding or a weak secret is reported by name at the
 * start.
 */

import type { RootSecrets } from "./core/crypto.ts";
import { SECRET_MIN_BYTES } from "./core/limits.ts";
import type { DeliveryMessage, QueueNames, WakeMessage } from "./core/queues.ts";
import { publicDns, type TargetPolicy } from "./core/ssrf.ts";
import { scaledTimings, type Timings } from "./core/timings.ts";
import { SAFE_TO_PRINT } from "./log.ts";

export type ObjectKind = "user" | "tenant" | "upload" | "token";

/** Bindings as declared in wrangler.toml; vars and secrets from .dev.vars or `wrangler secret`. */
export type Env = {
  USER: DurableObjectNamespace;
  TENANT: DurableObjectNamespace;
  TOKEN: DurableObjectNamespace;
  UPLOAD: DurableObjectNamespace;
  SANDBOX: DurableObjectNamespace;
  DB: D1Database;
  MEDIA: R2Bucket;
  WAKE: Queue<WakeMessage>;
  DELIVERIES: Queue<DeliveryMessage>;
  RATE_LIMIT_SMALL: RateLimit;
  RATE_LIMIT_MEDIUM: RateLimit;
  RATE_LIMIT_LARGE: RateLimit;
  RATE_LIMIT_REJECTED: RateLimit;
  RATE_LIMIT_USER: RateLimit;
  RATE_LIMIT_BYTES: RateLimit;
  RATE_LIMIT_LOOKUP: RateLimit;
  ASSETS: Fetcher;
  /** Counters of the log's lines. A deployment may leave this binding out. */
  COUNTERS?: AnalyticsEngineDataset;
  ROOT_SECRET: string;
  ROOT_SECRET_PREVIOUS?: string;
  ADMIN_TOKEN?: string;
  ADMIN_TOKEN_PREVIOUS?: string;
  /** A token for monitoring: reads the status and the metrics, and nothing else. */
  METRICS_TOKEN?: string;
  /**
   * The gateway's public URL, if it differs from the request's own origin. With it, upstream downloads assets by link
   * instead of receiving uploads.
   */
  PUBLIC_URL?: string;
  /** The name of each queue, for names that do not end in `-wake`, `-deliveries` and `-dead` (`core/queues.ts`). */
  WAKE_QUEUE?: string;
  DELIVERY_QUEUE?: string;
  DEAD_QUEUE?: string;
  NEMO_API_URL?: string;
  NEMO_TOKEN?: string;
  ALLOW_ANONYMOUS?: string;
  /** `1` allows renders with other outputs than the attested one. */
  ALLOW_UNATTESTED_OUTPUT?: string;
  /** The address of an OpenTelemetry collector, such as `https://otlp.example.com/v1/traces`. Without it no span is made. */
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string;
  /** Headers for the collector: `name=value`, separated by commas, values percent-encoded. */
  OTEL_EXPORTER_OTLP_TRACES_HEADERS?: string;
  /** Web origins that may call `/mcp` besides the gateway's own, separated by commas. */
  MCP_ORIGINS?: string;
  /** `on` allows OAuth clients of `/mcp` to register themselves. */
  MCP_DCR?: string;
  /** `development` or `test`: the gateway answers on a loopback address only. Anything else is production. */
  ENVIRONMENT?: string;
  ALARMS?: string;
  CRASH_AT?: string;
  CRASH_URL?: string;
  TIME_SCALE?: string;
};

export const BINDINGS = [
  "USER",
  "TENANT",
  "TOKEN",
  "UPLOAD",
  "SANDBOX",
  "DB",
  "MEDIA",
  "WAKE",
  "DELIVERIES",
  "RATE_LIMIT_SMALL",
  "RATE_LIMIT_MEDIUM",
  "RATE_LIMIT_LARGE",
  "RATE_LIMIT_REJECTED",
  "RATE_LIMIT_USER",
  "RATE_LIMIT_BYTES",
  "RATE_LIMIT_LOOKUP",
  "ASSETS",
] as const satisfies readonly (keyof Env)[];

/** A deployment error. Its message names a binding or a secret, never a value. */
export class ConfigError extends Error {
  override readonly name = SAFE_TO_PRINT;
}

/** Where spans are sent (`tracing.ts`). */
export type TraceTarget = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** False for an address that is not https and for malformed headers: a log line says so, and nothing is sent. */
  readonly isUsable: boolean;
};

export type Config = {
  /** Configured for development or tests; answers on a loopback address only (`http/setup.ts`). */
  readonly local: boolean;
  /** `ENVIRONMENT` as set, for messages to the operator. */
  readonly environment: "development" | "test" | "production";
  readonly publicUrl: string | null;
  /** How every URL that a caller or upstream sends is checked. */
  readonly targets: TargetPolicy;
  readonly queues: QueueNames;
  readonly nemoUrl: string;
  readonly nemoToken: string | null;
  readonly allowAnonymous: boolean;
  readonly allowUnattestedOutput: boolean;
  /** Null: no spans are made. */
  readonly traces: TraceTarget | null;
  /** Web origins that may call `/mcp`. */
  readonly mcpOrigins: readonly string[];
  /** Whether OAuth clients may register themselves. */
  readonly mayRegister: boolean;
  readonly rootSecret: string;
  readonly rootSecretPrevious: string | null;
  /** The current and the previous root secret, for encryption and links. */
  readonly roots: RootSecrets;
  /** Valid admin tokens; empty when none is set or long enough. */
  readonly adminTokens: readonly string[];
  /** Tokens that may read the status and the metrics, and nothing else; empty when none is set or long enough. */
  readonly metricsTokens: readonly string[];
  /** False only locally, to prove that the cron alone finishes all work. */
  readonly alarms: boolean;
  readonly crashAt: string | null;
  readonly crashUrl: string | null;
  readonly timeScale: number;
  readonly timings: Timings;
};

/** Timeout of the public DNS, in ms. Chosen: as a stub resolver's own. */
const DNS_MS = 5_000;

const bytes = (text: string): number => new TextEncoder().encode(text).length;

const isLongEnough = (token: string | undefined): token is string =>
  token !== undefined && bytes(token) >= SECRET_MIN_BYTES;

const stripSlash = (url: string): string => url.replace(/\/+$/, "");

/**
 * Where spans are sent; null without an endpoint. Only https is usable, because the headers hold a secret.
 *
 * Source of the headers' form: OpenTelemetry, "Specifying headers via environment variables".
 */
function readTraceTarget(env: Env, local: boolean): TraceTarget | null {
  const url = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  if (!url) return null;
  const isSafe = URL.canParse(url) && (local ? /^https?:$/ : /^https:$/).test(new URL(url).protocol);
  const pairs = (env.OTEL_EXPORTER_OTLP_TRACES_HEADERS ?? "").split(",").filter((pair) => pair.trim() !== "");
  try {
    const headers = pairs.map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
    });
    return { url, headers: Object.fromEntries(new Headers(headers)), isUsable: isSafe };
  } catch {
    return { url, headers: {}, isUsable: false };
  }
}

/** Reads and validates the environment. Throws a ConfigError that names what is missing or too weak. */
export function readConfig(env: Env): Config {
  for (const name of BINDINGS)
    if (env[name] === undefined) throw new ConfigError(`binding ${name} is missing: see wrangler.toml`);
  if (!env.ROOT_SECRET || bytes(env.ROOT_SECRET) < SECRET_MIN_BYTES) {
    throw new ConfigError(
      `ROOT_SECRET must have at least ${SECRET_MIN_BYTES} bytes: run npm run deploy, or npm run dev locally`,
    );
  }
  const environment =
    env.ENVIRONMENT === "development" || env.ENVIRONMENT === "test" ? env.ENVIRONMENT : ("production" as const);
  const local = environment !== "production";
  const timeScale = local ? Math.max(1, Number(env.TIME_SCALE ?? "1") || 1) : 1;
  return {
    local,
    environment,
    publicUrl: env.PUBLIC_URL ? stripSlash(env.PUBLIC_URL) : null,
    targets: {
      rules: {
        allowLocal: local,
        ownHosts: env.PUBLIC_URL && URL.canParse(env.PUBLIC_URL) ? [new URL(env.PUBLIC_URL).hostname] : [],
      },
      // On Cloudflare a flag keeps every request in the public internet; a developer's machine can reach private hosts.
      resolve: local ? publicDns((question) => fetch(question, { signal: AbortSignal.timeout(DNS_MS) })) : null,
    },
    queues: { wake: env.WAKE_QUEUE || null, deliveries: env.DELIVERY_QUEUE || null, dead: env.DEAD_QUEUE || null },
    nemoUrl: stripSlash(env.NEMO_API_URL || "https://mega-api-prod.nemovideo.ai"),
    nemoToken: env.NEMO_TOKEN || null,
    allowAnonymous: env.ALLOW_ANONYMOUS === "1",
    allowUnattestedOutput: env.ALLOW_UNATTESTED_OUTPUT === "1",
    traces: readTraceTarget(env, local),
    mcpOrigins: (env.MCP_ORIGINS ?? "").split(/[\s,]+/).filter((origin) => origin !== ""),
    mayRegister: env.MCP_DCR === "on",
    rootSecret: env.ROOT_SECRET,
    rootSecretPrevious: env.ROOT_SECRET_PREVIOUS || null,
    roots: { current: env.ROOT_SECRET, previous: env.ROOT_SECRET_PREVIOUS || null },
    adminTokens: [env.ADMIN_TOKEN, env.ADMIN_TOKEN_PREVIOUS].filter(isLongEnough),
    metricsTokens: [env.METRICS_TOKEN].filter(isLongEnough),
    alarms: !(local && env.ALARMS === "off"),
    crashAt: local ? env.CRASH_AT || null : null,
    crashUrl: local ? env.CRASH_URL || null : null,
    timeScale,
    timings: scaledTimings(timeScale),
  };
}
