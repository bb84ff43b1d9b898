/** Size limits and rate limits of requests. */
import type { MiddlewareHandler } from "hono";
import { hex, sha256 } from "../../core/encoding.ts";
import { problemOf } from "../../core/errors.ts";
import type { Mode, TenantId } from "../../core/ids.ts";
import {
  CHUNK_ADVICE_BYTES,
  HEADER_CHARS,
  HEADERS_CHARS,
  MAX_REQUEST_BYTES,
  RATE_LIMIT_TIERS,
} from "../../core/limits.ts";
import { senderNetwork } from "../../core/ssrf.ts";
import type { AppEnv, Caller, Ctx } from "../context.ts";
import { ApiError, apiError } from "../problem.ts";

export const sizeLimits: MiddlewareHandler<AppEnv> = async (c, next) => {
  let total = 0;
  for (const [name, value] of c.req.raw.headers) {
    total += name.length + value.length;
    if (value.length > HEADER_CHARS || total > HEADERS_CHARS) {
      throw apiError(
        "header_too_large",
        `A header may have at most ${HEADER_CHARS} characters, and all headers together ${HEADERS_CHARS}.`,
      );
    }
  }
  if (Number(c.req.header("Content-Length") ?? 0) > MAX_REQUEST_BYTES) throw tooLarge(MAX_REQUEST_BYTES);
  await next();
};

/** The error for a body above a limit. For a file above the limit of one request, it suggests chunks. */
export const tooLarge = (limitBytes: number) =>
  apiError("request_too_large", `The body of this request may have at most ${limitBytes} bytes.`, {
    ...(limitBytes < MAX_REQUEST_BYTES
      ? {}
      : { hint: `PATCH /v1/uploads/{id} (tus or the IETF draft), in chunks of ${CHUNK_ADVICE_BYTES} bytes` }),
  });

/*
 * The rate limiter: fixed tiers, counted by the platform per location. The platform reports no remaining count, so none is sent.
 *
 * It is off on a loopback deployment, where load tests and demos have a single caller.
 */

type Tier = keyof typeof RATE_LIMIT_TIERS;
/** The period of the bindings, in seconds. */
const PERIOD_SECONDS = 60;

/**
 * Counts a request of an authenticated caller in its tiers, in order. A user token's own tier comes first: requests that it
 * rejects are not counted for the tenant, so that one user cannot use up the limit of the others.
 */
export async function checkRateLimit(c: Ctx, caller: Caller, isBytes: boolean): Promise<void> {
  const { tenant, mode, tier: own, grant } = caller;
  for (const tier of tiersOf(caller, isBytes))
    await count(c, tier, grant === null || tier === own ? `${tenant}:${mode}` : `${tenant}:${mode}:${grant.uh}`);
}

/** Counts a rejected credential by its sender, to slow down guessing. */
export const countRejected = async (c: Ctx): Promise<void> => count(c, "rejected", await senderOf(c));

/** Counts a key that is not cached in this isolate, before it is read from the database. */
export const countLookup = async (c: Ctx): Promise<void> => count(c, "lookup", await senderOf(c));

/** Counts a request with an upload link, as the chunks of uploads are counted. */
export const countUploadLink = async (c: Ctx, tenant: TenantId, mode: Mode): Promise<void> =>
  count(c, "bytes", `${tenant}:${mode}`);

/** The hash of the sender's network; addresses are not stored in the clear. */
const senderOf = async (c: Ctx): Promise<string> =>
  hex(await sha256(senderNetwork(c.req.header("CF-Connecting-IP") ?? "local")));

async function count(c: Ctx, tier: Tier, key: string): Promise<void> {
  if (c.get("config").local) return;
  // If the rate limiter fails, the request is allowed.
  const { success } = await limiterOf(c, tier)
    .limit({ key })
    .catch(() => ({ success: true }));
  if (success) return;
  const detail = `More than ${RATE_LIMIT_TIERS[tier]} requests in ${PERIOD_SECONDS} seconds; wait, then send fewer requests.`;
  throw new ApiError(problemOf("rate_limited", detail, { retryAfterSeconds: PERIOD_SECONDS }), {
    "RateLimit-Policy": policyOf(tier),
  });
}

/** The tiers in which a request is counted. `isBytes`: it sends a chunk of an upload or reads its offset. */
export function tiersOf({ tier, grant }: Caller, isBytes: boolean): Tier[] {
  if (isBytes) return ["bytes"];
  return grant === null ? [tier] : ["user", tier];
}

/** The value of `RateLimit-Policy`: the tier's name, its requests and its period in seconds. */
export const policyOf = (tier: Tier): string => `"${tier}";q=${RATE_LIMIT_TIERS[tier]};w=${PERIOD_SECONDS}`;

const limiterOf = ({ env }: Ctx, tier: Tier): RateLimit =>
  ({
    small: env.RATE_LIMIT_SMALL,
    medium: env.RATE_LIMIT_MEDIUM,
    large: env.RATE_LIMIT_LARGE,
    user: env.RATE_LIMIT_USER,
    bytes: env.RATE_LIMIT_BYTES,
    lookup: env.RATE_LIMIT_LOOKUP,
    rejected: env.RATE_LIMIT_REJECTED,
  })[tier];
