/** Export: submit, poll, cancel, download (nemo-api reference sections 7.2 to 7.4). Nothing runs: a render is evaluated. */
import { codeAnswer, jsonAnswer, missingFields, statusAnswer } from "./answers.ts";
import { bearer } from "./bearer.ts";
import { openTurns, ownSession, type Sandbox, type SandboxApp, type SandboxContext, switchesOf } from "./context.ts";
import { compareDraft, cutDraft, factsOf } from "./draft-text.ts";
import { balanceAt } from "./evaluate.ts";
import { fileAnswer } from "./file.ts";
import type { DraftMatch, RenderRecord, SessionRecord } from "./records.ts";
import { completedAt, pollAnswer, renderAt, submitAnswer } from "./render.ts";
import type { Switches } from "./switches.ts";

/** Polls that a fault spoils before they go well. */
const SPOILT_POLLS = 2;

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

type Order = {
  readonly id: string;
  readonly session: SessionRecord;
  readonly draftText: string;
  readonly match: DraftMatch;
};

function newRender(sandbox: Sandbox, order: Order, switches: Switches): RenderRecord {
  const { faults, slowMs } = order.session.renderWords;
  const totalMs = Math.round(Math.min(slowMs ?? switches.render_ms, switches.longest_ms) / sandbox.scale);
  const failed = faults.includes("render_fail") || faults.includes("render_fail_once");
  const error =
    order.match === "empty"
      ? "the draft has no segments"
      : order.match === "differs" && switches.draft_mismatch === "fail"
        ? "the draft cannot be read"
        : failed
          ? "a render worker failed"
          : null;
  return {
    id: order.id,
    userId: order.session.userId,
    sessionId: order.session.sessionId,
    submittedAt: sandbox.clock.now(),
    pendingMs: Math.round(totalMs / 5),
    totalMs,
    outcome: error !== null ? "failed" : faults.includes("render_stuck") ? "stuck" : "completed",
    error,
    faults,
    polls: 0,
    cancelledAt: null,
    draftMatch: order.match,
    submits: 1,
    durationMs: factsOf(order.draftText).durationMs,
    portrait: factsOf(order.draftText).portrait,
  };
}

/** A render is kept, and a fault meant for one render is used up. */
function keepRender(sandbox: Sandbox, render: RenderRecord, session: SessionRecord): void {
  sandbox.store.write("render", render.id, render, render.userId);
  const faults = session.renderWords.faults.filter(
    (name) => name !== "render_fail_once" && name !== "render_submit_5xx",
  );
  if (faults.length === session.renderWords.faults.length) return;
  sandbox.store.write(
    "session",
    session.sessionId,
    { ...session, renderWords: { ...session.renderWords, faults } },
    session.userId,
  );
}

async function submit(sandbox: Sandbox, c: SandboxContext): Promise<Response> {
  const switches = switchesOf(sandbox);
  const text = await c.req.text();
  if (isRefused(sandbox, c, switches))
    return statusAnswer(c, 402, "exporting needs a plan, or the skill's attribution headers");
  const fields = readFields(text);
  const draftText = cutDraft(text);
  if (fields === null || typeof fields.id !== "string" || fields.id === "" || draftText === null)
    return missingFields(["id", "draft"]);
  if (typeof fields.sessionId !== "string") {
    if (switches.wrong_session_field_status === "422") return missingFields(["sessionId"]);
    return jsonAnswer({ success: false, error: "sessionId is required" }, Number(switches.wrong_session_field_status));
  }
  const session = ownSession(sandbox, c, fields.sessionId);
  if (session === null) return codeAnswer(1002, switches);
  if (session.renderWords.faults.includes("render_402")) return statusAnswer(c, 402, "exporting needs a plan");
  const known = sandbox.store.read("render", fields.id);
  if (known !== null) {
    sandbox.store.write("render", known.id, { ...known, submits: known.submits + 1 }, known.userId);
    const isOwn = known.userId === session.userId && switches.duplicate_render === "existing";
    return isOwn
      ? jsonAnswer(submitAnswer(known, sandbox.clock.now(), switches))
      : jsonAnswer({ success: false, error: "render id already exists" }, 409);
  }
  const match = compareDraft(draftText, session, openTurns(sandbox, session.userId), sandbox.clock.now());
  if (match === "differs" && switches.draft_mismatch === "reject")
    return jsonAnswer({ success: false, error: "the draft is not the session's, byte for byte" }, 400);
  const render = newRender(sandbox, { id: fields.id, session, draftText, match }, switches);
  keepRender(sandbox, render, session);
  if (render.faults.includes("render_submit_5xx")) return c.text("Bad Gateway", 502);
  return jsonAnswer(submitAnswer(render, sandbox.clock.now(), switches));
}

function readFields(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Counts a poll where a fault needs it, and answers instead of the render while it spoils polls. */
function spoil(
  sandbox: Sandbox,
  render: RenderRecord,
): { readonly answer: Response | null; readonly hidesUrl: boolean } {
  const wants = (name: string): boolean => render.faults.includes(name);
  const isDone = renderAt(render, sandbox.clock.now()).status === "completed";
  const counts = wants("render_5xx") || wants("render_429") || (wants("render_no_url") && isDone);
  if (counts) sandbox.store.write("render", render.id, { ...render, polls: render.polls + 1 }, render.userId);
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
function fileOrGone(sandbox: Sandbox, c: SandboxContext, render: RenderRecord | null): Response {
  const switches = switchesOf(sandbox);
  const now = sandbox.clock.now();
  if (render === null || renderAt(render, now).status !== "completed") return c.text("Not Found", 404);
  const isGone = now >= completedAt(render) + switches.render_url_ttl_ms || render.faults.includes("render_expired");
  return isGone
    ? new Response("Gone", { status: Number(switches.render_url_gone_status) })
    : fileAnswer(render, c.req.method, c.req.header("Range"));
}

export function renderRoutes(app: SandboxApp, sandbox: Sandbox): void {
  const own = (c: SandboxContext, id: string): RenderRecord | null => {
    const render = sandbox.store.read("render", id);
    return render?.userId === c.get("user").userId ? render : null;
  };

  app.post("/api/render/proxy/lambda", bearer(sandbox, "render"), (c) => submit(sandbox, c));

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
    fileOrGone(sandbox, c, own(c, c.req.param("id"))),
  );

  // Unsigned, as the vendor's sample address is: who knows the id has the file. Hono answers HEAD by the GET route.
  app.get("/render-result/:file{.+\\.mp4}", (c) =>
    fileOrGone(sandbox, c, sandbox.store.read("render", c.req.param("file").slice(0, -".mp4".length))),
  );
}
