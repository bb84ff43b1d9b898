/** A video as the outside sees it. */
import type { Unsigned } from "../../core/download.ts";
import type { VideoId } from "../../core/ids.ts";
import { SECOND_MS, toRfc3339 } from "../../core/time.ts";
import { begunAt, isOver, promptSourceOf, type Video } from "../../core/video.ts";
import { owesCost } from "../../core/video-life.ts";
import { progressOf } from "../../core/video-progress.ts";
import type { VideoWire } from "../../core/wire/video.ts";
import { type Home, originOf } from "./home.ts";
import type { RenderRows } from "./render-rows.ts";
import { shownFile } from "./render-show.ts";
import { failureOf } from "./show.ts";

/** When to read a running video again. Chosen: an export takes 30 to 90 s. */
const POLL_AFTER_SECONDS = 5;
/** The share of the expected time that the agent takes, the rest being the export. Source: the seeds' "1-2 minutes" beside "30-90 seconds". */
const AGENT_SHARE = 0.6;

export const videoUrl = (home: Home, id: VideoId): string => `${originOf(home)}/v1/videos/${id}`;

/** How far its current stage is, 0 to 1: an export says so itself, a turn is judged by its time. */
function shareOf(home: Home, renders: RenderRows, video: Video): number {
  if (video.stage === "render" && video.render !== null) return (renders.find(video.render)?.progress ?? 0) / 100;
  return (home.ground.now() - begunAt(video)) / (video.expectedMs * AGENT_SHARE);
}

function creditsOf(video: Video): VideoWire["credits"] {
  if (video.charged === null) return null;
  const isKnown = video.spent !== null && !owesCost(video);
  return { amount: isKnown ? video.spent : null, basis: isKnown ? "measured" : "unknown" };
}

export type ShownVideo = Unsigned<VideoWire>;

export function showVideo(home: Home, renders: RenderRows, video: Video): ShownVideo {
  const { stage, endedAt } = video;
  const url = videoUrl(home, video.id);
  const elapsed = (endedAt ?? home.ground.now()) - begunAt(video);
  const copying = stage === "render" && video.render !== null && renders.find(video.render)?.phase === "copying";
  return {
    id: video.id,
    status: video.status,
    stage: copying ? "file" : stage,
    progress: progressOf(video, shareOf(home, renders, video)),
    elapsed_ms: elapsed,
    prompt: video.prompt,
    prompt_source: promptSourceOf(video),
    message: video.message,
    generator: video.generator === null ? null : { ...video.generator },
    batch_id: video.batch,
    project_id: video.project,
    turn_id: video.turn,
    render_id: video.render ?? video.file,
    asset_ids: video.sources.map(({ asset }) => asset),
    charged: video.charged,
    credits: creditsOf(video),
    error: video.error === null ? null : failureOf(video.error),
    metadata: { ...video.metadata },
    status_url: url,
    events_url: `${url}/events`,
    ...shownFile(home, video.file === null ? null : renders.shown(video.file)),
    content_url: `${url}/content`,
    cancel_url: `${url}/cancel`,
    poll_after_seconds: isOver(video) ? null : POLL_AFTER_SECONDS,
    estimated_seconds: isOver(video)
      ? null
      : Math.max(POLL_AFTER_SECONDS, Math.ceil((video.expectedMs - elapsed) / SECOND_MS)),
    created_at: toRfc3339(video.createdAt),
    ended_at: endedAt === null ? null : toRfc3339(endedAt),
  };
}
