/** The errors that calls throw. */
import type { Problem } from "./types.ts";

/** An error answer of the gateway (RFC 9457), or of something in front of it, such as a proxy. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly status: number;
  /** The error code, for example `not_found`; `http_<status>` when the answer was not the gateway's. */
  readonly code: string;
  /** What to quote when you ask for help; null when the answer had none. */
  readonly requestId: string | null;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** A request that can resolve the error. */
  readonly hint: string | null;
  /** The invalid fields. */
  readonly errors: readonly { readonly field: string; readonly message: string }[];
  /** Whether credits were spent; null where this does not apply. */
  readonly charged: Problem["charged"] | null;
  /** The whole answer; null when it was not a problem of the gateway. */
  readonly problem: Problem | null;
  readonly headers: Headers;

  constructor(status: number, headers: Headers, problem: Problem | null) {
    super(problem === null ? `The server answered ${status}.` : `${problem.detail} (${problem.code})`);
    this.status = status;
    this.headers = headers;
    this.problem = problem;
    this.code = problem?.code ?? `http_${status}`;
    this.requestId = problem?.request_id ?? headers.get("request-id");
    this.retryable = problem?.retryable ?? RETRYABLE_STATUSES.has(status);
    this.hint = problem?.hint ?? null;
    this.errors = problem?.errors ?? [];
    this.charged = problem?.charged ?? null;
  }
}

/** Statuses that are worth a retry when the answer does not say so itself. */
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** No answer arrived: the network failed, or the call took longer than its timeout. `cause` has the reason. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/** A video that ended without a file: it failed, was cancelled, or its agent asks a question. */
export class VideoNotCompletedError<V extends { readonly id: string; readonly status: string }> extends Error {
  override readonly name = "VideoNotCompletedError";
  readonly video: V;

  constructor(video: V, message: string) {
    super(message);
    this.video = video;
  }
}

/** The error of an answer with this body. */
export const errorOf = ({ status, headers }: Response, body: string): GatewayError =>
  new GatewayError(status, headers, problemOf(body));

function problemOf(text: string): Problem | null {
  try {
    const value = JSON.parse(text) as Problem; // checked below
    return typeof value?.code === "string" && typeof value.detail === "string" ? value : null;
  } catch {
    return null;
  }
}
