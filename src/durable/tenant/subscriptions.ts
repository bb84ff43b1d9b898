/**
 * Webhook subscriptions: endpoints (many event types, signed with their own secret) and REST hooks (one type, flat
 * bodies, used by automation tools). Also the addressing of deliveries, and the disabling of targets that keep failing.
 */

import type { Scope } from "../../core/address.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import { type EndpointId, type EventId, eventId, plainId } from "../../core/ids.ts";
import { ENDPOINTS_PER_SCOPE, HOOK_SAMPLES, HOOKS_PER_SCOPE, REMOVED_TARGETS } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { DeliveryOutcome, NewEvent } from "../../core/rpc/tenant.ts";
import type { Call } from "../../core/rpc/user.ts";
import { checkWebhookTarget } from "../../core/ssrf.ts";
import { type EpochMs, toRfc3339 } from "../../core/time.ts";
import { afterAttempt, type DeliveryTarget, type DisabledBy, type FailureRun } from "../../core/webhooks/delivery.ts";
import { hookBody } from "../../core/webhooks/flat-body.ts";
import { sampleEvent } from "../../core/webhooks/samples.ts";
import type { EventType, EventWire } from "../../core/wire/event.ts";
import type {
  EndpointPatch,
  EndpointWire,
  HookBody,
  HookFilter,
  HookWire,
  NewEndpoint,
  NewHook,
} from "../../core/wire/webhook.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { findByIdempotencyKey, saveIdempotencyKey } from "../shared/idempotency.ts";
import type { JobScheduler } from "../shared/jobs.ts";
import type { DeliveryRows } from "./deliveries/store.ts";
import type { Events } from "./events.ts";
import { DEFAULT_SECRET, type SecretOwner, type Secrets } from "./secrets.ts";

/*
 * What each kind of target means: which events it subscribes to, its current URL, the secret that signs, and its body.
 */

/** A target and its current URL. */
export type Addressed = { readonly target: DeliveryTarget; readonly url: string };

/** The URL of a message and how the message is made. */
export type Destination = {
  readonly url: string;
  readonly signer: SecretOwner;
  /** The payload of an event, which is then serialised, signed and posted. */
  readonly message: (event: EventWire) => unknown;
};

/** The two columns that store a target. */
export type TargetColumns = { readonly target_kind: DeliveryTarget["kind"]; readonly target: string };

export const columnsOf = (target: DeliveryTarget): TargetColumns => ({
  target_kind: target.kind,
  target: target.kind === "callback" ? target.url : target.id,
});

export const targetOf = ({ target_kind: kind, target }: TargetColumns): DeliveryTarget =>
  kind === "callback" ? { kind, url: target } : { kind, id: target as `whk_${string}` }; // written by columnsOf()

/** The host that a rate limit is counted by. The URL was validated when it was stored. */
export const hostOf = (url: string): string => new URL(url).host;

export class Targets {
  readonly #endpoints: Endpoints;
  readonly #hooks: Hooks;

  constructor(endpoints: Endpoints, hooks: Hooks) {
    this.#endpoints = endpoints;
    this.#hooks = hooks;
  }

  /** The subscribers to a type: endpoints and hooks. */
  subscribersTo(type: EventType): Addressed[] {
    const endpoints = this.#endpoints
      .subscribersTo(type)
      .map(({ id, url }): Addressed => ({ target: { kind: "endpoint", id }, url }));
    const hooks = this.#hooks
      .subscribersTo(type)
      .map(({ id, url }): Addressed => ({ target: { kind: "hook", id }, url }));
    return [...endpoints, ...hooks];
  }

  /** The callback URL given with one turn, render, video, batch or generator job. */
  callback(url: string): Addressed {
    return { target: { kind: "callback", url }, url };
  }

  /** Null when the target is gone or disabled. */
  find(target: DeliveryTarget): Destination | null {
    switch (target.kind) {
      case "endpoint": {
        const url = this.#endpoints.address(target.id);
        return url === null ? null : { url, signer: target.id, message: this.#envelope(target.id) };
      }
      case "callback":
        return { url: target.url, signer: DEFAULT_SECRET, message: this.#envelope(null) };
      case "hook": {
        const url = this.#hooks.address(target.id);
        return url === null ? null : { url, signer: DEFAULT_SECRET, message: hookBody };
      }
    }
  }

  /** The whole event with the id of the endpoint it is sent to. */
  #envelope(endpoint: EndpointId | null): Destination["message"] {
    return (event) => ({ ...event, endpoint });
  }
}

export class Endpoints {
  readonly #runtime: ObjectRuntime;
  readonly #rows: EndpointRows;
  readonly #deliveries: DeliveryRows;
  readonly #secrets: Secrets;

  constructor(runtime: ObjectRuntime, rows: EndpointRows, deliveries: DeliveryRows, secrets: Secrets) {
    this.#runtime = runtime;
    this.#rows = rows;
    this.#deliveries = deliveries;
    this.#secrets = secrets;
  }

  /** Creates an endpoint. Only this answer contains its secret; a repeated request gets null. */
  async create(
    call: Call,
    body: NewEndpoint,
  ): Promise<Result<{ endpoint: EndpointWire; secret: string | null }, Problem>> {
    const runtime = this.#runtime;
    const unreachable = checkWebhookTarget(body.url, "/url", runtime.config.targets.rules);
    if (unreachable !== null) return err(unreachable);
    const idempotency = this.#replayed(call);
    if (idempotency !== null) return idempotency;
    if (this.#isFull()) return err(tooManyEndpoints());
    const id = plainId("whk", runtime.now(), runtime.random);
    const fresh = await this.#secrets.fresh(id);
    const duplicate = this.#replayed(call); // a concurrent duplicate may have finished meanwhile
    if (duplicate !== null) return duplicate;
    if (this.#isFull()) return err(tooManyEndpoints()); // other endpoints may have been created too
    const endpoint = newEndpointOf(id, body, runtime.now());
    runtime.storage.transactionSync(() => {
      this.#rows.save(endpoint);
      this.#secrets.put(fresh);
      saveIdempotencyKey(runtime, call, id);
    });
    return ok({ endpoint: showEndpoint(endpoint), secret: fresh.secret });
  }

  #isFull(): boolean {
    return this.#rows.all().length >= ENDPOINTS_PER_SCOPE;
  }

  list(): EndpointWire[] {
    return this.#rows.all().map(showEndpoint);
  }

  read(id: EndpointId): Result<EndpointWire, Problem> {
    const endpoint = this.#rows.find(id);
    return endpoint === null ? err(noEndpoint()) : ok(showEndpoint(endpoint));
  }

  /**
   * Changes the fields that the body names. Disabling ends the pending deliveries; enabling resets the failures and
   * sends nothing by itself.
   */
  update(id: EndpointId, { url, types, state }: EndpointPatch): Result<EndpointWire, Problem> {
    const { config, storage, now } = this.#runtime;
    const known = this.#rows.find(id);
    if (known === null) return err(noEndpoint());
    const unreachable = url === undefined ? null : checkWebhookTarget(url, "/url", config.targets.rules);
    if (unreachable !== null) return err(unreachable);
    const moved = { ...known, url: url ?? known.url, types: types ?? known.types };
    const changed = state === undefined || state === known.state ? moved : switched(moved, state, now());
    storage.transactionSync(() => {
      this.#rows.save(changed);
      if (url !== undefined) this.#deliveries.moveHost({ kind: "endpoint", id }, hostOf(url));
      if (changed.state === "disabled") this.#deliveries.failPending({ kind: "endpoint", id }, now());
    });
    return ok(showEndpoint(changed));
  }

  /** Removes an endpoint and ends its pending deliveries. Removing it again succeeds. */
  delete(id: EndpointId): Result<null, Problem> {
    if (this.#rows.find(id) === null) return this.#rows.wasRemoved(id) ? ok(null) : err(noEndpoint());
    this.#runtime.storage.transactionSync(() => {
      this.#rows.remove(id);
      this.#secrets.removeAll(id);
      this.#deliveries.failPending({ kind: "endpoint", id }, this.#runtime.now());
    });
    return ok(null);
  }

  /** Enabled endpoints that subscribe to the type. */
  subscribersTo(type: EventType): Endpoint[] {
    return this.#rows.all().filter((endpoint) => endpoint.state === "enabled" && isWanted(endpoint, type));
  }

  /** The URL to send to; null when the endpoint is gone or disabled. */
  address(id: EndpointId): string | null {
    const endpoint = this.#rows.find(id);
    return endpoint === null || endpoint.state !== "enabled" ? null : endpoint.url;
  }

  #replayed(call: Call): Result<{ endpoint: EndpointWire; secret: null }, Problem> | null {
    const idempotency = findByIdempotencyKey(this.#runtime, call);
    if (!idempotency.ok) return idempotency;
    if (idempotency.value === null) return null;
    const known = this.read(idempotency.value as EndpointId); // written by create() only
    return known.ok ? ok({ endpoint: known.value, secret: null }) : known;
  }
}

export const isWanted = ({ types }: Endpoint, type: EventType): boolean =>
  types.some((wanted) => wanted === "*" || wanted === type);

export const noEndpoint = (): Problem =>
  problemOf("not_found", "No endpoint with this id exists here; list yours with GET /v1/webhook_endpoints.");

export const showEndpoint = (endpoint: Endpoint): EndpointWire => ({
  id: endpoint.id,
  url: endpoint.url,
  types: endpoint.types,
  state: endpoint.state,
  disabled_by: endpoint.disabledBy,
  disabled_at: endpoint.disabledAt === null ? null : toRfc3339(endpoint.disabledAt),
  created_at: toRfc3339(endpoint.createdAt),
});

const newEndpointOf = (id: EndpointId, { url, types }: NewEndpoint, createdAt: number): Endpoint => ({
  id,
  url,
  types,
  state: "enabled",
  failing: null,
  disabledBy: null,
  disabledAt: null,
  disablings: 0,
  createdAt,
});

const switched = (endpoint: Endpoint, state: Endpoint["state"], now: number): Endpoint =>
  state === "enabled"
    ? { ...endpoint, state, failing: null, disabledBy: null, disabledAt: null }
    : { ...endpoint, state, disabledBy: "you", disabledAt: now };

const tooManyEndpoints = (): Problem =>
  problemOf(
    "too_many_endpoints",
    `A tenant has at most ${ENDPOINTS_PER_SCOPE} endpoints in one mode; delete one first.`,
    { hint: "DELETE /v1/webhook_endpoints/{id}" },
  );

/*
 * The ids of removed endpoints and hooks. An automation tool that is switched off first answers 410, which removes its
 * hook; the tool's own unsubscribe call comes later and must still succeed.
 */

export const REMOVED_TARGETS_TABLE = `
  CREATE TABLE removed_targets (
    n INTEGER PRIMARY KEY AUTOINCREMENT, -- only the newest rows are kept
    id TEXT NOT NULL UNIQUE
  ) STRICT;
`;

/** Records a removal, in the transaction that removes. */
export function recordRemoved(sql: SqlStorage, id: EndpointId): void {
  sql.exec("INSERT OR IGNORE INTO removed_targets (id) VALUES (?)", id);
  sql.exec("DELETE FROM removed_targets WHERE n <= (SELECT max(n) FROM removed_targets) - ?", REMOVED_TARGETS);
}

export const wasRemoved = (sql: SqlStorage, id: EndpointId): boolean =>
  sql.exec("SELECT 1 FROM removed_targets WHERE id = ?", id).toArray().length > 0;

/* The rows of endpoints, with every statement on them. */

export type Endpoint = {
  readonly id: EndpointId;
  readonly url: string;
  readonly types: EndpointWire["types"];
  readonly state: "enabled" | "disabled";
  readonly failing: FailureRun | null;
  readonly disabledBy: DisabledBy | null;
  readonly disabledAt: EpochMs | null;
  /** How often the gateway disabled it. */
  readonly disablings: number;
  readonly createdAt: EpochMs;
};

/** What a running recovery has left: events that happened since `since`, after one cursor and up to another. */
export type Recovery = { readonly since: EpochMs; readonly after: number; readonly until: number };

type EndpointSqlRow = {
  id: EndpointId;
  url: string;
  types: string;
  state: "enabled" | "disabled";
  failing: string | null;
  disabled_by: DisabledBy | null;
  disabled_at: number | null;
  disablings: number;
  created_at: number;
};

const ENDPOINT_COLUMNS = "id, url, types, state, failing, disabled_by, disabled_at, disablings, created_at";

export class EndpointRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  all(): Endpoint[] {
    return this.#sql
      .exec<EndpointSqlRow>(`SELECT ${ENDPOINT_COLUMNS} FROM endpoints ORDER BY id`)
      .toArray()
      .map(decodeEndpoint);
  }

  find(id: EndpointId): Endpoint | null {
    const row = this.#sql
      .exec<EndpointSqlRow>(`SELECT ${ENDPOINT_COLUMNS} FROM endpoints WHERE id = ?`, id)
      .toArray()[0];
    return row === undefined ? null : decodeEndpoint(row);
  }

  save(endpoint: Endpoint): void {
    this.#sql.exec(
      `INSERT INTO endpoints (${ENDPOINT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET url = excluded.url, types = excluded.types, state = excluded.state,
         failing = excluded.failing, disabled_by = excluded.disabled_by, disabled_at = excluded.disabled_at,
         disablings = excluded.disablings`,
      endpoint.id,
      endpoint.url,
      JSON.stringify(endpoint.types),
      endpoint.state,
      endpoint.failing === null ? null : JSON.stringify(endpoint.failing),
      endpoint.disabledBy,
      endpoint.disabledAt,
      endpoint.disablings,
      endpoint.createdAt,
    );
  }

  /** Whether an endpoint with this id was removed. */
  wasRemoved(id: EndpointId): boolean {
    return wasRemoved(this.#sql, id);
  }

  remove(id: EndpointId): void {
    this.#sql.exec("DELETE FROM endpoints WHERE id = ?", id);
    recordRemoved(this.#sql, id);
  }

  /** The running recovery; null when there is none. */
  recovery(id: EndpointId): Recovery | null {
    const row = this.#sql
      .exec<{ since: number | null; after: number | null; until: number | null }>(
        "SELECT recover_since AS since, recover_after AS after, recover_until AS until FROM endpoints WHERE id = ?",
        id,
      )
      .toArray()[0];
    if (row === undefined || row.since === null || row.after === null || row.until === null) return null;
    return { since: row.since, after: row.after, until: row.until };
  }

  saveRecovery(id: EndpointId, recovery: Recovery | null): void {
    const query = "UPDATE endpoints SET recover_since = ?, recover_after = ?, recover_until = ? WHERE id = ?";
    this.#sql.exec(query, recovery?.since ?? null, recovery?.after ?? null, recovery?.until ?? null, id);
  }
}

/** The JSON was written by `save` only. */
const decodeEndpoint = (row: EndpointSqlRow): Endpoint => ({
  id: row.id,
  url: row.url,
  types: JSON.parse(row.types) as Endpoint["types"],
  state: row.state,
  failing: row.failing === null ? null : (JSON.parse(row.failing) as FailureRun),
  disabledBy: row.disabled_by,
  disabledAt: row.disabled_at,
  disablings: row.disablings,
  createdAt: row.created_at,
});

/* REST hooks: one URL that subscribes to one type of event with flat bodies, until it answers 410 or unsubscribes. */

export class Hooks {
  readonly #runtime: ObjectRuntime;
  readonly #rows: HookRows;
  readonly #deliveries: DeliveryRows;
  readonly #events: Events;

  constructor(runtime: ObjectRuntime, rows: HookRows, deliveries: DeliveryRows, events: Events) {
    this.#runtime = runtime;
    this.#rows = rows;
    this.#deliveries = deliveries;
    this.#events = events;
  }

  /** Subscribes a URL to an event type. An existing hook is returned, and enabled again when it was disabled. */
  subscribe(call: Call, { target_url: url, event }: NewHook): Result<{ hook: HookWire; isNew: boolean }, Problem> {
    const runtime = this.#runtime;
    const unreachable = checkWebhookTarget(url, "/target_url", runtime.config.targets.rules);
    if (unreachable !== null) return err(unreachable);
    const idempotency = findByIdempotencyKey(runtime, call);
    if (!idempotency.ok) return idempotency;
    const known = this.#rows.at(url, event)[0];
    if (known === undefined && this.#rows.all().length >= HOOKS_PER_SCOPE) return err(tooManyHooks());
    const id = known?.id ?? plainId("whk", runtime.now(), runtime.random);
    const hook: Hook = {
      disablings: 0,
      createdAt: runtime.now(),
      ...known,
      id,
      url,
      event,
      failing: null,
      disabledAt: null,
    };
    const isChanged = known === undefined || known.disabledAt !== null;
    if (isChanged) {
      runtime.storage.transactionSync(() => {
        this.#rows.save(hook);
        saveIdempotencyKey(runtime, call, id);
      });
    }
    return ok({ hook: showHook(hook), isNew: known === undefined });
  }

  list(): HookWire[] {
    return this.#rows.all().map(showHook);
  }

  /** Removes a hook. Removing it again succeeds. */
  unsubscribe(id: EndpointId): Result<null, Problem> {
    const hook = this.#rows.find(id);
    if (hook === null) return this.#rows.wasRemoved(id) ? ok(null) : err(noHook());
    this.#removeAll([hook]);
    return ok(null);
  }

  /** Removes every hook of a URL, or only the one for an event type. */
  unsubscribeAddress({ target_url: url, event }: HookFilter): void {
    this.#removeAll(this.#rows.at(url, event ?? null));
  }

  subscribersTo(type: EventType): Hook[] {
    return this.#rows.subscribersTo(type);
  }

  /** The URL to send to; null when the hook is gone or disabled. */
  address(id: EndpointId): string | null {
    const hook = this.#rows.find(id);
    return hook === null || hook.disabledAt !== null ? null : hook.url;
  }

  /** The bodies of the last events of a type, newest first; empty when there were none. */
  async latest(type: EventType): Promise<HookBody[]> {
    const latest = await this.#events.latest(type, HOOK_SAMPLES);
    return latest.map(hookBody);
  }

  #removeAll(hooks: readonly Hook[]): void {
    const { storage, now } = this.#runtime;
    storage.transactionSync(() => {
      for (const { id } of hooks) {
        this.#rows.remove(id);
        this.#deliveries.failPending({ kind: "hook", id }, now());
      }
    });
  }
}

/** The body of an invented event of this type, for a tenant that has none yet. */
export const inventedSample = (type: EventType, { mode }: Scope): HookBody => hookBody(sampleEvent(type, mode));

export const showHook = ({ id, url, event, disabledAt, createdAt }: Hook): HookWire => ({
  id,
  target_url: url,
  event,
  state: disabledAt === null ? "enabled" : "disabled",
  disabled_at: disabledAt === null ? null : toRfc3339(disabledAt),
  created_at: toRfc3339(createdAt),
});

export const noHook = (): Problem => problemOf("not_found", "No such hook exists here; list yours with GET /v1/hooks.");

const tooManyHooks = (): Problem =>
  problemOf("too_many_hooks", `A tenant has at most ${HOOKS_PER_SCOPE} hooks in one mode; delete one first.`, {
    hint: "DELETE /v1/hooks/{id}",
  });

/* The rows of hooks, with every statement on them. */

export type Hook = {
  readonly id: EndpointId;
  readonly url: string;
  readonly event: EventType;
  readonly failing: FailureRun | null;
  /** Since when it has been disabled for days of failures; null while it is enabled. */
  readonly disabledAt: EpochMs | null;
  /** How often it was disabled. */
  readonly disablings: number;
  readonly createdAt: EpochMs;
};

/** Columns added by a later migration. */
export const HOOK_HEALTH_COLUMNS = `
  -- JSON: failures since the last success
  ALTER TABLE hooks ADD COLUMN failing TEXT;
  ALTER TABLE hooks ADD COLUMN disabled_at INTEGER;
  ALTER TABLE hooks ADD COLUMN disablings INTEGER NOT NULL DEFAULT 0;
`;

type HookSqlRow = {
  id: EndpointId;
  target_url: string;
  event: EventType;
  failing: string | null;
  disabled_at: number | null;
  disablings: number;
  created_at: number;
};

const HOOK_COLUMNS = "id, target_url, event, failing, disabled_at, disablings, created_at";

export class HookRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  all(): Hook[] {
    return this.#rows("ORDER BY id");
  }

  find(id: EndpointId): Hook | null {
    return this.#rows("WHERE id = ?", id)[0] ?? null;
  }

  /** The hooks of a URL, or only the one for an event type. */
  at(url: string, event: EventType | null): Hook[] {
    return this.#rows("WHERE target_url = ? AND event = coalesce(?, event)", url, event);
  }

  /** Enabled hooks for the type. */
  subscribersTo(type: EventType): Hook[] {
    return this.#rows("WHERE event = ? AND disabled_at IS NULL ORDER BY id", type);
  }

  save({ id, url, event, failing, disabledAt, disablings, createdAt }: Hook): void {
    this.#sql.exec(
      `INSERT INTO hooks (${HOOK_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET failing = excluded.failing, disabled_at = excluded.disabled_at,
         disablings = excluded.disablings`,
      id,
      url,
      event,
      failing === null ? null : JSON.stringify(failing),
      disabledAt,
      disablings,
      createdAt,
    );
  }

  /** Whether a hook with this id was removed. */
  wasRemoved(id: EndpointId): boolean {
    return wasRemoved(this.#sql, id);
  }

  remove(id: EndpointId): void {
    this.#sql.exec("DELETE FROM hooks WHERE id = ?", id);
    recordRemoved(this.#sql, id);
  }

  #rows(where: string, ...values: SqlStorageValue[]): Hook[] {
    return this.#sql
      .exec<HookSqlRow>(`SELECT ${HOOK_COLUMNS} FROM hooks ${where}`, ...values)
      .toArray()
      .map(decodeHook);
  }
}

/** The JSON was written by `save` only. */
const decodeHook = (row: HookSqlRow): Hook => ({
  id: row.id,
  url: row.target_url,
  event: row.event,
  failing: row.failing === null ? null : (JSON.parse(row.failing) as FailureRun),
  disabledAt: row.disabled_at,
  disablings: row.disablings,
  createdAt: row.created_at,
});

/*
 * Health of targets: an endpoint or hook that fails for too long is disabled and an event is published; a hook that
 * answers 410 is removed.
 */

/** The job kind of publishing that an endpoint or hook was disabled. */
export const DISABLED = "disabled";

export class TargetHealth {
  readonly #runtime: ObjectRuntime;
  readonly #jobs: JobScheduler;
  readonly #endpoints: EndpointRows;
  readonly #hooks: HookRows;
  readonly #deliveries: DeliveryRows;

  constructor(
    runtime: ObjectRuntime,
    jobs: JobScheduler,
    endpoints: EndpointRows,
    hooks: HookRows,
    deliveries: DeliveryRows,
  ) {
    this.#runtime = runtime;
    this.#jobs = jobs;
    this.#endpoints = endpoints;
    this.#hooks = hooks;
    this.#deliveries = deliveries;
  }

  /**
   * Records an attempt, and disables or removes its target where necessary. Call inside the transaction that records
   * the attempt.
   */
  note(target: DeliveryTarget, event: EventId, outcome: DeliveryOutcome): void {
    if (target.kind === "endpoint") this.#noteEndpoint(this.#endpoints.find(target.id), event, outcome);
    if (target.kind === "hook") this.#noteHook(this.#hooks.find(target.id), event, outcome);
  }

  /**
   * The event that an endpoint or hook was disabled; null when it is gone or was enabled again before the event was
   * published.
   */
  async newEvent(id: EndpointId): Promise<NewEvent | null> {
    const endpoint = this.#endpoints.find(id);
    if (endpoint !== null && endpoint.disabledBy !== null)
      return disabledEvent("endpoint", endpoint, showEndpoint(endpoint));
    const hook = this.#hooks.find(id);
    return hook === null ? null : disabledEvent("hook", hook, showHook(hook));
  }

  #noteEndpoint(endpoint: Endpoint | null, event: EventId, outcome: DeliveryOutcome): void {
    if (endpoint === null || endpoint.state === "disabled") return;
    const { now, config } = this.#runtime;
    const { failing, disable } = afterAttempt(endpoint.failing, outcome, event, now(), config.timings);
    if (disable !== null) this.#disableEndpoint(endpoint, disable);
    else if (failing !== endpoint.failing) this.#endpoints.save({ ...endpoint, failing });
  }

  #noteHook(hook: Hook | null, event: EventId, outcome: DeliveryOutcome): void {
    if (hook === null || hook.disabledAt !== null) return;
    const { now, config } = this.#runtime;
    const { failing, disable } = afterAttempt(hook.failing, outcome, event, now(), config.timings);
    if (disable === "gone") this.#removeHook(hook);
    else if (disable !== null) this.#disableHook(hook);
    else if (failing !== hook.failing) this.#hooks.save({ ...hook, failing });
  }

  #disableEndpoint(endpoint: Endpoint, by: DisabledBy): void {
    const at = this.#runtime.now();
    const disablings = endpoint.disablings + 1;
    this.#endpoints.save({ ...endpoint, state: "disabled", failing: null, disabledBy: by, disabledAt: at, disablings });
    this.#end({ kind: "endpoint", id: endpoint.id }, at);
  }

  #disableHook(hook: Hook): void {
    const at = this.#runtime.now();
    this.#hooks.save({ ...hook, failing: null, disabledAt: at, disablings: hook.disablings + 1 });
    this.#end({ kind: "hook", id: hook.id }, at);
  }

  /** An automation tool answers 410 when it is switched off, so the hook is removed without an event. */
  #removeHook({ id }: Hook): void {
    this.#hooks.remove(id);
    this.#deliveries.failPending({ kind: "hook", id }, this.#runtime.now());
  }

  #end(target: Extract<DeliveryTarget, { readonly id: EndpointId }>, at: EpochMs): void {
    this.#deliveries.failPending(target, at);
    this.#jobs.schedule(DISABLED, target.id, at);
  }
}

/** Null when the target was enabled again. */
async function disabledEvent(
  kind: "endpoint" | "hook",
  { id, disablings, disabledAt }: Pick<Endpoint | Hook, "id" | "disablings" | "disabledAt">,
  shown: object,
): Promise<NewEvent | null> {
  if (disabledAt === null) return null;
  const type: EventType = `${kind}.disabled`;
  return {
    id: await eventId(id, `${type}#${disablings}`),
    type,
    resource: id,
    sequence: disablings,
    at: disabledAt,
    uh: "", // an event about the tenant itself has no user
    data: JSON.stringify(shown),
  };
}
