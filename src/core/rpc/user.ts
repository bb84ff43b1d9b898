/**
 * What one room may ask of an object: the doors of each Durable Object as plain interfaces.
 *
 * The objects implement them, routes and jobs call them through stubs. Everything that crosses is plain data or a byte
 * stream; expected refusals are `Result` values. A method only ever gains optional arguments: after a code update a new
 * Worker talks to an old object for up to 20 minutes.
 */

import type { UserGrant } from "../auth.ts";
import type { BatchChange, BatchRequest, NamedBatchItem } from "../batch.ts";
import type { Charged, Problem } from "../errors.ts";
import type { GeneratorJobRequest } from "../generators/job.ts";
import type {
  AssetId,
  BatchId,
  GeneratorJobId,
  KeyId,
  ProjectId,
  RenderId,
  TurnId,
  UploadId,
  VideoId,
} from "../ids.ts";
import type { Metered, UploadBytes } from "../quota.ts";
import type { Result } from "../result.ts";
import type { AuditEntry, Session, UserRecord } from "../tenant.ts";
import type { NamedVideoRequest } from "../video.ts";
import type { AttributionWire } from "../wire/attribution.ts";
import type { BatchItemWire, BatchWire } from "../wire/batch.ts";
import type { DownloadFields } from "../wire/file.ts";
import type { GeneratorJobWire } from "../wire/generator-job.ts";
import type { BrowserLinkWire, NewProject, ProjectPatch, ProjectWire, TimelineWire } from "../wire/project.ts";
import type { NewRender, RenderPlan, RenderWire } from "../wire/render.ts";
import type { Quotas } from "../wire/tenant.ts";
import type { CreditsWire, NemoTokenWire, TokenFor } from "../wire/token.ts";
import type { NewTurn, TurnWire } from "../wire/turn.ts";
import type { TurnEventsPage } from "../wire/turn-event.ts";
import type { AssetWire, AttachmentWire, UploadWire } from "../wire/upload.ts";
import type { VideoEventsPage, VideoWire } from "../wire/video.ts";
import type { ProvidedToken } from "./token.ts";

/** What every writing call brings along beside its body. */
export type Call = {
  /** Where callers reach us: `https://host`, no slash at the end. Links in answers and webhooks start with it. */
  readonly origin: string;
  /** The caller named a user. Things made without one may be combined across objects of the same tenant and mode. */
  readonly named: boolean;
  /** The caller's Accept-Language, one hint for the language it is spoken to in. */
  readonly acceptLanguage?: string | null;
  /** What upstream is told about this tenant, as far as it is set. */
  readonly attribution?: AttributionWire;
  /** What this tenant may take; missing where no caller asks. */
  readonly quotas?: Quotas;
  /** The sent Idempotency-Key and the hash of method, path and body it is bound to; null when none was sent. */
  readonly idempotency: { readonly key: string; readonly fingerprint: string } | null;
  /** What the audit log will tell of it, where it is told there. */
  readonly audit?: AuditEntry;
  /** The tenant's own name of the user, sealed for the user's address; absent when none was named. */
  readonly user?: string | null;
  /** The API key that asks, or that made the user token: what the work is counted by. Missing where no caller asks. */
  readonly key?: KeyId | null;
};

export type PageRequest = { readonly limit: number; readonly after: string | null };
export type Page<T> = { readonly data: readonly T[]; readonly has_more: boolean; readonly next_cursor: string | null };

type Answer<T> = Promise<Result<T, Problem>>;
/** Of what takes from the tenant's quotas. */
type MeteredAnswer<T> = Promise<Metered<T>>;

/** A body to stream to a watcher, or the news that its cursor already stands at the end. */
export type EventSubscription = { readonly kind: "stream"; readonly body: ReadableStream } | { readonly kind: "ended" };

/** Where a finished file lies in the store. */
export type StoredFile = {
  readonly key: string;
  readonly filename: string;
  readonly contentType: string;
};

/** An object in the store that holds a piece of a file, and how many bytes it has: another size is another object. */
export type FilePart = { readonly key: string; readonly sizeBytes: number };

/** A stored asset as other objects need it: to push it, or to let upstream pull it. */
export type AssetRecord = Omit<AssetWire, keyof DownloadFields> & { readonly key: string; readonly named: boolean };

/** Which videos a list shows: of a generator (its id or slug), in a project, of a batch. */
export type VideoFilter = {
  readonly generator?: string | undefined;
  readonly project?: ProjectId | undefined;
  readonly batch?: BatchId | undefined;
};

/** One user's videos. */
export interface VideoRpc {
  startVideo(call: Call, order: NamedVideoRequest): Answer<VideoWire>;
  /** Refuses an order that `startVideo` would refuse, and writes nothing. */
  checkVideo(call: Call, order: NamedVideoRequest): Answer<null>;
  readVideo(id: VideoId): Answer<VideoWire>;
  listVideos(page: PageRequest, status: VideoWire["status"] | null, of?: VideoFilter): Promise<Page<VideoWire>>;
  /** Another message to a video that is over: an answer to the agent's question, or a change. */
  continueVideo(call: Call, id: VideoId, prompt: string): Answer<VideoWire>;
  cancelVideo(call: Call, id: VideoId): Answer<VideoWire>;
  /** The whole video's events after the cursor as SSE frames, as `watchTurn` gives a turn's. */
  watchVideo(id: VideoId, after: number, grant?: UserGrant | null): Answer<EventSubscription>;
  readVideoEvents(id: VideoId, after: number, limit: number, waitMs: number): Answer<VideoEventsPage>;
  /** The video as soon as nothing more happens by itself, or as it is after `waitMs`. */
  awaitVideo(id: VideoId, waitMs: number): Answer<VideoWire>;
  /** Where its newest file lies; refuses until there is one. */
  readVideoFile(id: VideoId): Answer<StoredFile>;
  /** Cancels and erases it, with the project that was made for it. Again: done already. */
  removeVideo(call: Call, id: VideoId): Answer<null>;
  shareVideo(call: Call, id: VideoId, seconds: number): Answer<{ token: string; expires_at: string }>;
}

/** Generators that the agent is asked to write. */
export interface GeneratorJobRpc {
  startGeneratorJob(call: Call, order: GeneratorJobRequest): Answer<GeneratorJobWire>;
  readGeneratorJob(id: GeneratorJobId): Answer<GeneratorJobWire>;
}

/** Many videos, ordered in one call. */
export interface BatchRpc {
  startBatch(call: Call, order: BatchRequest, items: readonly NamedBatchItem[]): Answer<BatchWire>;
  readBatch(id: BatchId): Answer<BatchWire>;
  listBatches(page: PageRequest): Promise<Page<BatchWire>>;
  /** Its items in their order; the cursor is an item's place. */
  listBatchItems(id: BatchId, page: PageRequest, status?: BatchItemWire["status"] | null): Answer<Page<BatchItemWire>>;
  changeBatch(call: Call, id: BatchId, change: BatchChange): Answer<BatchWire>;
}

/** One user's projects, turns, assets, renders and videos. */
export interface UserRpc extends VideoRpc, GeneratorJobRpc, BatchRpc {
  /** Checks the user token, then calls one of the methods that `USER_METHODS` opens to user tokens, and returns its result. */
  callWithToken(grant: UserGrant, method: UserTokenMethod, given: readonly unknown[]): Answer<unknown>;
  /** Checks a user token before a call to another object of the same user. */
  checkUserToken(grant: UserGrant): Answer<null>;
  /** What to make a user token from. The user is known from then on. */
  openSession(call: Call): Answer<Session>;
  /** Ends every user token made before, the streams it has open, and every stream ticket. */
  signOut(call: Call): Answer<{ signed_out_at: string }>;
  /** The tenant's own name of the user; null where none was ever sent. */
  readName(): Promise<string | null>;
  readUser(): Answer<UserRecord>;
  /** Decrypts the stored name of the user again, and deletes one that was encrypted for another user. */
  repairName(): Promise<void>;
  /** Closes the user at once and for 30 days, and deletes everything of it step by step. A repeat joins the same deletion. */
  eraseUser(call?: Call): Answer<UserRecord>;

  createProject(call: Call, body: NewProject): MeteredAnswer<ProjectWire>;
  readProject(id: ProjectId): Answer<ProjectWire>;
  changeProject(call: Call, id: ProjectId, patch: ProjectPatch): Answer<ProjectWire>;
  /** Stops what runs in it and erases all of it. Again: done already. */
  removeProject(call: Call, id: ProjectId): Answer<null>;
  listProjects(page: PageRequest): Promise<Page<ProjectWire>>;
  readTimeline(id: ProjectId): Answer<{ timeline: TimelineWire; etag: string; draft: string | null }>;
  /** A link that opens the project in Nemo's web app; only where the Nemo token is this user's alone. */
  makeBrowserLink(id: ProjectId): Answer<BrowserLinkWire>;

  /** `attribution`: of the generator that the turn is sent for, before its tenant's. */
  startTurn(
    call: Call,
    project: ProjectId,
    body: NewTurn,
    attribution?: AttributionWire | null,
  ): MeteredAnswer<TurnWire>;
  readTurn(id: TurnId): Answer<TurnWire>;
  listTurns(project: ProjectId, page: PageRequest): Answer<Page<TurnWire>>;
  cancelTurn(call: Call, id: TurnId): Answer<TurnWire>;
  /** Events after the cursor as SSE frames, live until the terminal one or until the answer's life is over. */
  watchTurn(id: TurnId, after: number, ticket?: string | null, grant?: UserGrant | null): Answer<EventSubscription>;
  /** A ticket that opens this turn's stream without a credential. Signed; refused when it is not used in time. */
  makeTicket(call: Call, id: TurnId): Answer<{ ticket: string; first_use_by: string }>;
  /** The same cursor as JSON; waits up to `waitMs` (real milliseconds) for the first one when there is none. */
  readTurnEvents(id: TurnId, after: number, limit: number, waitMs: number): Answer<TurnEventsPage>;
  /** The turn as soon as it has ended, or as it is after `waitMs`. */
  awaitTurn(id: TurnId, waitMs: number): Answer<TurnWire>;

  /** Lets a new upload in while not too many are open, and takes its bytes of the day's. The same one again is let in again. */
  admitUpload(call: Call, upload: UploadWire, bytes: UploadBytes | null): MeteredAnswer<null>;
  /** Told by an upload's object how it stands; null: it was deleted. */
  recordUpload(call: Call, id: UploadId, upload: UploadWire | null): Promise<void>;
  /** Whether this import may fetch now, or this final be hashed: its user has a place for it. */
  mayStart(id: UploadId, work: "import" | "final"): Promise<boolean>;
  listUploads(page: PageRequest): Promise<Page<UploadWire>>;

  /** Told by an upload's object; the same asset twice is one asset. */
  addAsset(call: Call, asset: AssetRecord): Answer<AssetWire>;
  readAsset(id: AssetId): Answer<AssetRecord>;
  /** The asset as its callers see it, with a link to its file. */
  readShownAsset(id: AssetId): Answer<AssetWire>;
  /** Deletes it and its file. Again: done already. */
  removeAsset(call: Call, id: AssetId): Answer<null>;
  listAssets(page: PageRequest): Promise<Page<AssetWire>>;
  attachAsset(call: Call, project: ProjectId, asset: AssetRecord): Answer<AttachmentWire>;

  /** `attribution`: as of `startTurn`. */
  startRender(
    call: Call,
    project: ProjectId,
    body: NewRender,
    attribution?: AttributionWire | null,
  ): MeteredAnswer<RenderWire>;
  readRender(id: RenderId): Answer<RenderWire>;
  /** What `startRender` would do, without doing it. */
  planRender(project: ProjectId, body: NewRender): Answer<RenderPlan>;
  /** Takes a render back. One that is over, or whose file is on its way, stays as it is. */
  cancelRender(call: Call, id: RenderId): Answer<RenderWire>;
  /** Of one project, or of all (null). */
  listRenders(project: ProjectId | null, page: PageRequest): Answer<Page<RenderWire>>;
  /** Where the finished file lies; refuses until it is there. */
  renderFile(id: RenderId): Answer<StoredFile>;
  /** A token that opens the finished file for so long, without a credential. */
  shareRender(call: Call, id: RenderId, seconds: number): Answer<{ token: string; expires_at: string }>;

  /** `grant`: of a user token, which is refused the balance of an account that others use too. */
  readCredits(grant?: UserGrant | null): Answer<CreditsWire>;
  /** The token that would be used; with `only: "user"` the one brought for this user alone. */
  readToken(only?: TokenFor | null): Promise<NemoTokenWire>;
  /** Keeps a token of the user's own, once upstream knows it. */
  putToken(call: Call, token: ProvidedToken): Answer<NemoTokenWire>;
  removeToken(call?: Call): Promise<void>;
  wake(): Promise<void>;
}

/** What a turn's end rests on. */
export type Evidence = {
  readonly stream: "none" | "closed" | "error" | "cut" | "lost" | "cancelled";
  readonly timeline: "unread" | "unchanged" | "changed";
  readonly balance: "unread" | "equal" | "lower" | "shared";
};
export type Verdict = { readonly status: "completed" | "failed" | "unknown"; readonly charged: Charged };

/** What a caller has to know of a method of a user's object. */
export type UserMethod = { readonly reads: boolean; readonly token: boolean; readonly grantAt?: number };

/**
 * Every RPC method of a user's object.
 *
 * `reads`: it changes nothing, so a failed call may be made again. `token`: a user token may call it. `grantAt`: which
 * argument is the grant of the user token that calls, counted from 0. A method that is missing here does not compile.
 */
export const USER_METHODS = {
  startVideo: { reads: false, token: true },
  checkVideo: { reads: true, token: true },
  readVideo: { reads: true, token: true },
  listVideos: { reads: true, token: true },
  continueVideo: { reads: false, token: true },
  cancelVideo: { reads: false, token: true },
  watchVideo: { reads: true, token: true, grantAt: 2 },
  readVideoEvents: { reads: true, token: true },
  awaitVideo: { reads: true, token: true },
  readVideoFile: { reads: true, token: true },
  removeVideo: { reads: false, token: true },
  shareVideo: { reads: false, token: true },
  startGeneratorJob: { reads: false, token: true },
  readGeneratorJob: { reads: true, token: true },
  startBatch: { reads: false, token: true },
  readBatch: { reads: true, token: true },
  listBatches: { reads: true, token: true },
  listBatchItems: { reads: true, token: true },
  changeBatch: { reads: false, token: true },
  callWithToken: { reads: false, token: false },
  checkUserToken: { reads: true, token: false },
  openSession: { reads: false, token: false },
  signOut: { reads: false, token: false },
  readName: { reads: true, token: true },
  readUser: { reads: true, token: false },
  repairName: { reads: false, token: false },
  eraseUser: { reads: false, token: false },
  createProject: { reads: false, token: true },
  readProject: { reads: true, token: true },
  changeProject: { reads: false, token: true },
  removeProject: { reads: false, token: true },
  listProjects: { reads: true, token: true },
  readTimeline: { reads: true, token: true },
  makeBrowserLink: { reads: false, token: true },
  startTurn: { reads: false, token: true },
  readTurn: { reads: true, token: true },
  listTurns: { reads: true, token: true },
  cancelTurn: { reads: false, token: true },
  watchTurn: { reads: true, token: true, grantAt: 3 },
  makeTicket: { reads: false, token: true },
  readTurnEvents: { reads: true, token: true },
  awaitTurn: { reads: true, token: true },
  admitUpload: { reads: false, token: false },
  recordUpload: { reads: false, token: false },
  mayStart: { reads: false, token: false },
  listUploads: { reads: true, token: true },
  addAsset: { reads: false, token: false },
  readAsset: { reads: true, token: true },
  readShownAsset: { reads: true, token: true },
  listAssets: { reads: true, token: true },
  attachAsset: { reads: false, token: true },
  removeAsset: { reads: false, token: true },
  startRender: { reads: false, token: true },
  readRender: { reads: true, token: true },
  planRender: { reads: true, token: true },
  cancelRender: { reads: false, token: true },
  listRenders: { reads: true, token: true },
  renderFile: { reads: true, token: true },
  shareRender: { reads: false, token: true },
  readCredits: { reads: true, token: true, grantAt: 0 },
  readToken: { reads: true, token: true },
  putToken: { reads: false, token: false },
  removeToken: { reads: false, token: false },
  wake: { reads: false, token: false },
} as const satisfies Record<keyof UserRpc, UserMethod>;

/** The methods that a user token may call. */
export type UserTokenMethod = {
  [Name in keyof UserRpc]: (typeof USER_METHODS)[Name]["token"] extends false ? never : Name;
}[keyof UserRpc];
