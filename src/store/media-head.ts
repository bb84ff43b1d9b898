/** What the first bytes of a MP3, WAV or AAC file say of it. */
import { ADTS, BufferSource, Input, MP3, WAVE } from "mediabunny";
import type { MediaFacts } from "../core/media.ts";
import { SECOND_MS } from "../core/time.ts";

const FORMATS = [MP3, WAVE, ADTS];

/**
 * Reads a file's head, of which nothing more is there for it: what it promises beyond is not looked for. Null when it is of none
 * of these formats.
 */
export async function readHead(head: DataView): Promise<MediaFacts | null> {
  const bytes = new Uint8Array(head.buffer, head.byteOffset, head.byteLength);
  const input = new Input({ formats: FORMATS, source: new BufferSource(bytes) });
  try {
    if (!(await input.canRead())) return null;
    const [video, audio] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
    const seconds = await input.getDurationFromMetadata();
    return {
      container: (await input.getFormat()).name.toLowerCase(),
      durationMs: seconds === null || !Number.isFinite(seconds) ? null : Math.round(seconds * SECOND_MS),
      width: video === null ? null : await video.getDisplayWidth(),
      height: video === null ? null : await video.getDisplayHeight(),
      codec: (await (video ?? audio)?.getCodec()) ?? null,
      videoSamples: video === null ? 0 : null,
      isWhole: true,
    };
  } catch {
    return null; // of the format, and not to be read
  } finally {
    input.dispose();
  }
}
