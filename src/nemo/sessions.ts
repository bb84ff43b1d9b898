/** Sessions: a task and its conversation, made together. */
import { err, ok, type Result } from "../core/result.ts";
import { garbled } from "./classify.ts";
import type { Session } from "./domain.ts";
import type { NemoFailure } from "./failures.ts";
import { askData, type Wire } from "./http.ts";
import { idAt } from "./json.ts";

/** POST `/api/tasks/me/with-session/nemo_agent`. Each call makes a new pair. Source: nemo-api reference section 3. */
export async function createSession(
  wire: Wire,
  token: string,
  options: { readonly name: string; readonly language?: string },
): Promise<Result<Session, NemoFailure>> {
  const at = "create_session";
  const json = JSON.stringify({ task_name: options.name, language: options.language });
  const opened = await askData(wire, {
    at,
    method: "POST",
    path: "/api/tasks/me/with-session/nemo_agent",
    token,
    json,
  });
  if (!opened.ok) return opened;
  const { text, path } = opened.value;
  // By offsets, not from the parsed value: a session id written as a bare number has 19 digits and would lose its last ones.
  const id = (...names: readonly string[]): string | null =>
    names.map((name) => idAt(text, [...path, name])).find((found) => found !== null) ?? null;
  const sessionId = id("session_id", "sessionId");
  const taskId = id("task_id", "taskId");
  if (sessionId === null || taskId === null) return err(garbled(at, 200, "an answer without a session"));
  return ok({ taskId, sessionId, userId: id("user_id", "userId") });
}
