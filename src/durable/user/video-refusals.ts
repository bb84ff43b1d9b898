/** What a caller of videos is told when there is none, not yet, or no more. */
import { type Refusal, refusal } from "../../core/errors.ts";
import type { AssetId, VideoId } from "../../core/ids.ts";
import type { AssetRecord } from "../../core/ports.ts";
import type { Video } from "../../core/video.ts";
import { failureOf } from "./show.ts";

export const noVideo = (): Refusal =>
  refusal("not_found", "No video with this id exists here; list yours with GET /v1/videos.");

export const busy = (id: VideoId): Refusal =>
  refusal("video_busy", "The video is still being made; go on with it when it has ended or asks for more.", {
    hint: `GET /v1/videos/${id}`,
    retryAfterSeconds: 5,
  });

export const cannotGoOn = (): Refusal =>
  refusal("cancelled", "A cancelled video does not go on; start another one, in its project if you like.", {
    hint: "POST /v1/videos",
  });

export const notReady = ({ id, status }: Video): Refusal =>
  status === "needs_input"
    ? refusal("needs_input", "The agent asks for more; answer it with another turn of the video.", {
        hint: `POST /v1/videos/${id}/turns`,
      })
    : refusal("video_not_ready", "The video is not finished; read it again later.", {
        hint: `GET /v1/videos/${id}`,
        retryAfterSeconds: 5,
      });

/** Of a video that ended without a file: its own error, and what the video itself says was charged. */
export const noFile = ({ id, charged }: Video, error: Refusal): Refusal =>
  refusal("no_file", `This video ended without a file: ${error.detail}`, {
    hint: error.hint ?? `GET /v1/videos/${id}`,
    members: { error: failureOf(error) },
    registerUrl: error.registerUrl,
    ...(charged === null ? {} : { charged }),
  });

export const eventsExpired = (id: VideoId): Refusal =>
  refusal("events_expired", "A video's events are kept for 24 hours after its end; the video itself is still there.", {
    hint: `GET /v1/videos/${id}`,
  });

// ---- of what a video is made of

export const unusable = ({ filename }: AssetRecord): Refusal =>
  refusal("unsupported_media", `${filename} cannot be used; send another file.`);

export const noAsset = (id: AssetId): Refusal =>
  refusal("not_found", `There is no asset ${id} here.`, { hint: "POST /v1/uploads", charged: "no" });

export const notUploaded = (id: string, status: string): Refusal =>
  refusal("upload_incomplete", `The upload ${id} is ${status}; send the file again.`, { charged: "no" });

export const onlyPiece = (id: string): Refusal =>
  refusal("upload_incomplete", `The upload ${id} is a piece of a file; name the final upload that it belongs to.`, {
    charged: "no",
  });

export const notAccepted = ({ filename }: AssetRecord, accepts: readonly string[]): Refusal =>
  refusal("format_not_accepted", `${filename} is not one of ${accepts.join(", ")}, which this generator takes.`, {
    charged: "no",
  });
