/** Turns: say something, and what came of it. */
import * as z from "zod";
import { pageOf } from "../core/wire/common.ts";
import { newTurn, turn } from "../core/wire/turn.ts";
import { afterCommit } from "../http/after-commit.ts";
import { unwrap } from "../http/api-error.ts";
import { addressOf, callOf } from "../http/call.ts";
import type { Api } from "../http/context.ts";
import { answer, body, declare, ownedPage, ownedParams } from "../http/declare.ts";
import { unwrapMetered } from "../http/metered.ts";
import { userObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";
import { waitOf, waitQuery } from "../http/prefer.ts";
import { cursorOf, streamOf, wantsStream } from "../http/stream.ts";

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
      const after = started.repeated === true ? seen : 0;
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
