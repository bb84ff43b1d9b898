/** What objects know of a user beyond what was made in its name. */
import type { EpochMs } from "./time.ts";
import type { UserWire } from "./wire/user.ts";

/** What a user token is made from: how often the user was signed out, and the moment that a repeat makes it with again. */
export type Session = { readonly epoch: number; readonly issuedAt: EpochMs };

/** A user as its object knows it: everything but the name, which the caller brings. */
export type UserRecord = Omit<UserWire, "id">;

/** How much a tenant's object let go of with a user. */
export type ErasedFacts = { readonly events: number; readonly deliveries: number };
