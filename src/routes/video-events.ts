/** The events of a video: a resumable stream, or pages with the same cursor. */
import * as z from "zod";
import { videoEventsPage } from "../core/wire/video.ts";
import type { Api } from "../http/context.ts";
import { defineRoute, ownedParams } from "../http/define-route.ts";
import { eventsQuery, serveEvents } from "../http/event-stream.ts";
import { addressOf } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";

const events = defineRoute({
  method: "get",
  path: "/v1/videos/{id}/events",
  access: "read",
  credentials: "key_or_user_token",
  tags: ["Videos"],
  summary: "Stream the events of a video",
  description:
    "Returns the video's stages, the complete messages of its turns, timeline changes and the end. Returns the events after the cursor, then follows the video until it ends. `Accept: application/json` returns a page instead. `Last-Event-ID` takes precedence over `?after=`. A stream closes after about 240 seconds; resume it with `Last-Event-ID`. If too many streams are open, the response contains only a `retry:` field. HEAD opens no stream.",
  request: {
    params: ownedParams("vid"),
    query: eventsQuery,
  },
  responses: {
    200: {
      description: "The events after the cursor.",
      content: { "text/event-stream": { schema: z.string() }, "application/json": { schema: videoEventsPage } },
    },
    204: { description: "The video has ended and there are no events after the cursor." },
  },
});

export function mountVideoEvents(app: Api): void {
  app.openapi(events, async (c) => {
    const { id } = c.req.valid("param");
    const user = userObject(c.env, addressOf(c, id));
    const source = {
      readPage: (after: number, limit: number, waitMs: number) => user.readVideoEvents(id, after, limit, waitMs),
      watch: (after: number) => user.watchVideo(id, after),
    };
    return serveEvents(c, source, c.req.valid("query"));
  });
}
