/** An invite: a link with which a person opens one session of the console, without a key. */
import * as z from "zod";
import { INVITE_DEFAULT_SECONDS, INVITE_MAX_SECONDS, INVITE_MIN_SECONDS } from "../limits.ts";
import { mode, moment, plain, title } from "./common.ts";
import { SCOPES, scope } from "./key.ts";

export const newInvite = z
  .strictObject({
    label: title(100).meta({ description: "Whom it is for. Only the operator sees it." }),
    mode: mode.default("test"),
    scopes: z
      .array(scope)
      .min(1)
      .default([...SCOPES])
      .meta({ description: "The scopes of the session. Without `keys` the person can create no key." }),
    expires_in_seconds: z.int().min(INVITE_MIN_SECONDS).max(INVITE_MAX_SECONDS).default(INVITE_DEFAULT_SECONDS),
  })
  .meta({ id: "NewInvite" });
export type NewInvite = z.infer<typeof newInvite>;

export const invite = z
  .object({
    id: plain("inv"),
    tenant: plain("ten"),
    label: z.string(),
    mode,
    scopes: z.array(scope),
    state: z.enum(["open", "accepted", "revoked", "expired"]).meta({
      id: "InviteState",
      description:
        "`open`: it can be used. `accepted`: it opened its session. A session ends when its invite is revoked.",
    }),
    created_at: moment,
    expires_at: moment.meta({ description: "Until when it can be used." }),
    accepted_at: moment.nullable(),
    revoked_at: moment.nullable(),
  })
  .meta({ id: "Invite" });
export type InviteWire = z.infer<typeof invite>;

/** The response to creating an invite. A replay of the same Idempotency-Key has `url_shown_once` instead of `url`. */
export const createdInvite = invite
  .extend({
    url: z.string().optional().meta({
      description: "The link to send to the person. Returned once. What follows `#` is never sent to a server.",
      example: "https://gateway.example/console#invite=ngi_…",
    }),
    url_shown_once: z
      .literal(true)
      .optional()
      .meta({ description: "Set instead of `url` in the response to a repeated `Idempotency-Key`." }),
  })
  .meta({ id: "CreatedInvite" });
export type CreatedInviteWire = z.infer<typeof createdInvite>;
