/** A turn's stream: read by read into batches of events, with an end in time, in bytes and in silence. */

import { garbled } from "./classify.ts";
import { type Deadline, Interrupted } from "./deadline.ts";
import { failureOf } from "./envelope.ts";
import { STREAM_BYTES, type Timeouts } from "./limits.ts";
import { createSseReader, type SseReader } from "./sse.ts";
import { createTranslator, type Translator } from "./translate.ts";
import type { EndReason, TurnEvent, TurnStream } from "./turn-event.ts";

export type StreamOptions = {
  readonly response: Response;
  readonly deadline: Deadline;
  readonly timeouts: Pick<Timeouts, "turnTotalMs" | "turnIdleMs">;
  readonly maxBytes?: number;
  readonly maxRecordChars?: number;
};

type Batch = readonly TurnEvent[];

const ended = (why: EndReason): TurnEvent => ({ type: "ended", clean: why === "closed", why });

/** What our own giving up means; anything else that a read throws is the network's cut. */
function endOf(error: unknown): EndReason {
  if (!(error instanceof Interrupted)) return "cut";
  return error.why === "timeout" ? "too_long" : error.why;
}

/** The events of what was left when upstream closed, and how it ended: half a record means that it did not close by itself. */
function last(reader: SseReader, translate: Translator, response: Response): Batch {
  const json = reader.json();
  if (json !== null) {
    const { status, headers } = response;
    const failure = failureOf({ at: "run_sse", status, headers, text: json, exact: true });
    return [
      { type: "failed", failure: failure ?? garbled("run_sse", status, "JSON where a stream was expected") },
      ended("closed"),
    ];
  }
  const { records, tooBig } = reader.end();
  const events = records.flatMap(translate);
  const torn = events.some((event) => event.type === "unreadable");
  return [
    ...events.filter((event) => event.type !== "unreadable"),
    ended(tooBig ? "too_big" : torn ? "cut" : "closed"),
  ];
}

async function* batches(options: StreamOptions): AsyncGenerator<Batch, void, void> {
  const { response, deadline, timeouts, maxBytes = STREAM_BYTES } = options;
  const body = response.body?.getReader();
  const reader = createSseReader(options.maxRecordChars);
  const translate = createTranslator();
  let bytes = 0;
  try {
    for (;;) {
      deadline.signal.throwIfAborted();
      deadline.arm("idle", timeouts.turnIdleMs, "idle");
      const read = body === undefined ? { done: true as const } : await deadline.within(body.read());
      if (read.done) {
        yield last(reader, translate, response);
        return;
      }
      bytes += read.value.byteLength;
      // The wait for bytes ends here: how long the consumer takes with a batch is its own affair.
      deadline.disarm("idle");
      const { records, lineEnded, tooBig } = reader.feed(read.value);
      const events = records.flatMap(translate);
      if (tooBig || bytes > maxBytes) {
        yield [...events, ended("too_big")];
        return;
      }
      if (events.length > 0) yield events;
      else if (lineEnded) yield [{ type: "heartbeat" }];
    }
  } catch (error) {
    yield [ended(endOf(error))];
  } finally {
    deadline.release();
    // Not awaited: a body that never settles its cancel must not hold the turn's end.
    body?.cancel().catch(() => undefined);
  }
}

/** The stream of an answer whose headers are here. Its total time starts now; the last batch ends with `ended`. */
export function openStream(options: StreamOptions): TurnStream {
  const { deadline, timeouts } = options;
  deadline.arm("total", timeouts.turnTotalMs, "timeout");
  return { events: batches(options), cancel: () => deadline.cancel() };
}
