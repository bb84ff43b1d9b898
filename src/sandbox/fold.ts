/** Takes finished turns into their sessions and users, so that what is evaluated stays short. Called before a new turn. */
import { openTurns, type Sandbox } from "./context.ts";
import { foldInto, spentBy } from "./evaluate.ts";
import { overAt } from "./turn.ts";

export function foldTurns(sandbox: Sandbox, userId: string): void {
  const { store, clock } = sandbox;
  const held = new Set<string>();
  for (const turn of openTurns(sandbox, userId)) {
    // In order: a later turn's draft stands above an earlier one's.
    if (overAt(turn) > clock.now()) held.add(turn.sessionId);
    if (held.has(turn.sessionId)) continue;
    const session = store.read("session", turn.sessionId);
    const user = store.read("user", userId);
    const note = store.read("turn", turn.id);
    const { consumed } = spentBy(turn, Number.POSITIVE_INFINITY);
    if (session !== null) store.write("session", session.sessionId, foldInto(session, turn), userId);
    if (user !== null) store.write("user", userId, { ...user, consumed: user.consumed + consumed });
    if (note !== null) store.write("turn", turn.id, { ...note, charged: consumed }, userId);
    store.remove("open", turn.id);
  }
}
