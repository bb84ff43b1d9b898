/** What a request carries from the first middleware to its handler. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Principal } from "../core/auth.ts";
import type { RootSecrets } from "../core/crypto.ts";
import type { Limit } from "../core/errors.ts";
import type { KeyId, RandomBytes } from "../core/ids.ts";
import type { Actor } from "../core/tenant.ts";
import type { EpochMs } from "../core/time.ts";
import type { AttributionWire } from "../core/wire/attribution.ts";
import type { KeyScope } from "../core/wire/key.ts";
import type { Quotas, Tier } from "../core/wire/tenant.ts";
import type { Config, Env } from "../env.ts";

/** Who asks, as the credential says. With a user token `grant` is set, and `keyId` is the key that made it. */
export type Caller = Principal & {
  readonly keyId: KeyId;
  readonly tenantName: string;
  readonly tier: Tier;
  /** The web origins that the tenant's credentials may come from. */
  readonly origins: readonly string[];
  /** What the tenant may use in this mode, as the operator set it: known without a further read. */
  readonly quotas: Quotas;
  readonly attribution: AttributionWire;
  readonly scopes: readonly KeyScope[];
  /** When the key got a successor, ms since epoch; null: it has none. */
  readonly rotatedAt: EpochMs | null;
  /** When the credential ends by itself, ms since epoch; null: never. */
  readonly endsAt: EpochMs | null;
};

/** On the way of every request one is read with `c.get(name)`: `c.var` copies all of them each time. */
export type Variables = {
  requestId: string;
  config: Config;
  /** Where callers reach us: `https://host`, no slash at the end. */
  origin: string;
  /** Set by the access rule of every route that is not public. */
  caller: Caller;
  /** Who acts, for the audit log. Set by the access rule and by the operator's door. */
  actor: Actor;
  /** The tenant's own name of the user, from `X-User-Id`; null when none was sent. */
  user: string | null;
  /** The sent `Idempotency-Key`; null when none was sent. */
  idempotencyKey: string | null;
  /** The JSON body as it came; empty when there was none. */
  bodyText: string;
  /** The place of a value in the body as it was sent, from its place in the body as the validators see it. */
  sentAt: (field: string) => string;
  /** What is left of the quotas that this request took from. */
  limits: readonly Limit[];
  /** The public error code, for the log line. */
  code: string;
};

export type AppEnv = { Bindings: Env; Variables: Variables };
export type Api = OpenAPIHono<AppEnv>;
export type Ctx = Context<AppEnv>;

/* Work that an answer does not wait for. */

/** Keeps the instance alive until the work is done, whatever comes of it. Without a platform underneath it just runs. */
export function runAfterResponse(c: Ctx, work: Promise<unknown>): void {
  const done = work.catch(() => undefined);
  try {
    c.executionCtx.waitUntil(done);
  } catch {
    // Hono throws where the app was called without an execution context; the work runs all the same.
  }
}

/* Random bytes from the platform, for ids and keys. */

export const random: RandomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));

/* The root secrets of a configuration. */

export const rootsOf = (config: Config): RootSecrets => ({
  current: config.rootSecret,
  previous: config.rootSecretPrevious,
});
