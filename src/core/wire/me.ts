/** The current credential and its rights. No-code tools use it to test a connection. */
import * as z from "zod";
import { mode, plain } from "./common.ts";
import { scope } from "./key.ts";
import { nemoToken } from "./token.ts";

/** A quota and its current use. */
const quota = z.object({
  limit: z.int(),
  remaining: z.int(),
  resets_in_seconds: z
    .int()
    .nullable()
    .meta({ description: "Seconds until the quota resets. Null for a quota of concurrent items." }),
});

export const me = z
  .object({
    tenant: z
      .object({ id: plain("ten"), name: z.string() })
      .nullable()
      .meta({ description: "Null for a user token." }),
    user: z.string().nullable(),
    mode,
    scopes: z.array(scope),
    limits: z.object({
      upload_bytes: z.int(),
      request_bytes: z.int(),
      prompt_bytes: z.int(),
      formats: z.array(z.string()),
      chunk_advice_bytes: z.int(),
    }),
    quotas: z.record(z.string(), quota).meta({
      description:
        "The quotas by name: of the named user, or of the account if no user is named. A user can use at most a third of the account's quota, and at most half of what the other users leave.",
    }),
    nemo_token: nemoToken
      .nullable()
      .meta({ description: "Null for a user token if the Nemo token in use does not belong to this user." }),
    events_cursor: z
      .int()
      .nullable()
      .meta({ description: "The latest event cursor; pass it to `GET /v1/events?after=`. Null for a user token." }),
  })
  .meta({ id: "Me" });
export type MeWire = z.infer<typeof me>;
