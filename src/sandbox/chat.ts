/** `POST /run_sse`: starts a turn, keeps its script, and streams it. What it brings about needs nobody to listen. */
import type { Context } from "hono";
import { codeAnswer, jsonAnswer, missingFields, missingSession } from "./answers.ts";
import { bearer } from "./bearer.ts";
import { readChatRequest } from "./chat-request.ts";
import { keepSetting, openTurns, ownSession, queueOf, type Sandbox, type SandboxApp, switchesOf } from "./context.ts";
import { balanceAt, isBusy, viewAt } from "./evaluate.ts";
import type { Faults } from "./faults.ts";
import { foldTurns } from "./fold.ts";
import { planTurn } from "./plan.ts";
import { hexText } from "./random.ts";
import type { SessionRecord } from "./records.ts";
import { turnStream } from "./stream.ts";
import type { Turn } from "./turn.ts";

/** The prompt, with the next queued words behind it. */
function withQueued(sandbox: Sandbox, prompt: string): string {
  const [first, ...rest] = queueOf(sandbox);
  if (first === undefined) return prompt;
  keepSetting(sandbox, "queue", rest);
  return `${prompt} ${first}`;
}

/** Answers that come instead of a turn, where a fault asks for one. */
function refuseFirst(sandbox: Sandbox, c: Context, session: SessionRecord, faults: Faults): Response | null {
  const switches = switchesOf(sandbox);
  if (faults.http_429)
    return jsonAnswer({ code: 429, message: "too many requests", data: null }, 429, { "retry-after": "1" });
  if (faults.http_500) return c.text("Internal Server Error", 500);
  if (faults.session_lost) {
    sandbox.store.write("session", session.sessionId, { ...session, lost: true }, session.userId);
    return missingSession(session.sessionId, switches);
  }
  return null;
}

/** Keeps a turn's script and what the ledger says of it, and counts it in its session. */
function keepTurn(
  sandbox: Sandbox,
  session: SessionRecord,
  turn: Turn,
  words: { readonly faults: Faults; readonly unknown: readonly string[]; readonly slowRenderMs: number | null },
): void {
  const faults = Object.keys(words.faults);
  const renderFaults = faults.filter((name) => name.startsWith("render_"));
  const speaksOfRenders = renderFaults.length > 0 || words.slowRenderMs !== null;
  const renderWords = speaksOfRenders ? { faults: renderFaults, slowMs: words.slowRenderMs } : session.renderWords;
  sandbox.store.write(
    "session",
    session.sessionId,
    { ...session, turns: session.turns + 1, renderWords },
    session.userId,
  );
  sandbox.store.write("open", turn.id, turn, turn.userId);
  const note = {
    turn_id: turn.id,
    session_id: turn.sessionId,
    prompt: turn.prompt,
    at: turn.startedAt,
    kind: turn.kind,
    charged: 0,
    faults,
    unknown_faults: words.unknown,
  };
  sandbox.store.write("turn", turn.id, note, turn.userId);
  if (words.faults.state_5xx) keepSetting(sandbox, "failures", [{ path: "/api/state/", status: 503, times: 2 }]);
}

/** The reader has gone. By default the work goes on; the switch stops it. */
function leave(sandbox: Sandbox, id: string): void {
  if (switchesOf(sandbox).on_disconnect === "continue") return;
  const turn = sandbox.store.read("open", id);
  if (turn !== null) sandbox.store.write("open", id, { ...turn, cancelledAt: sandbox.clock.now() }, turn.userId);
}

export function chatRoutes(app: SandboxApp, sandbox: Sandbox): void {
  app.post("/run_sse", bearer(sandbox, "write"), async (c) => {
    const switches = switchesOf(sandbox);
    const request = readChatRequest(await c.req.json().catch(() => null), switches.message_optional);
    if ("missing" in request) return missingFields(request.missing);
    const known = ownSession(sandbox, c, request.sessionId, request.userId);
    if (known === null || request.appName !== "nemo_agent") return missingSession(request.sessionId, switches);

    const now = sandbox.clock.now();
    foldTurns(sandbox, known.userId);
    const session = sandbox.store.read("session", known.sessionId) ?? known;
    const user = sandbox.store.read("user", known.userId) ?? c.get("user");
    const open = openTurns(sandbox, known.userId);
    const plan = planTurn({
      id: `turn_${hexText(sandbox.random, 8)}`,
      session,
      view: viewAt(session, open, Number.POSITIVE_INFINITY),
      prompt: withQueued(sandbox, request.prompt),
      streaming: request.streaming,
      available: balanceAt(user, open, now).available,
      busy: isBusy(open, session.sessionId, now),
      switches,
      seed: sandbox.seed,
      scale: sandbox.scale,
      now,
    });
    if (plan.kind === "no_credits") return codeAnswer(2001, switches);
    const { faults } = plan.words;
    if (faults.token_expired) {
      const token = c.get("token");
      sandbox.store.write("token", token.token, { ...token, revoked: true });
      return codeAnswer(1001, switches);
    }
    const refusal = refuseFirst(sandbox, c, session, faults);
    if (refusal !== null) return refusal;
    keepTurn(sandbox, session, plan.turn, plan.words);
    if (faults.http_503_after_start) return c.text("Service Unavailable", 503);
    const body = turnStream(plan.turn, sandbox.clock, () => leave(sandbox, plan.turn.id));
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-cache" } });
  });
}
