/** Instructions to the upstream inside a stream's prompt, and timestamps inside its events. Shared by load and upstream. */

export type Pace = {
  /** Events a second. */
  readonly rate: number;
  /** How many events. */
  readonly count: number;
  /** Padding of each event, in bytes. */
  readonly bytes: number;
};

export const paceText = ({ rate, count, bytes }: Pace): string => `bench rate=${rate} n=${count} bytes=${bytes}`;

/** Finds the pace in a request's body. */
export function readPace(body: string): Pace {
  const [, rate = "1", count = "1", bytes = "0"] = /bench rate=(\d+) n=(\d+) bytes=(\d+)/.exec(body) ?? [];
  return { rate: Number(rate), count: Number(count), bytes: Number(bytes) };
}

/** The machine's monotonic clock, the same in every process; in ns. */
export const clockNs = (): bigint => process.hrtime.bigint();

/** A mark in every event's text: time of sending, and time at which the upstream received the request. */
export const mark = (seenNs: bigint): string => `@t=${clockNs()},${seenNs}@`;

export type Mark = {
  readonly sentNs: bigint;
  readonly seenNs: bigint;
};

/** The maximum length of a mark: the digits of two times and the characters around them. */
const MARK_CHARS = 64;

/** Finds the marks in a stream's chunks, also a mark that is split between two chunks. */
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
