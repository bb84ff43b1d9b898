/** Renders: submit, poll, cancel, download (nemo-api reference sections 7.2 to 7.4). A render's state is computed from its record and the current time. */

import { findNodeAtLocation, parseTree } from "jsonc-parser";
import type { EpochMs } from "../core/time.ts";
import {
  codeAnswer,
  fieldsIn,
  fieldsOf,
  jsonAnswer,
  missingFields,
  openTurns,
  ownSession,
  requireToken,
  type Sandbox,
  type SandboxApp,
  type SandboxContext,
  statusAnswer,
  switchesOf,
} from "./context.ts";
import type { Switches } from "./faults.ts";
import type { DraftMatch, RenderRecord, SessionRecord } from "./store.ts";
import { balanceAt, draftHash, type SandboxTurn, viewAt } from "./turn.ts";
import { fileAnswer, fileOf, shortAnswer } from "./video-file.ts";

/* A render's state as a function of its record and the time, and its representations (nemo-api reference section 7.3). Pure. */

export type SandboxRenderStatus = "pending" | "processing" | "completed" | "failed" | "cancelled";

export type RenderView = { readonly status: SandboxRenderStatus; readonly progress: number };

export const completedAt = (render: RenderRecord): EpochMs => render.submittedAt + render.totalMs;

export function renderAt(render: RenderRecord, now: EpochMs): RenderView {
  const spent = (render.cancelledAt ?? now) - render.submittedAt;
  const isDone = spent >= render.totalMs && render.outcome !== "stuck";
  const progress = isDone ? 100 : Math.min(95, 5 + Math.floor((90 * spent) / Math.max(1, render.totalMs)));
  if (render.cancelledAt !== null) return { status: "cancelled", progress };
  if (isDone)
    return {
      status: render.outcome === "failed" ? "failed" : "completed",
      progress: render.outcome === "failed" ? 60 : 100,
    };
  return { status: spent < render.pendingMs ? "pending" : "processing", progress };
}

/** The status as sent. The real word for a cancelled render is unknown, and a fault sends capitals or an unknown word. */
function statusText(render: RenderRecord, { status, progress }: RenderView, switches: Switches): string {
  if (status === "cancelled") return switches.cancelled_status;
  if (!render.faults.includes("render_odd_status")) return status;
  return status === "processing" && progress > 50 ? "ENCODING" : status.toUpperCase();
}

export function pollAnswer(render: RenderRecord, now: EpochMs, switches: Switches, url: string | null): unknown {
  const view = renderAt(render, now);
  const status = statusText(render, view, switches);
  const isDone = view.status === "completed";
  const error = view.status === "failed" ? (render.error ?? "render failed") : undefined;
  const file = fileOf(render);
  if (switches.render_shape === "wrapped" || render.faults.includes("render_wrapped")) {
    const times = { createdAt: render.submittedAt, completedAt: isDone ? completedAt(render) : undefined };
    const data = {
      id: render.id,
      status,
      progress: view.progress,
      outputUrl: isDone && url !== null ? url : undefined,
      error,
      ...times,
    };
    return { success: true, data };
  }
  const output =
    isDone && url !== null ? { url, duration: file.durationSeconds, size: file.sizeBytes } : isDone ? {} : undefined;
  return { taskId: render.id, status, progress: view.progress, output, error };
}

export function submitAnswer(render: RenderRecord, now: EpochMs, switches: Switches): unknown {
  const view = renderAt(render, now);
  const data = { id: render.id, status: statusText(render, view, switches), progress: view.progress };
  switch (switches.render_submit_shape) {
    case "wrapped":
      return { success: true, data };
    case "code":
      return { code: 0, data };
    case "flat":
      return { taskId: render.id, status: data.status, progress: data.progress };
  }
}

/* The draft in a submitted body, as it was sent, and how it compares with the session's current and earlier drafts. */

/** The text of the `draft` value; null if there is none. */
export function cutDraft(body: string): string | null {
  const tree = parseTree(body);
  const node = tree === undefined ? undefined : findNodeAtLocation(tree, ["draft"]);
  return node === undefined ? null : body.slice(node.offset, node.offset + node.length);
}

export type DraftProperties = {
  readonly isEmpty: boolean;
  readonly durationMs: number;
  /** Pixels; 0 if the draft does not say. */
  readonly width: number;
  readonly height: number;
};

const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);

/** What a renderer needs from a draft. A draft without segments is empty. */
export function propertiesOf(draftText: string): DraftProperties {
  const draft = fieldsIn(draftText);
  const tracks = Array.isArray(draft.t) ? draft.t.map(fieldsOf) : [];
  const segments = tracks.flatMap((track) => (Array.isArray(track.sg) ? track.sg.map(fieldsOf) : []));
  const meta = fieldsOf(draft.m);
  const longest = Math.max(0, ...segments.map((segment) => number(segment.start ?? segment.s) + number(segment.d)));
  return {
    isEmpty: segments.length === 0,
    durationMs: number(draft.d) || longest || 1_000,
    width: number(meta.width),
    height: number(meta.height),
  };
}

export function compareDraft(
  draftText: string,
  session: SessionRecord,
  open: readonly SandboxTurn[],
  now: number,
): DraftMatch {
  if (propertiesOf(draftText).isEmpty) return "empty";
  if (viewAt(session, open, now).draftText === draftText) return "current";
  const inScripts = open.filter((turn) => turn.sessionId === session.sessionId).flatMap((turn) => turn.changes);
  const marks = new Set([...session.pastDrafts, ...inScripts.map(({ change }) => draftHash(change.draftText))]);
  if (session.draftText !== null) marks.add(draftHash(session.draftText));
  return marks.has(draftHash(draftText)) ? "earlier" : "differs";
}

/* Submitting (nemo-api reference section 7.2): the draft is compared byte for byte, and the job's result is fixed. */

/** Whether the render is rejected for missing attribution headers; in lenient mode only for a free plan without credits. */
function lacksAttribution(sandbox: Sandbox, c: SandboxContext, switches: Switches): boolean {
  const isComplete = ["X-Skill-Source", "X-Skill-Version", "X-Skill-Platform"].every(
    (name) => (c.req.header(name) ?? "") !== "",
  );
  if (isComplete) return false;
  const user = c.get("user");
  const { available } = balanceAt(user, openTurns(sandbox, user.userId), sandbox.clock.now());
  return switches.attribution === "strict" || (user.userId.startsWith("anon_") && available === 0);
}

/** Why the job will fail; null if it will not. */
function failureOf(match: DraftMatch, faults: readonly string[]): string | null {
  if (match === "empty") return "the draft has no segments";
  // Only with `draft_mismatch: fail` does such a draft get this far.
  if (match === "differs") return "the draft cannot be read";
  return faults.includes("render_fail") || faults.includes("render_fail_once") ? "a render worker failed" : null;
}

type RenderRequest = { readonly id: string; readonly draftText: string; readonly match: DraftMatch };

function newRender(sandbox: Sandbox, session: SessionRecord, order: RenderRequest, switches: Switches): RenderRecord {
  const { faults, slowMs } = session.renderWords;
  const { durationMs, width, height } = propertiesOf(order.draftText);
  const totalMs = Math.round(Math.min(slowMs ?? switches.render_ms, switches.longest_ms) / sandbox.scale);
  const isAccepted = order.match === "differs" && switches.draft_mismatch === "accept";
  const error = isAccepted ? failureOf("current", faults) : failureOf(order.match, faults);
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

const ONE_TIME_FAULTS = ["render_fail_once", "render_submit_5xx", "render_submit_dropped", "render_lost"];

/** Stores a render, unless a fault loses it. A fault that applies to one render is removed from the session. */
function saveRender(sandbox: Sandbox, render: RenderRecord, session: SessionRecord): void {
  const isLost = render.faults.includes("render_lost") || render.faults.includes("render_submit_dropped");
  if (!isLost) sandbox.store.write("render", render.id, render, render.userId);
  if (!render.faults.some((name) => ONE_TIME_FAULTS.includes(name))) return;
  const faults = render.faults.filter((name) => !ONE_TIME_FAULTS.includes(name));
  const next = { ...session, renderWords: { ...session.renderWords, faults } };
  sandbox.store.write("session", session.sessionId, next, session.userId);
}

/** An id that already exists: the same job again, or an error. Another user's id is always an error. */
function resubmit(sandbox: Sandbox, known: RenderRecord, userId: string, switches: Switches): Response {
  sandbox.store.write("render", known.id, { ...known, submits: known.submits + 1 }, known.userId);
  const isShown = known.userId === userId && switches.duplicate_render === "existing";
  if (isShown) return jsonAnswer(submitAnswer(known, sandbox.clock.now(), switches));
  return jsonAnswer({ success: false, error: "render id already exists" }, 409);
}

type RenderFields = { readonly id: string; readonly sessionId: string; readonly draftText: string };

/** The body's fields, or the response to a body that lacks one. */
function readRenderFields(text: string, switches: Switches): RenderFields | Response {
  const body = fieldsIn(text);
  const draftText = cutDraft(text);
  if (typeof body.id !== "string" || body.id === "" || draftText === null) return missingFields(["id", "draft"]);
  if (typeof body.sessionId === "string") return { id: body.id, sessionId: body.sessionId, draftText };
  if (switches.wrong_session_field_status === "422") return missingFields(["sessionId"]);
  return jsonAnswer({ success: false, error: "sessionId is required" }, Number(switches.wrong_session_field_status));
}

export async function acceptRender(sandbox: Sandbox, c: SandboxContext): Promise<Response> {
  const switches = switchesOf(sandbox);
  const text = await c.req.text();
  if (lacksAttribution(sandbox, c, switches))
    return statusAnswer(c, 402, "exporting needs a plan, or attribution headers");
  const order = readRenderFields(text, switches);
  if (order instanceof Response) return order;
  const session = ownSession(sandbox, c, order.sessionId);
  if (session === null) return codeAnswer(1002, switches);
  if (session.renderWords.faults.includes("render_402")) return statusAnswer(c, 402, "exporting needs a plan");
  const known = sandbox.store.read("render", order.id);
  if (known !== null) return resubmit(sandbox, known, session.userId, switches);
  const match = compareDraft(order.draftText, session, openTurns(sandbox, session.userId), sandbox.clock.now());
  if (match === "differs" && switches.draft_mismatch === "reject") {
    return jsonAnswer({ success: false, error: "the draft is not the session's, byte for byte" }, 400);
  }
  const render = newRender(sandbox, session, { ...order, match }, switches);
  saveRender(sandbox, render, session);
  if (render.faults.some((name) => name === "render_submit_5xx" || name === "render_submit_dropped"))
    return c.text("Service Unavailable", 503);
  return jsonAnswer(submitAnswer(render, sandbox.clock.now(), switches));
}

/** Polls that a fault fails before they succeed. */
const FAULTY_POLLS = 2;

/** Counts polls for faults that need it, and returns an error response for those that a fault fails. */
function applyPollFaults(
  sandbox: Sandbox,
  render: RenderRecord,
): { readonly answer: Response | null; readonly hidesUrl: boolean } {
  const wants = (name: string): boolean => render.faults.includes(name);
  const isDone = renderAt(render, sandbox.clock.now()).status === "completed";
  const counts = wants("render_5xx") || wants("render_429") || (wants("render_no_url") && isDone);
  if (counts) sandbox.store.write("render", render.id, { ...render, polls: render.polls + 1 }, render.userId);
  if (wants("render_never_url")) return { answer: null, hidesUrl: true };
  if (wants("render_no_url")) return { answer: null, hidesUrl: isDone && render.polls === 0 };
  if (!counts || render.polls >= FAULTY_POLLS) return { answer: null, hidesUrl: false };
  const answer = wants("render_429")
    ? jsonAnswer({ code: 429, message: "slow down" }, 429, { "retry-after": "1" })
    : new Response("Service Unavailable", { status: 503 });
  return { answer, hidesUrl: false };
}

/** The result's URL, on the origin of the request. Over HTTP it includes the sandbox's name, because a download sends no header. */
function resultUrl(c: SandboxContext, id: string): string {
  const name = c.req.header("X-Sandbox");
  return `${new URL(c.req.url).origin}/render-result/${encodeURIComponent(id)}.mp4${name === undefined ? "" : `?sandbox=${encodeURIComponent(name)}`}`;
}

/** The finished file, or the response for one that does not exist or has expired. */
function fileOrGone(
  sandbox: Sandbox,
  c: SandboxContext,
  render: RenderRecord | null,
  at: "url" | "download",
): Response {
  const switches = switchesOf(sandbox);
  const now = sandbox.clock.now();
  if (render === null || renderAt(render, now).status !== "completed") return c.text("Not Found", 404);
  const isHidden = at === "url" && render.faults.includes("render_url_gone");
  const isGone = now >= completedAt(render) + switches.render_url_ttl_ms || render.faults.includes("render_expired");
  if (at === "url" && render.faults.includes("render_url_short")) return shortAnswer(render);
  return isGone || isHidden
    ? new Response("Gone", { status: Number(switches.render_url_gone_status) })
    : fileAnswer(render, c.req.method, c.req.header("Range"));
}

export function renderRoutes(app: SandboxApp, sandbox: Sandbox): void {
  const own = (c: SandboxContext, id: string): RenderRecord | null => {
    const render = sandbox.store.read("render", id);
    return render?.userId === c.get("user").userId ? render : null;
  };

  app.post("/api/render/proxy/lambda", requireToken(sandbox, "render"), (c) => acceptRender(sandbox, c));

  app.get("/api/render/proxy/lambda/:id", requireToken(sandbox, "read"), (c) => {
    const render = own(c, c.req.param("id"));
    if (render === null) return statusAnswer(c, 404, "render not found");
    const { answer, hidesUrl } = applyPollFaults(sandbox, render);
    const url = hidesUrl ? null : resultUrl(c, render.id);
    return answer ?? jsonAnswer(pollAnswer(render, sandbox.clock.now(), switchesOf(sandbox), url));
  });

  app.post("/api/render/proxy/lambda/:id/cancel", requireToken(sandbox, "render"), (c) => {
    const switches = switchesOf(sandbox);
    const render = own(c, c.req.param("id"));
    if (render === null) return statusAnswer(c, 404, "render not found");
    const now = sandbox.clock.now();
    const { status } = renderAt(render, now);
    const canCancel = status === "pending" || (status === "processing" && switches.cancel === "running");
    if (!canCancel) return jsonAnswer({ success: false, error: `a ${status} render cannot be cancelled` }, 409);
    const cancelled = { ...render, cancelledAt: now };
    sandbox.store.write("render", render.id, cancelled, render.userId);
    return jsonAnswer(submitAnswer(cancelled, now, switches));
  });

  app.get("/api/render/proxy/:id/download", requireToken(sandbox, "read"), (c) =>
    fileOrGone(sandbox, c, own(c, c.req.param("id")), "download"),
  );

  // Unsigned, like the vendor's sample URL: the id is enough. Hono answers HEAD with the GET route.
  app.get("/render-result/:file{.+\\.mp4}", (c) =>
    fileOrGone(sandbox, c, sandbox.store.read("render", c.req.param("file").slice(0, -".mp4".length)), "url"),
  );
}
