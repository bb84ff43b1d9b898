/**
 * Spans of the gateway's own work, sent to a collector as OTLP/HTTP JSON. Off unless an endpoint is set: then nothing
 * here runs.
 *
 * The platform's traces stay off, because their spans hold whole URLs, and a link to a file is a secret in a path. A
 * span of ours has a name of a closed list and the fields that a log line may have, so it holds no text that a caller
 * chose, no address and no secret.
 *
 * A collector that is slow or down fails nothing and delays nothing: spans wait in memory, up to a limit, and are
 * dropped beyond it. What an instance has not sent when it ends is lost.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { BASE32, hex } from "./core/encoding.ts";
import { ownedIdIn } from "./core/ids.ts";
import type { TraceTarget } from "./env.ts";
import { LOG_FIELDS, type LogFields, log } from "./log.ts";

/** Every span there is, and its kind as OTLP numbers it (1: inside the gateway, 3: a request to someone else). */
const KINDS = { turn: 1, "upload.part": 1, "upstream.call": 3, delivery: 3 } as const;
export type SpanName = keyof typeof KINDS;

export type SpanInput = {
  readonly startedAt: number;
  readonly endedAt: number;
  /** The id of what it belongs to; missing: what the running job is for. */
  readonly resource?: string | undefined;
  readonly failed: boolean;
  readonly fields: LogFields;
};

type Span = Record<string, unknown>;

/** How long the first span waits for others, in ms. Chosen: a turn's spans then mostly share a request. */
const LINGER_MS = 1_000;
/** Spans in one request. Chosen: about 60 kB. */
const BATCH_SPANS = 128;
/** Spans that wait. Chosen: a sender's attempts in one run, twice; about 300 kB. */
export const MOST_SPANS = 512;
/** Timeout of a request to the collector, in ms. Chosen: spans are not worth a longer wait. */
const TIMEOUT_MS = 5_000;

/** The characters of an id that make a trace's 128 bits. */
const TRACE_CHARS = 26;

const running = new AsyncLocalStorage<string>();

/** Runs a job: the spans of what it calls belong to the resource that its key names. */
export const traceJob = <T>(target: TraceTarget | null, key: string, run: () => T): T =>
  target === null ? run() : running.run(key, run);

const hexOf = (value: bigint, bits: 64 | 128): string =>
  BigInt.asUintN(bits, value)
    .toString(16)
    .padStart(bits / 4, "0");

const randomHex = (bits: 64 | 128): string => hex(crypto.getRandomValues(new Uint8Array(bits / 8)));

/** The resource's trace, and its own span in it: both follow from its id, so nothing has to be stored or passed on. */
function idsOf(text: string): { readonly id: string; readonly trace: string; readonly span: string } | null {
  const id = ownedIdIn(text);
  if (id === null) return null;
  const unique = id.slice(id.indexOf("_") + 1).slice(0, TRACE_CHARS);
  const value = [...unique].reduce((sum, char) => sum * 32n + BigInt(Math.max(BASE32.indexOf(char), 0)), 0n);
  return { id, trace: hexOf(value, 128), span: hexOf(value, 64) };
}

const attributesOf = (values: Readonly<Record<string, unknown>>): object[] =>
  Object.entries(values).flatMap<object>(([key, value]) => {
    if (typeof value === "string") return [{ key, value: { stringValue: value } }];
    return typeof value === "number" ? [{ key, value: { intValue: String(Math.round(value)) } }] : [];
  });

const nanos = (ms: number): string => `${Math.round(ms)}000000`;

/** A span as OTLP/JSON has it. `resource` and the fields of `LOG_FIELDS` become attributes; anything else is dropped. */
export function spanOf(name: SpanName, { startedAt, endedAt, resource, failed, fields }: SpanInput): Span {
  const ids = idsOf(resource ?? running.getStore() ?? "");
  const isOwn = name === "turn" && ids !== null;
  const parent = ids?.id.startsWith("trn_") && !isOwn ? { parentSpanId: ids.span } : {};
  const listed = Object.fromEntries(LOG_FIELDS.map((field) => [field, fields[field]]));
  return {
    traceId: ids?.trace ?? randomHex(128),
    spanId: isOwn ? ids.span : randomHex(64),
    ...parent,
    name,
    kind: KINDS[name],
    startTimeUnixNano: nanos(startedAt),
    endTimeUnixNano: nanos(Math.max(startedAt, endedAt)),
    attributes: attributesOf({ ...listed, resource: ids?.id }),
    status: failed ? { code: 2 } : {},
  };
}

/** The whole request body. */
const requestOf = (spans: readonly Span[]): string =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ "service.name": "nemo-gateway" }) },
        scopeSpans: [{ scope: { name: "nemo-gateway" }, spans }],
      },
    ],
  });

/** What the exporter needs of its surroundings. */
export type SpanTools = {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Sends what waits, in the background; null: the owner calls `flush` itself. */
  readonly waitUntil: ((work: Promise<unknown>) => void) | null;
};

/** The spans of one object's instance or of one invocation. */
export class Spans {
  readonly #target: TraceTarget;
  readonly #tools: SpanTools;
  readonly #waiting: Span[] = [];
  #dropped = 0;
  #isScheduled = false;

  constructor(target: TraceTarget, tools: SpanTools) {
    this.#target = target;
    this.#tools = tools;
  }

  /** Takes a finished span. Never waits, never throws. */
  add(name: SpanName, span: SpanInput): void {
    if (this.#waiting.length >= MOST_SPANS) {
      this.#dropped += 1;
      return;
    }
    try {
      this.#waiting.push(spanOf(name, span));
      const { waitUntil } = this.#tools;
      if (waitUntil === null || this.#isScheduled) return;
      this.#isScheduled = true;
      waitUntil(this.#sendLater());
    } catch {
      this.#dropped += 1; // the caller is in the middle of something that matters more
    }
  }

  /** Sends what waits now. Never throws. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_SPANS);
      const problem = await this.#post(batch);
      if (problem !== null) log("warn", "traces_not_sent", { work: "traces", count: batch.length, ...problem });
    }
    if (this.#dropped > 0) log("warn", "traces_not_sent", { work: "traces", count: this.#dropped, code: "too_many" });
    this.#dropped = 0;
  }

  async #sendLater(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
    this.#isScheduled = false;
    await this.flush();
  }

  /** Sends one request, once: a batch that is not accepted is dropped. Returns what a log line says about it. */
  async #post(batch: readonly Span[]): Promise<LogFields | null> {
    const { url, headers, isUsable } = this.#target;
    if (!isUsable) return { code: "bad_setting" };
    try {
      const answer = await this.#tools.fetch(url, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: requestOf(batch),
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await answer.body?.cancel();
      return answer.ok ? null : { status: answer.status };
    } catch {
      return { code: "no_answer" };
    }
  }
}

/** The exporter, or null when no endpoint is set: callers then do nothing. */
export const spansTo = (target: TraceTarget | null, waitUntil: SpanTools["waitUntil"]): Spans | null =>
  target === null ? null : new Spans(target, { fetch: (url, init) => fetch(url, init), waitUntil });
