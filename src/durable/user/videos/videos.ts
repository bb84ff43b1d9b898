/** Operations on videos: start, read, list, continue, cancel, share. The steps that make a video are in run.ts. */

import { importOwner, uploadObjectName } from "../../../core/address.ts";
import { decrypt, encrypt } from "../../../core/crypto.ts";
import { ERRORS, type ErrorCode, type Problem, problemOf } from "../../../core/errors.ts";
import { type AssetId, type BatchId, type KeyId, ownedId, type VideoId } from "../../../core/ids.ts";
import { EVENTS_TTL_MS } from "../../../core/limits.ts";
import { cutPage } from "../../../core/page.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { EnteredResource } from "../../../core/rpc/tenant.ts";
import type { UploadRpc } from "../../../core/rpc/upload.ts";
import type { AssetRecord, Call, Page, PageRequest, StoredFile, VideoFilter } from "../../../core/rpc/user.ts";
import { HOUR_MS } from "../../../core/time.ts";
import { orderTypeOf } from "../../../core/usage/usage.ts";
import {
  canContinue,
  cancelledVideo,
  isImportPending,
  isVideoOver,
  type NamedSource,
  type NamedVideoRequest,
  newVideoOf,
  nextRound,
  type Video,
  type VideoRequest,
  type VideoSource,
  withoutAddresses,
} from "../../../core/video.ts";
import type { UploadWire } from "../../../core/wire/upload.ts";
import type { VideoEventWire } from "../../../core/wire/video.ts";
import { createOnce } from "../../shared/idempotency.ts";
import { releaseQuota, reserveQuota } from "../../shared/problems.ts";
import { admitNewUser, CLEANUP, isNamed, recordCaller, type UserContext, VIDEO } from "../context.ts";
import type { StreamSource } from "../event-streams.ts";
import type { UserServices } from "../services.ts";
import { checkCallback, failureOf } from "../turns/store.ts";
import { checkOrder, type ShownVideo, showVideo, videoUrl } from "./store.ts";

/**
 * The same sources with the ids of their uploads, chosen here so that a retry starts the same import. Addresses are
 * encrypted, because a signed link is a secret.
 */
export function prepareSources(context: UserContext, sources: readonly NamedSource[]): Promise<VideoSource[]> {
  const { address, runtime } = context;
  return Promise.all(
    sources.map(async (source) => {
      if (!("url" in source)) return source;
      const upload = ownedId("upl", address.uh, runtime.now(), runtime.random);
      const encrypted = await encrypt(source.url, importOwner(address, upload), runtime.config.roots, runtime.random);
      return { asset: `ast_${upload.slice("upl_".length)}`, upload, import: { address: encrypted } } as const;
    }),
  );
}

/**
 * Starts every import of a video that has not started. Returns the video without its addresses, or null when some
 * must wait because the user has too many open uploads. Idempotent.
 */
export async function beginImports(
  context: UserContext,
  video: Video,
  call: Call,
): Promise<Result<Video, Problem> | null> {
  const { runtime, address } = context;
  for (const { upload, import: wanted } of video.sources) {
    if (upload === null || wanted === undefined || wanted.address === null) continue;
    const url = await decrypt(wanted.address, importOwner(address, upload), runtime.config.roots);
    if (url === null) return err(addressLost());
    const object = runtime.env.UPLOAD.getByName(uploadObjectName(address, upload)) as unknown as UploadRpc; // UploadObject implements it
    const made = await object.startImport(call, address, upload, { url, fileName: null, metadata: {} });
    if (!made.ok && made.error.code === "concurrency_limited") return null;
    if (!made.ok) return made;
  }
  return ok({ ...video, sources: withoutAddresses(video.sources) });
}

/** The events of imports for a video's stream: each import has started, or each file is stored. */
export function importEvents(before: Video, video: Video): Extract<VideoEventWire, { type: "video.import" }>[] {
  const wasBegun = before.sources.some(isImportPending) && !video.sources.some(isImportPending) && !isVideoOver(video);
  const isThere = before.stage === "assets" && video.stage === "turn";
  const status = wasBegun ? "started" : isThere ? "stored" : null;
  if (status === null) return [];
  return video.sources.flatMap(({ import: wanted, upload, asset }) =>
    wanted === undefined || upload === null
      ? []
      : [{ type: "video.import", status, upload_id: upload, asset_id: asset } as const],
  );
}

/** Why an import failed, with the import's own error; `label` names the file when there are several. */
export function importFailed({ status, error }: UploadWire, label: string): Problem {
  const code = error !== null && Object.hasOwn(ERRORS, error.code) ? (error.code as ErrorCode) : "import_unavailable";
  const detail = error?.detail ?? `The import of a file is ${status}; send the file's address again.`;
  return problemOf(code, label + detail, { charged: "no", ...(error?.hint === undefined ? {} : { hint: error.hint }) });
}

const addressLost = (): Problem =>
  problemOf(
    "import_unavailable",
    "The address of a file can no longer be decrypted; start the video again with POST /v1/videos.",
    {
      charged: "no",
      hint: "POST /v1/videos",
    },
  );

export const noVideo = (): Problem =>
  problemOf("not_found", "No video with this id exists; list your videos with GET /v1/videos.");

export const videoBusy = (id: VideoId): Problem =>
  problemOf("video_busy", "The video is still being made; send the next turn when it has ended or needs input.", {
    hint: `GET /v1/videos/${id}`,
    retryAfterSeconds: 5,
  });

export const cannotContinue = (): Problem =>
  problemOf(
    "cancelled",
    "A cancelled video cannot be continued; start another one with POST /v1/videos, in the same project if you like.",
    {
      hint: "POST /v1/videos",
    },
  );

export const videoNotReady = ({ id, status }: Video): Problem =>
  status === "needs_input"
    ? problemOf("needs_input", "The agent needs more input; answer it with POST /v1/videos/{id}/turns.", {
        hint: `POST /v1/videos/${id}/turns`,
      })
    : problemOf("video_not_ready", "The video is not finished; read it again later.", {
        hint: `GET /v1/videos/${id}`,
        retryAfterSeconds: 5,
      });

/** For a video that ended without a file: the video's own error, and whether it was charged. */
export const noFile = ({ id, charged }: Video, error: Problem): Problem =>
  problemOf("no_file", `This video ended without a file: ${error.detail}`, {
    hint: error.hint ?? `GET /v1/videos/${id}`,
    members: { error: failureOf(error) },
    registerUrl: error.registerUrl,
    ...(charged === null ? {} : { charged }),
  });

const eventsExpired = (id: VideoId): Problem =>
  problemOf("events_expired", "A video's events are deleted 24 hours after its end; read the video itself instead.", {
    hint: `GET /v1/videos/${id}`,
  });

export const unusable = ({ filename }: AssetRecord): Problem =>
  problemOf("unsupported_media", `${filename} cannot be used; upload another file.`);

export const noAsset = (id: AssetId): Problem =>
  problemOf("not_found", `No asset with the id ${id} exists; upload the file with POST /v1/uploads.`, {
    hint: "POST /v1/uploads",
    charged: "no",
  });

export const notUploaded = (id: string, status: string): Problem =>
  problemOf("upload_incomplete", `The upload ${id} is ${status}; upload the file again.`, { charged: "no" });

export const isPartialUpload = (id: string): Problem =>
  problemOf(
    "upload_incomplete",
    `The upload ${id} is a partial upload; use the id of the final upload that it belongs to.`,
    {
      charged: "no",
    },
  );

export const notAccepted = ({ filename }: AssetRecord, accepts: readonly string[]): Problem =>
  problemOf(
    "format_not_accepted",
    `${filename} is not one of ${accepts.join(", ")}, the formats that this generator accepts; upload the file in one of them.`,
    {
      charged: "no",
    },
  );

/** A new video's entry in the lists of all users. */
export const videoEntry = (video: Video): EnteredResource => ({
  id: video.id,
  generator: video.generator,
  orderType: orderTypeOf(video),
});

export class Videos {
  readonly #user: UserServices;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /** Stores the video; its job makes it. A retry returns the same video, marked as deduplicated. */
  async start(call: Call, named: NamedVideoRequest): Promise<Result<ShownVideo, Problem>> {
    const { runtime, jobs } = this.#user;
    return createOnce<Video, Result<ShownVideo, Problem>>(this.#user, call, {
      existing: (id) => {
        const known = this.read(id as VideoId); // the key of `commit`
        return known.ok ? ok({ ...known.value, deduplicated: true }) : known;
      },
      check: () => this.check(named, call.named),
      prepare: async () => {
        const sources = await prepareSources(this.#user, named.sources);
        const video = this.newVideo({ ...named, sources }, null, call.key ?? null);
        const admitted = await admitNewUser(this.#user, call, [], { entered: [videoEntry(video)], isPaid: true });
        return admitted.ok ? ok(video) : admitted;
      },
      release: ({ id }) => releaseQuota(runtime, id),
      commit: (video) => this.begin(video).id,
      created: async (video) => {
        await runtime.failpoint("video.intent");
        jobs.tick();
        return ok(this.show(video));
      },
    });
  }

  /** Why a video can never be made; null when the request is valid. `named`: whether callers name this user. */
  check(order: NamedVideoRequest, named = isNamed(this.#user)): Problem | null {
    return checkOrder(this.#user, this.#user.projects, this.#user.assets, order, named);
  }

  /** A new video that is not stored yet; its usage counts for `key`. */
  newVideo(order: VideoRequest, batch: BatchId | null, key: KeyId | null): Video {
    const { runtime, address } = this.#user;
    const id = ownedId("vid", address.uh, runtime.now(), runtime.random);
    return newVideoOf({ ...order, key }, id, runtime.now(), batch);
  }

  /**
   * Stores a new video, which was entered in the lists of all users, and schedules its first step. Call inside the
   * caller's transaction.
   */
  begin(video: Video): Video {
    const { runtime, jobs, log } = this.#user;
    const events_url = `${videoUrl(this.#user, video.id)}/events`;
    this.#user.videoRows.save(video);
    log.append(video.id, [{ type: "video.started", id: video.id, events_url }]);
    jobs.schedule(VIDEO, video.id, runtime.now());
    return video;
  }

  read(id: VideoId): Result<ShownVideo, Problem> {
    const video = this.#user.videoRows.find(id);
    return video === null ? err(noVideo()) : ok(this.show(video));
  }

  /** What the stream of a video's events needs to know about videos. */
  readonly streamSource: StreamSource<VideoId, ShownVideo> = {
    find: (id) => {
      const video = this.#user.videoRows.find(id);
      return video === null ? null : { isOver: isVideoOver(video), endedAt: video.endedAt };
    },
    read: (id) => this.read(id),
    missing: noVideo,
    expired: eventsExpired,
  };

  list(page: PageRequest, status: Video["status"] | null, of: VideoFilter): Page<ShownVideo> {
    return cutPage(
      this.#user.videoRows.page(page, status, of),
      page,
      (video) => video.id,
      (video) => this.show(video),
    );
  }

  /** Sends another message to a video that has ended: the answer to a question, or a change. */
  continueWith(call: Call, id: VideoId, prompt: string, callback: string | null): Promise<Result<ShownVideo, Problem>> {
    const { runtime, jobs } = this.#user;
    return createOnce<void, Result<ShownVideo, Problem>>(this.#user, call, {
      existing: () => this.read(id),
      check: () => {
        const video = this.#user.videoRows.find(id);
        if (video === null) return noVideo();
        if (!canContinue(video)) return isVideoOver(video) ? cannotContinue() : videoBusy(id);
        return checkCallback(this.#user, { callback_url: callback ?? undefined });
      },
      prepare: async () => {
        recordCaller(this.#user, call);
        const entered = [{ id, sequence: this.#user.outbox.countOf(id) }];
        const reserved = await reserveQuota(runtime, call, [], { entered, isPaid: true });
        return reserved.ok ? ok(undefined) : reserved;
      },
      commit: () => {
        const video = this.#user.videoRows.find(id);
        if (video !== null) this.save(video, nextRound(video, prompt, runtime.now(), callback));
        jobs.schedule(VIDEO, id, runtime.now());
        return id;
      },
      created: () => {
        jobs.tick();
        return this.read(id);
      },
    });
  }

  /** Stops the video. Nemo may still finish and charge what it has begun. */
  cancel(id: VideoId): Result<ShownVideo, Problem> {
    const video = this.#user.videoRows.find(id);
    if (video === null) return err(noVideo());
    if (!isVideoOver(video)) {
      const { turn, render } = this.#user.videoRows.findStepResults(video);
      this.save(video, cancelledVideo(video, { turn, render }, this.#user.runtime.now()));
      if (turn !== null) this.#user.turnRun.cancel(turn);
      if (render !== null) this.#user.renders.cancel(render);
      this.#user.jobs.tick();
    }
    return this.read(id);
  }

  /** The storage key of the newest file, or why there is none yet. */
  file(id: VideoId): Result<StoredFile, Problem> {
    const video = this.#user.videoRows.find(id);
    if (video === null) return err(noVideo());
    if (video.file !== null) return this.#user.renderFiles.file(video.file);
    return err(isVideoOver(video) && video.error !== null ? noFile(video, video.error) : videoNotReady(video));
  }

  /** A token that gives access to the newest file for so many seconds, without other credentials. */
  async share(
    call: Call,
    id: VideoId,
    seconds: number,
  ): Promise<Result<{ token: string; expires_at: string }, Problem>> {
    const file = this.file(id);
    const video = this.#user.videoRows.find(id);
    if (!file.ok || video?.file == null) return file.ok ? err(noVideo()) : file;
    return this.#user.renderFiles.share(call, video.file, seconds);
  }

  /** Stores the next state of a video, appends it to the video's stream, and publishes the end to the tenant. */
  save(before: Video, video: Video): void {
    const { runtime, log, outbox, jobs } = this.#user;
    runtime.storage.transactionSync(() => {
      const stored = isVideoOver(video) ? { ...video, sources: withoutAddresses(video.sources) } : video;
      this.#user.videoRows.save(stored);
      log.append(video.id, importEvents(before, stored));
      const shown = this.show(video);
      const hasMoved = video.stage !== before.stage || isVideoOver(before);
      if (hasMoved && !isVideoOver(video)) this.#appendStage(shown);
      if (!isVideoOver(video) || isVideoOver(before)) return;
      log.append(video.id, [{ type: `video.${endOf(video)}`, video: shown }]);
      outbox.add(`video.${endOf(video)}`, video.id, shown, video);
      jobs.done(VIDEO, video.id);
      jobs.scheduleOnce(CLEANUP, "", runtime.now() + EVENTS_TTL_MS + HOUR_MS);
    });
    if (!isVideoOver(video)) return;
    log.forget(video.id);
    this.#lastProgress.delete(video.id);
  }

  /** Appends the progress to the stream if it has increased. */
  publishProgress(video: Video): void {
    const shown = this.show(video);
    if (shown.progress > (this.#lastProgress.get(video.id) ?? 0)) this.#appendStage(shown);
  }

  #appendStage({ id, stage, progress }: ShownVideo): void {
    this.#lastProgress.set(id, progress);
    this.#user.log.append(id, [{ type: "video.stage", stage, progress }]);
  }

  readonly #lastProgress = new Map<VideoId, number>();

  show(video: Video): ShownVideo {
    return showVideo(this.#user, this.#user.renderRows, video);
  }
}

type End = "completed" | "failed" | "cancelled" | "needs_input";
const endOf = ({ status }: Video): End => status as End; // called for videos that are over
