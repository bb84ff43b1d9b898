/**
 * Webhook subscriptions: endpoints (many event types, signed with their own secret) and REST hooks (one type, flat
 * bodies, used by automation tools). Also the addressing of deliveries, and the disabling of subscriptions that keep
 * failures.
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
import { createOnce, findByIdempotencyKey, saveIdempotencyKey } from "../shared/idempotency.ts";
import { DEFAULT_SECRET, type FreshSecret, type SecretOwner } from "./secrets.ts";
import type { TenantServices } from "./services.ts";

/** What endpoints and hooks have in common. */
type Shared = {
  readonly id: EndpointId;
  readonly url: string;
  readonly state: "enabled" | "disabled";
  /** Failures since the last success; null for none. */
  readonly failures: FailureRun | null;
  /** Null while it is enabled. */
  readonly disabledAt: EpochMs | null;
  /** How often the gateway disabled it. */
  readonly timesDisabled: number;
  readonly createdAt: EpochMs;
};
export type Endpoint = Shared & {
  readonly kind: "endpoint";
  readonly types: EndpointWire["types"];
  readonly disabledBy: DisabledBy | null;
};
export type Hook = Shared & { readonly kind: "hook"; readonly event: EventType };
/** `kind` is that of the subscription's `DeliveryTarget`. */
export type Subscription = Endpoint | Hook;

/** The public form of a subscription. */
export function showSubscription(subscription: Endpoint): EndpointWire;
export function showSubscription(subscription: Hook): HookWire;
export function showSubscription(subscription: Subscription): EndpointWire | HookWire;
export function showSubscription(subscription: Subscription): EndpointWire | HookWire {
  const { id, url, state } = subscription;
  const disabled_at = subscription.disabledAt === null ? null : toRfc3339(subscription.disabledAt);
  const created_at = toRfc3339(subscription.createdAt);
  return subscription.kind === "hook"
    ? { id, target_url: url, event: subscription.event, state, disabled_at, created_at }
    : { id, url, types: subscription.types, state, disabled_by: subscription.disabledBy, disabled_at, created_at };
}

/** Whether the endpoint subscribes to the type. */
export const isWanted = ({ types }: Endpoint, type: EventType): boolean =>
  types.some((wanted) => wanted === "*" || wanted === type);

/* Addressing: the current URL of a target, the secret that signs, and the body. */

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

/** The callback URL given with one turn, render, video, batch or generator job. */
export const callbackTo = (url: string): Addressed => ({ target: { kind: "callback", url }, url });

const targetTo = ({ kind, id }: Subscription) => ({ kind, id });

/** The whole event with the id of the endpoint it is sent to. */
const envelope =
  (endpoint: EndpointId | null): Destination["message"] =>
  (event) => ({ ...event, endpoint });

/** The job kind of publishing that an endpoint or hook was disabled. */
export const TARGET_DISABLED = "target_disabled";

export class Subscriptions {
  readonly #tenant: TenantServices;

  constructor(tenant: TenantServices) {
    this.#tenant = tenant;
  }

  /** Creates an endpoint. Only this answer contains its secret; a repeated request gets null. */
  createEndpoint(
    call: Call,
    body: NewEndpoint,
  ): Promise<Result<{ endpoint: EndpointWire; secret: string | null }, Problem>> {
    const { runtime, subscriptionStore, secrets } = this.#tenant;
    const endpoint = newEndpointOf(plainId("whk", runtime.now(), runtime.random), body, runtime.now());
    return createOnce<FreshSecret, Result<{ endpoint: EndpointWire; secret: string | null }, Problem>>(
      this.#tenant,
      call,
      {
        existing: (id) => {
          const known = this.readEndpoint(id as EndpointId); // the key of `commit`
          return known.ok ? ok({ endpoint: known.value, secret: null }) : known;
        },
        check: () => {
          const unreachable = checkWebhookTarget(body.url, "/url", runtime.config.targets.rules);
          if (unreachable !== null) return unreachable;
          return subscriptionStore.endpoints().length < ENDPOINTS_PER_SCOPE ? null : tooManyEndpoints();
        },
        prepare: async () => ok(await secrets.fresh(endpoint.id)),
        commit: (fresh) => {
          subscriptionStore.save(endpoint);
          secrets.put(fresh);
          return endpoint.id;
        },
        created: ({ secret }) => ok({ endpoint: showSubscription(endpoint), secret }),
      },
    );
  }

  listEndpoints(): EndpointWire[] {
    return this.#tenant.subscriptionStore.endpoints().map((endpoint) => showSubscription(endpoint));
  }

  readEndpoint(id: EndpointId): Result<EndpointWire, Problem> {
    const endpoint = this.#tenant.subscriptionStore.findEndpoint(id);
    return endpoint === null ? err(noEndpoint()) : ok(showSubscription(endpoint));
  }

  /**
   * Changes the fields that the body names. Disabling ends the pending deliveries; enabling resets the failures and
   * sends nothing by itself.
   */
  updateEndpoint(id: EndpointId, { url, types, state }: EndpointPatch): Result<EndpointWire, Problem> {
    const { runtime, subscriptionStore, deliveryRows } = this.#tenant;
    const known = subscriptionStore.findEndpoint(id);
    if (known === null) return err(noEndpoint());
    const unreachable = url === undefined ? null : checkWebhookTarget(url, "/url", runtime.config.targets.rules);
    if (unreachable !== null) return err(unreachable);
    const moved = { ...known, url: url ?? known.url, types: types ?? known.types };
    const changed = state === undefined || state === known.state ? moved : switched(moved, state, runtime.now());
    runtime.storage.transactionSync(() => {
      subscriptionStore.save(changed);
      if (url !== undefined) deliveryRows.moveHost(targetTo(changed), hostOf(url));
      if (changed.state === "disabled") deliveryRows.failPending(targetTo(changed), runtime.now());
    });
    return ok(showSubscription(changed));
  }

  /** Removes an endpoint and ends its pending deliveries. Removing it again succeeds. */
  deleteEndpoint(id: EndpointId): Result<null, Problem> {
    const { subscriptionStore } = this.#tenant;
    const endpoint = subscriptionStore.findEndpoint(id);
    if (endpoint === null) return subscriptionStore.wasRemoved(id) ? ok(null) : err(noEndpoint());
    this.#removeAll([endpoint]);
    return ok(null);
  }

  /** Subscribes a URL to an event type. An existing hook is returned, and enabled again when it was disabled. */
  subscribeHook(call: Call, { target_url: url, event }: NewHook): Result<{ hook: HookWire; isNew: boolean }, Problem> {
    const { runtime, subscriptionStore } = this.#tenant;
    const unreachable = checkWebhookTarget(url, "/target_url", runtime.config.targets.rules);
    if (unreachable !== null) return err(unreachable);
    // The address and the event identify a hook, so its key only has to belong to this request.
    const idempotency = findByIdempotencyKey(runtime, call);
    if (!idempotency.ok) return idempotency;
    const known = subscriptionStore.hooksAt(url, event)[0];
    if (known === undefined && subscriptionStore.hooks().length >= HOOKS_PER_SCOPE) return err(tooManyHooks());
    const hook: Hook = {
      id: known?.id ?? plainId("whk", runtime.now(), runtime.random),
      kind: "hook",
      url,
      event,
      state: "enabled",
      failures: null,
      disabledAt: null,
      timesDisabled: known?.timesDisabled ?? 0,
      createdAt: known?.createdAt ?? runtime.now(),
    };
    if (known === undefined || known.state === "disabled") {
      runtime.storage.transactionSync(() => {
        subscriptionStore.save(hook);
        saveIdempotencyKey(runtime, call, hook.id);
      });
    }
    return ok({ hook: showSubscription(hook), isNew: known === undefined });
  }

  listHooks(): HookWire[] {
    return this.#tenant.subscriptionStore.hooks().map((hook) => showSubscription(hook));
  }

  /** Removes a hook. Removing it again succeeds. */
  unsubscribeHook(id: EndpointId): Result<null, Problem> {
    const { subscriptionStore } = this.#tenant;
    const hook = subscriptionStore.findHook(id);
    if (hook === null) return subscriptionStore.wasRemoved(id) ? ok(null) : err(noHook());
    this.#removeAll([hook]);
    return ok(null);
  }

  /** Removes every hook of a URL, or only the one for an event type. */
  unsubscribeAddress({ target_url: url, event }: HookFilter): void {
    this.#removeAll(this.#tenant.subscriptionStore.hooksAt(url, event ?? null));
  }

  /** The bodies of the last events of a type, newest first; empty when there were none. */
  async latestBodies(type: EventType): Promise<HookBody[]> {
    const latest = await this.#tenant.events.latest(type, HOOK_SAMPLES);
    return latest.map(hookBody);
  }

  /** Where a message to the target goes; null when the target is gone or disabled. */
  destinationOf(target: DeliveryTarget): Destination | null {
    if (target.kind === "callback") return { url: target.url, signer: DEFAULT_SECRET, message: envelope(null) };
    const subscription = this.#tenant.subscriptionStore.find(target);
    if (subscription === null || subscription.state === "disabled") return null;
    const { url, id } = subscription;
    return subscription.kind === "hook"
      ? { url, signer: DEFAULT_SECRET, message: hookBody }
      : { url, signer: id, message: envelope(id) };
  }

  /**
   * Records an attempt. A subscription that fails for too long is disabled, and an event reports it. An automation tool
   * answers 410 when it is switched off, so its hook is removed without an event. Call inside the transaction that
   * records the attempt.
   */
  recordAttempt(target: DeliveryTarget, event: EventId, outcome: DeliveryOutcome): void {
    if (target.kind === "callback") return;
    const { runtime, subscriptionStore, deliveryRows, jobs } = this.#tenant;
    const subscription = subscriptionStore.find(target);
    if (subscription === null || subscription.state === "disabled") return;
    const { failures, disable } = afterAttempt(
      subscription.failures,
      outcome,
      event,
      runtime.now(),
      runtime.config.timings,
    );
    if (disable === null) {
      if (failures !== subscription.failures) subscriptionStore.save({ ...subscription, failures });
      return;
    }
    const at = runtime.now();
    deliveryRows.failPending(target, at);
    if (subscription.kind === "hook" && disable === "gone") {
      subscriptionStore.remove(subscription);
      return;
    }
    const ended = {
      state: "disabled",
      failures: null,
      disabledAt: at,
      timesDisabled: subscription.timesDisabled + 1,
    } as const;
    subscriptionStore.save(
      subscription.kind === "hook" ? { ...subscription, ...ended } : { ...subscription, ...ended, disabledBy: disable },
    );
    jobs.schedule(TARGET_DISABLED, subscription.id, at);
  }

  /**
   * The event that a subscription was disabled; null when it is gone or was enabled again before the event was
   * published.
   */
  async disabledEvent(id: EndpointId): Promise<NewEvent | null> {
    const { subscriptionStore } = this.#tenant;
    const subscription = subscriptionStore.findEndpoint(id) ?? subscriptionStore.findHook(id);
    if (subscription === null || subscription.disabledAt === null) return null;
    const { kind, timesDisabled, disabledAt } = subscription;
    const type: EventType = `${kind}.disabled`;
    return {
      id: await eventId(id, `${type}#${timesDisabled}`),
      type,
      resource: id,
      sequence: timesDisabled,
      at: disabledAt,
      uh: "", // an event about the tenant itself has no user
      data: JSON.stringify(showSubscription(subscription)),
    };
  }

  #removeAll(subscriptions: readonly Subscription[]): void {
    const { runtime, subscriptionStore, secrets, deliveryRows } = this.#tenant;
    runtime.storage.transactionSync(() => {
      for (const subscription of subscriptions) {
        subscriptionStore.remove(subscription);
        if (subscription.kind === "endpoint") secrets.removeAll(subscription.id);
        deliveryRows.failPending(targetTo(subscription), runtime.now());
      }
    });
  }
}

/** The body of an invented event of this type, for a tenant that has none yet. */
export const inventedSample = (type: EventType, { mode }: Scope): HookBody => hookBody(sampleEvent(type, mode));

const newEndpointOf = (id: EndpointId, { url, types }: NewEndpoint, createdAt: number): Endpoint => ({
  id,
  kind: "endpoint",
  url,
  types,
  state: "enabled",
  failures: null,
  disabledBy: null,
  disabledAt: null,
  timesDisabled: 0,
  createdAt,
});

const switched = (endpoint: Endpoint, state: Endpoint["state"], now: number): Endpoint =>
  state === "enabled"
    ? { ...endpoint, state, failures: null, disabledBy: null, disabledAt: null }
    : { ...endpoint, state, disabledBy: "you", disabledAt: now };

export const noEndpoint = (): Problem =>
  problemOf("not_found", "No endpoint with this id exists here; list yours with GET /v1/webhook_endpoints.");

export const noHook = (): Problem => problemOf("not_found", "No such hook exists here; list yours with GET /v1/hooks.");

const tooManyEndpoints = (): Problem =>
  problemOf(
    "too_many_endpoints",
    `A tenant has at most ${ENDPOINTS_PER_SCOPE} endpoints in one mode; delete one first.`,
    { hint: "DELETE /v1/webhook_endpoints/{id}" },
  );

const tooManyHooks = (): Problem =>
  problemOf("too_many_hooks", `A tenant has at most ${HOOKS_PER_SCOPE} hooks in one mode; delete one first.`, {
    hint: "DELETE /v1/hooks/{id}",
  });

/* The rows of endpoints, hooks and removed ones, with every statement on them. */

/**
 * The ids of removed endpoints and hooks. An automation tool that is switched off first answers 410, which removes its
 * hook; the tool's own unsubscribe call comes later and must still succeed.
 */

/** What a running recovery has left: events that happened since `since`, after one cursor and up to another. */
export type Recovery = { readonly since: EpochMs; readonly after: number; readonly until: number };

type HealthColumns = {
  failures: string | null;
  disabled_at: number | null;
  times_disabled: number;
  created_at: number;
};
type EndpointSqlRow = HealthColumns & {
  id: EndpointId;
  url: string;
  types: string;
  state: "enabled" | "disabled";
  disabled_by: DisabledBy | null;
};
type HookSqlRow = HealthColumns & { id: EndpointId; target_url: string; event: EventType };

const ENDPOINT_COLUMNS = "id, url, types, state, failures, disabled_by, disabled_at, times_disabled, created_at";
const HOOK_COLUMNS = "id, target_url, event, failures, disabled_at, times_disabled, created_at";

/** All subscriptions, and where the enabled ones are by the type they want. */
type Held = {
  readonly endpoints: readonly Endpoint[];
  readonly hooks: readonly Hook[];
  readonly byType: Map<EventType, readonly Addressed[]>;
};

/** A tenant has a limited number of subscriptions, and every event asks for them: all are held in memory. */
export class SubscriptionStore {
  readonly #sql: SqlStorage;
  /** Null: not read yet. */
  #held: Held | null = null;

  constructor({ sql, onRollback }: ObjectRuntime) {
    this.#sql = sql;
    onRollback(() => this.forget());
  }

  /** The tables are read again at the next look. */
  forget(): void {
    this.#held = null;
  }

  endpoints(): readonly Endpoint[] {
    return this.#read().endpoints;
  }

  hooks(): readonly Hook[] {
    return this.#read().hooks;
  }

  /** The hooks of a URL, or only the one for an event type. */
  hooksAt(url: string, event: EventType | null): readonly Hook[] {
    return this.hooks().filter((hook) => hook.url === url && (event === null || hook.event === event));
  }

  /** Where an event of this type goes: the enabled subscriptions to it. */
  subscribersTo(type: EventType): readonly Addressed[] {
    const { endpoints, hooks, byType } = this.#read();
    const known = byType.get(type);
    if (known !== undefined) return known;
    const wanting = [...endpoints.filter((one) => isWanted(one, type)), ...hooks.filter(({ event }) => event === type)];
    const enabled = wanting.filter(({ state }) => state === "enabled");
    const addressed = enabled.map((one) => ({ target: targetTo(one), url: one.url }));
    byType.set(type, addressed);
    return addressed;
  }

  find({ kind, id }: Exclude<DeliveryTarget, { kind: "callback" }>): Subscription | null {
    return kind === "hook" ? this.findHook(id) : this.findEndpoint(id);
  }

  findEndpoint(id: EndpointId): Endpoint | null {
    return this.endpoints().find((endpoint) => endpoint.id === id) ?? null;
  }

  findHook(id: EndpointId): Hook | null {
    return this.hooks().find((hook) => hook.id === id) ?? null;
  }

  /** Replaces what is held of a subscription; null: it was removed. */
  #hold(id: EndpointId, subscription: Subscription | null): void {
    if (this.#held === null) return;
    const others = [...this.#held.endpoints, ...this.#held.hooks].filter((one) => one.id !== id);
    const all: Subscription[] = subscription === null ? others : [...others, subscription];
    all.sort((one, other) => (one.id < other.id ? -1 : 1));
    this.#held = {
      endpoints: all.filter((one) => one.kind === "endpoint"),
      hooks: all.filter((one) => one.kind === "hook"),
      byType: new Map(),
    };
  }

  #read(): Held {
    if (this.#held !== null) return this.#held;
    const endpoints = this.#sql.exec<EndpointSqlRow>(`SELECT ${ENDPOINT_COLUMNS} FROM endpoints ORDER BY id`).toArray();
    const hooks = this.#sql.exec<HookSqlRow>(`SELECT ${HOOK_COLUMNS} FROM hooks ORDER BY id`).toArray();
    this.#held = { endpoints: endpoints.map(decodeEndpoint), hooks: hooks.map(decodeHook), byType: new Map() };
    return this.#held;
  }

  save(subscription: Subscription): void {
    this.#write(subscription);
    this.#hold(subscription.id, subscription);
  }

  #write(subscription: Subscription): void {
    const { id, url, disabledAt, timesDisabled, createdAt } = subscription;
    const failures = subscription.failures === null ? null : JSON.stringify(subscription.failures);
    if (subscription.kind === "hook") {
      this.#sql.exec(
        `INSERT INTO hooks (${HOOK_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET failures = excluded.failures, disabled_at = excluded.disabled_at,
         times_disabled = excluded.times_disabled`,
        id,
        url,
        subscription.event,
        failures,
        disabledAt,
        timesDisabled,
        createdAt,
      );
      return;
    }
    this.#sql.exec(
      `INSERT INTO endpoints (${ENDPOINT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET url = excluded.url, types = excluded.types, state = excluded.state,
         failures = excluded.failures, disabled_by = excluded.disabled_by, disabled_at = excluded.disabled_at,
         times_disabled = excluded.times_disabled`,
      id,
      url,
      JSON.stringify(subscription.types),
      subscription.state,
      failures,
      subscription.disabledBy,
      disabledAt,
      timesDisabled,
      createdAt,
    );
  }

  /** Removes a subscription, and records its id as removed. Call inside a transaction. */
  remove({ kind, id }: Subscription): void {
    this.#hold(id, null);
    this.#sql.exec(kind === "hook" ? "DELETE FROM hooks WHERE id = ?" : "DELETE FROM endpoints WHERE id = ?", id);
    this.#sql.exec("INSERT OR IGNORE INTO deleted_targets (id) VALUES (?)", id);
    this.#sql.exec(
      "DELETE FROM deleted_targets WHERE position <= (SELECT max(position) FROM deleted_targets) - ?",
      REMOVED_TARGETS,
    );
  }

  wasRemoved(id: EndpointId): boolean {
    return this.#sql.exec("SELECT 1 FROM deleted_targets WHERE id = ?", id).toArray().length > 0;
  }

  /** The running recovery of an endpoint; null when there is none. */
  recovery(id: EndpointId): Recovery | null {
    const row = this.#sql
      .exec<{ since: number | null; after: number | null; until: number | null }>(
        "SELECT recovery_since AS since, recovery_after AS after, recovery_until AS until FROM endpoints WHERE id = ?",
        id,
      )
      .toArray()[0];
    if (row === undefined || row.since === null || row.after === null || row.until === null) return null;
    return { since: row.since, after: row.after, until: row.until };
  }

  saveRecovery(id: EndpointId, recovery: Recovery | null): void {
    const query = "UPDATE endpoints SET recovery_since = ?, recovery_after = ?, recovery_until = ? WHERE id = ?";
    this.#sql.exec(query, recovery?.since ?? null, recovery?.after ?? null, recovery?.until ?? null, id);
  }
}

/* The JSON in these rows was written by `save` only. */

const decodeEndpoint = (row: EndpointSqlRow): Endpoint => ({
  id: row.id,
  kind: "endpoint",
  url: row.url,
  types: JSON.parse(row.types) as Endpoint["types"],
  state: row.state,
  failures: decodeFailures(row),
  disabledBy: row.disabled_by,
  disabledAt: row.disabled_at,
  timesDisabled: row.times_disabled,
  createdAt: row.created_at,
});

const decodeHook = (row: HookSqlRow): Hook => ({
  id: row.id,
  kind: "hook",
  url: row.target_url,
  event: row.event,
  state: row.disabled_at === null ? "enabled" : "disabled",
  failures: decodeFailures(row),
  disabledAt: row.disabled_at,
  timesDisabled: row.times_disabled,
  createdAt: row.created_at,
});

const decodeFailures = ({ failures }: HealthColumns): FailureRun | null =>
  failures === null ? null : (JSON.parse(failures) as FailureRun);
