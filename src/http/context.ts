/** What a request carries from the first middleware to its handler. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Scope } from "../core/address.ts";
import type { KeyId } from "../core/ids.ts";
import type { KeyScope, TenantWire } from "../core/wire/tenant.ts";
import type { Config, Env } from "../env.ts";

/** Who asks, as the credential says. */
export type Caller = Scope & {
  readonly keyId: KeyId;
  readonly tenantName: string;
  readonly tier: TenantWire["tier"];
  readonly scopes: readonly KeyScope[];
};

export type Variables = {
  requestId: string;
  config: Config;
  /** Where callers reach us: `https://host`, no slash at the end. */
  origin: string;
  /** Set by the access rule of every route that is not public. */
  caller: Caller;
  /** The tenant's own name of the user, from `X-User-Id`; null when none was sent. */
  user: string | null;
  /** The sent `Idempotency-Key`; null when none was sent. */
  repeatKey: string | null;
  /** The JSON body as it came; empty when there was none. */
  bodyText: string;
  /** The public error code, for the log line. */
  code: string;
};

export type AppEnv = { Bindings: Env; Variables: Variables };
export type Api = OpenAPIHono<AppEnv>;
export type Ctx = Context<AppEnv>;
