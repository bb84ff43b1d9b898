/** What a key may do to keys: it gives away nothing that it does not have. */
import { type FieldError, type Refusal, refusal } from "./errors.ts";
import type { Mode } from "./ids.ts";
import { type EpochMs, toRfc3339 } from "./time.ts";
import type { KeyScope } from "./wire/key.ts";

/** As far as a key reaches. `endsAt` in ms since epoch; null: for ever. */
export type Reach = { readonly mode: Mode; readonly scopes: readonly KeyScope[]; readonly endsAt: EpochMs | null };

/** Null when `wanted` lies within `own`; else a refusal that names each field that does not. */
export function refuseReach(own: Reach, wanted: Reach): Refusal | null {
  const errors: FieldError[] = wanted.scopes
    .map((scope, at) => ({ scope, field: `/scopes/${at}` }))
    .filter(({ scope }) => !own.scopes.includes(scope))
    .map(({ scope, field }) => ({ field, message: `\`${scope}\` is not a scope of the key that asks` }));
  if (wanted.mode !== own.mode) errors.push({ field: "/mode", message: `must be ${own.mode}, as the key that asks` });
  if (own.endsAt !== null && (wanted.endsAt === null || wanted.endsAt > own.endsAt)) {
    const message = `must not be after ${toRfc3339(own.endsAt)}, when the key that asks ends`;
    errors.push({ field: "/expires_at", message });
  }
  if (errors.length === 0) return null;
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join("; ");
  return refusal("key_too_wide", detail, { errors });
}
