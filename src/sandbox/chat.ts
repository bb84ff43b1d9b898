/**
 * `POST /run_sse`: starts a turn, stores its script and streams it. The turn's results do not depend on the stream being read.
 * Parts: reading the request, frames as records, records as chunks, the route.
 */

import { type Plan, planTurn } from "./agent.ts";
import {
  type Clock,
  chance,
  codeAnswer,
  encodeJson,
  failuresOf,
  hexText,
  idText,
  isFields,
  jsonAnswer,
  missingFields,
  missingSession,
  openTurns,
  ownSession,
  queueOf,
  RawJson,
  requireToken,
  type Sandbox,
  type SandboxApp,
  type SandboxContext,
  saveSetting,
  seededBytes,
  snakeKeys,
  switchesOf,
} from "./context.ts";
import type { Faults, PromptWords } from "./faults.ts";
import type { SessionRecord } from "./store.ts";
import {
  balanceAt,
  commitFinishedTurns,
  isBusy,
  type SandboxTurn,
  type StateChange,
  type Timed,
  type TurnFrame,
  viewAt,
} from "./turn.ts";

/* The body of `/run_sse`: ADK's request model accepts snake_case and camelCase (nemo-api reference section 4.1). */

export type ChatRequest = {
  readonly appName: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly prompt: string;
  readonly streaming: boolean;
};

/** The texts of a message's parts, joined; null if the value is not a message. */
function textOf(message: unknown): string | null {
  if (!isFields(message) || !Array.isArray(message.parts)) return null;
  const texts = message.parts.map((part: unknown) =>
    isFields(part) && typeof part.text === "string" ? part.text : "",
  );
  return texts.join("\n");
}

/** The request, or the names of fields that are missing or have a wrong type. */
export function readChatRequest(
  body: unknown,
  messageOptional: boolean,
): ChatRequest | { readonly missing: readonly string[] } {
  if (!isFields(body)) return { missing: ["app_name", "user_id", "session_id", "new_message"] };
  const text = (snake: string, camel: string): string | null => {
    const value = body[snake] ?? body[camel];
    return typeof value === "string" && value !== "" ? value : null;
  };
  const appName = text("app_name", "appName");
  const userId = text("user_id", "userId");
  const sessionId = text("session_id", "sessionId");
  const prompt = textOf(body.new_message ?? body.newMessage) ?? (messageOptional ? "" : null);
  if (appName === null || userId === null || sessionId === null || prompt === null) {
    const fields = { app_name: appName, user_id: userId, session_id: sessionId, new_message: prompt };
    return {
      missing: Object.entries(fields)
        .filter(([, value]) => value === null)
        .map(([name]) => name),
    };
  }
  return { appName, userId, sessionId, prompt, streaming: body.streaming === true };
}

/* Frames as records: ADK events or typed records (nemo-api reference sections 4.3, 4.4), one line of JSON each. */

/** The text after `data: `, or a whole line for heartbeats without it. */
export type Line = { readonly data: string } | { readonly raw: string };

const HEARTBEATS: Record<SandboxTurn["wire"]["heartbeat"], Line | null> = {
  comment: { raw: ": heartbeat" },
  event: { raw: "event: heartbeat" },
  empty_data: { raw: "data:" },
  word: { data: "heartbeat" },
  typed: { data: '{"type":"heartbeat"}' },
  empty_object: { data: "{}" },
  none: null,
};

const AGENT = "nemo_agent";

const deltaOf = (turn: SandboxTurn, change: StateChange | null): Record<string, unknown> =>
  change === null || !turn.wire.state_delta
    ? {}
    : {
        draft: new RawJson(change.draftText),
        ...(change.generated.length > 0 ? { generated_media: change.generated } : {}),
      };

type Content = { readonly role: "model" | "user"; readonly parts: readonly unknown[] };

function contentOf(frame: TurnFrame): Content | undefined {
  switch (frame.kind) {
    case "call": {
      const call = { functionCall: { id: frame.callId, name: frame.name, args: frame.args } };
      return { parts: frame.words === undefined ? [call] : [{ text: frame.words }, call], role: "model" };
    }
    case "response": {
      const response = { status: frame.change === null ? "unchanged" : "success" };
      return { parts: [{ functionResponse: { id: frame.callId, name: frame.name, response } }], role: "user" };
    }
    case "text":
      return { parts: [{ text: frame.text, ...(frame.mark === "thought" ? { thought: true } : {}) }], role: "model" };
    default:
      return undefined;
  }
}

function adkEvent(turn: SandboxTurn, frame: TurnFrame, at: number, index: number): string {
  const ms = turn.startedAt + at;
  const change = frame.kind === "response" ? frame.change : null;
  const author = frame.kind === "text" ? frame.author : undefined;
  const event = {
    content: contentOf(frame),
    ...(frame.kind === "text" && frame.mark === "partial" ? { partial: true } : {}),
    ...(frame.kind === "error_code" ? { errorCode: frame.code, errorMessage: frame.message } : {}),
    invocationId: `e-${hexText(seededBytes(turn.seed), 8)}`,
    author: author ?? AGENT,
    ...(author === undefined ? {} : { branch: `${AGENT}.${author}` }),
    actions: {
      stateDelta: frame.kind === "actions" ? { "temp:step": 1 } : deltaOf(turn, change),
      artifactDelta: {},
      requestedAuthConfigs: {},
    },
    ...(frame.kind === "call" ? { longRunningToolIds: [] } : {}),
    id: idText(seededBytes(`${turn.seed}/event/${index}`), 8),
    timestamp: turn.wire.adk_time === "seconds" ? ms / 1_000 : ms,
  };
  return encodeJson(turn.wire.adk_case === "snake" ? snakeKeys(event) : event);
}

/** The typed form cannot express partial texts, thoughts and bare actions: they are left out. */
function typedRecord(turn: SandboxTurn, frame: TurnFrame): string | null {
  switch (frame.kind) {
    case "call":
      return encodeJson({ type: "tool_call", name: frame.name, args: frame.args });
    case "response":
      return encodeJson({
        type: "tool_result",
        name: frame.name,
        result: { status: "success", ...deltaOf(turn, frame.change) },
      });
    case "text":
      return frame.mark === "whole" ? encodeJson({ type: "text", content: frame.text }) : null;
    case "error_code":
      return encodeJson({ type: "error", content: frame.message });
    default:
      return null;
  }
}

/** The lines of one frame, zero to two. `index` is the frame's position in its script. */
export function linesOf(turn: SandboxTurn, frame: TurnFrame, at: number, index: number): readonly Line[] {
  switch (frame.kind) {
    case "heartbeat":
      return [HEARTBEATS[turn.wire.heartbeat]].filter((line) => line !== null);
    case "error":
      // An old ADK inserts the message unescaped: a quote in it makes the line invalid JSON.
      return [{ data: frame.malformed ? `{"error": "${frame.message}"}` : encodeJson({ error: frame.message }) }];
    case "no_credits":
      return [
        {
          data: encodeJson(
            frame.form === "code"
              ? { code: 2001, message: "insufficient credits", data: null }
              : { error: "2001: insufficient credits" },
          ),
        },
      ];
    default: {
      const data = turn.wire.wire === "adk" ? adkEvent(turn, frame, at, index) : typedRecord(turn, frame);
      if (data === null) return [];
      return frame.kind === "response" && frame.twice === true ? [{ data }, { data }] : [{ data }];
    }
  }
}

/* A turn's stream: its records as bytes, each with its time, cut into chunks as `chunking` says. */

type Chunk = Timed<{ readonly bytes: Uint8Array }>;

const utf8 = new TextEncoder();

/** Events that `merged` puts into one chunk, which is sent at the time of the last one. */
const MERGED = 3;

function records(turn: SandboxTurn): Chunk[] {
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

/** Cuts a chunk into parts of `least` to `most` bytes, chosen by the seed. */
function split(chunk: Chunk, seed: string, least: number, most: number): Chunk[] {
  const cuts: Chunk[] = [];
  for (let at = 0; at < chunk.bytes.length; ) {
    const size = least + Math.floor(chance(`${seed}/${at}`) * (most - least + 1));
    cuts.push({ at: chunk.at, bytes: chunk.bytes.subarray(at, at + size) });
    at += size;
  }
  return cuts;
}

/** All chunks of a turn in order. */
export function splitBytes(turn: SandboxTurn): readonly Chunk[] {
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

/** The response body: sends each chunk at its time, then ends or breaks. `onCancel` is called when the client disconnects. */
export function turnStream(turn: SandboxTurn, clock: Clock, onCancel: () => void): ReadableStream<Uint8Array> {
  const chunks = splitBytes(turn);
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

const APP_NAME = "nemo_agent";

/** The prompt, followed by the next entry of `/__queue`. */
function withQueued(sandbox: Sandbox, prompt: string): string {
  const [first, ...rest] = queueOf(sandbox);
  if (first === undefined) return prompt;
  saveSetting(sandbox, "queue", rest);
  return `${prompt} ${first}`;
}

/** The response that a fault sends instead of a turn; null if there is none. */
function checkFirst(sandbox: Sandbox, c: SandboxContext, session: SessionRecord, faults: Faults): Response | null {
  const switches = switchesOf(sandbox);
  if (faults.http_429)
    return jsonAnswer({ code: 429, message: "too many requests", data: null }, 429, { "retry-after": "1" });
  if (faults.http_500) return c.text("Internal Server Error", 500);
  if (faults.token_expired) {
    const token = c.get("token");
    sandbox.store.write("token", token.token, { ...token, revoked: true });
    return codeAnswer(1001, switches);
  }
  if (faults.session_lost) {
    sandbox.store.write("session", session.sessionId, { ...session, lost: true }, session.userId);
    return missingSession(session.sessionId, switches);
  }
  return null;
}

/** Stores a turn's script and its entry in the request log, and counts it in its session. */
function saveTurn(sandbox: Sandbox, session: SessionRecord, turn: SandboxTurn, words: PromptWords): void {
  const faults = Object.keys(words.faults);
  const renderFaults = faults.filter((name) => name.startsWith("render_"));
  const speaksOfRenders = renderFaults.length > 0 || words.slowRenderMs !== null;
  const renderWords = speaksOfRenders ? { faults: renderFaults, slowMs: words.slowRenderMs } : session.renderWords;
  const next = { ...session, turns: session.turns + 1, renderWords };
  sandbox.store.write("session", session.sessionId, next, session.userId);
  sandbox.store.write("open", turn.id, turn, turn.userId);
  const { id, sessionId, prompt, startedAt, kind } = turn;
  const note = { turn_id: id, session_id: sessionId, prompt, at: startedAt, kind, charged: 0, faults };
  sandbox.store.write("turn", id, { ...note, unknown_faults: words.unknown }, turn.userId);
  if (words.faults.state_5xx) {
    saveSetting(sandbox, "failures", [...failuresOf(sandbox), { path: "/api/state/", status: 503, times: 2 }]);
  }
}

/** By default a turn continues after its client disconnected; `on_disconnect` can cancel it. */
function onDisconnect(sandbox: Sandbox, id: string): void {
  if (switchesOf(sandbox).on_disconnect === "continue") return;
  const turn = sandbox.store.read("open", id);
  if (turn !== null) sandbox.store.write("open", id, { ...turn, cancelledAt: sandbox.clock.now() }, turn.userId);
}

/** Plans the turn of a message that arrives now. */
function plan(sandbox: Sandbox, userId: string, request: ChatRequest, session: SessionRecord): Plan {
  const now = sandbox.clock.now();
  const open = openTurns(sandbox, userId);
  const user = sandbox.store.read("user", userId);
  return planTurn({
    id: `turn_${hexText(sandbox.random, 8)}`,
    session,
    view: viewAt(session, open, Number.POSITIVE_INFINITY),
    prompt: withQueued(sandbox, request.prompt),
    streaming: request.streaming,
    available: user === null ? 0 : balanceAt(user, open, now).available,
    busy: isBusy(open, session.sessionId, now),
    switches: switchesOf(sandbox),
    seed: sandbox.seed,
    scale: sandbox.scale,
    now,
  });
}

export function chatRoutes(app: SandboxApp, sandbox: Sandbox): void {
  app.post("/run_sse", requireToken(sandbox, "write"), async (c) => {
    const switches = switchesOf(sandbox);
    const request = readChatRequest(await c.req.json().catch(() => null), switches.message_optional);
    if ("missing" in request) return missingFields(request.missing);
    if (ownSession(sandbox, c, request.sessionId, request.userId) === null || request.appName !== APP_NAME) {
      return missingSession(request.sessionId, switches);
    }
    commitFinishedTurns(sandbox, c.get("user").userId);
    const session = ownSession(sandbox, c, request.sessionId);
    if (session === null) return missingSession(request.sessionId, switches);
    const { turn, words } = plan(sandbox, session.userId, request, session);
    const problem = checkFirst(sandbox, c, session, words.faults);
    if (problem !== null) return problem;
    if (turn === null) return codeAnswer(2001, switches);
    saveTurn(sandbox, session, turn, words);
    if (words.faults.http_503_after_start) return c.text("Service Unavailable", 503);
    const body = turnStream(turn, sandbox.clock, () => onDisconnect(sandbox, turn.id));
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-cache" } });
  });
}
