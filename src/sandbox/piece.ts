/** One second of prepared video: one closed GOP without B-frames, so it can be repeated, and cut after any frame. */

/** Frames in a second of every piece. */
export const FRAMES_PER_SECOND = 30;

export type Clip = {
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

export const clipOf = (packed: {
  width: number;
  height: number;
  decoderRecord: string;
  sampleSizes: readonly number[];
  samples: string;
}): Clip => ({
  ...packed,
  decoderRecord: fromBase64(packed.decoderRecord),
  samples: fromBase64(packed.samples),
});
