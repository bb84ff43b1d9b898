/** Frames as records: stock ADK events or typed records (nemo-api reference sections 4.3, 4.4), one line of JSON each. */
import { hexText, idText, seededBytes } from "./random.ts";
import { encodeJson, RawJson } from "./raw-json.ts";
import { snakeKeys } from "./snake.ts";
import type { Frame, StateChange, Turn } from "./turn.ts";

/** What follows `data: `, or a whole line for heartbeats that have none. */
export type Line = { readonly data: string } | { readonly raw: string };

const HEARTBEATS: Record<Turn["wire"]["heartbeat"], Line | null> = {
  comment: { raw: ": heartbeat" },
  event: { raw: "event: heartbeat" },
  empty_data: { raw: "data:" },
  word: { data: "heartbeat" },
  typed: { data: '{"type":"heartbeat"}' },
  empty_object: { data: "{}" },
  none: null,
};

const AGENT = "nemo_agent";

const deltaOf = (turn: Turn, change: StateChange | null): Record<string, unknown> =>
  change === null || !turn.wire.state_delta
    ? {}
    : {
        draft: new RawJson(change.draftText),
        ...(change.generated.length > 0 ? { generated_media: change.generated } : {}),
      };

type Content = { readonly role: "model" | "user"; readonly parts: readonly unknown[] };

function contentOf(frame: Frame): Content | undefined {
  switch (frame.kind) {
    case "call": {
      const call = { functionCall: { id: frame.callId, name: frame.name, args: frame.args } };
      return { parts: frame.words === undefined ? [call] : [{ text: frame.words }, call], role: "model" };
    }
    case "response": {
      const response = { status: frame.change === null ? "unchanged" : "success" };
      return { parts: [{ functionResponse: { id: frame.callId, name: frame.name, response } }], role: "user" };
    }
    case "text":
      return { parts: [{ text: frame.text, ...(frame.mark === "thought" ? { thought: true } : {}) }], role: "model" };
    default:
      return undefined;
  }
}

function adkEvent(turn: Turn, frame: Frame, at: number, index: number): string {
  const ms = turn.startedAt + at;
  const change = frame.kind === "response" ? frame.change : null;
  const author = frame.kind === "text" ? frame.author : undefined;
  const event = {
    content: contentOf(frame),
    ...(frame.kind === "text" && frame.mark === "partial" ? { partial: true } : {}),
    ...(frame.kind === "error_code" ? { errorCode: frame.code, errorMessage: frame.message } : {}),
    invocationId: `e-${hexText(seededBytes(turn.seed), 8)}`,
    author: author ?? AGENT,
    ...(author === undefined ? {} : { branch: `${AGENT}.${author}` }),
    actions: {
      stateDelta: frame.kind === "actions" ? { "temp:step": 1 } : deltaOf(turn, change),
      artifactDelta: {},
      requestedAuthConfigs: {},
    },
    ...(frame.kind === "call" ? { longRunningToolIds: [] } : {}),
    id: idText(seededBytes(`${turn.seed}/event/${index}`), 8),
    timestamp: turn.wire.adk_time === "seconds" ? ms / 1_000 : ms,
  };
  return encodeJson(turn.wire.adk_case === "snake" ? snakeKeys(event) : event);
}

/** The typed form has no word for partial texts, hidden thoughts and bare actions: they are left out. */
function typedRecord(turn: Turn, frame: Frame): string | null {
  switch (frame.kind) {
    case "call":
      return encodeJson({ type: "tool_call", name: frame.name, args: frame.args });
    case "response":
      return encodeJson({
        type: "tool_result",
        name: frame.name,
        result: { status: "success", ...deltaOf(turn, frame.change) },
      });
    case "text":
      return frame.mark === "whole" ? encodeJson({ type: "text", content: frame.text }) : null;
    case "error_code":
      return encodeJson({ type: "error", content: frame.message });
    default:
      return null;
  }
}

/** The lines of one frame, none to two. `index` is the frame's place in its script. */
export function linesOf(turn: Turn, frame: Frame, at: number, index: number): readonly Line[] {
  switch (frame.kind) {
    case "heartbeat":
      return [HEARTBEATS[turn.wire.heartbeat]].filter((line) => line !== null);
    case "error":
      // An old ADK pastes the message in unescaped: with a quote in it the line is no JSON.
      return [{ data: frame.malformed ? `{"error": "${frame.message}"}` : encodeJson({ error: frame.message }) }];
    case "no_credits":
      return [
        {
          data: encodeJson(
            frame.form === "code"
              ? { code: 2001, message: "insufficient credits", data: null }
              : { error: "2001: insufficient credits" },
          ),
        },
      ];
    default: {
      const data = turn.wire.wire === "adk" ? adkEvent(turn, frame, at, index) : typedRecord(turn, frame);
      if (data === null) return [];
      return frame.kind === "response" && frame.twice === true ? [{ data }, { data }] : [{ data }];
    }
  }
}
