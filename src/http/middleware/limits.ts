/** Bounds that hold for every request before anything reads it. */
import type { MiddlewareHandler } from "hono";
import { hex, sha256 } from "../../core/encoding.ts";
import { problemOf } from "../../core/errors.ts";
import { CHUNK_ADVICE_BYTES, GATE_TIERS, HEADER_CHARS, HEADERS_CHARS, MAX_REQUEST_BYTES } from "../../core/limits.ts";
import { senderNetwork } from "../../core/ssrf.ts";
import type { AppEnv, Caller, Ctx } from "../context.ts";
import { ApiError, apiError } from "../problem.ts";

export const sizeLimits: MiddlewareHandler<AppEnv> = async (c, next) => {
  let total = 0;
  for (const [name, value] of c.req.raw.headers) {
    total += name.length + value.length;
    if (value.length > HEADER_CHARS || total > HEADERS_CHARS) {
      throw apiError("header_too_large", `A header may have ${HEADER_CHARS} characters, all of them ${HEADERS_CHARS}.`);
    }
  }
  if (Number(c.req.header("Content-Length") ?? 0) > MAX_REQUEST_BYTES) throw tooLarge(MAX_REQUEST_BYTES);
  await next();
};

/** The refusal of a body above a limit, which it names. A file that one request cannot carry comes in chunks. */
export const tooLarge = (limitBytes: number) =>
  apiError("request_too_large", `The body of this request may have at most ${limitBytes} bytes.`, {
    ...(limitBytes < MAX_REQUEST_BYTES
      ? {}
      : { hint: `PATCH /v1/uploads/{id} (tus or the IETF draft), in chunks of ${CHUNK_ADVICE_BYTES} bytes` }),
  });

/*
 * The flood gate: fixed tiers, counted by the platform per location. It answers yes or no only, so no remaining count is sent.
 *
 * It is open on a loopback deployment: a load test or a demo there has one caller and nobody to protect.
 */

type Tier = keyof typeof GATE_TIERS;
/** The bindings' period, in seconds. */
const PERIOD_SECONDS = 60;

/**
 * Counts a request of a known caller in its tiers, one after the other. A user token's own count is asked first: what it refuses does
 * not count for the tenant, so one user cannot close the gate for the others.
 */
export async function checkRateLimit(c: Ctx, caller: Caller, isBytes: boolean): Promise<void> {
  const { tenant, mode, tier: own, grant } = caller;
  for (const tier of tiersOf(caller, isBytes))
    await count(c, tier, grant === null || tier === own ? `${tenant}:${mode}` : `${tenant}:${mode}:${grant.uh}`);
}

/** Counts a refused credential by its sender, so that keys cannot be guessed at speed. */
export const countRefused = async (c: Ctx): Promise<void> => count(c, "rejected", await senderOf(c));

/** Counts a key that this isolate does not know, before the database is asked about it. */
export const countLookup = async (c: Ctx): Promise<void> => count(c, "lookup", await senderOf(c));

/** The hash of the sender's network: addresses are kept nowhere in the clear. */
const senderOf = async (c: Ctx): Promise<string> =>
  hex(await sha256(senderNetwork(c.req.header("CF-Connecting-IP") ?? "local")));

async function count(c: Ctx, tier: Tier, key: string): Promise<void> {
  if (c.get("config").local) return;
  // A gate that fails lets pass: it protects the service, it is not the service.
  const { success } = await gateOf(c, tier)
    .limit({ key })
    .catch(() => ({ success: true }));
  if (success) return;
  const detail = `More than ${GATE_TIERS[tier]} requests in ${PERIOD_SECONDS} seconds; wait, then go on more slowly.`;
  throw new ApiError(problemOf("rate_limited", detail, { retryAfterSeconds: PERIOD_SECONDS }), {
    "RateLimit-Policy": policyOf(tier),
  });
}

/** The tiers that a caller's request is counted in. `isBytes`: it brings a piece of an upload, or asks how far one came. */
export function tiersOf({ tier, grant }: Caller, isBytes: boolean): Tier[] {
  if (isBytes) return ["bytes"];
  return grant === null ? [tier] : ["user", tier];
}

/** The value of `RateLimit-Policy`: the tier's name, its requests and its seconds. What remains is counted nowhere, so it is not told. */
export const policyOf = (tier: Tier): string => `"${tier}";q=${GATE_TIERS[tier]};w=${PERIOD_SECONDS}`;

const gateOf = ({ env }: Ctx, tier: Tier): RateLimit =>
  ({
    small: env.GATE_SMALL,
    medium: env.GATE_MEDIUM,
    large: env.GATE_LARGE,
    user: env.GATE_USER,
    bytes: env.GATE_BYTES,
    lookup: env.GATE_LOOKUP,
    rejected: env.GATE_REJECTED,
  })[tier];
