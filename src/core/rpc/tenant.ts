/**
 * RPC interface of a tenant's object: its events, endpoints, deliveries, quotas and usage in one mode. The
 * compatibility rules of user.ts apply.
 */

import type { Limit, Problem } from "../errors.ts";
import type { DeliveryId, EndpointId, EventId, KeyId, ListedId, ListedKind, TurnId, UserHash } from "../ids.ts";
import type { Result } from "../result.ts";
import type { ErasedEvents, SettledTurn } from "../tenant.ts";
import type { EpochMs } from "../time.ts";
import type { QuotaRequest } from "../usage/quota.ts";
import type { OrderCost, OrderType, Period, UsageRow } from "../usage/usage.ts";
import type { EventType, EventWire } from "../wire/event.ts";
import type { QuotasWire } from "../wire/tenant.ts";
import type { UsageDimension } from "../wire/usage.ts";
import type {
  DeliveryFilter,
  DeliveryWire,
  EndpointPatch,
  EndpointWire,
  HookBody,
  HookFilter,
  HookWire,
  JwksWire,
  LoggedDeliveryWire,
  NewEndpoint,
  NewHook,
  RotatedSecretWire,
} from "../wire/webhook.ts";
import type { Call, Page, PageRequest } from "./user.ts";

type Answer<T> = Promise<Result<T, Problem>>;

/** An event that another object publishes to its tenant. */
export type NewEvent = {
  readonly id: EventId;
  readonly type: EventType;
  /** The resource's id, and the number of earlier events of it. */
  readonly resource: string;
  readonly sequence: number;
  readonly at: EpochMs;
  /** The user's hash, so that a user token reads its own user's events only. */
  readonly uh: string;
  /** The resource as its route shows it, JSON text of at most 128 kB. */
  readonly data: string;
  /** An additional target for this event: the `callback_url` of the turn or render. */
  readonly callback?: string | null;
  /** The API key whose request caused it; null when unknown. */
  readonly key?: KeyId | null;
  /** Whether the tenant named the user. Missing when unknown. */
  readonly named?: boolean;
};

/** What a sender needs for one attempt. Built and signed when the delivery is claimed. */
export type DeliveryJob = {
  readonly id: DeliveryId;
  /** What the event is about, for the attempt's span. An object of the version before does not name it. */
  readonly resource?: string;
  readonly attempt: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
};

/** The result of an attempt. `status` is null without an answer. */
export type DeliveryOutcome = {
  readonly status: number | null;
  readonly answer: string;
  readonly error: string | null;
  readonly retryAfterMs: number | null;
  readonly tookMs: number;
};

/** A finished attempt. The report is ignored when the delivery was claimed again meanwhile. */
export type DeliveryReport = {
  readonly id: DeliveryId;
  readonly attempt: number;
  readonly outcome: DeliveryOutcome;
};

/** A claimed delivery that was not sent; it does not count as an attempt. */
export type UnsentDelivery = { readonly id: DeliveryId; readonly attempt: number };

/** What a tenant's object contained when it was closed. */
export type ClosedTenant = {
  readonly endpoints: number;
  readonly events: number;
  readonly deliveries: number;
  /** Missing from an object that was closed before they were counted. */
  readonly hooks?: number;
};

/**
 * The generated idempotency key of a request without one. `isNew` is false if the same request received it a moment
 * ago.
 */
export type DedupeKey = { readonly key: string; readonly isNew: boolean };

/**
 * A resource that is about to be created, or continued, for the lists of all users. It is entered before it is committed,
 * so that no committed one is missing.
 */
export type EnteredResource = {
  readonly id: ListedId;
  /** The generator that a video is made with. */
  readonly generator?: { readonly id: string; readonly slug: string } | null;
  /** The type of a video's order. */
  readonly orderType?: OrderType;
  /** How many events it has had; a later one may say how it ended. Missing: none. */
  readonly sequence?: number;
};

/** What a reservation is for. */
export type Reservation = {
  /** What is created with it, entered in the lists of all users. */
  readonly entered?: readonly EnteredResource[];
  /** It is new work that spends credits, which a reached hard cap rejects. */
  readonly isPaid?: boolean;
};

export type ResourceFilter = {
  readonly kind: ListedKind;
  readonly status?: string | null | undefined;
  /** The id or the slug of a generator. */
  readonly generator?: string | null | undefined;
};

/** `position` counts the resources of all kinds in the order in which they were entered. */
export type ResourceEntry<Id extends ListedId = ListedId> = { readonly id: Id; readonly position: number };

/** One tenant's events, endpoints and deliveries in one mode. */
export interface TenantRpc {
  /** Stores each event once, even if it is published twice, and schedules its deliveries. */
  accept(newEvents: readonly NewEvent[]): Promise<void>;
  /** The key for a request with this hash; the same for 60 s. */
  dedupeBody(hash: string, gone?: string): Promise<DedupeKey>;
  /**
   * Deletes a user's events and deliveries, and accepts no more of it for 30 days. `settled`: the cost of the user's
   * last turns; counted by day and key once, on the first call that has any.
   */
  eraseUser(uh: UserHash, settled?: readonly SettledTurn[]): Promise<ErasedEvents>;
  /**
   * Reserves all requested amounts, or none, and returns the remainder of each; the same ref is counted once. `limits`
   * null: the limits of the last call. `by`: the user whose share it is; null when none was named.
   */
  reserveQuota(
    requests: readonly QuotaRequest[],
    limits: QuotasWire | null,
    by?: UserHash | null,
    more?: Reservation,
  ): Answer<readonly Limit[] | null>;
  /** A user's share of each quota and its remainder; of the tenant when `by` is null. Writes nothing. */
  readQuotas(limits: QuotasWire, by: UserHash | null): Promise<readonly Limit[]>;
  /** Marks the turn of this slot as committed. */
  confirmSlot(turn: TurnId): Promise<void>;
  /** Releases what was reserved for something that was not created, and removes it from the lists of all users. */
  releaseQuota(ref: string): Promise<void>;
  /**
   * Resources of one kind that were entered before the position (null: the newest), the newest first. All that exist
   * and match are among them; one that was deleted, or has another status by now, may be too.
   */
  listResources(filter: ResourceFilter, before: number | null, limit: number): Promise<readonly ResourceEntry[]>;
  /** The newest completed orders of a type whose cost is known; with `uh` those of one user among them. */
  readCosts(type: OrderType, uh: UserHash | null): Promise<readonly OrderCost[]>;
  /** Removes resources from the lists of all users: those entered before `before`, or all of them (null). */
  forgetResources(ids: readonly ListedId[], before: EpochMs | null): Promise<void>;
  /** Corrects the reserved bytes of an upload to its actual size. */
  settleQuota(ref: string, amount: number): Promise<void>;
  /** Usage by day, newest first; or by user or key, summed over the period, in order. */
  readUsage(by: UsageDimension, period: Period, page: PageRequest): Promise<Page<UsageRow>>;
  cursor(): Promise<number>;
  listEvents(
    after: number,
    limit: number,
    uh: string | null,
  ): Promise<{ data: EventWire[]; has_more: boolean; next_cursor: number }>;
  readEvent(id: EventId, uh: string | null): Answer<EventWire>;
  createEndpoint(call: Call, body: NewEndpoint): Answer<{ endpoint: EndpointWire; secret: string | null }>;
  listEndpoints(): Promise<EndpointWire[]>;
  readEndpoint(id: EndpointId): Answer<EndpointWire>;
  updateEndpoint(id: EndpointId, body: EndpointPatch): Answer<EndpointWire>;
  /** Schedules again all events since then that the endpoint did not accept; continues in the background. */
  recoverEndpoint(call: Call, id: EndpointId, since: EpochMs): Answer<EndpointWire>;
  /** Sends one sample to an endpoint under a new id: the latest event of a type, or an invented one. */
  testEndpoint(call: Call, id: EndpointId, type: EventType | null): Answer<LoggedDeliveryWire>;
  /** The public keys that verify an endpoint's `v1a` signatures. */
  readJwks(id: EndpointId): Answer<JwksWire>;
  deleteEndpoint(id: EndpointId): Answer<null>;
  /** The hook for this URL and event: the existing one, or a new one. */
  subscribeHook(call: Call, body: NewHook): Answer<{ hook: HookWire; isNew: boolean }>;
  listHooks(): Promise<HookWire[]>;
  unsubscribeHook(id: EndpointId): Answer<null>;
  testHook(call: Call, id: EndpointId): Answer<LoggedDeliveryWire>;
  unsubscribeAddress(filter: HookFilter): Answer<null>;
  /** The bodies of the last events of a type, newest first; an invented one when there was none. */
  hookSamples(type: EventType): Promise<HookBody[]>;
  /**
   * Generates a new secret for an endpoint, or for callbacks and hooks (`default`). The previous one also signs for a
   * day.
   */
  rotateSecret(call: Call, owner: EndpointId | "default"): Answer<RotatedSecretWire>;
  /** The default secret, if it was not shown before. */
  showSecret(call: Call): Answer<RotatedSecretWire>;
  listDeliveries(page: PageRequest, filter?: DeliveryFilter): Promise<Page<DeliveryWire>>;
  readDelivery(id: DeliveryId): Answer<LoggedDeliveryWire>;
  /** Starts another round of attempts now, whatever the result of the last one. */
  retryDelivery(call: Call, id: DeliveryId): Answer<LoggedDeliveryWire>;
  /**
   * Records finished attempts, takes back unsent deliveries, and claims up to `want` due deliveries for one attempt
   * each; fewer or none when limits are reached.
   */
  workDeliveries(
    done: readonly DeliveryReport[],
    want: number,
    unsent?: readonly UnsentDelivery[],
  ): Promise<DeliveryJob[]>;
  /** Stops sending and accepting; returns the counts. Idempotent. */
  close(): Promise<ClosedTenant>;
  /** Deletes everything in the object. */
  destroy(): Promise<void>;
  wake(): Promise<void>;
}

/** Every RPC method of this object. `reads`: it changes nothing, so a failed call can be retried. */
export const TENANT_METHODS = {
  accept: { reads: false },
  dedupeBody: { reads: false },
  eraseUser: { reads: false },
  reserveQuota: { reads: false },
  readQuotas: { reads: true },
  confirmSlot: { reads: false },
  releaseQuota: { reads: false },
  settleQuota: { reads: false },
  listResources: { reads: true },
  readCosts: { reads: true },
  forgetResources: { reads: false },
  readUsage: { reads: true },
  cursor: { reads: true },
  listEvents: { reads: true },
  readEvent: { reads: true },
  createEndpoint: { reads: false },
  listEndpoints: { reads: true },
  readEndpoint: { reads: true },
  updateEndpoint: { reads: false },
  recoverEndpoint: { reads: false },
  testEndpoint: { reads: false },
  readJwks: { reads: true },
  deleteEndpoint: { reads: false },
  subscribeHook: { reads: false },
  listHooks: { reads: true },
  unsubscribeHook: { reads: false },
  testHook: { reads: false },
  unsubscribeAddress: { reads: false },
  hookSamples: { reads: true },
  rotateSecret: { reads: false },
  showSecret: { reads: false },
  listDeliveries: { reads: true },
  readDelivery: { reads: true },
  retryDelivery: { reads: false },
  workDeliveries: { reads: false },
  close: { reads: false },
  destroy: { reads: false },
  wake: { reads: false },
} as const satisfies Record<keyof TenantRpc, { readonly reads: boolean }>;
