/** What a caller of videos is told when there is none, not yet, or no more. */
import { type Refusal, refusal } from "../../core/errors.ts";
import type { VideoId } from "../../core/ids.ts";
import type { Video } from "../../core/video.ts";

export const noVideo = (): Refusal =>
  refusal("not_found", "No video with this id exists here; list yours with GET /v1/videos.");

export const busy = (id: VideoId): Refusal =>
  refusal("video_busy", "The video is still being made; go on with it when it has ended or asks for more.", {
    hint: `GET /v1/videos/${id}`,
    retryAfterSeconds: 5,
  });

export const cannotGoOn = (): Refusal =>
  refusal("video_busy", "The video has no project to go on in; start another one.", { hint: "POST /v1/videos" });

export const notReady = ({ id, status }: Video): Refusal =>
  status === "needs_input"
    ? refusal("needs_input", "The agent asks for more; answer it with another turn of the video.", {
        hint: `POST /v1/videos/${id}/turns`,
      })
    : refusal("video_not_ready", "The video is not finished; read it again later.", {
        hint: `GET /v1/videos/${id}`,
        retryAfterSeconds: 5,
      });

export const eventsExpired = (id: VideoId): Refusal =>
  refusal("events_expired", "A video's events are kept for 24 hours after its end; the video itself is still there.", {
    hint: `GET /v1/videos/${id}`,
  });
