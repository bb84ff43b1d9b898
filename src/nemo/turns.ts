/** One message to the agent. It costs credits, so it leaves at most once: nothing here sends again, whatever comes back. */
import { err, ok, type Result } from "../core/result.ts";
import { readAnswer } from "./body.ts";
import { garbled } from "./classify.ts";
import { openDeadline } from "./deadline.ts";
import { failureOf } from "./envelope.ts";
import type { NemoFailure } from "./failures.ts";
import { send, type Wire } from "./http.ts";
import { openStream } from "./stream.ts";
import type { TurnStream } from "./turn-event.ts";

export type TurnOrder = { readonly sessionId: string; readonly text: string; readonly signal?: AbortSignal };

/** The agent's name in addresses and bodies. Source: nemo-api reference sections 3 to 5. */
const APP = "nemo_agent";

const mediaType = (response: Response): string => (response.headers.get("content-type") ?? "").toLowerCase();

/**
 * POST `/run_sse`. Resolves when the headers are here: a stream, or the failure that a JSON answer or a status tells.
 *
 * A JSON body under a stream's media type is found while reading and comes as a `failed` event. Source: section 4.1.
 */
export async function openTurn(wire: Wire, token: string, order: TurnOrder): Promise<Result<TurnStream, NemoFailure>> {
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
    return ok(openStream({ response, deadline, timeouts: wire.timeouts }));
  deadline.arm("total", wire.timeouts.jsonMs, "timeout");
  const answer = await readAnswer(at, response, deadline);
  deadline.release();
  if (!answer.ok) return answer;
  return err(failureOf(answer.value) ?? garbled(at, response.status, "JSON where a stream was expected"));
}
