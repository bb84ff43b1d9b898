/** A turn's stream as bytes: every frame with the hash of its bytes; pings and `retry:` separately. */
import { createHash } from "node:crypto";
import { type TurnEventWire, turnEvent } from "../../../src/core/wire/turn.ts";

export type Frame = {
  readonly id: number;
  readonly event: TurnEventWire;
  /** SHA-256 of the frame's bytes, its empty line included. */
  readonly hash: string;
  /** Milliseconds since the first response. */
  readonly afterMs: number;
};

export type Watched = {
  readonly frames: readonly Frame[];
  /** Times of pings, in milliseconds since the first response. */
  readonly pings: readonly number[];
  /** The value of the stream's last `retry:`. */
  readonly retryMs: number | null;
  readonly tookMs: number;
};

const END = Buffer.from("\n\n");
const FRAME = /^id: (\d+)\nevent: ([\w.]+)\ndata: (.+)\n\n$/;

/** Reads a stream to its end, or until `enough`. Throws on bytes that are not a frame, a ping or a `retry:`. */
export async function watch(
  answer: Response,
  enough: (frame: Frame) => boolean = () => false,
  begun = Date.now(),
): Promise<Watched> {
  const type = answer.headers.get("content-type") ?? "";
  if (answer.status !== 200 || !type.startsWith("text/event-stream"))
    throw new Error(`not a stream: ${answer.status} ${type} ${await answer.text()}`);
  const frames: Frame[] = [];
  const pings: number[] = [];
  let retryMs: number | null = null;
  let rest: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  for await (const bytes of answer.body ?? []) {
    rest = Buffer.concat([rest, bytes]);
    for (let end = rest.indexOf(END); end >= 0; end = rest.indexOf(END)) {
      const chunk = rest.subarray(0, end + END.length);
      rest = rest.subarray(end + END.length);
      const text = chunk.toString("utf8");
      const afterMs = Date.now() - begun;
      if (text.startsWith(":")) pings.push(afterMs);
      else if (text.startsWith("retry: ")) retryMs = Number(text.slice("retry: ".length));
      else {
        const frame = { ...frameOf(text), hash: createHash("sha256").update(chunk).digest("hex"), afterMs };
        frames.push(frame);
        if (enough(frame)) return { frames, pings, retryMs, tookMs: afterMs };
      }
    }
  }
  if (rest.length > 0) throw new Error(`the stream ended inside a frame: ${rest.toString("utf8")}`);
  return { frames, pings, retryMs, tookMs: Date.now() - begun };
}

/**
 * Reads a turn to its end as a client does: a response that ends earlier, as each does after some minutes, is resumed from the last
 * id, until 204. All frames are in one list; times count from the first response.
 */
export async function watchToEnd(first: Response, from: (after: number) => Promise<Response>): Promise<Watched> {
  const begun = Date.now();
  const parts = [await watch(first, undefined, begun)];
  const all = () => parts.flatMap(({ frames }) => frames);
  for (;;) {
    const answer = await from(all().at(-1)?.id ?? 0);
    if (answer.status === 204) break;
    parts.push(await watch(answer, undefined, begun));
  }
  const pings = parts.flatMap((part) => part.pings);
  return { frames: all(), pings, retryMs: parts.at(-1)?.retryMs ?? null, tookMs: Date.now() - begun };
}

function frameOf(text: string): Pick<Frame, "id" | "event"> {
  const [, id, type, data = ""] = FRAME.exec(text) ?? [];
  if (id === undefined) throw new Error(`not a frame: ${JSON.stringify(text)}`);
  const event = turnEvent.parse(JSON.parse(data));
  if (event.type !== type) throw new Error(`event: ${type} and type ${event.type} differ`);
  return { id: Number(id), event };
}

/** Every id with the hash of its frame, to compare two readings of a stream. */
export const bytesOf = ({ frames }: Pick<Watched, "frames">): string[] => frames.map(({ id, hash }) => `${id} ${hash}`);

export const idsOf = ({ frames }: Pick<Watched, "frames">): number[] => frames.map(({ id }) => id);
export const typesOf = ({ frames }: Pick<Watched, "frames">): string[] => frames.map(({ event }) => event.type);
/** The numbers from 1 to `count`. */
export const countTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

/** An event as a reader without an API key sees it: which key sent a turn is shown to keys alone. */
export const withoutKey = (event: unknown): unknown =>
  JSON.parse(JSON.stringify(event).replace(/"key_id":"key_\w+"/g, '"key_id":null'));
