/** What happened here, so that a test can prove what was sent, how often, and what it cost. Reads only. */
import { openTurns, type Sandbox } from "./context.ts";
import { balanceAt, spentBy } from "./evaluate.ts";
import { renderAt } from "./render.ts";

/** Requests kept; older ones are forgotten. */
export const REQUESTS_KEPT = 500;

export function ledgerOf(sandbox: Sandbox) {
  const { store, clock } = sandbox;
  const now = clock.now();
  const open = store.list("open");
  const charged = new Map(open.map((turn) => [turn.id, spentBy(turn, now).consumed]));
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
