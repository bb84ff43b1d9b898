/** The events of a whole video: a stream to leave and pick up, or pages by the same cursor. */
import * as z from "zod";
import { LONG_POLL_MAX_SECONDS, PAGE_MAX } from "../core/limits.ts";
import { videoEventsPage } from "../core/wire/video.ts";
import type { Api } from "../http/context.ts";
import { declare, ownedParams } from "../http/define-route.ts";
import { comeBackToRead, cursorOf, cursorQuery, headOfStream, streamOf, wantsJson } from "../http/event-stream.ts";
import { addressOf } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { unwrap } from "../http/problem.ts";

const events = declare({
  method: "get",
  path: "/v1/videos/{id}/events",
  access: "read",
  credentials: "key_or_user_token",
  tags: ["Videos"],
  summary: "A video's events from any point",
  description:
    "Its stages, whole messages of its turns, what changed, the end. A stream unless `Accept: application/json` asks for a page. `Last-Event-ID` wins over `?after=`. A stream above the limit is answered with `retry:` alone: come back then. HEAD holds nothing.",
  request: {
    params: ownedParams("vid"),
    query: z.strictObject({
      after: z.coerce.number().int().min(0).default(0).meta({ description: "Events after this id." }),
      ...cursorQuery,
      limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_MAX).meta({ description: "JSON only." }),
      wait: z.coerce
        .number()
        .min(0)
        .max(LONG_POLL_MAX_SECONDS)
        .default(0)
        .meta({ description: "JSON only: seconds to wait for the first event." }),
    }),
  },
  responses: {
    200: {
      description: "The events after the cursor.",
      content: { "text/event-stream": { schema: z.string() }, "application/json": { schema: videoEventsPage } },
    },
    204: { description: "The video has ended and nothing is after the cursor." },
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
      .catch(comeBackToRead);
  });
}
