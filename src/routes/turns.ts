/** Turns: say something, and what came of it. */
import * as z from "zod";
import type { UserTarget } from "../core/auth.ts";
import { readLink } from "../core/crypto.ts";
import { type TurnId, userHashOf } from "../core/ids.ts";
import { LONG_POLL_MAX_SECONDS, PAGE_MAX } from "../core/limits.ts";
import { moment, pageOf } from "../core/wire/common.ts";
import { newTurn, turn } from "../core/wire/turn.ts";
import { turnEventsPage } from "../core/wire/turn-event.ts";
import { type Api, type Ctx, rootsOf } from "../http/context.ts";
import { answer, body, declare, ownedPage, ownedParams, unwrapMetered } from "../http/define-route.ts";
import {
  comeBackToRead,
  cursorOf,
  cursorQuery,
  headOfStream,
  streamOf,
  wantsJson,
  wantsStream,
} from "../http/event-stream.ts";
import { addressOf, callOf } from "../http/idempotency.ts";
import { checkStopped } from "../http/middleware/auth.ts";
import { userObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";
import { afterCommit, notFound, unwrap } from "../http/problem.ts";
import { waitOf, waitQuery } from "../http/request-body.ts";

const tags = ["Turns"];
const start = declare({
  method: "post",
  path: "/v1/projects/{id}/turns",
  access: "chat",
  credentials: "key_or_user_token",
  tags,
  summary: "Say something",
  description:
    "`Accept: text/event-stream` answers with the turn's events, or with 202 and the turn where no stream can be opened now: follow it at `events_url`. A repeat with the same `Idempotency-Key` goes on after its `Last-Event-ID`. Else 202 at once, or with `Prefer: wait=N` (1 to 60 s) 200 when it has ended by then.",
  request: { params: ownedParams("prj"), query: waitQuery, body: body(newTurn) },
  responses: {
    200: {
      description: "The ended turn, or the stream of its events.",
      content: { "application/json": { schema: turn }, "text/event-stream": { schema: z.string() } },
    },
    202: answer(turn, "The turn, on its way."),
  },
});

const list = declare({
  method: "get",
  path: "/v1/projects/{id}/turns",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "The conversation, newest first",
  request: { params: ownedParams("prj"), query: ownedPage("trn") },
  responses: { 200: answer(pageOf(turn), "A page of turns.") },
});

const read = declare({
  method: "get",
  path: "/v1/turns/{id}",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "One turn",
  description: "With `Prefer: wait=N` or `?wait=N` it answers when the turn has ended, or after that many seconds.",
  request: { params: ownedParams("trn"), query: waitQuery },
  responses: { 200: answer(turn, "The turn.") },
});

const cancel = declare({
  method: "post",
  path: "/v1/turns/{id}/cancel",
  access: "chat",
  credentials: "key_or_user_token",
  tags,
  summary: "Stop a turn",
  request: { params: ownedParams("trn") },
  responses: { 200: answer(turn, "The turn; it ends soon.") },
});

export function mountTurns(app: Api): void {
  app.openapi(start, async (c) => {
    const { id } = c.req.valid("param");
    const isStream = wantsStream(c.req.header("Accept"));
    // Whatever may be wrong with the request is said before anything is made.
    const seen = isStream ? cursorOf(c.req.header("Last-Event-ID"), { after: 0 }) : 0;
    const wait = waitOf(c);
    const user = userObject(c.env, addressOf(c, id));
    const started = await user.startTurn(await callOf(c), id, c.req.valid("json"));
    const made = unwrapMetered(c, started);
    const location = { Location: `/v1/turns/${made.id}` };
    if (isStream) {
      // A repeat goes on where its caller lost the stream; of a new turn nobody has seen anything.
      const after = started.replayed === true ? seen : 0;
      const watching = await afterCommit(user.watchTurn(made.id, after).then(unwrap));
      return watching === null ? c.json(made, 202, location) : streamOf(watching, location);
    }
    const later = wait === null ? null : await afterCommit(user.awaitTurn(made.id, wait.ms).then(unwrap));
    if (later === null) return c.json(made, 202, location);
    return c.json(later, later.ended_at === null ? 202 : 200, { ...location, ...wait?.headers });
  });

  app.openapi(list, async (c) => {
    const { id } = c.req.valid("param");
    const page = await userObject(c.env, addressOf(c, id)).listTurns(id, pageRequest(c.req.valid("query")));
    return c.json(shownPage(unwrap(page)), 200);
  });

  app.openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    const user = userObject(c.env, addressOf(c, id));
    const wait = c.req.method === "HEAD" ? null : waitOf(c);
    if (wait === null) return c.json(unwrap(await user.readTurn(id)), 200);
    return c.json(unwrap(await user.awaitTurn(id, wait.ms)), 200, wait.headers);
  });

  app.openapi(cancel, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(unwrap(await userObject(c.env, addressOf(c, id)).cancelTurn(await callOf(c), id)), 200);
  });
}

/* The events of a turn: a stream to leave and pick up, or pages by the same cursor. */

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
async function turnAddress(c: Ctx, id: TurnId, ticket: string | undefined): Promise<UserTarget> {
  if (ticket === undefined) return addressOf(c, id);
  const link = await readLink(ticket, rootsOf(c.var.config), Date.now());
  if (!link.ok || link.value.purpose !== "ticket" || link.value.id !== id) throw notFound();
  await checkStopped(c, link.value.tenant);
  return { tenant: link.value.tenant, mode: link.value.mode, uh: userHashOf(id), grant: null };
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
