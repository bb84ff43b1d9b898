/**
 * The events of a turn from its POST to its end, over as many connections as needed.
 *
 * The first connection is the POST itself. A lost one is resumed with `Last-Event-ID`. If it was lost before the turn's id
 * arrived, the POST is retried with the same Idempotency-Key, which returns the same turn.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { isTerminal, type NewTurn, type TurnEventWire, turnEvent } from "../../src/core/wire/turn.ts";
import { type Api, ResponseError } from "./api.ts";

/** Three missed pings: the connection counts as lost. */
const SILENCE_MS = 50_000;

type Position = { turnId: string | null; lastEventId: string | null; retryMs: number };

export type TurnMessage = Pick<NewTurn, "prompt">;

/** Opens the stream at its last position. */
function open(
  api: Api,
  sending: { path: string; message: TurnMessage; key: string },
  at: Position,
  signal: AbortSignal,
): Promise<Response> {
  const headers = { accept: "text/event-stream" };
  if (at.turnId === null) {
    const first = { ...headers, "idempotency-key": sending.key };
    return api.send(sending.path, { method: "POST", json: sending.message, headers: first, signal });
  }
  const resumed = at.lastEventId === null ? headers : { ...headers, "last-event-id": at.lastEventId };
  return api.send(`/v1/turns/${at.turnId}/events`, { headers: resumed, signal });
}

/** The frames of one connection. Throws when it breaks or times out; ends when the server ends it. */
async function* framesOf(answer: Response, at: Position, silence: AbortController): AsyncGenerator<EventSourceMessage> {
  const frames: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (frame) => frames.push(frame),
    onRetry: (ms) => {
      at.retryMs = ms;
    },
  });
  const decoder = new TextDecoder();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    for await (const bytes of answer.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      parser.feed(decoder.decode(bytes, { stream: true }));
      yield* frames.splice(0);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** An event of a known type; null for others, which clients ignore. */
function eventOf(frame: EventSourceMessage): TurnEventWire | null {
  const parsed = turnEvent.safeParse({ ...JSON.parse(frame.data), ...(frame.event ? { type: frame.event } : {}) });
  if (parsed.success) return parsed.data;
  if (frame.event !== undefined && isTerminal(frame.event)) throw parsed.error;
  return null;
}

/** True if a retry can help: the connection broke or timed out, or the server could not answer. */
function mayResume(error: unknown): boolean {
  if (error instanceof ResponseError) return error.status >= 500 || error.status === 409;
  return error instanceof TypeError || error instanceof DOMException; // thrown by fetch and its body
}

/** Sends a prompt to a project and yields every event once and in order, up to the terminal one. */
export async function* sayAndWatch(
  api: Api,
  path: string,
  message: TurnMessage,
  timeoutMs: number,
): AsyncGenerator<TurnEventWire> {
  const at: Position = { turnId: null, lastEventId: null, retryMs: 500 };
  const sending = { path, message, key: `demo-${randomUUID()}` };
  const late = AbortSignal.timeout(timeoutMs);
  while (!late.aborted) {
    const silence = new AbortController();
    try {
      const answer = await open(api, sending, at, AbortSignal.any([silence.signal, late]));
      for await (const frame of framesOf(answer, at, silence)) {
        at.lastEventId = frame.id ?? at.lastEventId;
        const event = eventOf(frame);
        if (event?.type === "turn.started") at.turnId = event.id;
        if (event) yield event;
        if (event && isTerminal(event.type)) return;
      }
    } catch (error) {
      if (!mayResume(error)) throw error;
    } finally {
      silence.abort();
    }
    await sleep(at.retryMs);
  }
  throw new Error(`the turn ${at.turnId ?? ""} has not ended within ${timeoutMs / 1000} s`);
}
