/**
 * The rows of deliveries and of their attempts, with every statement on them, and the API calls that read or retry a
 * delivery. dispatch.ts decides what is sent when.
 */

import { type Problem, problemOf } from "../../../core/errors.ts";
import type { DeliveryId, EventId } from "../../../core/ids.ts";
import { cutPage, idBefore, rowsFor } from "../../../core/page.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { DeliveryReport } from "../../../core/rpc/tenant.ts";
import type { Call, Page, PageRequest } from "../../../core/rpc/user.ts";
import { type EpochMs, toRfc3339 } from "../../../core/time.ts";
import type { DeliveryTarget } from "../../../core/webhooks/delivery.ts";
import type { DeliveryFilter, DeliveryWire, LoggedDeliveryWire } from "../../../core/wire/webhook.ts";
import { BOUND_LIMIT } from "../../shared/database.ts";
import { createOnce } from "../../shared/idempotency.ts";
import type { TenantServices } from "../services.ts";
import { columnsOf, type TargetColumns, targetOf } from "../subscriptions.ts";

/** The columns needed to make an attempt and to record its result. */
export type DeliveryWork = TargetColumns & {
  readonly id: DeliveryId;
  readonly lane: string;
  readonly event: EventId;
  readonly host: string;
  readonly attempts: number;
  readonly earlier_attempts: number;
  readonly is_running: number;
  readonly message_failures: number;
};

export type DeliveryRow = DeliveryWork & {
  readonly state: "pending" | "delivered" | "failed";
  readonly due_at: number | null;
  readonly created_at: number;
  readonly ended_at: number | null;
};

export type NewDelivery = {
  readonly id: DeliveryId;
  readonly event: EventId;
  readonly target: DeliveryTarget;
  readonly host: string;
  readonly resource: string;
  readonly cursor: number;
  readonly dueAt: EpochMs;
};

export type AttemptRow = {
  readonly n: number;
  readonly at: number;
  readonly took_ms: number;
  readonly status: number | null;
  readonly error: string | null;
  readonly answer: string;
};

const WORK = "id, lane, event, target_kind, target, host, attempts, earlier_attempts, is_running, message_failures";
const COLUMNS = `${WORK}, state, due_at, created_at, ended_at`;

/** The ids in a JSON array. */
const LISTED = "(SELECT value FROM json_each(?))";

/**
 * Deliveries of one lane that are due and in order. A first attempt waits until those for earlier events of its
 * resource have finished, whether they succeeded or not. The index is named, because the planner would read and sort
 * everything pending.
 */
export const DUE = `
  SELECT ${WORK} FROM deliveries AS d INDEXED BY deliveries_by_lane
  WHERE state = 'pending' AND lane = ? AND due_at <= ? AND (d.attempts > 0 OR NOT EXISTS (
    SELECT 1 FROM deliveries AS e
    WHERE e.target = d.target AND e.resource = d.resource AND e.cursor < d.cursor AND e.target_kind = d.target_kind
      AND e.state = 'pending' AND (e.attempts = 0 OR (e.attempts = 1 AND e.is_running = 1 AND e.due_at > ?))
  ))
  ORDER BY due_at, cursor ${BOUND_LIMIT}`;
/**
 * The lanes with due deliveries. The recursion goes from lane to lane by the index, however many deliveries each has.
 */
export const DUE_LANES = `
  WITH RECURSIVE ring (lane) AS (
    SELECT min(lane) FROM deliveries INDEXED BY deliveries_by_lane WHERE state = 'pending'
    UNION ALL
    SELECT (SELECT min(d.lane) FROM deliveries AS d INDEXED BY deliveries_by_lane WHERE d.state = 'pending' AND d.lane > ring.lane)
    FROM ring WHERE ring.lane IS NOT NULL
  )
  SELECT lane FROM ring WHERE lane IS NOT NULL AND EXISTS (
    SELECT 1 FROM deliveries AS d INDEXED BY deliveries_by_lane
    WHERE d.state = 'pending' AND d.lane = ring.lane AND d.due_at <= ?
  )`;
export const NEXT_DUE =
  "SELECT min(due_at) AS at FROM deliveries INDEXED BY deliveries_by_due WHERE state = 'pending' AND due_at > ?";
export const HAS_DUE =
  "SELECT 1 FROM deliveries INDEXED BY deliveries_by_due WHERE state = 'pending' AND due_at <= ? LIMIT 1";
const IN_FLIGHT = "SELECT host, lane FROM deliveries WHERE is_running = 1 AND due_at > ?";
export const STALE = `
  SELECT id FROM deliveries AS d WHERE id IN ${LISTED} AND EXISTS (
    SELECT 1 FROM deliveries AS later
    WHERE later.target = d.target AND later.resource = d.resource AND later.cursor > d.cursor
      AND later.target_kind = d.target_kind AND later.attempts > 0
  )`;
const LOG = `
  INSERT OR REPLACE INTO attempts (delivery, n, at, took_ms, status, error, answer)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6 FROM json_each(?)`;

export class DeliveryRows {
  readonly #sql: SqlStorage;
  readonly #onEnded: (events: readonly EventId[], state: "delivered" | "failed") => void;

  /** `onEnded` is called for every delivery that ends, with its event, in the transaction that ends it. */
  constructor(sql: SqlStorage, onEnded: (events: readonly EventId[], state: "delivered" | "failed") => void) {
    this.#sql = sql;
    this.#onEnded = onEnded;
  }

  find(id: DeliveryId): DeliveryRow | null {
    return this.#rows(`SELECT ${COLUMNS} FROM deliveries WHERE id = ?`, id)[0] ?? null;
  }

  /** The deliveries with these ids. */
  findAll(ids: readonly DeliveryId[]): Map<DeliveryId, DeliveryWork> {
    const query = `SELECT ${WORK} FROM deliveries WHERE id IN ${LISTED}`;
    const rows = this.#sql.exec<DeliveryWork>(query, JSON.stringify(ids)).toArray();
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Adds a delivery of an event to a target, unless there is one already. */
  add({ id, event, target, host, resource, cursor, dueAt }: NewDelivery, now: EpochMs): void {
    const { target_kind: kind, target: to } = columnsOf(target);
    this.#sql.exec(
      `INSERT OR IGNORE INTO deliveries (id, event, target_kind, target, host, resource, cursor, state, due_at, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?)`,
      id,
      event,
      kind,
      to,
      host,
      resource,
      cursor,
      dueAt,
      now,
    );
  }

  /** Deliveries of one lane that are due and in order, the longest due first. */
  due(lane: string, now: EpochMs, limit: number): DeliveryWork[] {
    return this.#sql.exec<DeliveryWork>(DUE, lane, now, now, limit).toArray();
  }

  /** The lanes with due deliveries, in order of name. */
  dueLanes(now: EpochMs): string[] {
    return this.#sql
      .exec<{ lane: string }>(DUE_LANES, now)
      .toArray()
      .map(({ lane }) => lane);
  }

  /** The earliest due time after `since` of a pending delivery; null when there is none. */
  nextDueAt(since: EpochMs): EpochMs | null {
    return this.#sql.exec<{ at: number | null }>(NEXT_DUE, since).one().at;
  }

  hasDueJobs(at: EpochMs): boolean {
    return this.#sql.exec(HAS_DUE, at).toArray().length > 0;
  }

  /** The targets of running attempts. */
  inFlight(now: EpochMs): Pick<DeliveryWork, "host" | "lane">[] {
    return this.#sql.exec<Pick<DeliveryWork, "host" | "lane">>(IN_FLIGHT, now).toArray();
  }

  /** Claims deliveries for one attempt each, until `until` at the latest. */
  claim(ids: readonly DeliveryId[], until: EpochMs): void {
    const query = `UPDATE deliveries SET attempts = attempts + 1, is_running = 1, due_at = ? WHERE id IN ${LISTED}`;
    this.#sql.exec(query, until, JSON.stringify(ids));
  }

  /** Schedules the next attempt. */
  retryAt(id: DeliveryId, at: EpochMs): void {
    this.#sql.exec(
      "UPDATE deliveries SET is_running = 0, message_failures = 0, due_at = ? WHERE id = ?",
      Math.round(at),
      id,
    );
  }

  /**
   * Undoes the claim of a delivery whose message could not be made. `row` was read before the claim; a delivery that
   * was claimed again or ended meanwhile is not changed.
   */
  unclaimUnmade({ id, attempts }: DeliveryWork, at: EpochMs): void {
    const query = `UPDATE deliveries SET is_running = 0, attempts = attempts - 1, message_failures = message_failures + 1, due_at = ?
                   WHERE id = ? AND state = 'pending' AND is_running = 1 AND attempts = ?`;
    this.#sql.exec(query, Math.round(at), id, attempts + 1);
  }

  /** Undoes the claim of a delivery that was not sent. One that was claimed again or ended meanwhile is not changed. */
  unclaim(id: DeliveryId, attempt: number, at: EpochMs): void {
    const query = `UPDATE deliveries SET is_running = 0, attempts = attempts - 1, due_at = ?
                   WHERE id = ? AND state = 'pending' AND is_running = 1 AND attempts = ?`;
    this.#sql.exec(query, Math.round(at), id, attempt);
  }

  /** Ends deliveries. One that was cancelled meanwhile has ended already. */
  end(ids: readonly DeliveryId[], state: "delivered" | "failed", now: EpochMs): void {
    if (ids.length > 0) this.#end(`id IN ${LISTED}`, state, now, JSON.stringify(ids));
  }

  /** Restarts the retry schedule, whatever the state. A delivery with a running attempt is not changed. */
  restart(id: DeliveryId, dueAt: EpochMs): void {
    const query = `UPDATE deliveries SET state = 'pending', earlier_attempts = attempts, due_at = ?, ended_at = NULL
                   WHERE id = ? AND is_running = 0`;
    this.#sql.exec(query, dueAt, id);
  }

  /** Restarts the retry schedule of the dead letter of this event and target. */
  revive(event: EventId, target: DeliveryTarget, dueAt: EpochMs): void {
    const { target_kind, target: to } = columnsOf(target);
    const query = `UPDATE deliveries SET state = 'pending', earlier_attempts = attempts, due_at = ?, ended_at = NULL
                   WHERE event = ? AND target_kind = ? AND target = ? AND state = 'failed'`;
    this.#sql.exec(query, dueAt, event, target_kind, to);
  }

  /** The target receives nothing any more: its pending deliveries become dead letters. */
  failPending(target: DeliveryTarget, now: EpochMs): void {
    const { target_kind, target: to } = columnsOf(target);
    this.#end("target = ? AND target_kind = ?", "failed", now, to, target_kind);
  }

  #end(which: string, state: "delivered" | "failed", now: EpochMs, ...values: SqlStorageValue[]): void {
    const query = `UPDATE deliveries SET state = ?, is_running = 0, due_at = NULL, ended_at = ?
                   WHERE ${which} AND state = 'pending' RETURNING event`;
    const ended = this.#sql.exec<{ event: EventId }>(query, state, now, ...values).toArray();
    if (ended.length > 0)
      this.#onEnded(
        ended.map(({ event }) => event),
        state,
      );
  }

  /** The target's URL has changed. */
  moveHost(target: DeliveryTarget, host: string): void {
    const { target_kind, target: to } = columnsOf(target);
    const query = "UPDATE deliveries SET host = ? WHERE target = ? AND target_kind = ? AND state = 'pending'";
    this.#sql.exec(query, host, to, target_kind);
  }

  /** The deliveries for which a later event of the same resource was sent to the same target. */
  stale(ids: readonly DeliveryId[]): Set<DeliveryId> {
    const rows = this.#sql.exec<{ id: DeliveryId }>(STALE, JSON.stringify(ids)).toArray();
    return new Set(rows.map(({ id }) => id));
  }

  /** A page, newest first, with one extra row that shows whether there are more. */
  page(page: PageRequest, { state, target_id }: DeliveryFilter): DeliveryRow[] {
    return this.#rows(
      `SELECT ${COLUMNS} FROM deliveries
       WHERE id < ? AND (? IS NULL OR state = ?) AND (? IS NULL OR target = ?) ORDER BY id DESC LIMIT ?`,
      idBefore(page),
      state ?? null,
      state ?? null,
      target_id ?? null,
      target_id ?? null,
      rowsFor(page),
    );
  }

  /** Records the results of attempts. */
  log(reports: readonly DeliveryReport[], now: EpochMs): void {
    const rows = reports.map(({ id, attempt, outcome: { status, error, answer, tookMs } }) => {
      return [id, attempt, Math.round(now - tookMs), Math.round(tookMs), status, error, answer];
    });
    this.#sql.exec(LOG, JSON.stringify(rows));
  }

  /** The attempts with a known result, in order. */
  attempts(id: DeliveryId): AttemptRow[] {
    const query = "SELECT n, at, took_ms, status, error, answer FROM attempts WHERE delivery = ? ORDER BY n";
    return this.#sql.exec<AttemptRow>(query, id).toArray();
  }

  lastAttempt(id: DeliveryId): AttemptRow | null {
    const query =
      "SELECT n, at, took_ms, status, error, answer FROM attempts WHERE delivery = ? ORDER BY n DESC LIMIT 1";
    return this.#sql.exec<AttemptRow>(query, id).toArray()[0] ?? null;
  }

  /** Removes finished deliveries that were created before `before`. */
  removeExpired(before: EpochMs): void {
    const old = "SELECT id FROM deliveries WHERE created_at < ? AND state != 'pending'";
    this.#sql.exec(`DELETE FROM attempts WHERE delivery IN (${old})`, before);
    this.#sql.exec("DELETE FROM deliveries WHERE created_at < ? AND state != 'pending'", before);
  }

  #rows(query: string, ...values: SqlStorageValue[]): DeliveryRow[] {
    return this.#sql.exec<DeliveryRow>(query, ...values).toArray();
  }
}

/* The API calls about deliveries: list, read and retry. */

export class DeliveryLog {
  readonly #tenant: TenantServices;

  constructor(tenant: TenantServices) {
    this.#tenant = tenant;
  }

  list(page: PageRequest, filter: DeliveryFilter): Page<DeliveryWire> {
    return cutPage(
      this.#tenant.deliveryRows.page(page, filter),
      page,
      (row) => row.id,
      (row) => this.#show(row),
    );
  }

  read(id: DeliveryId): Result<LoggedDeliveryWire, Problem> {
    const row = this.#tenant.deliveryRows.find(id);
    if (row === null) return err(noDelivery());
    const log = this.#tenant.deliveryRows
      .attempts(id)
      .map(({ n, at, ...rest }) => ({ attempt: n, at: toRfc3339(at), ...rest }));
    return ok({ ...this.#show(row), log });
  }

  /** Restarts a delivery's retry schedule at once. A problem when its target is disabled or gone. */
  retry(call: Call, id: DeliveryId): Promise<Result<LoggedDeliveryWire, Problem>> {
    const { deliveryRows, deliveries, subscriptions } = this.#tenant;
    return createOnce<null, Result<LoggedDeliveryWire, Problem>>(this.#tenant, call, {
      existing: () => this.read(id),
      check: () => {
        const row = deliveryRows.find(id);
        if (row === null) return noDelivery();
        return subscriptions.destinationOf(targetOf(row)) === null ? closed() : null;
      },
      prepare: () => ok(null),
      commit: () => {
        deliveryRows.restart(id, deliveries.dueNow());
        return id;
      },
      created: () => {
        deliveries.plan();
        return this.read(id);
      },
    });
  }

  #show(row: DeliveryRow): DeliveryWire {
    const last = this.#tenant.deliveryRows.lastAttempt(row.id);
    return {
      id: row.id,
      event_id: row.event,
      event_type: this.#tenant.events.typeOf(row.event),
      target: targetOf(row),
      state: row.state,
      attempts: row.attempts,
      last_status: last?.status ?? null,
      last_answer: last === null ? null : (last.error ?? last.answer),
      due_at: row.due_at === null ? null : toRfc3339(row.due_at),
      created_at: toRfc3339(row.created_at),
      ended_at: row.ended_at === null ? null : toRfc3339(row.ended_at),
    };
  }
}

const noDelivery = (): Problem =>
  problemOf("not_found", "No delivery with this id exists here; list yours with GET /v1/deliveries.");

const closed = (): Problem =>
  problemOf(
    "endpoint_disabled",
    "The delivery's endpoint or hook is disabled or gone; enable the endpoint or subscribe the hook again, then retry.",
    {
      hint: "POST /v1/webhook_endpoints/{id}/enable",
    },
  );
