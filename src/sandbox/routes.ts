/**
 * Sessions, their state and the balance (nemo-api reference sections 3, 5, 7.1), the request log, and the `__` routes for tests.
 * Reads write nothing.
 */

import * as z from "zod";
import { FAULTS } from "../core/sandbox-faults.ts";
import {
  codeAnswer,
  type Fields,
  failuresOf,
  fieldsOf,
  idText,
  longNumber,
  okAnswer,
  openTurns,
  ownSession,
  queueOf,
  RawJson,
  requireToken,
  type Sandbox,
  type SandboxApp,
  saveSetting,
  switchesOf,
} from "./context.ts";
import { Switches } from "./faults.ts";
import { renderAt } from "./renders.ts";
import type { SessionRecord } from "./store.ts";
import { EMPTY_DRAFTS } from "./timeline.ts";
import { balanceAt, creditsSpent, viewAt } from "./turn.ts";

function newSession(sandbox: Sandbox, userId: string, fields: Fields): SessionRecord {
  const { task_name, language } = fields;
  const session: SessionRecord = {
    sessionId: longNumber(sandbox.random),
    taskId: `task_${idText(sandbox.random, 16)}`,
    taskName: typeof task_name === "string" && task_name !== "" ? task_name : "project",
    language: typeof language === "string" ? language : null,
    userId,
    createdAt: sandbox.clock.now(),
    ordinal: sandbox.store.list("session").length,
    lost: false,
    turns: 0,
    timeline: null,
    draftText: null,
    pastDrafts: [],
    media: [],
    generated: [],
    renderWords: { faults: [], slowMs: null },
  };
  sandbox.store.write("session", session.sessionId, session, userId);
  return session;
}

/** The five documented keys of state, and two undocumented ones that a client must pass on unchanged. */
function stateOf(session: SessionRecord, view: ReturnType<typeof viewAt>, emptyDraft: string) {
  const { timeline } = view;
  return {
    draft: new RawJson(view.draftText ?? emptyDraft),
    video_infos: session.media,
    generated_media: view.generated,
    ...(timeline === null
      ? {}
      : {
          canvas_config: {
            width: timeline.width,
            height: timeline.height,
            aspect_ratio: timeline.width / timeline.height,
          },
        }),
    video_analyses: Object.fromEntries(
      session.media.map((file) => [file.filename, { summary: `A ${file.file_type} of ${file.duration} seconds` }]),
    ),
    "files:index": session.media.map((file) => ({ cdn_url: file.cdn_url, s3_key: `uploads/${file.hash}` })),
    agent_version: new RawJson("2026.10"),
  };
}

export function sessionRoutes(app: SandboxApp, sandbox: Sandbox): void {
  app.post("/api/tasks/:owner/with-session/nemo_agent", requireToken(sandbox, "write"), async (c) => {
    const { userId } = c.get("user");
    const switches = switchesOf(sandbox);
    const owner = c.req.param("owner");
    if (owner !== "me" && owner !== userId) return codeAnswer(1001, switches);
    const body: unknown = await c.req.json().catch(() => null);
    const fields = fieldsOf(body);
    const session = newSession(sandbox, userId, fields);
    const data = { task_id: session.taskId, session_id: session.sessionId, user_id: userId };
    return okAnswer(switches.omit_user_id ? { ...data, user_id: undefined } : data);
  });

  app.get("/api/state/nemo_agent/:owner/:session/latest", requireToken(sandbox, "read"), (c) => {
    const switches = switchesOf(sandbox);
    const session = ownSession(sandbox, c, c.req.param("session"), c.req.param("owner"));
    if (session === null) return codeAnswer(1002, switches);
    const view = viewAt(session, openTurns(sandbox, session.userId), sandbox.clock.now());
    const state = stateOf(session, view, EMPTY_DRAFTS[switches.empty_draft]);
    return okAnswer({ session_id: session.sessionId, task_id: session.taskId, task_name: session.taskName, state });
  });

  app.get("/api/credits/balance/simple", requireToken(sandbox, "read"), (c) => {
    const user = c.get("user");
    return okAnswer(balanceAt(user, openTurns(sandbox, user.userId), sandbox.clock.now()));
  });
}

/** Requests kept in the log; older ones are removed. */
export const MAX_LOGGED_REQUESTS = 500;

/** Everything this sandbox received, so that a test can check what was sent, how often, and what it cost. */
export function requestLogOf(sandbox: Sandbox) {
  const { store, clock } = sandbox;
  const now = clock.now();
  const open = store.list("open");
  const charged = new Map(open.map((turn) => [turn.id, creditsSpent(turn, now).consumed]));
  const turns = store.list("turn").map((note) => ({ ...note, charged: charged.get(note.turn_id) ?? note.charged }));
  return {
    turns,
    credits_charged: turns.reduce((sum, turn) => sum + turn.charged, 0),
    renders: store.list("render").map((render) => ({
      id: render.id,
      session_id: render.sessionId,
      at: render.submittedAt,
      submits: render.submits,
      draft_match: render.draftMatch,
      ...renderAt(render, now),
    })),
    uploads: store.list("upload").map(({ sessionId, ...upload }) => ({ session_id: sessionId, ...upload })),
    sessions: store.list("session").map(({ sessionId, taskId, taskName, language, userId, lost }) => ({
      session_id: sessionId,
      task_id: taskId,
      task_name: taskName,
      language,
      user_id: userId,
      lost,
    })),
    tokens: store.list("token").map(({ tokenId, userId, origin, clientId, issuedAt, expiresAt, revoked, scopes }) => ({
      token_id: tokenId,
      user_id: userId,
      origin,
      client_id: clientId,
      issued_at: issuedAt,
      expires_at: expiresAt,
      revoked,
      scopes,
    })),
    users: store
      .list("user")
      .map((user) => ({ user_id: user.userId, ...balanceAt(user, openTurns(sandbox, user.userId), now) })),
    requests: store.list("request"),
  };
}

/*
 * The `__` routes: switches, request log (`/__requests`), faults, queued words, failing responses. For tests and the local server;
 * no public route of the gateway leads here.
 */

const FailureBody = z.object({
  path: z.string(),
  status: z.int().min(0).max(599),
  times: z.int().min(1).max(1_000).default(1),
});
const QueueBody = z.object({ prompts: z.array(z.string().max(2_000)).max(100) });

export function controlRoutes(app: SandboxApp, sandbox: Sandbox): void {
  app.get("/__switches", (c) => c.json(switchesOf(sandbox)));

  app.post("/__switches", async (c) => {
    const body: unknown = await c.req.json().catch(() => null);
    const next = Switches.safeParse({ ...switchesOf(sandbox), ...(typeof body === "object" ? body : {}) });
    if (!next.success || typeof body !== "object" || body === null)
      return c.json({ error: "unknown switch or value", issues: next.error?.issues ?? [] }, 400);
    saveSetting(sandbox, "switches", next.data);
    return c.json(next.data);
  });

  app.delete("/__switches", (c) => {
    saveSetting(sandbox, "switches", {});
    return c.json(switchesOf(sandbox));
  });

  app.get("/__faults", (c) => c.json(FAULTS));
  app.get("/__requests", (c) => c.json(requestLogOf(sandbox)));

  // Each prompt's `#` words are added to the next turns, one each.
  app.post("/__queue", async (c) => {
    const body = QueueBody.safeParse(await c.req.json().catch(() => null));
    if (!body.success) return c.json({ error: "prompts: an array of texts" }, 400);
    saveSetting(sandbox, "queue", [...queueOf(sandbox), ...body.data.prompts]);
    return c.json({ queued: queueOf(sandbox).length });
  });

  // The next `times` requests whose path contains `path` are answered with `status`; 0 breaks the connection.
  app.post("/__fail", async (c) => {
    const body = FailureBody.safeParse(await c.req.json().catch(() => null));
    if (!body.success) return c.json({ error: "path, status, times" }, 400);
    saveSetting(sandbox, "failures", [...failuresOf(sandbox), body.data]);
    return c.json({ failures: failuresOf(sandbox) });
  });

  app.post("/__reset", (c) => {
    sandbox.store.clear();
    return c.json({ reset: true });
  });
}
