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
import {
  type DeliveryFilter,
  type DeliveryWire,
  deliveryState,
  type LoggedDeliveryWire,
} from "../../../core/wire/webhook.ts";
import type { ObjectRuntime } from "../../shared/context.ts";
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
  readonly resource: string;
  readonly cursor: number;
};

/** A delivery that may be sent. */
export type DueDelivery = DeliveryWork & {
  /** 1: a later event of the same resource was sent to the same target. */
  readonly is_stale: number;
};

export type DeliveryRow = DeliveryWork & {
  readonly state: DeliveryWire["state"];
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

const WORK =
  "id, lane, event, target_kind, target, host, attempts, earlier_attempts, is_running, message_failures, resource, cursor";
const COLUMNS = `${WORK}, state, due_at, created_at, ended_at`;

/** The ids in a JSON array. */
const LISTED = "(SELECT value FROM json_each(?))";

/** A first attempt waits until those for earlier events of its resource have finished, whether they succeeded or not. */
const IN_ORDER = `(d.attempts > 0 OR NOT EXISTS (
    SELECT 1 FROM deliveries AS e
    WHERE e.target = d.target AND e.resource = d.resource AND e.cursor < d.cursor AND e.target_kind = d.target_kind
      AND e.state = 'pending' AND (e.attempts = 0 OR (e.attempts = 1 AND e.is_running = 1 AND e.due_at > ?1))
  ))`;
const IS_STALE = `EXISTS (
    SELECT 1 FROM deliveries AS later
    WHERE later.target = d.target AND later.resource = d.resource AND later.cursor > d.cursor
      AND later.target_kind = d.target_kind AND later.attempts > 0
  )`;

/**
 * Deliveries of one lane that are due and in order. The index is named, because the planner would read and sort
 * everything pending.
 */
export const DUE = `
  SELECT ${WORK}, ${IS_STALE} AS is_stale FROM deliveries AS d INDEXED BY deliveries_by_lane
  WHERE state = 'pending' AND lane = ?2 AND due_at <= ?1 AND ${IN_ORDER}
  ORDER BY due_at, cursor LIMIT 0 + ?3`;
/** The pending deliveries of all lanes that are due first, whenever that is. Of each, whether it is in order. */
export const FIRST_DUE = `
  SELECT ${WORK}, due_at, ${IS_STALE} AS is_stale, ${IN_ORDER} AS is_in_order
  FROM deliveries AS d INDEXED BY deliveries_by_due
  WHERE state = 'pending' AND due_at >= 0 ORDER BY due_at, cursor LIMIT 0 + ?2`;
/**
 * The next lanes with due deliveries after a lane, in order of name. The recursion goes from lane to lane by the index, however
 * many deliveries each has, and no further than the limit.
 */
export const DUE_LANES = `
  WITH RECURSIVE ring (lane) AS (
    SELECT min(lane) FROM deliveries INDEXED BY deliveries_by_lane WHERE state = 'pending' AND lane > ?2
    UNION ALL
    SELECT (SELECT min(d.lane) FROM deliveries AS d INDEXED BY deliveries_by_lane WHERE d.state = 'pending' AND d.lane > ring.lane)
    FROM ring WHERE ring.lane IS NOT NULL
  )
  SELECT lane FROM ring WHERE lane IS NOT NULL AND EXISTS (
    SELECT 1 FROM deliveries AS d INDEXED BY deliveries_by_lane
    WHERE d.state = 'pending' AND d.lane = ring.lane AND d.due_at <= ?1
  ) LIMIT 0 + ?3`;
/** Whether anything is due at a time, and the earliest due time after it. */
export const NEXT_DUE = `
  SELECT EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_by_due WHERE state = 'pending' AND due_at <= ?1) AS is_due,
    (SELECT min(due_at) FROM deliveries INDEXED BY deliveries_by_due WHERE state = 'pending' AND due_at > ?1) AS next`;
const RUNNING = `SELECT ${WORK}, due_at FROM deliveries WHERE is_running = 1`;
const LOG = `
  INSERT OR REPLACE INTO attempts (delivery, n, at, took_ms, status, error, answer)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6 FROM json_each(?)`;

/** A claimed delivery, and until when its attempt counts as running. */
type RunningDelivery = DeliveryWork & { readonly due_at: number | null };

/** Pending deliveries that are read at once, whatever their lanes. Chosen: two runs of a sender. */
const FEW = 12;

export class DeliveryRows {
  readonly #sql: SqlStorage;
  readonly #onEnded: (events: readonly EventId[], state: "delivered" | "failed") => void;
  /** The claimed deliveries; null: not read yet. Their number is limited (`DELIVERIES_IN_FLIGHT`). */
  #running: Map<DeliveryId, RunningDelivery> | null = null;
  /** When each pending delivery is due, while there are only a few; null: unknown. */
  #dueTimes: Map<DeliveryId, EpochMs> | null = null;

  /** `onEnded` is called for every delivery that ends, with its event, in the transaction that ends it. */
  constructor(
    { sql, onRollback }: ObjectRuntime,
    onEnded: (events: readonly EventId[], state: "delivered" | "failed") => void,
  ) {
    this.#sql = sql;
    this.#onEnded = onEnded;
    onRollback(() => this.forget());
  }

  /** Call after rows were changed by other code: they are read again. */
  forget(): void {
    this.#running = null;
    this.#dueTimes = null;
  }

  #readRunning(): Map<DeliveryId, RunningDelivery> {
    if (this.#running !== null) return this.#running;
    const rows = this.#sql.exec<RunningDelivery>(RUNNING).toArray();
    this.#running = new Map(rows.map((row) => [row.id, row]));
    return this.#running;
  }

  find(id: DeliveryId): DeliveryRow | null {
    return this.#rows(`SELECT ${COLUMNS} FROM deliveries WHERE id = ?`, id)[0] ?? null;
  }

  /** The claimed deliveries with these ids. */
  findRunning(ids: readonly DeliveryId[]): Map<DeliveryId, DeliveryWork> {
    const running = this.#readRunning();
    return new Map(
      ids.flatMap((id) => {
        const row = running.get(id);
        return row === undefined ? [] : [[id, row]];
      }),
    );
  }

  /** Adds deliveries of events to targets, except those that exist already. */
  addAll(deliveries: readonly NewDelivery[], now: EpochMs): void {
    if (deliveries.length === 0) return;
    const rows = deliveries.map(({ id, event, target, host, resource, cursor, dueAt }) => {
      const { target_kind: kind, target: to } = columnsOf(target);
      return [id, event, kind, to, host, resource, cursor, dueAt];
    });
    const query = `
      INSERT OR IGNORE INTO deliveries (id, event, target_kind, target, host, resource, cursor, state, due_at, created_at)
      SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, 'pending', value ->> 7, ?2
      FROM json_each(?1) RETURNING id, due_at`;
    for (const { id, due_at } of this.#sql.exec<{ id: DeliveryId; due_at: number }>(query, JSON.stringify(rows), now))
      this.#isDueAt(id, due_at);
  }

  #isDueAt(id: DeliveryId, at: EpochMs): void {
    this.#dueTimes?.set(id, at);
    if ((this.#dueTimes?.size ?? 0) > FEW) this.#dueTimes = null;
  }

  /** False when it is known that nothing is due. */
  mayBeDue(now: EpochMs): boolean {
    return this.#dueTimes === null || [...this.#dueTimes.values()].some((at) => at <= now);
  }

  /** Every due delivery that is in order, the longest due first; null when there may be more than a few. */
  fewDue(now: EpochMs): DueDelivery[] | null {
    type Row = DueDelivery & { readonly due_at: number; readonly is_in_order: number };
    const rows = this.#sql.exec<Row>(FIRST_DUE, now, FEW + 1).toArray();
    if (rows.length <= FEW) this.#dueTimes = new Map(rows.map(({ id, due_at }) => [id, due_at]));
    const due = rows.filter(({ due_at }) => due_at <= now);
    return due.length > FEW ? null : due.filter(({ is_in_order }) => is_in_order === 1);
  }

  /** Deliveries of one lane that are due and in order, the longest due first. */
  due(lane: string, now: EpochMs, limit: number): DueDelivery[] {
    return this.#sql.exec<DueDelivery>(DUE, now, lane, limit).toArray();
  }

  /** The next lanes with due deliveries after `lane`, in order of name. */
  dueLanes(now: EpochMs, lane: string, limit: number): string[] {
    return this.#sql
      .exec<{ lane: string }>(DUE_LANES, now, lane, limit)
      .toArray()
      .map(({ lane }) => lane);
  }

  /** Whether anything is due at `at`, and the earliest due time of a pending delivery after it; null: there is none. */
  nextDue(at: EpochMs): { readonly isDue: boolean; readonly next: EpochMs | null } {
    if (this.#dueTimes !== null) {
      const times = [...this.#dueTimes.values()];
      const later = times.filter((time) => time > at);
      return { isDue: later.length < times.length, next: later.length === 0 ? null : Math.min(...later) };
    }
    const { is_due, next } = this.#sql.exec<{ is_due: number; next: number | null }>(NEXT_DUE, at).one();
    return { isDue: is_due === 1, next };
  }

  /** The targets of running attempts. */
  inFlight(now: EpochMs): Pick<DeliveryWork, "host" | "lane">[] {
    return [...this.#readRunning().values()].filter(({ due_at }) => due_at !== null && due_at > now);
  }

  /** Claims deliveries for one attempt each, until `until` at the latest. */
  claim(rows: readonly DeliveryWork[], until: EpochMs): void {
    const query = `UPDATE deliveries SET attempts = attempts + 1, is_running = 1, due_at = ? WHERE id IN ${LISTED}`;
    this.#sql.exec(query, until, JSON.stringify(rows.map(({ id }) => id)));
    for (const row of rows) {
      this.#running?.set(row.id, { ...row, attempts: row.attempts + 1, is_running: 1, due_at: until });
      this.#isDueAt(row.id, until);
    }
  }

  /** Schedules the next attempt. */
  retryAt(id: DeliveryId, at: EpochMs): void {
    this.#sql.exec(
      "UPDATE deliveries SET is_running = 0, message_failures = 0, due_at = ? WHERE id = ?",
      Math.round(at),
      id,
    );
    this.#running?.delete(id);
    this.#isDueAt(id, Math.round(at));
  }

  /**
   * Undoes the claim of a delivery whose message could not be made. `row` was read before the claim; a delivery that
   * was claimed again or ended meanwhile is not changed.
   */
  unclaimUnmade({ id, attempts }: DeliveryWork, at: EpochMs): void {
    const query = `UPDATE deliveries SET is_running = 0, attempts = attempts - 1, message_failures = message_failures + 1, due_at = ?
                   WHERE id = ? AND state = 'pending' AND is_running = 1 AND attempts = ?`;
    this.#sql.exec(query, Math.round(at), id, attempts + 1);
    this.forget();
  }

  /** Undoes the claim of a delivery that was not sent. One that was claimed again or ended meanwhile is not changed. */
  unclaim(id: DeliveryId, attempt: number, at: EpochMs): void {
    const query = `UPDATE deliveries SET is_running = 0, attempts = attempts - 1, due_at = ?
                   WHERE id = ? AND state = 'pending' AND is_running = 1 AND attempts = ?`;
    this.#sql.exec(query, Math.round(at), id, attempt);
    this.forget();
  }

  /** Ends deliveries. One that was cancelled meanwhile has ended already. */
  end(ids: readonly DeliveryId[], state: "delivered" | "failed", now: EpochMs): void {
    if (ids.length > 0) this.#end(`id IN ${LISTED}`, state, now, JSON.stringify(ids));
  }

  /** Restarts the retry schedule, whatever the state. A running attempt becomes the first of the schedule. */
  restart(id: DeliveryId, dueAt: EpochMs): void {
    const query = `UPDATE deliveries SET state = 'pending', earlier_attempts = attempts - is_running,
                     due_at = iif(is_running, due_at, ?), ended_at = NULL
                   WHERE id = ?`;
    this.#sql.exec(query, dueAt, id);
    this.forget();
  }

  /** Restarts the retry schedule of the dead letter of this event and target. */
  revive(event: EventId, target: DeliveryTarget, dueAt: EpochMs): void {
    const { target_kind, target: to } = columnsOf(target);
    const query = `UPDATE deliveries SET state = 'pending', earlier_attempts = attempts, due_at = ?, ended_at = NULL
                   WHERE event = ? AND target_kind = ? AND target = ? AND state = 'failed'`;
    this.#sql.exec(query, dueAt, event, target_kind, to);
    this.forget();
  }

  /** The target receives nothing any more: its pending deliveries become dead letters. */
  failPending(target: DeliveryTarget, now: EpochMs): void {
    const { target_kind, target: to } = columnsOf(target);
    this.#end("target = ? AND target_kind = ?", "failed", now, to, target_kind);
  }

  #end(which: string, state: "delivered" | "failed", now: EpochMs, ...values: SqlStorageValue[]): void {
    const query = `UPDATE deliveries SET state = ?, is_running = 0, due_at = NULL, ended_at = ?
                   WHERE ${which} AND state = 'pending' RETURNING id, event`;
    const ended = this.#sql.exec<{ id: DeliveryId; event: EventId }>(query, state, now, ...values).toArray();
    for (const { id } of ended) {
      this.#running?.delete(id);
      this.#dueTimes?.delete(id);
    }
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
    this.forget();
  }

  /** A page, newest first, with one extra row that shows whether there are more. */
  page(page: PageRequest, { state, target_id: target }: DeliveryFilter): DeliveryRow[] {
    const read = (rule: string, ...values: string[]): DeliveryRow[] =>
      this.#rows(
        `SELECT ${COLUMNS} FROM deliveries WHERE ${rule}id < ? ORDER BY id DESC ${BOUND_LIMIT}`,
        ...values,
        idBefore(page),
        rowsFor(page),
      );
    if (target === undefined) return state === undefined ? read("") : read("state = ? AND ", state);
    // One indexed read for each state: the index has the state before the id, so that a target's failed deliveries are found too.
    const states = state === undefined ? deliveryState.options : [state];
    const rows = states.flatMap((one) => read("target = ? AND state = ? AND ", target, one));
    return rows.sort((one, other) => (one.id < other.id ? 1 : -1)).slice(0, rowsFor(page));
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
