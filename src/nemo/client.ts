/** Client of the Nemo API: its methods in our own types, with failures as values. */
import { err, ok, type Result } from "../core/result.ts";
import type { TargetPolicy } from "../core/ssrf.ts";
import type { EpochMs } from "../core/time.ts";
import type { Timeline } from "../core/timeline/timeline.ts";
import { claimLink, issueToken, readCredits } from "./auth.ts";
import { classifyAnswer, malformed, type NemoFailure } from "./errors.ts";
import { askData, type HttpOptions, openDeadline, readAnswer, send, type Watch } from "./http.ts";
import { idAt } from "./json.ts";
import { DEFAULT_TIMEOUTS, type Timeouts } from "./limits.ts";
import { cancelRender, downloadRender, fetchResult, readRender, submitRender } from "./renders.ts";
import { openTurnStream } from "./stream.ts";
import { readState } from "./timeline.ts";
import type { TurnStream } from "./translate.ts";
import { uploadByUrl, uploadFile } from "./uploads.ts";

export type Outcome<T> = Promise<Result<T, NemoFailure>>;

export type NemoSettings = {
  /** Scheme and host, with or without a trailing slash. */
  readonly baseUrl: string;
  readonly fetch: (request: Request) => Promise<Response>;
  /** Sent with every call; without it upstream rejects exports of free plans with 402. */
  readonly attribution: { readonly source: string; readonly version: string; readonly platform: string };
  /** How the URL of a result is checked, and every URL that it redirects to. */
  readonly targets: TargetPolicy;
  readonly timeouts?: Partial<Timeouts>;
  /** Observes every call, for the log. */
  readonly watch?: Watch;
};

/**
 * Upstream's token management (`/api/tokens`) is left out: one early readme mentions it, on a development host and
 * without the form of an answer, and nothing here needs it.
 *
 * No method throws, and none sends a request twice: retries are decided where the record of the first attempt is
 * stored.
 */
export type Nemo = {
  /** Issues an anonymous token. Upstream allows one per client id and ten per IP address in seven days. */
  issueToken(clientId: string): Outcome<IssuedToken>;
  claimLink(token: string, project: ProjectRef): Outcome<ClaimLink>;
  createSession(token: string, options: { readonly name: string; readonly language?: string }): Outcome<Session>;
  /** Sends one message, which costs credits. Resolves when the answer's headers have arrived. */
  openTurn(token: string, turn: TurnRequest): Outcome<TurnStream>;
  /**
   * `isOurs` decides, by name and after the state has arrived, which files the gateway uploaded; they are not part of
   * the fingerprint.
   */
  readState(token: string, sessionId: string, isOurs?: (name: string) => boolean): Outcome<NemoState>;
  uploadByUrl(token: string, sessionId: string, urls: readonly string[]): Outcome<readonly UploadedFile[]>;
  uploadFile(token: string, sessionId: string, file: FileToUpload): Outcome<readonly UploadedFile[]>;
  readCredits(token: string): Outcome<Credits>;
  submitRender(token: string, order: RenderRequest): Outcome<null>;
  readRender(token: string, renderId: string): Outcome<RenderProgress>;
  cancelRender(token: string, renderId: string): Outcome<null>;
  /** The finished file from upstream's fallback route, body unread. */
  downloadRender(token: string, renderId: string): Outcome<Response>;
  /** The finished file from the URL that upstream returned, body unread. The token is not sent. */
  fetchResult(url: string): Outcome<Response>;
};

/** A client for one upstream. Stateless, so it is cheap to create for every call. */
export function createNemo(settings: NemoSettings): Nemo {
  const { source, version, platform } = settings.attribution;
  const { rules, resolve } = settings.targets;
  const wire: HttpOptions = {
    baseUrl: settings.baseUrl.replace(/\/+$/, ""),
    // The operator configured upstream's origin, so it is trusted even if it is local; its own files may be there.
    targets: { rules: { ...rules, trusted: originsOf(settings.baseUrl) }, resolve },
    fetch: settings.fetch,
    attribution: { "x-skill-source": source, "x-skill-version": version, "x-skill-platform": platform },
    timeouts: { ...DEFAULT_TIMEOUTS, ...settings.timeouts },
    watch: settings.watch ?? (() => () => undefined),
  };
  return {
    issueToken: (clientId) => issueToken(wire, clientId),
    claimLink: (token, project) => claimLink(wire, token, project),
    createSession: (token, options) => createSession(wire, token, options),
    openTurn: (token, turn) => openTurn(wire, token, turn),
    readState: (token, sessionId, isOurs) => readState(wire, token, sessionId, isOurs),
    uploadByUrl: (token, sessionId, urls) => uploadByUrl(wire, token, sessionId, urls),
    uploadFile: (token, sessionId, file) => uploadFile(wire, token, sessionId, file),
    readCredits: (token) => readCredits(wire, token),
    submitRender: (token, order) => submitRender(wire, token, order),
    readRender: (token, renderId) => readRender(wire, token, renderId),
    cancelRender: (token, renderId) => cancelRender(wire, token, renderId),
    downloadRender: (token, renderId) => downloadRender(wire, token, renderId),
    fetchResult: (url) => fetchResult(wire, url),
  };
}

const originsOf = (url: string): string[] => (URL.canParse(url) ? [new URL(url).origin] : []);

/* Sessions and turns. A message costs credits, so it is sent at most once and never retried here. */

type TurnRequest = { readonly sessionId: string; readonly text: string; readonly signal?: AbortSignal };

/** The agent's name in paths and bodies. Source: nemo-api reference sections 3 to 5. */
const APP = "nemo_agent";

const mediaType = (response: Response): string => (response.headers.get("content-type") ?? "").toLowerCase();

/**
 * POST `/run_sse`. Resolves when the headers have arrived: with a stream, or the failure of a JSON answer or a status.
 *
 * A JSON body with a stream's media type is found while reading and gives a `failed` event. Source: section 4.1.
 */
async function openTurn(
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
async function createSession(
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

/* Types of upstream's data, as the client's methods take and return them. */

export type IssuedToken = {
  readonly token: string;
  readonly userId: string | null;
  readonly expiresAt: EpochMs | null;
  readonly credits: number | null;
};

export type Session = { readonly taskId: string; readonly sessionId: string; readonly userId: string | null };

export type VideoInfo = { readonly name: string; readonly sizeBytes?: number; readonly url?: string };

export type NemoState = {
  /** Upstream's own text of the draft, byte for byte, to be sent back for an export; null before the first edit. */
  readonly draftText: string | null;
  readonly timeline: Timeline;
  /** Number of uploaded files that upstream lists, readable or not. */
  readonly mediaCount: number;
  readonly videoInfos: readonly VideoInfo[];
  /** Number of generated media that upstream lists. */
  readonly generatedCount: number;
  /**
   * Equal for two states with the same draft and the same number of media that the gateway did not upload. 32
   * hexadecimal characters.
   */
  readonly fingerprint: string;
};

export type UploadedFile = {
  readonly name: string;
  readonly url: string | null;
  readonly kind: string | null;
  readonly durationSeconds: number | null;
  readonly width: number | null;
  readonly height: number | null;
};

export type FileToUpload = {
  readonly filename: string;
  readonly contentType: string;
  /** Exact. A body of another length fails the call. */
  readonly sizeBytes: number;
  readonly body: ReadableStream<Uint8Array>;
};

export type Credits = { readonly available: number; readonly frozen: number; readonly total: number };

export type RenderRequest = {
  /** Our own random id: upstream names the file after it. */
  readonly renderId: string;
  readonly sessionId: string;
  /** `NemoState.draftText`, unchanged. */
  readonly draftText: string;
  readonly output?: { readonly format: string; readonly quality: string };
};

export type RenderProgress = {
  readonly status: "pending" | "processing" | "completed" | "failed" | "cancelled";
  /** 0 to 100. */
  readonly progress: number | null;
  /** Of the finished file. May be missing for a while on a completed render: poll again. */
  readonly url: string | null;
  readonly message: string | null;
  readonly durationSeconds: number | null;
  readonly sizeBytes: number | null;
};

export type ProjectRef = { readonly taskId: string; readonly sessionId: string };

/**
 * A browser link. It contains a claim token, which opens the project and gives no API access, and never the Nemo
 * token.
 */
export type ClaimLink = { readonly claimToken: string; readonly expiresInSeconds: number; readonly url: string };
