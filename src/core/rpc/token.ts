/** The door of the objects that keep Nemo tokens which several users share. Like every port, it only gains optional arguments. */
import type { Problem } from "../errors.ts";
import type { TurnId } from "../ids.ts";
import type { Result } from "../result.ts";
import type { EpochMs } from "../time.ts";
import type { NemoTokenWire, NewNemoToken } from "../wire/token.ts";
import type { Call } from "./user.ts";

/** A token on its way in. */
export type ProvidedToken = Pick<NewNemoToken, "token" | "expires_at">;

/** What an account held at a moment. */
export type Balance = { readonly available: number; readonly frozen: number; readonly at: EpochMs };

/** A token that users share, as their objects get it. It crosses between objects of this Worker only. */
export type SharedToken = {
  readonly source: "tenant" | "operator";
  /** Null: it has ended, or upstream refused it lately. */
  readonly token: string | null;
  /** Names it: a report about an earlier one does not touch it. */
  readonly mark: string;
  /** Upstream refused it; it is being tried again. */
  readonly suspect: boolean;
  readonly shown: NemoTokenWire;
};

/** A Nemo token that several users share: how it stands, who is using it, and what it last held. */
export interface TokenRpc {
  /** The token, for a call; null when there is none here. */
  use(): Promise<SharedToken | null>;
  /** Keeps a tenant's token, once upstream knows it. */
  put(call: Call, token: ProvidedToken): Promise<Result<NemoTokenWire, Problem>>;
  read(): Promise<NemoTokenWire>;
  remove(call?: Call): Promise<void>;
  /** Whether upstream took the token of this mark, or refused it. */
  report(mark: string, taken: boolean): Promise<void>;
  /** Notes that a turn runs on this token until released or `until`; tells whether another one does. */
  lease(turn: TurnId, until: EpochMs): Promise<{ shared: boolean }>;
  /** Ends a lease; tells whether any other turn overlapped it from its start. `balance`: what the account held then. */
  release(turn: TurnId, balance?: Balance | null): Promise<{ shared: boolean }>;
  /** Wipes the object: its tenant is gone. */
  destroy(): Promise<void>;
  wake(): Promise<void>;
}

/** Every RPC method of this object; `reads`: it changes nothing, so a failed call may be made again. */
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
