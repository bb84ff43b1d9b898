/** Chunks, of which WAV, AVI and WebP files are made: four characters, a size, content, a byte of padding where that is odd. */
import { type MediaSource, textAt } from "./source.ts";

export type Chunk = { readonly id: string; readonly start: number; readonly size: number };

/** The chunk whose head stands in a view; null where the view ends before. */
export const chunkIn = (view: DataView, at: number): Chunk | null =>
  at + 8 > view.byteLength ? null : { id: textAt(view, at, 4), start: at + 8, size: view.getUint32(at + 4, true) };

/** Where the chunk behind this one begins. */
export const after = ({ start, size }: Chunk): number => start + size + (size % 2);

/** The chunks of a part of the file in order. Each step passes at least a head. */
export async function* chunksOf(source: MediaSource, start: number, end: number): AsyncGenerator<Chunk> {
  for (let at = start; at + 8 <= end; ) {
    const head = chunkIn(await source.read(at, at + 8), 0);
    if (head === null) return;
    source.count();
    const chunk = { ...head, start: at + 8 };
    yield chunk;
    at = after(chunk);
  }
}

/** The chunks of a part of a view in order; one that goes beyond its end is cut there. */
export function* chunksIn(view: DataView, start: number, end: number, count: () => void): Generator<Chunk> {
  for (let at = start; at + 8 <= end; ) {
    const chunk = chunkIn(view, at);
    if (chunk === null) return;
    count();
    yield { ...chunk, size: Math.min(chunk.size, end - chunk.start) };
    at = after(chunk);
  }
}
