/** Why upstream did not do what was asked: a closed union, one member per treatment, each with its evidence. */

/** Which of upstream's calls it was. `result` is the finished file at the address upstream named. */
export type Endpoint =
  | "anonymous_token"
  | "claim_token"
  | "create_session"
  | "run_sse"
  | "state"
  | "upload"
  | "credits"
  | "render_submit"
  | "render_poll"
  | "render_cancel"
  | "render_download"
  | "result";

/** What was seen. Safe to log: the message is upstream's own words, cut at `MESSAGE_CHARS`, with anything like a token removed. */
export type Evidence = {
  readonly at: Endpoint;
  /** HTTP status; null when no answer came, or when it came inside a stream. */
  readonly status: number | null;
  /** Upstream's own body code; null where the answer had none. */
  readonly code: number | null;
  readonly message: string;
};

export type NemoFailure = Evidence &
  (
    | { /** 1001, 1010, 1011, HTTP 401. */ readonly reason: "token_rejected" }
    | { /** HTTP 400 when minting a token: the client id was not taken. */ readonly reason: "client_id_refused" }
    | { /** 1002, or ADK's 404 for an unknown session. */ readonly reason: "session_lost" }
    | { /** 2001. */ readonly reason: "no_credits" }
    | { /** 4001, HTTP 415. */ readonly reason: "unsupported_media" }
    | { /** 4002, HTTP 413. */ readonly reason: "file_too_large" }
    | { /** HTTP 402 at export: the plan, not the credits. */ readonly reason: "plan_required" }
    | {
        /** HTTP 429 when minting: one token per client id, ten per address, in seven days. */ readonly reason: "token_rationed";
        readonly retryAfterMs: number | null;
      }
    | { /** HTTP 429 elsewhere. */ readonly reason: "rate_limited"; readonly retryAfterMs: number | null }
    | { /** A render or a file that upstream does not know. */ readonly reason: "not_found" }
    | {
        /** 5xx, no connection, no answer in time. `sent`: whether the request may have reached upstream. */ readonly reason: "unavailable";
        readonly sent: "no" | "maybe";
        readonly retryAfterMs: number | null;
      }
    | {
        /** The turn ran and its agent or model reported an error inside the stream. */ readonly reason: "agent_failed";
      }
    | { /** Any other 4xx or code. */ readonly reason: "refused" }
    | { /** An answer that cannot be read, or one above its byte cap. */ readonly reason: "garbled" }
  );

export type NemoReason = NemoFailure["reason"];
