/** The events of a turn: a stream to leave and pick up, or pages by the same cursor. */
import * as z from "zod";
import { type TurnId, userHashOf } from "../core/ids.ts";
import { LONG_POLL_MAX_SECONDS, PAGE_MAX } from "../core/limits.ts";
import { readLink } from "../core/link.ts";
import type { Visit } from "../core/pass.ts";
import { moment } from "../core/wire/common.ts";
import { turnEventsPage } from "../core/wire/turn-event.ts";
import { notFound, unwrap } from "../http/api-error.ts";
import { addressOf, callOf } from "../http/call.ts";
import type { Api, Ctx } from "../http/context.ts";
import { answer, declare, ownedParams } from "../http/declare.ts";
import { userObject } from "../http/objects.ts";
import { rootsOf } from "../http/roots.ts";
import { comeBackToRead, cursorOf, cursorQuery, headOfStream, streamOf, wantsJson } from "../http/stream.ts";
import { refuseStopped } from "../http/tenant-stop.ts";

const eventsQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).meta({ description: "Events after this id." }),
  ...cursorQuery,
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_MAX).meta({ description: "JSON only." }),
  wait: z.coerce
    .number()
    .min(0)
    .max(LONG_POLL_MAX_SECONDS)
    .default(0)
    .meta({ description: "JSON only: seconds to wait for the first event." }),
  ticket: z.string().max(300).optional().meta({ description: "A stream ticket, in place of a key." }),
});

const events = declare({
  method: "get",
  path: "/v1/turns/{id}/events",
  access: "read_or_ticket",
  credentials: "key_or_user_token",
  tags: ["Turns"],
  summary: "A turn's events from any point",
  description:
    "A stream unless `Accept: application/json` asks for a page. `Last-Event-ID` wins over `?after=`. A stream above the limit is answered with `retry:` alone: come back then. HEAD holds nothing.",
  request: { params: ownedParams("trn"), query: eventsQuery },
  responses: {
    200: {
      description: "The events after the cursor.",
      content: { "text/event-stream": { schema: z.string() }, "application/json": { schema: turnEventsPage } },
    },
    204: { description: "The turn has ended and nothing is after the cursor." },
  },
});

const ticketed = z
  .object({ url: z.string(), first_use_by: moment })
  .meta({ id: "StreamTicket", description: "Open `url` with EventSource. It works again after every close." });

const makeTicket = declare({
  method: "post",
  path: "/v1/turns/{id}/stream_ticket",
  access: "read",
  credentials: "key_or_user_token",
  tags: ["Turns"],
  summary: "A URL for EventSource",
  description:
    "It needs no key, must be used first within 10 minutes, and works until 10 minutes after the turn's end.",
  request: { params: ownedParams("trn") },
  responses: { 200: answer(ticketed, "Where to point EventSource.") },
});

/** Where a turn lives: by the credential's namespace, or by the ticket's, which must be this turn's. */
async function turnAddress(c: Ctx, id: TurnId, ticket: string | undefined): Promise<Visit> {
  if (ticket === undefined) return addressOf(c, id);
  const link = await readLink(ticket, rootsOf(c.var.config), Date.now());
  if (!link.ok || link.value.purpose !== "ticket" || link.value.id !== id) throw notFound();
  await refuseStopped(c, link.value.tenant);
  return { tenant: link.value.tenant, mode: link.value.mode, uh: userHashOf(id), pass: null };
}

export function mountTurnEvents(app: Api): void {
  app.openapi(makeTicket, async (c) => {
    const { id } = c.req.valid("param");
    const { ticket, first_use_by } = unwrap(await userObject(c.env, addressOf(c, id)).makeTicket(await callOf(c), id));
    return c.json({ url: `${c.var.origin}/v1/turns/${id}/events?ticket=${ticket}`, first_use_by }, 200);
  });

  app.openapi(events, async (c) => {
    const { id } = c.req.valid("param");
    const query = c.req.valid("query");
    const { limit, ticket } = query;
    const user = userObject(c.env, await turnAddress(c, id, ticket));
    const cursor = cursorOf(c.req.header("Last-Event-ID"), query);
    const isHead = c.req.method === "HEAD";
    const wait = isHead ? 0 : query.wait;
    if (ticket === undefined && wantsJson(c.req.header("Accept")))
      return c.json(unwrap(await user.readTurnEvents(id, cursor, limit, wait * 1_000)), 200);
    if (isHead) {
      const page = unwrap(await user.readTurnEvents(id, cursor, 1, 0));
      return headOfStream(page.ended && page.data.length === 0);
    }
    return user
      .watchTurn(id, cursor, ticket ?? null)
      .then((watching) => streamOf(unwrap(watching)))
      .catch(comeBackToRead);
  });
}
