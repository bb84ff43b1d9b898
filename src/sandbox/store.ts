/** The sandbox's records and their store: synchronous, in the order of first writing, grouped by a parent. This one is in memory; object.ts uses SQLite. */
import type { EpochMs } from "../core/time.ts";
import type { DraftTimeline } from "./timeline.ts";
import type { SandboxTurn, TurnNote } from "./turn.ts";

export type Store = {
  read<K extends Kind>(kind: K, id: string): Records[K] | null;
  write<K extends Kind>(kind: K, id: string, record: Records[K], parent?: string): void;
  remove(kind: Kind, id: string): void;
  /** All records of a kind, or those of one parent; oldest first. */
  list<K extends Kind>(kind: K, parent?: string): Records[K][];
  /** Keeps the newest `keep` of a kind. */
  trim(kind: Kind, keep: number): void;
  clear(): void;
};

type Row = { readonly parent: string; readonly text: string };

/** A store that lives as long as its process. Records are converted to JSON and back, as in SQLite. */
export function memoryStore(): Store {
  const kinds = new Map<Kind, Map<string, Row>>();
  const rows = (kind: Kind): Map<string, Row> => {
    const known = kinds.get(kind) ?? new Map<string, Row>();
    kinds.set(kind, known);
    return known;
  };
  return {
    read: <K extends Kind>(kind: K, id: string) => {
      const row = rows(kind).get(id);
      return row === undefined ? null : (JSON.parse(row.text) as Records[K]); // only `write` fills it
    },
    write: (kind, id, record, parent = "") => void rows(kind).set(id, { parent, text: JSON.stringify(record) }),
    remove: (kind, id) => void rows(kind).delete(id),
    list: <K extends Kind>(kind: K, parent?: string) =>
      [...rows(kind).values()]
        .filter((row) => parent === undefined || row.parent === parent)
        .map((row) => JSON.parse(row.text) as Records[K]), // only `write` fills it
    trim: (kind, keep) => {
      const ids = [...rows(kind).keys()];
      for (const id of ids.slice(0, Math.max(0, ids.length - keep))) rows(kind).delete(id);
    },
    clear: () => kinds.clear(),
  };
}

/* Records, one type per kind. Times are milliseconds since the epoch. */

export type TokenRecord = {
  /** Public name, for lists and revocation. */
  readonly tokenId: string;
  readonly token: string;
  readonly userId: string;
  readonly origin: "anonymous" | "made" | "adopted";
  readonly name: string;
  readonly clientId: string | null;
  /** The caller's IP address, for the limit of anonymous tokens. */
  readonly address: string;
  readonly scopes: readonly string[];
  readonly issuedAt: EpochMs;
  readonly expiresAt: EpochMs | null;
  readonly revoked: boolean;
};

export type UserRecord = {
  readonly userId: string;
  readonly granted: number;
  /** Credits of committed turns; those of open turns are computed. */
  readonly consumed: number;
};

/** An uploaded file, with upstream's field names. */
export type MediaFile = {
  readonly filename: string;
  readonly file_type: "video" | "image" | "audio";
  readonly cdn_url: string;
  /** Seconds. */
  readonly duration: number;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly hash: string;
};

export type SessionRecord = {
  readonly sessionId: string;
  readonly taskId: string;
  readonly taskName: string;
  readonly language: string | null;
  readonly userId: string;
  readonly createdAt: EpochMs;
  /** How many sessions exist already, so that choices are reproducible although ids are random. */
  readonly ordinal: number;
  readonly lost: boolean;
  readonly turns: number;
  /** Null before the first edit; `draftText` is the timeline as upstream encodes it. */
  readonly timeline: DraftTimeline | null;
  readonly draftText: string | null;
  /** Hashes of earlier drafts, newest last. */
  readonly pastDrafts: readonly string[];
  readonly media: readonly MediaFile[];
  readonly generated: readonly GeneratedMedia[];
  /** The `#` words about renders, from the latest prompt that had any. */
  readonly renderWords: RenderWords;
};

export type GeneratedMedia = {
  readonly id: string;
  readonly type: string;
  readonly prompt: string;
  readonly url: string;
  readonly duration: number;
};

export type RenderWords = { readonly faults: readonly string[]; readonly slowMs: number | null };

export type RenderRecord = {
  readonly id: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly submittedAt: EpochMs;
  /** Milliseconds after the submit, scaled. */
  readonly pendingMs: number;
  readonly totalMs: number;
  readonly outcome: "completed" | "failed" | "stuck";
  readonly error: string | null;
  readonly faults: readonly string[];
  /** Counted only if a fault needs it, so that polls do not write. */
  readonly polls: number;
  readonly cancelledAt: EpochMs | null;
  readonly draftMatch: DraftMatch;
  /** How often this id was submitted. */
  readonly submits: number;
  readonly durationMs: number;
  /** The draft's size in pixels. */
  readonly width: number;
  readonly height: number;
};

/** How a submitted draft compares with the session's drafts, byte for byte. */
export type DraftMatch = "current" | "earlier" | "differs" | "empty";

export type UploadRecord = {
  readonly sessionId: string;
  readonly at: EpochMs;
  readonly filename: string;
  readonly mode: "file" | "url";
  readonly content_type: string;
  readonly size_bytes: number;
  readonly sha256: string;
  /** Up to 256 first bytes, hexadecimal. */
  readonly head: string;
  readonly url: string | null;
};

export type RequestRecord = {
  readonly at: EpochMs;
  readonly method: string;
  readonly path: string;
  readonly source: string | null;
  readonly version: string | null;
  readonly platform: string | null;
  readonly status: number;
};

/** The next `times` requests whose path contains `path` are answered with `status`. Status 0 breaks the connection. */
export type Failure = { readonly path: string; readonly status: number; readonly times: number };

export type Records = {
  token: TokenRecord;
  user: UserRecord;
  session: SessionRecord;
  /** A turn that is not yet committed to its session; parent: the user. */
  open: SandboxTurn;
  /** A turn's entry in the request log; parent: the user. */
  turn: TurnNote;
  render: RenderRecord;
  upload: UploadRecord;
  request: RequestRecord;
  claim: { readonly sessionId: string; readonly at: EpochMs };
  /** Single values: `switches`, `failures`, `queue`. */
  setting: { readonly value: unknown };
};

export type Kind = keyof Records;
