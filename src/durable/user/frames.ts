/**
 * Frames of a log as they leave: the video at its end gets the link to its file, which is stored nowhere. The link is made as
 * at the moment when the video ended, so that the same frame is the same bytes whenever it is read.
 */
import type { Signed, Unsigned } from "../../core/download.ts";
import { forUser } from "../../core/user-view.ts";
import { isTerminal } from "../../core/wire/turn-event.ts";
import { isVideoEnd, type VideoWire } from "../../core/wire/video.ts";
import type { Downloads } from "../downloads.ts";
import type { Frame } from "./turn-log.ts";

/** What `TurnLog.append` writes at a video's end; an earlier version wrote it without `download`. */
type StoredEnd = { readonly type: string; readonly video: Unsigned<VideoWire> | VideoWire };

/** Only frames at an end show a turn or a video; the others are the same for everybody. */
function seenByUser(frame: Frame): Frame {
  if (!isTerminal(frame.type) && !isVideoEnd(frame.type)) return frame;
  return { ...frame, data: JSON.stringify(forUser(JSON.parse(frame.data))) };
}

export class Frames {
  readonly #downloads: Downloads;

  constructor(downloads: Downloads) {
    this.#downloads = downloads;
  }

  /** The same frames, ready to be sent; `isUser`: to the holder of a user token or of a stream ticket. */
  async shown(frames: readonly Frame[], isUser: boolean): Promise<readonly Frame[]> {
    const signed = await Promise.all(frames.map((frame) => (isVideoEnd(frame.type) ? this.#ended(frame) : frame)));
    return isUser ? signed.map(seenByUser) : signed;
  }

  async #ended(frame: Frame): Promise<Frame> {
    const { video, ...event } = JSON.parse(frame.data) as StoredEnd; // rows of our own log
    if (!("download" in video)) return frame;
    const at = Date.parse(video.ended_at ?? video.created_at);
    const signed: Signed<typeof video> = await this.#downloads.one(video, at);
    return { ...frame, data: JSON.stringify({ ...event, video: signed }) };
  }
}
