/** The answer to an order for a video: what would be done, the video on its way, or the finished one for who waits. */
import type { VideoOrder } from "../core/video.ts";
import type { NewVideo } from "../core/wire/video.ts";
import { unwrap } from "./api-error.ts";
import { addressOf, callOf, newAddress } from "./call.ts";
import type { Ctx } from "./context.ts";
import { claimRepeat } from "./dedupe.ts";
import { userObject } from "./objects.ts";
import { preferredWait } from "./prefer.ts";
import { planOf } from "./videos.ts";

/** What a body asks beside the order. */
type Asked = Pick<NewVideo, "dry_run" | "dedupe">;

/** Commits the order where its project lives, or at the caller's address. */
export async function started(c: Ctx, order: VideoOrder, { dry_run, dedupe }: Asked) {
  if (dry_run) return c.json(planOf(order), 200);
  const isClaimed = dedupe && (await claimRepeat(c));
  const user = userObject(c.env, order.project === null ? await newAddress(c) : addressOf(c, order.project));
  const { deduplicated, ...made } = unwrap(await user.startVideo(await callOf(c), order));
  const location = { Location: `/v1/videos/${made.id}` };
  // A claim whose request died before it made anything leaves the making to this one.
  const repeats = isClaimed && deduplicated === true;
  const told = repeats ? ({ deduplicated } as const) : {};
  const wait = preferredWait(c.req.header("Prefer"));
  if (wait === null) return c.json({ ...made, ...told }, repeats ? 200 : 202, location);
  const later = unwrap(await user.awaitVideo(made.id, wait * 1_000));
  return c.json({ ...later, ...told }, later.ended_at === null && !repeats ? 202 : 200, {
    ...location,
    "Preference-Applied": `wait=${wait}`,
  });
}
