/** The Nemo API as the rest of the house sees it: verbs in our words, refusals as values, one `fetch` handed in. */
import type { Result } from "../core/result.ts";
import type { EpochMs } from "../core/time.ts";
import type { Timeline } from "../core/timeline.ts";
import type { NemoFailure } from "./failures.ts";
import type { Timeouts } from "./limits.ts";
import type { TurnStream } from "./turn-event.ts";

export type Outcome<T> = Promise<Result<T, NemoFailure>>;

export type NemoSettings = {
  /** Scheme and host, with or without a trailing slash. */
  readonly baseUrl: string;
  readonly fetch: (request: Request) => Promise<Response>;
  /** Sent with every call; without them upstream refuses exports of free plans with 402. */
  readonly attribution: { readonly source: string; readonly version: string; readonly platform: string };
  readonly timeouts?: Partial<Timeouts>;
};

export type MintedToken = {
  readonly token: string;
  readonly userId: string | null;
  readonly expiresAt: EpochMs | null;
  readonly credits: number | null;
};

export type Session = { readonly taskId: string; readonly sessionId: string; readonly userId: string | null };

export type VideoInfo = { readonly name: string; readonly sizeBytes?: number; readonly url?: string };

export type NemoState = {
  /** Upstream's own text of the draft, byte for byte, to be handed back for an export; null before the first edit. */
  readonly draftText: string | null;
  readonly timeline: Timeline;
  /** How many uploaded files upstream lists, readable or not. */
  readonly mediaCount: number;
  readonly videoInfos: readonly VideoInfo[];
  /** How many generated media upstream lists. */
  readonly generatedCount: number;
  /** Equal for two states that hold the same draft and as many media. 32 hexadecimal characters. */
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

export type RenderOrder = {
  /** Ours, unguessable: upstream names the file after it. */
  readonly renderId: string;
  readonly sessionId: string;
  /** From `NemoState.draftText`, untouched. */
  readonly draftText: string;
  readonly output?: { readonly format: string; readonly quality: string };
};

export type RenderProgress = {
  readonly status: "pending" | "processing" | "completed" | "failed" | "cancelled";
  /** 0 to 100. */
  readonly progress: number | null;
  /** Of the finished file. May be missing for a while on a completed render: ask again. */
  readonly url: string | null;
  readonly message: string | null;
  readonly durationSeconds: number | null;
  readonly sizeBytes: number | null;
};

export type Nemo = {
  /** A new anonymous token. Upstream gives one per client id and ten per address in seven days. */
  mintToken(clientId: string): Outcome<MintedToken>;
  /** A link that opens the project in a browser; it holds a claim token, never the Nemo token. */
  claimLink(token: string, project: { readonly taskId: string; readonly sessionId: string }): Outcome<{ readonly claimToken: string; readonly expiresInSeconds: number; readonly url: string }>;
  createSession(token: string, options: { readonly name: string; readonly language?: string }): Outcome<Session>;
  /** Sends one message: costs credits, never repeated here. Resolves when the answer's headers are here. */
  openTurn(token: string, turn: { readonly sessionId: string; readonly text: string; readonly signal?: AbortSignal }): Outcome<TurnStream>;
  readState(token: string, sessionId: string): Outcome<NemoState>;
  uploadByUrl(token: string, sessionId: string, urls: readonly string[]): Outcome<readonly UploadedFile[]>;
  uploadFile(token: string, sessionId: string, file: FileToUpload): Outcome<readonly UploadedFile[]>;
  readCredits(token: string): Outcome<Credits>;
  submitRender(token: string, order: RenderOrder): Outcome<null>;
  readRender(token: string, renderId: string): Outcome<RenderProgress>;
  cancelRender(token: string, renderId: string): Outcome<null>;
  /** The finished file by upstream's fallback route, body unread. */
  downloadRender(token: string, renderId: string): Outcome<Response>;
  /** The finished file from the address upstream named, body unread. The token is not sent along. */
  fetchResult(url: string): Outcome<Response>;
};
