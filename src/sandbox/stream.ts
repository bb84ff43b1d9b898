/** A turn's stream: its records as bytes, each at its moment, cut into chunks as the wire asks. */
import type { Clock } from "./clock.ts";
import { chance } from "./random.ts";
import type { Timed, Turn } from "./turn.ts";
import { linesOf } from "./wire.ts";

type Chunk = Timed<{ readonly bytes: Uint8Array }>;

const utf8 = new TextEncoder();

/** Events that `merged` puts into one chunk; they leave with the last of them. */
const MERGED = 3;

function records(turn: Turn): Chunk[] {
  const newline = turn.wire.newline === "crlf" ? "\r\n" : "\n";
  return turn.frames.flatMap(({ at, frame }, index) =>
    linesOf(turn, frame, at, index).map((line) => ({
      at,
      bytes: utf8.encode(`${"raw" in line ? line.raw : `data: ${line.data}`}${newline}${newline}`),
    })),
  );
}

function join(chunks: readonly Chunk[]): Chunk {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk.bytes, offset);
    offset += chunk.bytes.length;
  }
  return { at: chunks.at(-1)?.at ?? 0, bytes };
}

/** Pieces of `least` to `most` bytes, by seed. */
function split(chunk: Chunk, seed: string, least: number, most: number): Chunk[] {
  const pieces: Chunk[] = [];
  for (let at = 0; at < chunk.bytes.length; ) {
    const size = least + Math.floor(chance(`${seed}/${at}`) * (most - least + 1));
    pieces.push({ at: chunk.at, bytes: chunk.bytes.subarray(at, at + size) });
    at += size;
  }
  return pieces;
}

/** All chunks of a turn in order. */
export function chunksOf(turn: Turn): readonly Chunk[] {
  let chunks = records(turn);
  const last = chunks.at(-1);
  if (turn.end.how === "torn" && last !== undefined) {
    chunks = [...chunks.slice(0, -1), { at: last.at, bytes: last.bytes.subarray(0, Math.ceil(last.bytes.length / 2)) }];
  }
  switch (turn.wire.chunking) {
    case "event":
      return chunks;
    case "merged":
      return Array.from({ length: Math.ceil(chunks.length / MERGED) }, (_, at) =>
        join(chunks.slice(at * MERGED, (at + 1) * MERGED)),
      );
    case "random":
      return chunks.flatMap((chunk, at) => split(chunk, `${turn.seed}/${at}`, 1, 200));
    case "bytes":
      return chunks.flatMap((chunk, at) => split(chunk, `${turn.seed}/${at}`, 1, 5));
  }
}

/** Reads like the server's body: waits for each chunk's moment, then ends or breaks. `onCancel`: the reader has gone. */
export function turnStream(turn: Turn, clock: Clock, onCancel: () => void): ReadableStream<Uint8Array> {
  const chunks = chunksOf(turn);
  let next = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = chunks[next++];
        const wait = turn.startedAt + (chunk?.at ?? turn.end.at) - clock.now();
        if (wait > 0) await clock.sleep(wait);
        if (chunk !== undefined) controller.enqueue(chunk.bytes);
        else if (turn.end.how === "close") controller.close();
        else controller.error(new Error("connection lost"));
      },
      cancel: onCancel,
    },
    { highWaterMark: 0 },
  );
}
