/** What a media file is known to be, whoever looked. */
import type { MediaFault } from "./media/source.ts";

export type MediaFacts = {
  /** `mp4`, `mov`, `webm`, `matroska`, `mp3`, `wave`, `adts`, `avi`. */
  readonly container: string;
  /** null where the file does not tell. */
  readonly durationMs: number | null;
  /** Pixels as shown; null for what shows none. */
  readonly width: number | null;
  readonly height: number | null;
  /** Of the video where there is one, else of the sound: `h264`, `aac`. */
  readonly codec: string | null;
  /** Pictures in the main video track; 0 for a file without one, null where the file does not tell. */
  readonly videoSamples: number | null;
  /** False where the file ends before its end: what is there plays, and is not all. */
  readonly isWhole: boolean;
};

/** Why nothing can be said. `gone`: no such file. The others: what its format's reader says. */
export type NoFacts = { readonly reason: "gone" | MediaFault };
