/**
 * Whether a tenant is stopped, for everything that acts or answers without a key: paused by the operator, or being deleted.
 * Remembered per isolate for as long as the caller allows, so a step of work costs no query of its own.
 */
import type { TenantId } from "../core/ids.ts";
import type { EpochMs } from "../core/time.ts";

/** Tenants that an isolate remembers. Chosen: as many as it remembers keys of. */
const REMEMBERED = 2_000;

const READ = "SELECT state FROM tenants WHERE id = ?1";
const states = new Map<TenantId, { readonly isStopped: boolean; readonly at: EpochMs }>();

/** True when it is stopped, by a look that is at most `maxAgeMs` old. Null when D1 cannot say and nothing is remembered. */
export async function isTenantStopped(
  db: D1Database,
  id: TenantId,
  maxAgeMs: number,
  now: EpochMs,
): Promise<boolean | null> {
  const known = states.get(id);
  if (known !== undefined && Math.abs(now - known.at) <= maxAgeMs) return known.isStopped;
  try {
    const row = await db.prepare(READ).bind(id).first<{ state: string }>();
    const isStopped = row !== null && row.state !== "active";
    states.delete(id);
    states.set(id, { isStopped, at: now });
    const oldest = states.keys().next().value;
    if (states.size > REMEMBERED && oldest !== undefined) states.delete(oldest);
    return isStopped;
  } catch {
    return known?.isStopped ?? null;
  }
}

/** Drops what is remembered of a tenant: it was just changed here. */
export const forgetTenantState = (id: TenantId): void => void states.delete(id);
