/** Who the credential is and what it may do: the call no-code tools test a connection with. */
import * as z from "zod";
import { mode, plain } from "./common.ts";
import { scope } from "./key.ts";
import { nemoToken } from "./token.ts";

/** A quota at this moment. */
const quota = z.object({
  limit: z.int(),
  remaining: z.int(),
  resets_in_seconds: z.int().nullable().meta({ description: "Null for what is free again when it ends." }),
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
        "By its name, what the named user may hold of each quota of the account, or the account where no user is named. A user holds at most a third, and at most half of what the others leave.",
    }),
    nemo_token: nemoToken
      .nullable()
      .meta({ description: "Null for a user token where the token in use is not this user's own." }),
    events_cursor: z
      .int()
      .nullable()
      .meta({ description: "Read on from here with GET /v1/events?after=. Null for a user token." }),
  })
  .meta({ id: "Me" });
export type MeWire = z.infer<typeof me>;
