/**
 * The spending caps of a tenant in one mode. What was spent is the usage that this object counts, so a cap and the usage
 * that the operator is shown never differ.
 *
 * A cap is checked when a turn reserves its slot. A turn's credits are known when it ends, so the turns that hold a slot
 * when the cap is reached may still exceed it: by what they cost, and by no more. Their number is the quota
 * `concurrent_turns`.
 */
import type { Problem } from "../../core/errors.ts";
import { eventId, type UserHash } from "../../core/ids.ts";
import { CAPS_CACHE_MS } from "../../core/limits.ts";
import type { NewEvent } from "../../core/rpc/tenant.ts";
import type { EpochMs } from "../../core/time.ts";
import {
  capEventData,
  capProblem,
  hasCaps,
  monthOf,
  NO_CAPS,
  type ReachedCap,
  reachedCaps,
} from "../../core/usage/usage.ts";
import type { SpendingCapsWire } from "../../core/wire/tenant.ts";
import { logBug } from "../../log.ts";
import { readTenant } from "../../store/tenants.ts";
import { deleteMeta, readMeta, writeMeta } from "../shared/database.ts";
import type { TenantServices } from "./services.ts";
import { UNKNOWN } from "./usage.ts";

/** The job kind of publishing that a cap was reached. */
export const CAP_REACHED = "cap_reached";

/** The `meta` keys of the caps as they were last read, and of the number of events so far. */
const STORED = "spending_caps";
const EVENTS = "cap_events";

/** The key of the job: everything that its event says. */
type Announcement = ReachedCap & { readonly uh: UserHash | null; readonly at: EpochMs; readonly sequence: number };

/** The `meta` key that says for which month and limit a cap was announced. */
const announcedKey = ({ scope, cap }: ReachedCap, uh: UserHash | null): string =>
  `cap:${scope}:${cap}${uh === null ? "" : `:${uh}`}`;

export class Spending {
  readonly #tenant: TenantServices;
  #caps: SpendingCapsWire = NO_CAPS;
  #loadedAt: EpochMs | null = null;

  constructor(tenant: TenantServices) {
    this.#tenant = tenant;
  }

  /**
   * Reads the caps from D1, at most every few seconds. If D1 fails, those that were read last stay, also over a restart.
   * Call before `check` and `announce`.
   */
  async load(): Promise<void> {
    const { runtime, scope, database } = this.#tenant;
    const { now, sql, env } = runtime;
    if (this.#loadedAt !== null && Math.abs(now() - this.#loadedAt) < CAPS_CACHE_MS) return;
    const stored = database.exists() ? readMeta(sql, STORED) : null;
    try {
      const row = await readTenant(env.DB, scope.tenant);
      this.#caps = row?.spending_caps[scope.mode] ?? NO_CAPS;
      this.#loadedAt = now();
      const text = JSON.stringify(this.#caps);
      if (database.exists() && text !== stored && (stored !== null || hasCaps(this.#caps)))
        writeMeta(sql, STORED, text);
    } catch (error) {
      logBug("caps_not_read", error, { work: "quota", tenant: scope.tenant, mode: scope.mode });
      if (this.#loadedAt === null && stored !== null) this.#caps = JSON.parse(stored) as SpendingCapsWire; // written above only
    }
  }

  /** Why new paid work of this user (null: none is named) is rejected; null when it is not. */
  check(uh: UserHash | null): Problem | null {
    const { runtime, database } = this.#tenant;
    if (!hasCaps(this.#caps) || !database.exists()) return null;
    const reached = this.#reached(uh);
    const hard = reached.find(({ cap }) => cap === "hard");
    if (reached.length > 0) runtime.storage.transactionSync(() => this.#announceAll(reached, uh));
    return hard === undefined ? null : capProblem(hard, runtime.now());
  }

  /** Schedules an event for every cap that was reached by what was just counted. Call in the transaction that counts it. */
  announce(events: readonly NewEvent[]): void {
    if (!hasCaps(this.#caps)) return;
    const users = new Set(events.map(({ uh, named = true }) => (named && uh !== "" ? uh : null)));
    for (const uh of users) this.#announceAll(this.#reached(uh), uh);
  }

  /** Removes what names a deleted user. */
  erase(uh: UserHash): void {
    for (const cap of ["soft", "hard"] as const)
      deleteMeta(this.#tenant.runtime.sql, announcedKey({ scope: "user", cap, limit: 0, used: 0 }, uh));
  }

  /** The event of a scheduled announcement. */
  async event(key: string): Promise<NewEvent> {
    const { uh, at, sequence, ...reached } = JSON.parse(key) as Announcement; // written by #announceAll only
    const { tenant } = this.#tenant.scope;
    return {
      id: await eventId(this.#tenant.runtime.name, `credits.cap_reached#${sequence}`),
      type: "credits.cap_reached",
      resource: tenant,
      sequence,
      at,
      uh: "", // an event about the tenant itself: no user token sees it
      data: JSON.stringify(capEventData(reached, uh, at)),
    };
  }

  #reached(uh: UserHash | null): ReachedCap[] {
    const { usage, runtime } = this.#tenant;
    const month = monthOf(runtime.now());
    const tenant = usage.creditsSpent("day", UNKNOWN, month);
    return reachedCaps(this.#caps, { tenant, user: uh === null ? null : usage.creditsSpent("user", uh, month) });
  }

  /** Once for each month and limit. */
  #announceAll(reached: readonly ReachedCap[], by: UserHash | null): void {
    const { runtime, jobs } = this.#tenant;
    const { sql, now } = runtime;
    for (const one of reached) {
      const uh = one.scope === "user" ? by : null;
      const key = announcedKey(one, uh);
      const value = `${monthOf(now()).name} ${one.limit}`;
      if (readMeta(sql, key) === value) continue;
      writeMeta(sql, key, value);
      const sequence = Number(readMeta(sql, EVENTS) ?? "0") + 1;
      writeMeta(sql, EVENTS, String(sequence));
      const announcement: Announcement = { ...one, uh, at: now(), sequence };
      jobs.schedule(CAP_REACHED, JSON.stringify(announcement), now());
    }
  }
}
