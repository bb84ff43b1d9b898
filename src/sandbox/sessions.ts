/** Sessions, their state, and the balance (nemo-api reference sections 3, 5, 7.1). Reads write nothing. */
import { codeAnswer, okAnswer } from "./answers.ts";
import { bearer } from "./bearer.ts";
import { openTurns, ownSession, type Sandbox, type SandboxApp, switchesOf } from "./context.ts";
import { EMPTY_DRAFTS } from "./drafts.ts";
import { balanceAt, viewAt } from "./evaluate.ts";
import { type Fields, fieldsOf } from "./fields.ts";
import { idText, longNumber } from "./random.ts";
import { RawJson } from "./raw-json.ts";
import type { SessionRecord } from "./records.ts";

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

/** The five known keys of state, and two that no document knows and a client must carry through. */
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
  app.post("/api/tasks/:owner/with-session/nemo_agent", bearer(sandbox, "write"), async (c) => {
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

  app.get("/api/state/nemo_agent/:owner/:session/latest", bearer(sandbox, "read"), (c) => {
    const switches = switchesOf(sandbox);
    const session = ownSession(sandbox, c, c.req.param("session"), c.req.param("owner"));
    if (session === null) return codeAnswer(1002, switches);
    const view = viewAt(session, openTurns(sandbox, session.userId), sandbox.clock.now());
    const state = stateOf(session, view, EMPTY_DRAFTS[switches.empty_draft]);
    return okAnswer({ session_id: session.sessionId, task_id: session.taskId, task_name: session.taskName, state });
  });

  app.get("/api/credits/balance/simple", bearer(sandbox, "read"), (c) => {
    const user = c.get("user");
    return okAnswer(balanceAt(user, openTurns(sandbox, user.userId), sandbox.clock.now()));
  });
}
