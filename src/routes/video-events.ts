/** The events of a video: a resumable stream, or pages with the same cursor. */
import * as z from "zod";
import { LONG_POLL_MAX_SECONDS, PAGE_MAX } from "../core/limits.ts";
import { videoEvent, videoEventsPage } from "../core/wire/video.ts";
import type { Api } from "../http/context.ts";
import { defineRoute, eventStream, ownedParams } from "../http/define-route.ts";
import { cursorOf, cursorQuery, headOfStream, retryStream, streamOf, wantsJson } from "../http/event-stream.ts";
import { addressOf } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { unwrap } from "../http/problem.ts";

const events = defineRoute({
  method: "get",
  path: "/v1/videos/{id}/events",
  operationId: "videos.events",
  access: "read",
  credentials: "key_or_user_token",
  tags: ["Videos"],
  summary: "Stream the events of a video",
  description:
    "Returns the video's stages, the complete messages of its turns, timeline changes and the end. Returns the events after the cursor, then follows the video until it ends. `Accept: application/json` returns a page instead. `Last-Event-ID` takes precedence over `?after=`. A stream closes after about 240 seconds; resume it with `Last-Event-ID`. If too many streams are open, the response contains only a `retry:` field. HEAD opens no stream.",
  request: {
    params: ownedParams("vid"),
    query: z.strictObject({
      after: z.coerce.number().int().min(0).default(0).meta({ description: "Return events after this id." }),
      ...cursorQuery,
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(PAGE_MAX)
        .default(PAGE_MAX)
        .meta({ description: "Events per page. JSON only." }),
      wait: z.coerce
        .number()
        .min(0)
        .max(LONG_POLL_MAX_SECONDS)
        .default(0)
        .meta({ description: "Seconds to wait for the first event. JSON only." }),
    }),
  },
  responses: {
    200: {
      description: "The events after the cursor.",
      content: { ...eventStream(videoEvent), "application/json": { schema: videoEventsPage } },
    },
    204: { description: "The video has ended and there are no events after the cursor." },
  },
});

export function mountVideoEvents(app: Api): void {
  app.openapi(events, async (c) => {
    const { id } = c.req.valid("param");
    const query = c.req.valid("query");
    const { limit } = query;
    const user = userObject(c.env, addressOf(c, id));
    const cursor = cursorOf(c.req.header("Last-Event-ID"), query);
    const isHead = c.req.method === "HEAD";
    const wait = isHead ? 0 : query.wait;
    if (wantsJson(c.req.header("Accept")))
      return c.json(unwrap(await user.readVideoEvents(id, cursor, limit, wait * 1_000)), 200);
    if (isHead) {
      const page = unwrap(await user.readVideoEvents(id, cursor, 1, 0));
      return headOfStream(page.ended && page.data.length === 0);
    }
    return user
      .watchVideo(id, cursor)
      .then((watching) => streamOf(unwrap(watching)))
      .catch(retryStream);
  });
}
