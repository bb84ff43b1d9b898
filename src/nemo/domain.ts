/** What upstream knows, in our words: the values that the client's verbs take and give. */
import type { EpochMs } from "../core/time.ts";
import type { Timeline } from "../core/timeline.ts";

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
  /** Equal for two states that hold the same draft and as many media that were not put there from here. 32 hexadecimal characters. */
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

export type ProjectRef = { readonly taskId: string; readonly sessionId: string };

/** A browser link; it holds a claim token, which opens the project and has no API rights, never the Nemo token. */
export type ClaimLink = { readonly claimToken: string; readonly expiresInSeconds: number; readonly url: string };
