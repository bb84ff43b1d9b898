/** What a media file is known to be, whoever looked. */

export type MediaFacts = {
  /** `mp4`, `mov`, `webm`, `matroska`, `mp3`, `wave`, `adts`. */
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
};

/**
 * Why nothing can be said. `gone`: no such file. `unknown`: of no format that is looked into. `cut`: it ends before it should.
 * `broken`: it contradicts itself. `over_budget`: its index is larger or more scattered than what is looked at.
 */
export type MediaFault = { readonly reason: "gone" | "unknown" | "cut" | "broken" | "over_budget" };
