/** The answer to an order for a video: what would be done, the video on its way, or the finished one for who waits. */
import type { NamedOrder } from "../core/video-life.ts";
import type { NewVideo, VideoWire } from "../core/wire/video.ts";
import { afterCommit } from "./after-commit.ts";
import { unwrap } from "./api-error.ts";
import { addressOf, callOf, newAddress } from "./call.ts";
import type { Ctx } from "./context.ts";
import { claimRepeat, renewClaim } from "./dedupe.ts";
import { userObject } from "./objects.ts";
import { waitOf } from "./prefer.ts";
import { mayImport, planOf } from "./videos.ts";

/** What a body asks beside the order. */
type Asked = Pick<NewVideo, "dry_run" | "dedupe">;

/** Commits the order where its project lives, or at the caller's address; a dry run is judged there and commits nothing. */
export async function started(c: Ctx, order: NamedOrder, { dry_run, dedupe }: Asked) {
  mayImport(c, order.sources);
  const wait = waitOf(c); // what is wrong with it is said before anything is made
  if (dry_run) {
    unwrap(await userObject(c.env, await addressFor(c, order)).checkVideo(await callOf(c), order));
    return c.json(planOf(order, c.var.caller), 200);
  }
  const isClaimed = dedupe && (await claimRepeat(c));
  const first = await ordered(c, order);
  const isGone = isClaimed && !first.ok && first.error.code === "repeat_deleted";
  if (isGone) await renewClaim(c);
  const { deduplicated, ...made } = unwrap(isGone ? await ordered(c, order) : first);
  // A claim whose request died before it made anything leaves the making to this one.
  const repeats = isClaimed && deduplicated === true;
  const told = repeats ? ({ deduplicated } as const) : {};
  const { video, isEnd, headers } = await awaited(c, made, wait);
  const location = { Location: `/v1/videos/${made.id}` };
  return c.json({ ...video, ...told }, isEnd || repeats ? 200 : 202, { ...location, ...headers });
}

/** The video as it is; for who asked to wait, as it has ended by then. */
export async function awaited(c: Ctx, made: VideoWire, wait: ReturnType<typeof waitOf>) {
  if (wait === null) return { video: made, isEnd: false, headers: {} };
  const user = userObject(c.env, addressOf(c, made.id));
  const video = await afterCommit(user.awaitVideo(made.id, wait.ms).then(unwrap));
  if (video === null) return { video: made, isEnd: false, headers: {} };
  return { video, isEnd: video.ended_at !== null, headers: wait.headers };
}

const addressFor = async (c: Ctx, { project }: NamedOrder) =>
  project === null ? await newAddress(c) : addressOf(c, project);

const ordered = async (c: Ctx, order: NamedOrder) =>
  userObject(c.env, await addressFor(c, order)).startVideo(await callOf(c), order);
