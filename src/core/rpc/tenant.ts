/** What one room may ask of a tenant's object: its events, endpoints and deliveries. The rules of ports.ts hold here too. */
import type { Limit, Problem } from "../errors.ts";
import type { DeliveryId, EndpointId, EventId, KeyId, TurnId, UserHash } from "../ids.ts";
import type { QuotaRequest } from "../quota.ts";
import type { Result } from "../result.ts";
import type { ErasedEvents, SettledTurn } from "../tenant.ts";
import type { EpochMs } from "../time.ts";
import type { Period, UsageRow } from "../usage.ts";
import type { EventType, EventWire } from "../wire/event.ts";
import type { HookBody, HookFilter, HookWire, NewHook } from "../wire/hook.ts";
import type { Quotas } from "../wire/tenant.ts";
import type { UsageDimension } from "../wire/usage.ts";
import type {
  DeliveryFilter,
  DeliveryWire,
  EndpointPatch,
  EndpointWire,
  JwksWire,
  LoggedDeliveryWire,
  NewEndpoint,
  RotatedSecretWire,
} from "../wire/webhook.ts";
import type { Call, Page, PageRequest } from "./user.ts";

type Answer<T> = Promise<Result<T, Problem>>;

/** A fact on its way from the object it happened in to its tenant. */
export type NewEvent = {
  readonly id: EventId;
  readonly type: EventType;
  /** The resource's id, and how many facts of it came before. */
  readonly resource: string;
  readonly sequence: number;
  readonly at: EpochMs;
  /** The user's hash, so that a user token reads its own facts only. */
  readonly uh: string;
  /** The resource as its route shows it, JSON text of at most 128 kB. */
  readonly data: string;
  /** Told of this fact whatever endpoints there are: the `callback_url` that came with the turn or render. */
  readonly callback?: string | null;
  /** The API key whose call led to it; null where none is known. */
  readonly key?: KeyId | null;
  /** Whether its user was named by the tenant. Missing: told by an earlier version, which did not say. */
  readonly named?: boolean;
};

/** What a sender needs to make one attempt. Built and signed when it is claimed. */
export type DeliveryJob = {
  readonly id: DeliveryId;
  readonly attempt: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
};

/** How an attempt went. `status` is null when no answer came. */
export type DeliveryOutcome = {
  readonly status: number | null;
  readonly answer: string;
  readonly error: string | null;
  readonly retryAfterMs: number | null;
  readonly tookMs: number;
};

/** An attempt that is over. One of a delivery that was taken anew meanwhile is too late and changes nothing. */
export type DeliveryReport = {
  readonly id: DeliveryId;
  readonly attempt: number;
  readonly outcome: DeliveryOutcome;
};

/** A delivery that was given out and has not left: its attempt was none. */
export type UnsentDelivery = { readonly id: DeliveryId; readonly attempt: number };

/** How much a tenant's object held when it was closed. */
export type ClosedTenant = {
  readonly endpoints: number;
  readonly events: number;
  readonly deliveries: number;
  /** Not told by an object that was closed before they were counted. */
  readonly hooks?: number;
};

/** What stands in for the Idempotency-Key of a request that came without one; not new: the same request got it a moment ago. */
export type DedupeKey = { readonly key: string; readonly isNew: boolean };

/** One tenant's events, endpoints and deliveries in one mode. */
export interface TenantRpc {
  /** Stores facts once each, whatever is told twice, and owes their deliveries. */
  accept(newEvents: readonly NewEvent[]): Promise<void>;
  /** The key of a request with this hash, the same for 60 s. */
  dedupeBody(hash: string, gone?: string): Promise<DedupeKey>;
  /** Removes a deleted user's events and deliveries, and takes in nothing more about it for 30 days. */
  /** `settled`: what the user's last turns cost, counted in the use of their days and keys the first time that any are told. */
  eraseUser(uh: UserHash, settled?: readonly SettledTurn[]): Promise<ErasedEvents>;
  /**
   * Takes all that is wanted of the quotas, or nothing, and says what is left of each; the same ref takes once. `limits` null: as
   * the last caller's key said. `by`: the user whose share it is; null where none was named. An object that still runs an earlier
   * version answers null.
   */
  reserveQuota(wants: readonly QuotaRequest[], limits: Quotas | null, by?: UserHash | null): Answer<readonly Limit[] | null>;
  /** What a user may hold of each quota and what is left of it; null: the account. Writes nothing. */
  readQuotas(limits: Quotas, by: UserHash | null): Promise<readonly Limit[]>;
  /** The turn of this place is committed. */
  confirmSlot(turn: TurnId): Promise<void>;
  /** Gives back what was taken for something that was not made. */
  releaseQuota(ref: string): Promise<void>;
  /** What was taken for an upload came to so many bytes: the rest is given back, or what came above it is counted. */
  settleQuota(ref: string, amount: number): Promise<void>;
  /** Days, newest first; or users or keys with their sums over the period, in order. */
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
  /** Sends again, from the events since, whatever the endpoint did not take; steps through them in the background. */
  recoverEndpoint(call: Call, id: EndpointId, since: EpochMs): Answer<EndpointWire>;
  /** Sends one sample to an endpoint: the latest event of a type, or a made-up one, under an id of its own. */
  testEndpoint(call: Call, id: EndpointId, type: EventType | null): Answer<LoggedDeliveryWire>;
  /** The public keys that verify an endpoint's `v1a` signatures. */
  readJwks(id: EndpointId): Answer<JwksWire>;
  deleteEndpoint(id: EndpointId): Answer<null>;
  /** The hook of this address and event: the one there is, or a new one. */
  subscribeHook(call: Call, body: NewHook): Answer<{ hook: HookWire; isNew: boolean }>;
  listHooks(): Promise<HookWire[]>;
  unsubscribeHook(id: EndpointId): Answer<null>;
  unsubscribeAddress(filter: HookFilter): Answer<null>;
  /** What the last events of a type were or would be sent as, newest first; an invented one where there was none. */
  hookSamples(type: EventType): Promise<HookBody[]>;
  /** A new secret for an endpoint, or for callbacks and hooks (`default`). The one before it signs beside it for a day. */
  rotateSecret(call: Call, owner: EndpointId | "default"): Answer<RotatedSecretWire>;
  listDeliveries(page: PageRequest, filter?: DeliveryFilter): Promise<Page<DeliveryWire>>;
  readDelivery(id: DeliveryId): Answer<LoggedDeliveryWire>;
  /** One more round of attempts, from now on, whatever came of the last one. */
  retryDelivery(call: Call, id: DeliveryId): Answer<LoggedDeliveryWire>;
  /**
   * Hears of attempts that are over, takes back what has not left, and gives out up to `want` due deliveries for one attempt
   * each: fewer or none when no more may go now.
   */
  workDeliveries(
    done: readonly DeliveryReport[],
    want: number,
    unsent?: readonly UnsentDelivery[],
  ): Promise<DeliveryJob[]>;
  /** Sends nothing any more and takes nothing in; says how much there is. Again: the same. */
  close(): Promise<ClosedTenant>;
  /** Wipes the object. */
  destroy(): Promise<void>;
  wake(): Promise<void>;
}

/** Every RPC method of this object; `reads`: it changes nothing, so a failed call may be made again. */
export const TENANT_METHODS = {
  accept: { reads: false },
  dedupeBody: { reads: false },
  eraseUser: { reads: false },
  reserveQuota: { reads: false },
  readQuotas: { reads: true },
  confirmSlot: { reads: false },
  releaseQuota: { reads: false },
  settleQuota: { reads: false },
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
  unsubscribeAddress: { reads: false },
  hookSamples: { reads: true },
  rotateSecret: { reads: false },
  listDeliveries: { reads: true },
  readDelivery: { reads: true },
  retryDelivery: { reads: false },
  workDeliveries: { reads: false },
  close: { reads: false },
  destroy: { reads: false },
  wake: { reads: false },
} as const satisfies Record<keyof TenantRpc, { readonly reads: boolean }>;
