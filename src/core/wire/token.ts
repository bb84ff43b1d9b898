/** A Nemo token as the outside sees it: its state, never itself. */
import * as z from "zod";
import { moment } from "./common.ts";

export const nemoToken = z
  .object({
    source: z.enum(["user", "tenant", "operator", "anonymous", "sandbox", "none"]).meta({
      description: "Whose token it is: the user's own, else the tenant's, else the operator's, else an anonymous one.",
    }),
    state: z.enum(["ready", "expiring", "rejected", "rationed", "none"]).meta({
      description:
        "`expiring`: it ends within a day. `rejected`: it has ended, or Nemo refused it. `rationed`: Nemo gives no anonymous token before `next_try_at`.",
    }),
    expires_at: moment.nullable().meta({ description: "When it ends; null where that is not known." }),
    next_try_at: moment.nullable(),
  })
  .meta({ id: "NemoToken" });
export type NemoTokenWire = z.infer<typeof nemoToken>;

/** For whom a token is brought. */
export const tokenFor = z.enum(["user", "tenant"]);
export type TokenFor = z.infer<typeof tokenFor>;

/** A token as Nemo spells it. Source: nemo-api reference section 1.5. */
const TOKEN = /^nmv_usr_[A-Za-z0-9_-]{16,200}$/;

export const newNemoToken = z.strictObject({
  for: tokenFor.meta({
    description: "`user`: the one that X-User-Id names. `tenant`: every user without one of his own.",
  }),
  token: z
    .string()
    .regex(TOKEN, "must be a Nemo API token: nmv_usr_ and what follows it")
    .meta({ example: "nmv_usr_sandbox_0123456789abcdef", format: "password", writeOnly: true }),
  expires_at: moment.nullable().default(null).meta({
    description: "When it ends, if you know: the event `token.expiring` is sent a day before.",
    example: null,
  }),
});
export type NewNemoToken = z.infer<typeof newNemoToken>;

/** Which token a GET or DELETE means. */
export const tokenQuery = z.strictObject({
  for: tokenFor
    .optional()
    .meta({ description: "The token brought for this one. Left out: the one that would be used." }),
});
export const tokenTarget = z.strictObject({ for: tokenFor });

export const credits = z
  .object({ available: z.number(), frozen: z.number(), total: z.number(), read_at: moment })
  .meta({ id: "Credits" });
export type CreditsWire = z.infer<typeof credits>;

/** What one turn cost, and how we know. */
export const spent = z
  .object({ amount: z.number().nullable(), basis: z.enum(["measured", "estimated", "unknown"]) })
  .meta({ id: "Spent" });
export type SpentWire = z.infer<typeof spent>;
