/**
 * RPC interface of the objects that store Nemo tokens which several users share. The compatibility rules of user.ts
 * apply.
 */
import type { Problem } from "../errors.ts";
import type { TurnId } from "../ids.ts";
import type { Result } from "../result.ts";
import type { EpochMs } from "../time.ts";
import type { NemoTokenWire, NewNemoToken } from "../wire/token.ts";
import type { Call } from "./user.ts";

/** A token that a caller provides. */
export type ProvidedToken = Pick<NewNemoToken, "token" | "expires_at">;

/** An account's balance at a time. */
export type Balance = { readonly available: number; readonly frozen: number; readonly at: EpochMs };

/** A shared token for a user's object. It is passed between objects of this Worker only. */
export type SharedTokenInfo = {
  readonly source: "tenant" | "operator";
  /** Null when it has expired, or upstream rejected it recently. */
  readonly token: string | null;
  /** The token's version: a report about an earlier version is ignored. */
  readonly version: string;
  /** Upstream rejected it, and it is being tried again. */
  readonly suspect: boolean;
  readonly shown: NemoTokenWire;
};

/** A Nemo token that several users share: its status, its leases, and the last known balance. */
export interface TokenRpc {
  /** The token for a call; null when there is none. */
  use(): Promise<SharedTokenInfo | null>;
  /** Stores a tenant's token after upstream has accepted it. */
  put(call: Call, token: ProvidedToken): Promise<Result<NemoTokenWire, Problem>>;
  read(): Promise<NemoTokenWire>;
  remove(call?: Call): Promise<void>;
  /** Reports whether upstream accepted the token of this version. */
  report(version: string, accepted: boolean): Promise<void>;
  /** Records that a turn uses this token until it is released or `until`; returns whether another turn does. */
  lease(turn: TurnId, until: EpochMs): Promise<{ shared: boolean }>;
  /** Ends a lease; returns whether any other turn overlapped it. `balance`: the account's balance at that time. */
  release(turn: TurnId, balance?: Balance | null): Promise<{ shared: boolean }>;
  /** Deletes everything in the object, when its tenant is deleted. */
  destroy(): Promise<void>;
  wake(): Promise<void>;
}

/** Every RPC method of this object. `reads`: it changes nothing, so a failed call can be retried. */
export const TOKEN_METHODS = {
  use: { reads: false },
  put: { reads: false },
  read: { reads: true },
  remove: { reads: false },
  report: { reads: false },
  lease: { reads: false },
  release: { reads: false },
  destroy: { reads: false },
  wake: { reads: false },
} as const satisfies Record<keyof TokenRpc, { readonly reads: boolean }>;
