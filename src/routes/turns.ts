/** Turns: a prompt to the agent and its result; and the turn's event stream. */
import * as z from "zod";
import type { UserTarget } from "../core/auth.ts";
import { readLink } from "../core/crypto.ts";
import { type TurnId, userHashOf } from "../core/ids.ts";
import { SECOND_MS } from "../core/time.ts";
import { moment, pageSchema } from "../core/wire/common.ts";
import { newTurn, turn, turnEvent, turnEventsPage, turnsQuery } from "../core/wire/turn.ts";
import { type Api, type Ctx, rootsOf } from "../http/context.ts";
import { defineRoute, eventStream, jsonBody, jsonResponse, ownedParams, unwrapMetered } from "../http/define-route.ts";
import { eventsQuery, serveEvents, streamCursor, streamOf, wantsStream } from "../http/event-stream.ts";
import { addressOf, callOf } from "../http/idempotency.ts";
import { checkStopped } from "../http/middleware/auth.ts";
import { userObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";
import { afterCommit, notFound, unwrap } from "../http/problem.ts";
import { waitOf, waitQuery } from "../http/request-body.ts";

const tags = ["Projects and turns"];
const start = defineRoute({
  method: "post",
  path: "/v1/projects/{id}/turns",
  operationId: "turns.create",
  access: "chat",
  credentials: "key_or_user_token",
  tags,
  summary: "Create a turn",
  description:
    "Sends a prompt to the agent of a project. Returns 202 at once. With `Prefer: wait=N` (1 to 60 s), returns 200 as soon as the turn has ended, or 202 after N seconds. With `Accept: text/event-stream`, returns the turn's event stream, or 202 with the turn if no stream can be opened; then read `events_url`. A repeated call with the same `Idempotency-Key` returns the same turn; its stream resumes after `Last-Event-ID`.",
  request: { params: ownedParams("prj"), query: waitQuery, body: jsonBody(newTurn) },
  responses: {
    200: {
      description: "The turn, ended, or its event stream.",
      content: { "application/json": { schema: turn }, ...eventStream(turnEvent) },
    },
    202: jsonResponse(turn, "The turn, in progress."),
  },
});

const list = defineRoute({
  method: "get",
  path: "/v1/projects/{id}/turns",
  operationId: "turns.list",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "List the turns of a project",
  description:
    "Newest first. With `wait` and `newest`, the call is a long poll: it is answered as soon as the project has a turn that is newer, of any caller (`channel`, `key_id`), or after the time. Follow the events of a turn at its `events_url`.",
  request: { params: ownedParams("prj"), query: turnsQuery },
  responses: { 200: jsonResponse(pageSchema(turn), "A page of turns.") },
});

const read = defineRoute({
  method: "get",
  path: "/v1/turns/{id}",
  operationId: "turns.retrieve",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "Retrieve a turn",
  description: "With `Prefer: wait=N` or `?wait=N`, returns as soon as the turn has ended, or after N seconds.",
  request: { params: ownedParams("trn"), query: waitQuery },
  responses: { 200: jsonResponse(turn, "The turn.") },
});

const cancel = defineRoute({
  method: "post",
  path: "/v1/turns/{id}/cancel",
  operationId: "turns.cancel",
  access: "chat",
  credentials: "key_or_user_token",
  tags,
  summary: "Cancel a turn",
  description:
    "A queued turn ends as `failed` with the error code `cancelled` and is not charged. A running turn is no longer followed; Nemo may still finish and charge it. A turn that has ended is returned unchanged.",
  request: { params: ownedParams("trn") },
  responses: { 200: jsonResponse(turn, "The turn. A running turn ends shortly afterwards.") },
});

export function mountTurns(app: Api): void {
  app.openapi(start, async (c) => {
    const { id } = c.req.valid("param");
    const isStream = wantsStream(c.req.header("Accept"));
    // The whole request is validated before the turn is created.
    const seen = isStream ? streamCursor(c.req.header("Last-Event-ID"), { after: 0 }) : 0;
    const wait = waitOf(c);
    const user = userObject(c.env, addressOf(c, id));
    const started = await user.startTurn(await callOf(c), id, c.req.valid("json"));
    const made = unwrapMetered(c, started);
    const location = { Location: `/v1/turns/${made.id}` };
    if (isStream) {
      // Only an idempotent replay resumes; a new turn's stream starts at its first event.
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
    const { newest = null, wait, ...query } = c.req.valid("query");
    const poll = { newest, waitMs: c.req.method === "HEAD" ? 0 : wait * SECOND_MS };
    const page = await userObject(c.env, addressOf(c, id)).listTurns(id, pageRequest(query), poll);
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

/* The events of a turn: a resumable stream, or pages with the same cursor. */

const ticketQuery = eventsQuery.extend({
  ticket: z.string().max(300).optional().meta({ description: "A stream ticket. Replaces the credential." }),
});

const events = defineRoute({
  method: "get",
  path: "/v1/turns/{id}/events",
  operationId: "turns.events",
  access: "read_or_ticket",
  credentials: "key_or_user_token",
  tags: ["Projects and turns"],
  summary: "Stream the events of a turn",
  description:
    "Returns the events after the cursor, then follows the turn until it ends. `Accept: application/json` returns a page instead. `Last-Event-ID` takes precedence over `?after=`. A stream closes after about 240 seconds; resume it with `Last-Event-ID`. If too many streams are open, the response contains only a `retry:` field. HEAD opens no stream. Events are kept for 24 hours after the turn has ended, then the call fails with `events_expired`.",
  request: { params: ownedParams("trn"), query: ticketQuery },
  responses: {
    200: {
      description: "The events after the cursor.",
      content: { ...eventStream(turnEvent), "application/json": { schema: turnEventsPage } },
    },
    204: { description: "The turn has ended and there are no events after the cursor." },
  },
});

const ticketed = z
  .object({ url: z.string(), first_use_by: moment })
  .meta({ id: "StreamTicket", description: "Open `url` with EventSource. It can be opened again after a disconnect." });

const makeTicket = defineRoute({
  method: "post",
  path: "/v1/turns/{id}/stream_ticket",
  operationId: "turns.stream_ticket",
  access: "read",
  credentials: "key_or_user_token",
  tags: ["Projects and turns"],
  summary: "Create a stream ticket",
  description:
    "Returns a URL that streams the turn's events without a credential, for EventSource. It must first be used within 10 minutes and expires 10 minutes after the turn has ended.",
  request: { params: ownedParams("trn") },
  responses: { 200: jsonResponse(ticketed, "The ticket's URL.") },
});

/** The address of a turn, from the credential or from a ticket for this turn. */
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
    const { ticket } = query;
    const user = userObject(c.env, await turnAddress(c, id, ticket));
    const source = {
      readPage: (after: number, limit: number, waitMs: number) => user.readTurnEvents(id, after, limit, waitMs),
      watch: (after: number) => user.watchTurn(id, after, ticket ?? null),
    };
    return serveEvents(c, source, query, { isStreamOnly: ticket !== undefined });
  });
}
