/** A one-second test video: one closed GOP without B-frames, so it can be repeated, and cut after any frame. */

/** Frames per second of every clip. */
export const FRAMES_PER_SECOND = 30;

export type VideoClip = {
  readonly width: number;
  readonly height: number;
  /** AVCDecoderConfigurationRecord (ISO/IEC 14496-15). */
  readonly decoderRecord: Uint8Array;
  /** Bytes of each frame, length prefix included, in order. */
  readonly sampleSizes: readonly number[];
  readonly samples: Uint8Array;
};

const fromBase64 = (base64: string): Uint8Array =>
  Uint8Array.from(atob(base64.replace(/\s+/g, "")), (char) => char.charCodeAt(0));

export const unpackClip = (packed: {
  width: number;
  height: number;
  decoderRecord: string;
  sampleSizes: readonly number[];
  samples: string;
}): VideoClip => ({
  ...packed,
  decoderRecord: fromBase64(packed.decoderRecord),
  samples: fromBase64(packed.samples),
});
