/**
 * The flood gate: fixed tiers, counted by the platform per location. It answers yes or no only, so no remaining count is sent.
 *
 * It is open on a loopback deployment: a load test or a demo there has one caller and nobody to protect.
 */

import { hex, sha256 } from "../core/encode.ts";
import { refusal } from "../core/errors.ts";
import { GATE_TIERS } from "../core/limits.ts";
import { ApiError } from "./api-error.ts";
import type { Caller, Ctx } from "./context.ts";

type Tier = keyof typeof GATE_TIERS;
/** The bindings' period, in seconds. */
const PERIOD_SECONDS = 60;

/** Counts a request of a known caller. */
export const passGate = (c: Ctx, caller: Caller): Promise<void> =>
  count(c, caller.tier, `${caller.tenant}:${caller.mode}`);

/** Counts a refused credential by the hash of its sender's address, so that keys cannot be guessed at speed. */
export async function countRefused(c: Ctx): Promise<void> {
  const address = c.req.header("CF-Connecting-IP") ?? "local";
  await count(c, "refused", hex(await sha256(address)));
}

async function count(c: Ctx, tier: Tier, key: string): Promise<void> {
  if (c.get("config").local) return;
  // A gate that fails lets pass: it protects the service, it is not the service.
  const { success } = await gateOf(c, tier)
    .limit({ key })
    .catch(() => ({ success: true }));
  if (success) return;
  const detail = `More than ${GATE_TIERS[tier]} requests in ${PERIOD_SECONDS} seconds; wait, then go on more slowly.`;
  throw new ApiError(refusal("rate_limited", detail, { retryAfterSeconds: PERIOD_SECONDS }), {
    "RateLimit-Policy": policyOf(tier),
  });
}

/** The value of `RateLimit-Policy`: the tier's name, its requests and its seconds. What remains is counted nowhere, so it is not told. */
export const policyOf = (tier: Tier): string => `"${tier}";q=${GATE_TIERS[tier]};w=${PERIOD_SECONDS}`;

const gateOf = (c: Ctx, tier: Tier): RateLimit =>
  ({ small: c.env.GATE_SMALL, medium: c.env.GATE_MEDIUM, large: c.env.GATE_LARGE, refused: c.env.GATE_REFUSED })[tier];
