/** How a stream's text tells the upstream what to send, and its events when they were sent. Shared by both ends. */

export type Pace = {
  /** Events a second. */
  readonly rate: number;
  /** How many events. */
  readonly count: number;
  /** Filling in each, in bytes. */
  readonly bytes: number;
};

export const paceText = ({ rate, count, bytes }: Pace): string => `bench rate=${rate} n=${count} bytes=${bytes}`;

/** The pace in a request's body, wherever it stands. */
export function readPace(body: string): Pace {
  const [, rate = "1", count = "1", bytes = "0"] = /bench rate=(\d+) n=(\d+) bytes=(\d+)/.exec(body) ?? [];
  return { rate: Number(rate), count: Number(count), bytes: Number(bytes) };
}

/** The machine's monotonic clock, the same in every process; in ns. */
export const clockNs = (): bigint => process.hrtime.bigint();

/** Stands in every event's text: sent at, and when the upstream had seen the request. */
export const mark = (seenNs: bigint): string => `@t=${clockNs()},${seenNs}@`;

export type Mark = {
  readonly sentNs: bigint;
  readonly seenNs: bigint;
};

/** Digits of two moments and the signs around them: no mark is longer. */
const MARK_CHARS = 64;

/** Finds the marks in a stream's chunks, also where one is cut in two. */
export function markReader(): (chunk: Buffer) => Mark[] {
  let rest = "";
  return (chunk) => {
    const text = rest + chunk.toString("latin1");
    let end = 0;
    const marks: Mark[] = [];
    for (const found of text.matchAll(/@t=(\d+),(\d+)@/g)) {
      marks.push({ sentNs: BigInt(found[1] ?? 0), seenNs: BigInt(found[2] ?? 0) });
      end = found.index + found[0].length;
    }
    rest = text.slice(Math.max(end, text.length - MARK_CHARS));
    return marks;
  };
}
