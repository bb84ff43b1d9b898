/** What objects know of a user beyond what was made in its name. */
import type { KeyId } from "./ids.ts";
import type { Verdict } from "./ports.ts";
import type { EpochMs } from "./time.ts";
import type { SpentWire } from "./wire/token.ts";
import type { UserWire } from "./wire/user.ts";

/** What a user token is made from: how often the user was signed out, and the moment that a repeat makes it with again. */
export type Session = { readonly epoch: number; readonly issuedAt: EpochMs };

/** A user as its object knows it: everything but the name, which the caller brings. */
export type UserRecord = Omit<UserWire, "id">;

/** A turn that was settled after its user's deletion: what is left to be counted of it. */
export type SettledTurn = {
  readonly at: EpochMs;
  readonly status: Verdict["status"];
  readonly credits: SpentWire;
  readonly key: KeyId | null;
};

/** How much a tenant's object let go of with a user. */
export type ErasedFacts = { readonly events: number; readonly deliveries: number };
