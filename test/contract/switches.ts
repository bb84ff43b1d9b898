/** The sandbox's switches that a client can feel, with the values the contract is run under. */
import type { Axes } from "./pairs.ts";

/** As the real service rations and grants: a hundred credits buy one clip; one token per client id. */
export const REAL_ECONOMY = { initial_credits: 100, limit_tokens: true } as const;

export const AXES: Axes = {
  code_status: ["200", "4xx"],
  missing_session: ["1002", "adk_404", "adk_404_id", "adk_js"],
  no_credits_form: ["body", "inline", "text"],
  no_credits_inline: ["code", "error"],
  wire: ["adk", "typed"],
  adk_case: ["camel", "snake"],
  adk_time: ["seconds", "milliseconds"],
  state_delta: [true, false],
  heartbeat: ["comment", "event", "empty_data", "word", "typed", "empty_object", "none"],
  newline: ["lf", "crlf"],
  chunking: ["event", "merged", "random", "bytes"],
  on_disconnect: ["continue", "cancel"],
  silent_edits: [0, 1],
  state_delay_ms: [0, 8_000],
  empty_draft: ["null", "object", "tracks"],
  draft_keys: ["long", "short"],
  attribution: ["strict", "lenient"],
  render_shape: ["flat", "wrapped"],
  render_submit_shape: ["wrapped", "code", "flat"],
  draft_mismatch: ["reject", "fail"],
  duplicate_render: ["error", "existing"],
  cancelled_status: ["cancelled", "canceled", "failed"],
  cancel: ["running", "pending"],
  omit_user_id: [false, true],
  anonymous_user: ["same", "new"],
  anonymous_scopes: [["*"], ["read", "write", "upload"]],
};
