/** `POST /run_sse`: starts a turn, keeps its script, and streams it. What it brings about needs nobody to listen. */
import { codeAnswer, jsonAnswer, missingFields, missingSession } from "./answers.ts";
import { bearer } from "./bearer.ts";
import { type ChatRequest, readChatRequest } from "./chat-request.ts";
import {
  failuresOf,
  keepSetting,
  openTurns,
  ownSession,
  queueOf,
  type Sandbox,
  type SandboxApp,
  type SandboxContext,
  switchesOf,
} from "./context.ts";
import { balanceAt, isBusy, viewAt } from "./evaluate.ts";
import type { Faults, PromptWords } from "./faults.ts";
import { foldTurns } from "./fold.ts";
import { type Plan, planTurn } from "./plan.ts";
import { hexText } from "./random.ts";
import type { SessionRecord } from "./records.ts";
import { turnStream } from "./stream.ts";
import type { Turn } from "./turn.ts";

const APP_NAME = "nemo_agent";

/** The prompt, with the next queued words behind it. */
function withQueued(sandbox: Sandbox, prompt: string): string {
  const [first, ...rest] = queueOf(sandbox);
  if (first === undefined) return prompt;
  keepSetting(sandbox, "queue", rest);
  return `${prompt} ${first}`;
}

/** Answers that come instead of a turn, where a fault asks for one. */
function refuseFirst(sandbox: Sandbox, c: SandboxContext, session: SessionRecord, faults: Faults): Response | null {
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

/** Keeps a turn's script and what the ledger says of it, and counts it in its session. */
function keepTurn(sandbox: Sandbox, session: SessionRecord, turn: Turn, words: PromptWords): void {
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
    keepSetting(sandbox, "failures", [...failuresOf(sandbox), { path: "/api/state/", status: 503, times: 2 }]);
  }
}

/** The reader has gone. By default the work goes on; the switch stops it. */
function leave(sandbox: Sandbox, id: string): void {
  if (switchesOf(sandbox).on_disconnect === "continue") return;
  const turn = sandbox.store.read("open", id);
  if (turn !== null) sandbox.store.write("open", id, { ...turn, cancelledAt: sandbox.clock.now() }, turn.userId);
}

/** What becomes of a message in a session at this moment. */
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
  app.post("/run_sse", bearer(sandbox, "write"), async (c) => {
    const switches = switchesOf(sandbox);
    const request = readChatRequest(await c.req.json().catch(() => null), switches.message_optional);
    if ("missing" in request) return missingFields(request.missing);
    if (ownSession(sandbox, c, request.sessionId, request.userId) === null || request.appName !== APP_NAME) {
      return missingSession(request.sessionId, switches);
    }
    foldTurns(sandbox, c.get("user").userId);
    const session = ownSession(sandbox, c, request.sessionId);
    if (session === null) return missingSession(request.sessionId, switches);
    const { turn, words } = plan(sandbox, session.userId, request, session);
    const refusal = refuseFirst(sandbox, c, session, words.faults);
    if (refusal !== null) return refusal;
    if (turn === null) return codeAnswer(2001, switches);
    keepTurn(sandbox, session, turn, words);
    if (words.faults.http_503_after_start) return c.text("Service Unavailable", 503);
    const body = turnStream(turn, sandbox.clock, () => leave(sandbox, turn.id));
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-cache" } });
  });
}
