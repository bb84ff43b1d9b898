/** Export: submit, poll, cancel, download (nemo-api reference sections 7.2 to 7.4). Nothing runs: a render is evaluated. */

import { findNodeAtLocation, parseTree } from "jsonc-parser";
import type { EpochMs } from "../core/time.ts";
import { bearer, codeAnswer, jsonAnswer, missingFields, statusAnswer } from "./answers.ts";
import {
  fieldsIn,
  fieldsOf,
  openTurns,
  ownSession,
  type Sandbox,
  type SandboxApp,
  type SandboxContext,
  switchesOf,
} from "./context.ts";
import type { Switches } from "./faults.ts";
import type { DraftMatch, RenderRecord, SessionRecord } from "./store.ts";
import { balanceAt, draftMark, type Turn, viewAt } from "./turn.ts";
import { fileAnswer, fileOf, shortAnswer } from "./video-file.ts";

/* A render as a function of its record and the moment, and the forms in which it is told (nemo-api reference section 7.3). Pure. */

export type RenderStatus = "pending" | "processing" | "completed" | "failed" | "cancelled";

export type RenderView = { readonly status: RenderStatus; readonly progress: number };

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

/** Status words as told: the cancelled one is unknown, and a fault shouts or invents. */
function told(render: RenderRecord, { status, progress }: RenderView, switches: Switches): string {
  if (status === "cancelled") return switches.cancelled_status;
  if (!render.faults.includes("render_odd_status")) return status;
  return status === "processing" && progress > 50 ? "ENCODING" : status.toUpperCase();
}

export function pollAnswer(render: RenderRecord, now: EpochMs, switches: Switches, url: string | null): unknown {
  const view = renderAt(render, now);
  const status = told(render, view, switches);
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
  const data = { id: render.id, status: told(render, view, switches), progress: view.progress };
  switch (switches.render_submit_shape) {
    case "wrapped":
      return { success: true, data };
    case "code":
      return { code: 0, data };
    case "flat":
      return { taskId: render.id, status: data.status, progress: data.progress };
  }
}

/* The draft inside a submitted body, as the text it was sent as, and how it compares with what the session shows or showed. */

/** The characters of the `draft` value; null when there is none. */
export function cutDraft(body: string): string | null {
  const tree = parseTree(body);
  const node = tree === undefined ? undefined : findNodeAtLocation(tree, ["draft"]);
  return node === undefined ? null : body.slice(node.offset, node.offset + node.length);
}

export type DraftFacts = {
  readonly isEmpty: boolean;
  readonly durationMs: number;
  /** Pixels; 0 where the draft does not say. */
  readonly width: number;
  readonly height: number;
};

const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);

/** What a renderer needs of a draft. Empty: no track has a segment. */
export function factsOf(draftText: string): DraftFacts {
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
  open: readonly Turn[],
  now: number,
): DraftMatch {
  if (factsOf(draftText).isEmpty) return "empty";
  if (viewAt(session, open, now).draftText === draftText) return "current";
  const inScripts = open.filter((turn) => turn.sessionId === session.sessionId).flatMap((turn) => turn.changes);
  const marks = new Set([...session.pastDrafts, ...inScripts.map(({ change }) => draftMark(change.draftText))]);
  if (session.draftText !== null) marks.add(draftMark(session.draftText));
  return marks.has(draftMark(draftText)) ? "earlier" : "differs";
}

/* Takes an export order (nemo-api reference section 7.2): the draft is compared as bytes, and the job's whole fate is fixed. */

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

/** Polls that a fault spoils before they go well. */
const SPOILT_POLLS = 2;

/** Counts a poll where a fault needs it, and answers instead of the render while it spoils polls. */
function spoil(
  sandbox: Sandbox,
  render: RenderRecord,
): { readonly answer: Response | null; readonly hidesUrl: boolean } {
  const wants = (name: string): boolean => render.faults.includes(name);
  const isDone = renderAt(render, sandbox.clock.now()).status === "completed";
  const counts = wants("render_5xx") || wants("render_429") || (wants("render_no_url") && isDone);
  if (counts) sandbox.store.write("render", render.id, { ...render, polls: render.polls + 1 }, render.userId);
  if (wants("render_never_url")) return { answer: null, hidesUrl: true };
  if (wants("render_no_url")) return { answer: null, hidesUrl: isDone && render.polls === 0 };
  if (!counts || render.polls >= SPOILT_POLLS) return { answer: null, hidesUrl: false };
  const answer = wants("render_429")
    ? jsonAnswer({ code: 429, message: "slow down" }, 429, { "retry-after": "1" })
    : new Response("Service Unavailable", { status: 503 });
  return { answer, hidesUrl: false };
}

/** The result's address on the origin that was asked. Over HTTP the sandbox's name goes along, as no header will. */
function resultUrl(c: SandboxContext, id: string): string {
  const name = c.req.header("X-Sandbox");
  return `${new URL(c.req.url).origin}/render-result/${encodeURIComponent(id)}.mp4${name === undefined ? "" : `?sandbox=${encodeURIComponent(name)}`}`;
}

/** The finished file, or how a server says that it is not there (any more). */
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

  app.post("/api/render/proxy/lambda", bearer(sandbox, "render"), (c) => submitRender(sandbox, c));

  app.get("/api/render/proxy/lambda/:id", bearer(sandbox, "read"), (c) => {
    const render = own(c, c.req.param("id"));
    if (render === null) return statusAnswer(c, 404, "render not found");
    const { answer, hidesUrl } = spoil(sandbox, render);
    const url = hidesUrl ? null : resultUrl(c, render.id);
    return answer ?? jsonAnswer(pollAnswer(render, sandbox.clock.now(), switchesOf(sandbox), url));
  });

  app.post("/api/render/proxy/lambda/:id/cancel", bearer(sandbox, "render"), (c) => {
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

  app.get("/api/render/proxy/:id/download", bearer(sandbox, "read"), (c) =>
    fileOrGone(sandbox, c, own(c, c.req.param("id")), "download"),
  );

  // Unsigned, as the vendor's sample address is: who knows the id has the file. Hono answers HEAD by the GET route.
  app.get("/render-result/:file{.+\\.mp4}", (c) =>
    fileOrGone(sandbox, c, sandbox.store.read("render", c.req.param("file").slice(0, -".mp4".length)), "url"),
  );
}
