/**
 * RPC interface of a user's object, and the types that all RPC interfaces share.
 *
 * Objects implement these interfaces; routes and jobs call them through stubs. Arguments and results are plain data or
 * byte streams; expected errors are `Result` values. A method may only gain optional arguments: for up to 20 minutes
 * after a deployment a new Worker may call an old object.
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
  ListedKind,
  ProjectId,
  RenderId,
  TurnId,
  UploadId,
  VideoId,
} from "../ids.ts";
import type { Result } from "../result.ts";
import type { AuditEntry, UserRecord, UserSession } from "../tenant.ts";
import type { Metered, UploadReservation } from "../usage/quota.ts";
import type { NamedVideoRequest } from "../video.ts";
import type { BatchItemWire, BatchWire } from "../wire/batch.ts";
import type { AttributionWire, DownloadFields } from "../wire/common.ts";
import type { GeneratorJobWire } from "../wire/generator.ts";
import type { BrowserLinkWire, NewProject, ProjectPatch, ProjectWire, TimelineWire } from "../wire/project.ts";
import type { NewRender, RenderPlan, RenderStatus, RenderWire } from "../wire/render.ts";
import type { QuotasWire } from "../wire/tenant.ts";
import type { CreditsWire, NemoTokenWire, TokenFor } from "../wire/token.ts";
import type { NewTurn, TurnChannel, TurnEventsPage, TurnWire } from "../wire/turn.ts";
import type { AssetWire, AttachmentWire, UploadWire } from "../wire/upload.ts";
import type { VideoEventsPage, VideoWire } from "../wire/video.ts";
import type { ProvidedToken } from "./token.ts";

/** The context of every call that writes. */
export type Call = {
  /**
   * The origin of the request: `https://host`, without a trailing slash. Links in answers and webhooks start with it.
   */
  readonly origin: string;
  /**
   * The caller named a user. Resources created without one may be combined across objects of the same tenant and mode.
   */
  readonly named: boolean;
  /** The caller's Accept-Language, one of the hints for the language of answers. */
  readonly acceptLanguage?: string | null;
  /** The tenant's attribution for upstream, as far as it is set. */
  readonly attribution?: AttributionWire;
  /** The tenant's quotas; missing in calls without a caller. */
  readonly quotas?: QuotasWire;
  /** The Idempotency-Key and the hash of method, path and body that it is bound to; null when none was sent. */
  readonly idempotency: { readonly key: string; readonly fingerprint: string } | null;
  /** The entry for the audit log, if the call writes one. */
  readonly audit?: AuditEntry;
  /** The tenant's own name of the user, encrypted for the user's address; absent when none was named. */
  readonly user?: string | null;
  /**
   * The API key of the request, or the one that issued the user token; usage is counted by it. Missing in calls
   * without a caller.
   */
  readonly key?: KeyId | null;
  /** How the request came; missing in calls without a caller. */
  readonly channel?: TurnChannel;
};

/** A wait for a turn that the reader does not know. `newest`: the newest one it knows; null: none. */
export type TurnPoll = { readonly newest: TurnId | null; readonly waitMs: number };

export type PageRequest = { readonly limit: number; readonly after: string | null };
export type Page<T> = { readonly data: readonly T[]; readonly has_more: boolean; readonly next_cursor: string | null };

type Answer<T> = Promise<Result<T, Problem>>;
/** The answer of a method that uses quotas. */
type MeteredAnswer<T> = Promise<Metered<T>>;

/** A body to stream to a subscriber, or the information that its cursor is already at the end. */
export type EventSubscription = { readonly kind: "stream"; readonly body: ReadableStream } | { readonly kind: "ended" };

/** A finished file in R2. */
export type StoredFile = {
  readonly key: string;
  readonly filename: string;
  readonly contentType: string;
};

/** An R2 object with a part of a file, and its size: another size means another object. */
export type FilePart = { readonly key: string; readonly sizeBytes: number };

/** A stored asset as other objects need it, to push it or to let upstream pull it. */
export type AssetRecord = Omit<AssetWire, keyof DownloadFields> & { readonly key: string; readonly named: boolean };

/** Filters of a list of videos: a generator (id or slug), a project, a batch. */
export type VideoFilter = {
  readonly generator?: string | undefined;
  readonly project?: ProjectId | undefined;
  readonly batch?: BatchId | undefined;
};

/** The resources that are listed for all users of a tenant, by the prefix of their ids. */
export type Listed = {
  readonly prj: ProjectWire;
  readonly upl: UploadWire;
  readonly rnd: RenderWire;
  readonly vid: VideoWire;
};
/** Those of one user that exist, and the tenant's own name of the user; null when none was ever sent. */
export type ListedOfUser<K extends ListedKind> = { readonly user: string | null; readonly items: readonly Listed[K][] };

/** A user's videos. */
export interface VideoRpc {
  startVideo(call: Call, order: NamedVideoRequest): Answer<VideoWire>;
  /** Validates a request as `startVideo` does, and writes nothing. */
  checkVideo(call: Call, order: NamedVideoRequest): Answer<null>;
  readVideo(id: VideoId): Answer<VideoWire>;
  listVideos(page: PageRequest, status: VideoWire["status"] | null, of?: VideoFilter): Promise<Page<VideoWire>>;
  /** Sends another message to a video that has ended: an answer to the agent's question, or a change. */
  /** `callback`: the address for the ends from now on; without it the video keeps the one it has. */
  continueVideo(call: Call, id: VideoId, prompt: string, callback?: string | null): Answer<VideoWire>;
  cancelVideo(call: Call, id: VideoId): Answer<VideoWire>;
  /** The video's events after the cursor as SSE frames, like `watchTurn`. */
  watchVideo(id: VideoId, after: number, grant?: UserGrant | null): Answer<EventSubscription>;
  readVideoEvents(id: VideoId, after: number, limit: number, waitMs: number): Answer<VideoEventsPage>;
  /** The video once nothing more happens by itself, or as it is after `waitMs`. */
  awaitVideo(id: VideoId, waitMs: number): Answer<VideoWire>;
  /** The newest file; fails until there is one. */
  readVideoFile(id: VideoId): Answer<StoredFile>;
  /** Cancels and deletes it, with the project that was created for it. Idempotent. */
  removeVideo(call: Call, id: VideoId): Answer<null>;
  shareVideo(call: Call, id: VideoId, seconds: number): Answer<{ token: string; expires_at: string }>;
}

/** Generators that the agent writes. */
export interface GeneratorJobRpc {
  startGeneratorJob(call: Call, order: GeneratorJobRequest): Answer<GeneratorJobWire>;
  readGeneratorJob(id: GeneratorJobId): Answer<GeneratorJobWire>;
}

/** Batches of videos. */
export interface BatchRpc {
  startBatch(call: Call, order: BatchRequest, items: readonly NamedBatchItem[]): Answer<BatchWire>;
  readBatch(id: BatchId): Answer<BatchWire>;
  listBatches(page: PageRequest): Promise<Page<BatchWire>>;
  /** Its items in order; the cursor is an item's position. */
  listBatchItems(id: BatchId, page: PageRequest, status?: BatchItemWire["status"] | null): Answer<Page<BatchItemWire>>;
  changeBatch(call: Call, id: BatchId, change: BatchChange): Answer<BatchWire>;
}

/** A user's projects, turns, assets, renders and videos. */
export interface UserRpc extends VideoRpc, GeneratorJobRpc, BatchRpc {
  /**
   * Checks the user token, then calls one of the methods that `USER_METHODS` opens to user tokens, and returns its
   * result.
   */
  callWithToken(grant: UserGrant, method: UserTokenMethod, given: readonly unknown[]): Answer<unknown>;
  /** Checks a user token before a call to another object of the same user. */
  checkUserToken(grant: UserGrant): Answer<null>;
  /** Whether the user was deleted, or is being deleted. */
  isDeleted(): Promise<boolean>;
  /** The values for a new user token. Registers the user if it is new. */
  openSession(call: Call): Answer<UserSession>;
  /** Revokes every earlier user token, and ends its open streams and every stream ticket. */
  signOut(call: Call): Answer<{ signed_out_at: string }>;
  /** The tenant's own name of the user; null when none was ever sent. */
  readName(): Promise<string | null>;
  /** The resources with these ids, as they are now; one that does not exist is left out. */
  readListed<K extends ListedKind>(kind: K, ids: readonly Listed[K]["id"][]): Promise<ListedOfUser<K>>;
  readUser(): Answer<UserRecord>;
  /** Re-encrypts the stored name of the user, and deletes one that was encrypted for another user. */
  repairName(): Promise<void>;
  /**
   * Deletes the user: closes it at once and for 30 days, and deletes its data step by step. Repeated calls join the
   * same deletion.
   */
  eraseUser(call?: Call): Answer<UserRecord>;

  createProject(call: Call, body: NewProject): MeteredAnswer<ProjectWire>;
  readProject(id: ProjectId): Answer<ProjectWire>;
  changeProject(call: Call, id: ProjectId, patch: ProjectPatch): Answer<ProjectWire>;
  /** Stops the work in the project and deletes it. Idempotent. */
  removeProject(call: Call, id: ProjectId): Answer<null>;
  listProjects(page: PageRequest): Promise<Page<ProjectWire>>;
  readTimeline(id: ProjectId): Answer<{ timeline: TimelineWire; etag: string; draft: string | null }>;
  /** A link that opens the project in Nemo's web app; only if the Nemo token belongs to this user alone. */
  makeBrowserLink(id: ProjectId): Answer<BrowserLinkWire>;

  /** `attribution`: of the generator that the turn is sent for; it precedes the tenant's. */
  startTurn(
    call: Call,
    project: ProjectId,
    body: NewTurn,
    attribution?: AttributionWire | null,
  ): MeteredAnswer<TurnWire>;
  readTurn(id: TurnId): Answer<TurnWire>;
  /** `poll`: while `newest` is the newest turn of the project, waits up to `waitMs` (real milliseconds) for another. */
  listTurns(project: ProjectId, page: PageRequest, poll?: TurnPoll): Answer<Page<TurnWire>>;
  cancelTurn(call: Call, id: TurnId): Answer<TurnWire>;
  /** Events after the cursor as SSE frames, live until the final one or until the stream's maximum duration. */
  watchTurn(id: TurnId, after: number, ticket?: string | null, grant?: UserGrant | null): Answer<EventSubscription>;
  /** A signed ticket that opens this turn's stream without a credential. It expires when it is not used in time. */
  makeTicket(call: Call, id: TurnId): Answer<{ ticket: string; first_use_by: string }>;
  /** Events after the cursor as JSON; waits up to `waitMs` (real milliseconds) for the first one when there is none. */
  readTurnEvents(id: TurnId, after: number, limit: number, waitMs: number): Answer<TurnEventsPage>;
  /** The turn once it has ended, or as it is after `waitMs`. */
  awaitTurn(id: TurnId, waitMs: number): Answer<TurnWire>;

  /** Admits a new upload unless too many are open, and reserves its bytes of the day's quota. Idempotent. */
  admitUpload(call: Call, upload: UploadWire, bytes: UploadReservation | null): MeteredAnswer<null>;
  /** Records the state that an upload's object reports; null: it was deleted. */
  recordUpload(call: Call, id: UploadId, upload: UploadWire | null): Promise<void>;
  /** Whether this import may download, or this final upload be hashed, by the user's limits. */
  mayStart(id: UploadId, work: "import" | "final"): Promise<boolean>;
  /** As their objects last reported them. With a status also those whose status may have changed since. */
  listUploads(page: PageRequest, status?: UploadWire["status"] | null): Promise<Page<UploadWire>>;

  /** Adds the asset that an upload's object reports. Idempotent. */
  addAsset(call: Call, asset: AssetRecord): Answer<AssetWire>;
  readAsset(id: AssetId): Answer<AssetRecord>;
  /** The asset as callers see it, with a link to its file. */
  readShownAsset(id: AssetId): Answer<AssetWire>;
  /** Deletes it and its file. Idempotent. */
  removeAsset(call: Call, id: AssetId): Answer<null>;
  listAssets(page: PageRequest): Promise<Page<AssetWire>>;
  attachAsset(call: Call, project: ProjectId, asset: AssetRecord): Answer<AttachmentWire>;

  /** `attribution`: as in `startTurn`. */
  startRender(
    call: Call,
    project: ProjectId,
    body: NewRender,
    attribution?: AttributionWire | null,
  ): MeteredAnswer<RenderWire>;
  readRender(id: RenderId): Answer<RenderWire>;
  /** What `startRender` would do, without doing it. */
  planRender(project: ProjectId, body: NewRender): Answer<Omit<RenderPlan, "cost">>;
  /** Cancels a render. One that has ended, or whose file is being copied, does not change. */
  cancelRender(call: Call, id: RenderId): Answer<RenderWire>;
  /** Of one project, or of all (null). */
  listRenders(project: ProjectId | null, page: PageRequest, status?: RenderStatus | null): Answer<Page<RenderWire>>;
  /** The finished file in R2; fails until it exists. */
  renderFile(id: RenderId): Answer<StoredFile>;
  /** A token that opens the finished file for this long without a credential. */
  shareRender(call: Call, id: RenderId, seconds: number): Answer<{ token: string; expires_at: string }>;

  /** `grant`: of a user token, which may not read the balance of an account that others use too. */
  readCredits(grant?: UserGrant | null): Answer<CreditsWire>;
  /** The status of the token that calls would use; with `only: "user"`, of the one provided for this user alone. */
  readToken(only?: TokenFor | null): Promise<NemoTokenWire>;
  /** Stores a token of the user's own after upstream has accepted it. */
  putToken(call: Call, token: ProvidedToken): Answer<NemoTokenWire>;
  removeToken(call?: Call): Promise<void>;
  wake(): Promise<void>;
}

/** What a turn's verdict is based on. */
export type Evidence = {
  readonly stream: "none" | "closed" | "error" | "cut" | "lost" | "cancelled";
  readonly timeline: "unread" | "unchanged" | "changed";
  readonly balance: "unread" | "equal" | "lower" | "shared";
};
export type Verdict = { readonly status: "completed" | "failed" | "unknown"; readonly charged: Charged };

/** Properties of a method that callers need. */
export type UserMethod = { readonly reads: boolean; readonly token: boolean; readonly grantAt?: number };

/**
 * Every RPC method of a user's object.
 *
 * `reads`: it changes nothing, so a failed call can be retried. `token`: a user token may call it. `grantAt`: index of
 * the argument that receives the user token's grant, from 0. A missing method does not compile.
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
  isDeleted: { reads: true, token: false },
  openSession: { reads: false, token: false },
  signOut: { reads: false, token: false },
  readName: { reads: true, token: true },
  readListed: { reads: true, token: false },
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
