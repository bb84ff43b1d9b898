/** Takes an export order (nemo-api reference section 7.2): the draft is compared as bytes, and the job's whole fate is fixed. */
import { codeAnswer, jsonAnswer, missingFields, statusAnswer } from "./answers.ts";
import { openTurns, ownSession, type Sandbox, type SandboxContext, switchesOf } from "./context.ts";
import { compareDraft, cutDraft, factsOf } from "./draft-text.ts";
import { balanceAt } from "./evaluate.ts";
import { fieldsIn } from "./fields.ts";
import type { DraftMatch, RenderRecord, SessionRecord } from "./records.ts";
import { submitAnswer } from "./render.ts";
import type { Switches } from "./switches.ts";

/** Missing attribution headers refuse an export; leniently only to a free plan without credits. */
function isRefused(sandbox: Sandbox, c: SandboxContext, switches: Switches): boolean {
  const isComplete = ["X-Skill-Source", "X-Skill-Version", "X-Skill-Platform"].every(
    (name) => (c.req.header(name) ?? "") !== "",
  );
  if (isComplete) return false;
  const user = c.get("user");
  const { available } = balanceAt(user, openTurns(sandbox, user.userId), sandbox.clock.now());
  return switches.attribution === "strict" || (user.userId.startsWith("anon_") && available === 0);
}

/** Why a job will fail; null when it will not. */
function failureOf(match: DraftMatch, faults: readonly string[]): string | null {
  if (match === "empty") return "the draft has no segments";
  // Only `draft_mismatch: fail` lets such a draft come so far.
  if (match === "differs") return "the draft cannot be read";
  return faults.includes("render_fail") || faults.includes("render_fail_once") ? "a render worker failed" : null;
}

type Order = { readonly id: string; readonly draftText: string; readonly match: DraftMatch };

function newRender(sandbox: Sandbox, session: SessionRecord, order: Order, switches: Switches): RenderRecord {
  const { faults, slowMs } = session.renderWords;
  const { durationMs, width, height } = factsOf(order.draftText);
  const totalMs = Math.round(Math.min(slowMs ?? switches.render_ms, switches.longest_ms) / sandbox.scale);
  const isTaken = order.match === "differs" && switches.draft_mismatch === "accept";
  const error = isTaken ? failureOf("current", faults) : failureOf(order.match, faults);
  const good = faults.includes("render_stuck") ? "stuck" : "completed";
  return {
    id: order.id,
    userId: session.userId,
    sessionId: session.sessionId,
    submittedAt: sandbox.clock.now(),
    pendingMs: Math.round(totalMs / 5),
    totalMs,
    outcome: error === null ? good : "failed",
    error,
    faults,
    polls: 0,
    cancelledAt: null,
    draftMatch: order.match,
    submits: 1,
    durationMs,
    width,
    height,
  };
}

const MEANT_FOR_ONE = ["render_fail_once", "render_submit_5xx", "render_submit_dropped", "render_lost"];

/** Keeps a render, unless a fault loses it; a fault meant for one render is used up. */
function keepRender(sandbox: Sandbox, render: RenderRecord, session: SessionRecord): void {
  const isLost = render.faults.includes("render_lost") || render.faults.includes("render_submit_dropped");
  if (!isLost) sandbox.store.write("render", render.id, render, render.userId);
  if (!render.faults.some((name) => MEANT_FOR_ONE.includes(name))) return;
  const faults = render.faults.filter((name) => !MEANT_FOR_ONE.includes(name));
  const next = { ...session, renderWords: { ...session.renderWords, faults } };
  sandbox.store.write("session", session.sessionId, next, session.userId);
}

/** An id that was there before: the same job again, or an error. Another user's is always an error. */
function submitAgain(sandbox: Sandbox, known: RenderRecord, userId: string, switches: Switches): Response {
  sandbox.store.write("render", known.id, { ...known, submits: known.submits + 1 }, known.userId);
  const isShown = known.userId === userId && switches.duplicate_render === "existing";
  if (isShown) return jsonAnswer(submitAnswer(known, sandbox.clock.now(), switches));
  return jsonAnswer({ success: false, error: "render id already exists" }, 409);
}

type OrderFields = { readonly id: string; readonly sessionId: string; readonly draftText: string };

/** The order's fields, or the refusal of a body that lacks one. */
function readOrder(text: string, switches: Switches): OrderFields | Response {
  const body = fieldsIn(text);
  const draftText = cutDraft(text);
  if (typeof body.id !== "string" || body.id === "" || draftText === null) return missingFields(["id", "draft"]);
  if (typeof body.sessionId === "string") return { id: body.id, sessionId: body.sessionId, draftText };
  if (switches.wrong_session_field_status === "422") return missingFields(["sessionId"]);
  return jsonAnswer({ success: false, error: "sessionId is required" }, Number(switches.wrong_session_field_status));
}

export async function submitRender(sandbox: Sandbox, c: SandboxContext): Promise<Response> {
  const switches = switchesOf(sandbox);
  const text = await c.req.text();
  if (isRefused(sandbox, c, switches)) return statusAnswer(c, 402, "exporting needs a plan, or attribution headers");
  const order = readOrder(text, switches);
  if (order instanceof Response) return order;
  const session = ownSession(sandbox, c, order.sessionId);
  if (session === null) return codeAnswer(1002, switches);
  if (session.renderWords.faults.includes("render_402")) return statusAnswer(c, 402, "exporting needs a plan");
  const known = sandbox.store.read("render", order.id);
  if (known !== null) return submitAgain(sandbox, known, session.userId, switches);
  const match = compareDraft(order.draftText, session, openTurns(sandbox, session.userId), sandbox.clock.now());
  if (match === "differs" && switches.draft_mismatch === "reject") {
    return jsonAnswer({ success: false, error: "the draft is not the session's, byte for byte" }, 400);
  }
  const render = newRender(sandbox, session, { ...order, match }, switches);
  keepRender(sandbox, render, session);
  if (render.faults.some((name) => name === "render_submit_5xx" || name === "render_submit_dropped"))
    return c.text("Service Unavailable", 503);
  return jsonAnswer(submitAnswer(render, sandbox.clock.now(), switches));
}
