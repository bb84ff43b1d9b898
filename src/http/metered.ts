/** Answers to what takes from quotas say what is left of them. */
import type { Metered } from "../core/quota.ts";
import { unwrap } from "./api-error.ts";
import type { Ctx } from "./context.ts";

/** The answer will have `RateLimit` of each quota that was taken from, as it stands after the last taking. */
export function noteLimits(c: Ctx, { limits = [] }: Metered<unknown>): void {
  const before = c.var.limits.filter(({ name }) => !limits.some((limit) => limit.name === name));
  c.set("limits", [...before, ...limits]);
}

/** A success's value, as `unwrap` gives it, once its limits are noted. */
export function unwrapMetered<T>(c: Ctx, answer: Metered<T>): T {
  noteLimits(c, answer);
  return unwrap(answer);
}
