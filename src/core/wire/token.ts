/** The status of a Nemo token, without the token; and credits. */
import * as z from "zod";
import { moment, sentMoment } from "./common.ts";

export const nemoToken = z
  .object({
    source: z.enum(["user", "tenant", "operator", "anonymous", "sandbox", "none"]).meta({
      id: "TokenSource",
      description:
        "The owner of the token in use: the user's own token if there is one, else the tenant's, the operator's or an anonymous one.",
    }),
    state: z.enum(["ready", "expiring", "rejected", "rationed", "none"]).meta({
      id: "TokenState",
      description:
        "`expiring`: it expires within a day. `rejected`: it has expired or Nemo rejected it. `rationed`: Nemo issues no anonymous token before `next_try_at`.",
    }),
    expires_at: moment.nullable().meta({ description: "When the token expires; null if unknown." }),
    next_try_at: moment.nullable(),
  })
  .meta({ id: "NemoToken" });
export type NemoTokenWire = z.infer<typeof nemoToken>;

/** The owner of a stored token. */
export const tokenFor = z.enum(["user", "tenant"]).meta({ id: "TokenOwner" });
export type TokenFor = z.infer<typeof tokenFor>;

/** The format of a Nemo token. Source: nemo-api reference section 1.5. */
const TOKEN = /^nmv_usr_[A-Za-z0-9_-]{16,200}$/;

export const newNemoToken = z
  .strictObject({
    for: tokenFor.meta({
      description: "`user`: the user named by `X-User-Id`. `tenant`: all users without a token of their own.",
    }),
    token: z
      .string()
      .regex(TOKEN, "must be a Nemo API token, which starts with nmv_usr_")
      .meta({ example: "nmv_usr_sandbox_0123456789abcdef", format: "password", writeOnly: true }),
    expires_at: sentMoment.nullable().default(null).meta({
      description: "When the token expires, if known. A `token.expiring` event is sent a day before.",
      example: null,
    }),
  })
  .meta({ id: "NewNemoToken" });
export type NewNemoToken = z.infer<typeof newNemoToken>;

/** Selects a token to read. */
export const tokenQuery = z.strictObject({
  for: tokenFor
    .optional()
    .meta({ description: "The stored token of the user or of the tenant. Defaults to the token in use." }),
});
/** Selects a stored token to delete. */
export const tokenTarget = z.strictObject({ for: tokenFor });

export const credits = z
  .object({ available: z.number(), frozen: z.number(), total: z.number(), read_at: moment })
  .meta({ id: "Credits" });
export type CreditsWire = z.infer<typeof credits>;

/** The cost of a turn, and how it is known. */
export const spent = z
  .object({
    amount: z.number().nullable(),
    basis: z.enum(["measured", "estimated", "unknown"]).meta({ id: "CostBasis" }),
  })
  .meta({ id: "Spent", description: "Credits spent. `basis`: how the amount is known." });
export type SpentWire = z.infer<typeof spent>;
