/** The Worker's surroundings, read once into a Config. A missing binding or a weak secret is named, not met later. */

import type { RootSecrets } from "./core/crypto.ts";
import { type TargetPolicy, publicDns } from "./core/ssrf.ts";
import { scaledTimings, type Timings } from "./core/timings.ts";
import type { TenantObject } from "./durable/tenant/object.ts";
import type { TokenObject } from "./durable/token/object.ts";
import type { UploadObject } from "./durable/upload/object.ts";
import type { UserObject } from "./durable/user/object.ts";
import { SAFE_TO_PRINT } from "./log.ts";
import type { SandboxObject } from "./sandbox/object.ts";

/** What a message on each queue holds. A message is a nudge: losing one loses nothing. */
export type WakeMessage = { readonly kind: ObjectKind | "deletion"; readonly name: string };
export type DeliveryMessage = { readonly tenant: string };
export type ObjectKind = "user" | "tenant" | "upload" | "token";

/** Bindings as wrangler.toml declares them; vars and secrets as .dev.vars or `wrangler secret` give them. */
export type Env = {
  USER: DurableObjectNamespace<UserObject>;
  TENANT: DurableObjectNamespace<TenantObject>;
  TOKEN: DurableObjectNamespace<TokenObject>;
  UPLOAD: DurableObjectNamespace<UploadObject>;
  SANDBOX: DurableObjectNamespace<SandboxObject>;
  DB: D1Database;
  MEDIA: R2Bucket;
  WAKE: Queue<WakeMessage>;
  DELIVERIES: Queue<DeliveryMessage>;
  GATE_SMALL: RateLimit;
  GATE_MEDIUM: RateLimit;
  GATE_LARGE: RateLimit;
  GATE_REJECTED: RateLimit;
  GATE_USER: RateLimit;
  GATE_BYTES: RateLimit;
  GATE_LOOKUP: RateLimit;
  ASSETS: Fetcher;
  ROOT_SECRET: string;
  ROOT_SECRET_PREVIOUS?: string;
  ADMIN_TOKEN?: string;
  ADMIN_TOKEN_PREVIOUS?: string;
  /** Where callers reach us, when it differs from the request's own origin; also switches Nemo from push to pull. */
  PUBLIC_URL?: string;
  NEMO_API_URL?: string;
  NEMO_TOKEN?: string;
  ALLOW_ANONYMOUS?: string;
  /** `1` lets renders ask for other outputs than the one that is known to work. */
  ALLOW_UNATTESTED_OUTPUT?: string;
  /** `development` or `test`: a gateway that answers on a loopback address alone. Anything else is production. */
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
  "GATE_SMALL",
  "GATE_MEDIUM",
  "GATE_LARGE",
  "GATE_REJECTED",
  "GATE_USER",
  "GATE_BYTES",
  "GATE_LOOKUP",
  "ASSETS",
] as const satisfies readonly (keyof Env)[];

/** Bytes a secret must have at least; boot refuses less. */
export const SECRET_MIN_BYTES = 32;

/** A deployment fault. Its message names a binding or a secret, never a value. */
export class ConfigError extends Error {
  override readonly name = SAFE_TO_PRINT;
}

export type Config = {
  /** Set up for development or tests; answered only on a loopback address (`http/setup.ts`). */
  readonly local: boolean;
  /** `ENVIRONMENT` as it is set, for messages to the operator. */
  readonly environment: "development" | "test" | "production";
  readonly publicUrl: string | null;
  /** How every address that a caller or upstream names is judged. */
  readonly targets: TargetPolicy;
  readonly nemoUrl: string;
  readonly nemoToken: string | null;
  readonly allowAnonymous: boolean;
  readonly allowUnattestedOutput: boolean;
  readonly rootSecret: string;
  readonly rootSecretPrevious: string | null;
  /** Both of them, as every seal and link wants them. */
  readonly roots: RootSecrets;
  /** Admin tokens that open the door; empty when none is set or long enough. */
  readonly adminTokens: readonly string[];
  /** False only locally, to prove that the cron alone finishes everything. */
  readonly alarms: boolean;
  readonly crashAt: string | null;
  readonly crashUrl: string | null;
  readonly timeScale: number;
  readonly timings: Timings;
};

/** How long the public DNS is waited for, in ms. Chosen: as long as a stub resolver's own patience. */
const DNS_MS = 5_000;

const bytes = (text: string): number => new TextEncoder().encode(text).length;

const stripSlash = (url: string): string => url.replace(/\/+$/, "");

/** Reads and checks the environment. Throws with the name of what is missing or too weak: a deployment fault, not a caller's. */
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
      // On the platform a flag keeps every request in the public internet; a laptop's network reaches its neighbours.
      resolve: local ? publicDns((question) => fetch(question, { signal: AbortSignal.timeout(DNS_MS) })) : null,
    },
    nemoUrl: stripSlash(env.NEMO_API_URL || "https://mega-api-prod.nemovideo.ai"),
    nemoToken: env.NEMO_TOKEN || null,
    allowAnonymous: env.ALLOW_ANONYMOUS === "1",
    allowUnattestedOutput: env.ALLOW_UNATTESTED_OUTPUT === "1",
    rootSecret: env.ROOT_SECRET,
    rootSecretPrevious: env.ROOT_SECRET_PREVIOUS || null,
    roots: { current: env.ROOT_SECRET, previous: env.ROOT_SECRET_PREVIOUS || null },
    adminTokens: [env.ADMIN_TOKEN, env.ADMIN_TOKEN_PREVIOUS].filter(
      (token): token is string => token !== undefined && bytes(token) >= SECRET_MIN_BYTES,
    ),
    alarms: !(local && env.ALARMS === "off"),
    crashAt: local ? env.CRASH_AT || null : null,
    crashUrl: local ? env.CRASH_URL || null : null,
    timeScale,
    timings: scaledTimings(timeScale),
  };
}
