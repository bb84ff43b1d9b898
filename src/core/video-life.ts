/** What callers do to a video: order it, cancel it, go on with it. */
import { refusal } from "./errors.ts";
import type { BatchId, RenderId, TurnId, VideoId } from "./ids.ts";
import type { EpochMs } from "./time.ts";
import { type EndedTurn, FIRST_ROUND, isOver, type Video, type VideoOrder, withTurn } from "./video.ts";
import type { NamedSource } from "./video-source.ts";

/** An order as it comes in: what its addresses become is not settled. */
export type NamedOrder = Omit<VideoOrder, "sources"> & { readonly sources: readonly NamedSource[] };

export const newVideoOf = (order: VideoOrder, id: VideoId, createdAt: EpochMs, batch: BatchId | null): Video => ({
  ...order,
  id,
  createdAt,
  batch,
  ownsProject: order.project === null,
  answered: false,
  status: "queued",
  stage: "project",
  round: FIRST_ROUND,
  roundAt: createdAt,
  turn: null,
  turns: [],
  render: null,
  file: null,
  renders: [],
  message: null,
  charged: null,
  spent: null,
  counted: null,
  error: null,
  endedAt: null,
});

/** Stopped by its caller. `made`: what its steps had made, whether the video says so or not. */
export const toCancelled = (
  video: Video,
  made: { readonly turn: TurnId | null; readonly render: RenderId | null },
  now: EpochMs,
): Video => ({
  ...video,
  ...made,
  status: "cancelled",
  error: refusal("cancelled", "The video was cancelled; what Nemo had begun may still be charged."),
  endedAt: now,
});

/** Whether it can go on with another message. */
export const mayGoOn = (video: Video): boolean => isOver(video) && video.status !== "cancelled";

/** The turn whose cost a cancelled video does not know yet: it ends without being followed. */
export const owesCost = ({ status, turn, counted = null }: Video): boolean =>
  status === "cancelled" && turn !== null && turn !== counted;

/** A cancelled video whose turn has ended after all, and says what it cost; the same where there is nothing to learn. */
export const withLateCost = (video: Video, ended: EndedTurn | null): Video =>
  ended === null || !owesCost(video) ? video : withTurn(video, ended);
