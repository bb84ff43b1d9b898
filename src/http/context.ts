/** The Hono context of a request: variables set by middleware and read by handlers. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Principal } from "../core/auth.ts";
import type { RootSecrets } from "../core/crypto.ts";
import type { Limit } from "../core/errors.ts";
import { type KeyId, type RandomBytes, type TenantId, type UserHash, userHash } from "../core/ids.ts";
import { Lru } from "../core/lru.ts";
import type { Actor } from "../core/tenant.ts";
import type { EpochMs } from "../core/time.ts";
import type { AttributionWire } from "../core/wire/common.ts";
import type { KeyScope } from "../core/wire/key.ts";
import type { QuotasWire, Tier } from "../core/wire/tenant.ts";
import type { Config, Env } from "../env.ts";
import type { KeyOwner } from "../store/keys.ts";

/** The authenticated caller. With a user token, `grant` is set and `keyId` is the key that created the token. */
export type Caller = Principal & {
  readonly keyId: KeyId;
  readonly tenantName: string;
  readonly tier: Tier;
  /** The web origins that may send the tenant's API keys. */
  readonly origins: readonly string[];
  /** The tenant's quotas in this mode, from the key's row. */
  readonly quotas: QuotasWire;
  readonly attribution: AttributionWire;
  readonly scopes: readonly KeyScope[];
  /** When the key was rotated, ms since epoch; null if it was not. */
  readonly rotatedAt: EpochMs | null;
  /** When the credential expires, ms since epoch; null: never. */
  readonly endsAt: EpochMs | null;
  /** For a session of the console or an app: the key or invite it was opened with, and when that ends. Null for any other credential. */
  readonly parent: KeyOwner["parent"];
  /** The connected app, and the tenant's own name of the user that it acts for; null for any other credential. */
  readonly app: { readonly user: string | null } | null;
};

/** Hot paths read one variable with `c.get(name)`: `c.var` copies all of them on each access. */
export type Variables = {
  requestId: string;
  config: Config;
  /** The gateway's public origin: `https://host`, without a trailing slash. */
  origin: string;
  /** Set by the access rule of every route that is not public. */
  caller: Caller;
  /** The actor in the audit log. Set by the access rule and by `adminAuth`. */
  actor: Actor;
  /** The tenant's own id of the user, from `X-User-Id`; null if it was not sent. */
  user: string | null;
  /** The `Idempotency-Key` header; null if it was not sent. */
  idempotencyKey: string | null;
  /** The JSON body as received; empty if there was none. */
  bodyText: string;
  /** Maps a field path of the validated body to its path in the body as sent. */
  sentAt: (field: string) => string;
  /** The remaining quotas that this request reserved from; sent as `RateLimit` headers. */
  limits: readonly Limit[];
  /** The public error code, for the log line. */
  code: string;
};

export type AppEnv = { Bindings: Env; Variables: Variables };
export type Api = OpenAPIHono<AppEnv>;
export type Ctx = Context<AppEnv>;

/** Runs work that the response does not wait for, with `waitUntil`. Errors are ignored. */
export function runAfterResponse(c: Ctx, work: Promise<unknown>): void {
  const done = work.catch(() => undefined);
  try {
    c.executionCtx.waitUntil(done);
  } catch {
    // Hono throws if the app was called without an execution context; the work runs anyway.
  }
}

/** Hashes of users' names that an isolate caches. Chosen: at most about 1 MB. */
const USER_HASHES = 4_000;
const userHashes = new Lru<UserHash>(USER_HASHES);

/** `userHash`, cached: most requests name the same few users. */
export async function userHashOfName(tenant: TenantId, user: string): Promise<UserHash> {
  const name = `${tenant} ${user}`; // a tenant's id has no blank
  const cached = userHashes.get(name);
  if (cached !== undefined) return cached;
  const hash = await userHash(tenant, user);
  userHashes.set(name, hash);
  return hash;
}

/** Cryptographically secure random bytes, for ids and keys. */
export const random: RandomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));

export const rootsOf = (config: Config): RootSecrets => ({
  current: config.rootSecret,
  previous: config.rootSecretPrevious,
});
