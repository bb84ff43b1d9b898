/** A Nemo token as the outside sees it: its state, never itself. */
import * as z from "zod";
import { moment } from "./common.ts";

export const nemoToken = z
  .object({
    source: z.enum(["user", "tenant", "operator", "anonymous", "sandbox", "none"]),
    state: z.enum(["ready", "expiring", "rejected", "rationed", "none"]),
    expires_at: moment.nullable(),
    next_try_at: moment.nullable(),
  })
  .meta({ id: "NemoToken" });
export type NemoTokenWire = z.infer<typeof nemoToken>;

export const credits = z
  .object({ available: z.number(), frozen: z.number(), total: z.number(), read_at: moment })
  .meta({ id: "Credits" });
export type CreditsWire = z.infer<typeof credits>;

/** What one turn cost, and how we know. */
export const spent = z
  .object({ amount: z.number().nullable(), basis: z.enum(["measured", "estimated", "unknown"]) })
  .meta({ id: "Spent" });
export type SpentWire = z.infer<typeof spent>;
