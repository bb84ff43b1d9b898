/**
 * Sends one message to the agent, and creates sessions. A message costs credits, so it is sent at most once and never
 * retried here.
 */
import { err, ok, type Result } from "../core/result.ts";
import type { Session } from "./client.ts";
import { classifyAnswer, malformed, type NemoFailure } from "./errors.ts";
import { askData, type HttpOptions, openDeadline, readAnswer, send } from "./http.ts";
import { idAt } from "./json.ts";
import { openTurnStream } from "./stream.ts";
import type { TurnStream } from "./translate.ts";

export type TurnRequest = { readonly sessionId: string; readonly text: string; readonly signal?: AbortSignal };

/** The agent's name in paths and bodies. Source: nemo-api reference sections 3 to 5. */
const APP = "nemo_agent";

const mediaType = (response: Response): string => (response.headers.get("content-type") ?? "").toLowerCase();

/**
 * POST `/run_sse`. Resolves when the headers have arrived: with a stream, or the failure of a JSON answer or a status.
 *
 * A JSON body with a stream's media type is found while reading and gives a `failed` event. Source: section 4.1.
 */
export async function openTurn(
  wire: HttpOptions,
  token: string,
  order: TurnRequest,
): Promise<Result<TurnStream, NemoFailure>> {
  const at = "run_sse";
  const json = JSON.stringify({
    app_name: APP,
    user_id: "me",
    session_id: order.sessionId,
    new_message: { parts: [{ text: order.text }] },
  });
  const deadline = openDeadline(order.signal);
  deadline.arm("headers", wire.timeouts.turnHeadersMs, "timeout");
  const sent = await send(
    wire,
    { at, method: "POST", path: "/run_sse", token, json, headers: { accept: "text/event-stream" } },
    deadline,
  );
  deadline.disarm("headers");
  if (!sent.ok) {
    deadline.release();
    return sent;
  }
  const response = sent.value;
  if (response.ok && !mediaType(response).includes("json"))
    return ok(openTurnStream({ response, deadline, timeouts: wire.timeouts }));
  deadline.arm("total", wire.timeouts.jsonMs, "timeout");
  const answer = await readAnswer(at, response, deadline);
  deadline.release();
  if (!answer.ok) return answer;
  return err(classifyAnswer(answer.value) ?? malformed(at, response.status, "JSON where a stream was expected"));
}

/**
 * POST `/api/tasks/me/with-session/nemo_agent`. Each call creates a task and its session. Source: nemo-api reference
 * section 3.
 */
export async function createSession(
  wire: HttpOptions,
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
  // By offsets, not from the parsed value: a session id written as a number has 19 digits and would lose its last ones.
  const id = (...names: readonly string[]): string | null =>
    names.map((name) => idAt(text, [...path, name])).find((found) => found !== null) ?? null;
  const sessionId = id("session_id", "sessionId");
  const taskId = id("task_id", "taskId");
  if (sessionId === null || taskId === null) return err(malformed(at, 200, "an answer without a session"));
  return ok({ taskId, sessionId, userId: id("user_id", "userId") });
}
