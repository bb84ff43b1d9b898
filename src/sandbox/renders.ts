/** Export: submit, poll, cancel, download (nemo-api reference sections 7.2 to 7.4). Nothing runs: a render is evaluated. */
import { jsonAnswer, statusAnswer } from "./answers.ts";
import { bearer } from "./bearer.ts";
import { type Sandbox, type SandboxApp, type SandboxContext, switchesOf } from "./context.ts";
import { fileAnswer, shortAnswer } from "./file.ts";
import type { RenderRecord } from "./records.ts";
import { completedAt, pollAnswer, renderAt, submitAnswer } from "./render.ts";
import { submitRender } from "./render-submit.ts";

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
