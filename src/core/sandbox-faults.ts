/**
 * The names of the sandbox's faults in test mode, and what each does. An unknown name in a prompt is rejected, because
 * a test with a misspelt one would pass without testing anything.
 */

import type { FieldError } from "./errors.ts";
import { pointer } from "./requests/body-values.ts";

export const FAULTS = {
  // ---- what the agent does
  silent_edit: "an edit whose answer has no text",
  talkative: "an edit whose answer certainly has text",
  generation: "treats the prompt as a generation, whatever it says",
  edit: "treats the prompt as an edit, whatever it says",
  text_only: "text, and no timeline",
  question: "the agent asks a question instead of working",
  no_change: "tools run and the agent claims success, but the draft does not change",
  noise: "after the real texts, a last one about a temporary issue",
  action_only: "an event with actions and no content",
  thought: "a hidden thought part",
  subagent: "events of a sub-agent, with author and branch",
  multi_part: "text and a call in one event",
  duplicate_id: "the tool's answer in two events with the same id",
  partial: "deltas marked partial, then the whole text",
  error_code: "an event with errorCode and errorMessage before the end",
  // ---- how the stream ends
  "drop@t": "the connection breaks at t (default: after the first call); the work continues",
  "close_early@t": "the stream is closed cleanly at t (default: after the first call); the work continues",
  cut_in_record: "the connection breaks in the middle of a record; the work continues",
  two_stage_after_cut: "a generation whose connection breaks before stage one; both stages finish later",
  error_midstream: "an error line after the first call; nothing changes, nothing is charged",
  malformed_error: "the same, with a line that is invalid JSON",
  error_after_work: "an error line after the work has finished",
  stale: "the error line of a second turn on a session; charged, nothing changes",
  "heartbeats_only@t": "heartbeats for t (default 10 min), then a close; nothing changes, nothing is charged",
  "silent_stream@t": "heartbeats for t (default 10 min), then a close; the work finishes at its usual time",
  // ---- before the stream
  no_credits: "2001 as a JSON body",
  no_credits_inline: "2001 as a record in the stream",
  no_credits_text: "2001 in the agent's text",
  session_lost: "the session is lost, for this call and all later ones",
  token_expired: "the token has expired, for this call and all later ones",
  http_429: "429 with Retry-After: 1; nothing runs",
  http_500: "500 before the stream; nothing runs",
  http_503_after_start: "503, but the work runs and is charged",
  // ---- the wire
  typed: "typed records instead of ADK events",
  snake: "ADK events in snake_case",
  crlf: "lines end in CR LF",
  split_bytes: "chunks of a few bytes, split inside characters and field names",
  random_chunks: "seeded random chunks",
  merged: "events of the same moment in one chunk",
  // ---- state
  "state_late@t": "the change appears in state t later (default 10 s)",
  state_5xx: "the next two state reads answer 503",
  // ---- renders of this session
  render_fail: "renders fail with an error",
  render_fail_once: "the next render fails",
  render_no_url: "the first poll that says completed has no url",
  render_5xx: "the first two polls answer 503",
  render_429: "the first two polls answer 429",
  render_submit_5xx: "a submit answers 503 but is accepted",
  render_402: "a submit answers 402",
  render_stuck: "a render stays at processing",
  render_odd_status: "statuses in capitals, and one that is not documented",
  render_wrapped: "polls answer in the wrapped form",
  render_expired: "the finished file cannot be fetched",
  render_cut: "the finished file's body breaks off half way",
  render_short: "the finished file is half as long as it should be, and announces that length",
  render_page: "the finished file is a web page, with status 200",
  render_sound: "the finished file contains no video",
  render_other_size: "the finished file has another width and height than the draft",
  render_url_gone: "the result's own address answers 404, the download has the file",
  render_url_short: "the result's own address gives half the file, the download all of it",
  render_never_url: "no poll ever has a url",
  render_lost: "a submit is accepted, and its job is unknown from then on",
  render_submit_dropped: "the next submit answers 503 and is not accepted",
} as const;

/** The names without the time that some take. */
export const FAULT_NAMES: ReadonlySet<string> = new Set(Object.keys(FAULTS).map((name) => name.replace("@t", "")));

const FAULT_WORD = /#fault:([a-z0-9_]*)/gi;
/** Fields whose text never becomes part of a prompt. */
const NOT_PROMPTS = ["metadata", "callback_url", "url", "target_url", "filename", "file_name"];

/** The first unknown `#fault:` name of each text in a body that may become part of a prompt, with its pointer. */
export function unknownFaults(body: unknown, path = ""): FieldError[] {
  if (typeof body === "string") {
    const unknown = [...body.matchAll(FAULT_WORD)].map(([, name = ""]) => name).find((name) => !FAULT_NAMES.has(name));
    if (unknown === undefined) return [];
    const message = `names no fault of the sandbox: #fault:${unknown.slice(0, 40)}; there are ${[...FAULT_NAMES].join(", ")}`;
    return [{ field: path, message }];
  }
  if (Array.isArray(body)) {
    for (const [index, one] of body.entries()) {
      const found = unknownFaults(one, `${path}/${index}`);
      if (found.length > 0) return found;
    }
    return [];
  }
  if (typeof body !== "object" || body === null) return [];
  for (const [name, value] of Object.entries(body)) {
    const found = NOT_PROMPTS.includes(name) ? [] : unknownFaults(value, path + pointer(name));
    if (found.length > 0) return found;
  }
  return [];
}
