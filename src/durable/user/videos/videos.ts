/** What callers ask of videos: to start one, to read it, to go on with it, to stop it. Making and following it are next door. */

import { importOwner, uploadObjectName } from "../../../core/address.ts";
import { decrypt, encrypt } from "../../../core/crypto.ts";
import { ERRORS, type ErrorCode, type Problem, problemOf } from "../../../core/errors.ts";
import { type AssetId, type BatchId, type KeyId, ownedId, type VideoId } from "../../../core/ids.ts";
import { EVENTS_TTL_MS } from "../../../core/limits.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { UploadRpc } from "../../../core/rpc/upload.ts";
import type { AssetRecord, Call, Page, PageRequest, StoredFile, VideoFilter } from "../../../core/rpc/user.ts";
import { HOUR_MS } from "../../../core/time.ts";
import {
  isOver,
  isUnbegun,
  mayGoOn,
  type NamedOrder,
  type NamedSource,
  newVideoOf,
  nextRound,
  toCancelled,
  type Video,
  type VideoOrder,
  type VideoSource,
  withoutAddresses,
} from "../../../core/video.ts";
import type { UploadWire } from "../../../core/wire/upload.ts";
import type { VideoEventWire } from "../../../core/wire/video.ts";
import { pageOf } from "../../shared/context.ts";
import { duplicateDeleted, findByIdempotencyKey, saveIdempotencyKey } from "../../shared/idempotency.ts";
import type { Assets } from "../assets.ts";
import { enter, isNamed, TIDY, type UserContext, VIDEO } from "../context.ts";
import type { Projects } from "../projects.ts";
import type { RenderFiles } from "../renders/files.ts";
import type { Renders } from "../renders/renders.ts";
import type { RenderRows } from "../renders/store.ts";
import type { TurnRun } from "../turns/run.ts";
import { failureOf } from "../turns/store.ts";
import { checkOrder, type ShownVideo, showVideo, type VideoRows, videoUrl } from "./store.ts";

/*
 * The files of a video that are named by an address: each becomes an import under an id that is chosen with the order, so
 * that it is begun once, whatever dies in between.
 */

/** The same sources, each with its ids; addresses sealed, because a signed link is a secret. */
export function settleSources(context: UserContext, sources: readonly NamedSource[]): Promise<VideoSource[]> {
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
 * Begins every import of a video that is not begun; the video without its addresses. Null: some must wait, since its user
 * has as many open uploads as may be. Asking again for one that is there finds it.
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
    if (url === null) return err(forgotten());
    const object = runtime.env.UPLOAD.getByName(uploadObjectName(address, upload)) as unknown as UploadRpc; // UploadObject implements it
    const made = await object.startImport(call, address, upload, { url, fileName: null, metadata: {} });
    if (!made.ok && made.error.code === "concurrency_limited") return null;
    if (!made.ok) return made;
  }
  return ok({ ...video, sources: withoutAddresses(video.sources) });
}

/** What a video's stream is told of the files that come from an address: that each is fetched, and that it is here. */
export function importsTold(before: Video, video: Video): Extract<VideoEventWire, { type: "video.import" }>[] {
  const wasBegun = before.sources.some(isUnbegun) && !video.sources.some(isUnbegun) && !isOver(video);
  const isThere = before.stage === "assets" && video.stage === "turn";
  const status = wasBegun ? "started" : isThere ? "stored" : null;
  if (status === null) return [];
  return video.sources.flatMap(({ import: wanted, upload, asset }) =>
    wanted === undefined || upload === null
      ? []
      : [{ type: "video.import", status, upload_id: upload, asset_id: asset } as const],
  );
}

/** Why an import did not become a file, in its own words; `place` says which of several it was. */
export function importFailed({ status, error }: UploadWire, place: string): Problem {
  const code = error !== null && Object.hasOwn(ERRORS, error.code) ? (error.code as ErrorCode) : "import_unavailable";
  const detail = error?.detail ?? `The import of a file is ${status}; name its address again.`;
  return problemOf(code, place + detail, { charged: "no", ...(error?.hint === undefined ? {} : { hint: error.hint }) });
}

const forgotten = (): Problem =>
  problemOf("import_unavailable", "The address of a file is no longer known here; start the video again.", {
    charged: "no",
    hint: "POST /v1/videos",
  });

/* What a caller of videos is told when there is none, not yet, or no more. */

export const noVideo = (): Problem =>
  problemOf("not_found", "No video with this id exists here; list yours with GET /v1/videos.");

export const busy = (id: VideoId): Problem =>
  problemOf("video_busy", "The video is still being made; go on with it when it has ended or asks for more.", {
    hint: `GET /v1/videos/${id}`,
    retryAfterSeconds: 5,
  });

export const cannotGoOn = (): Problem =>
  problemOf("cancelled", "A cancelled video does not go on; start another one, in its project if you like.", {
    hint: "POST /v1/videos",
  });

export const notReady = ({ id, status }: Video): Problem =>
  status === "needs_input"
    ? problemOf("needs_input", "The agent asks for more; answer it with another turn of the video.", {
        hint: `POST /v1/videos/${id}/turns`,
      })
    : problemOf("video_not_ready", "The video is not finished; read it again later.", {
        hint: `GET /v1/videos/${id}`,
        retryAfterSeconds: 5,
      });

/** Of a video that ended without a file: its own error, and what the video itself says was charged. */
export const noFile = ({ id, charged }: Video, error: Problem): Problem =>
  problemOf("no_file", `This video ended without a file: ${error.detail}`, {
    hint: error.hint ?? `GET /v1/videos/${id}`,
    members: { error: failureOf(error) },
    registerUrl: error.registerUrl,
    ...(charged === null ? {} : { charged }),
  });

export const eventsExpired = (id: VideoId): Problem =>
  problemOf(
    "events_expired",
    "A video's events are kept for 24 hours after its end; the video itself is still there.",
    {
      hint: `GET /v1/videos/${id}`,
    },
  );

// ---- of what a video is made of

export const unusable = ({ filename }: AssetRecord): Problem =>
  problemOf("unsupported_media", `${filename} cannot be used; send another file.`);

export const noAsset = (id: AssetId): Problem =>
  problemOf("not_found", `There is no asset ${id} here.`, { hint: "POST /v1/uploads", charged: "no" });

export const notUploaded = (id: string, status: string): Problem =>
  problemOf("upload_incomplete", `The upload ${id} is ${status}; send the file again.`, { charged: "no" });

export const onlyClip = (id: string): Problem =>
  problemOf("upload_incomplete", `The upload ${id} is a piece of a file; name the final upload that it belongs to.`, {
    charged: "no",
  });

export const notAccepted = ({ filename }: AssetRecord, accepts: readonly string[]): Problem =>
  problemOf("format_not_accepted", `${filename} is not one of ${accepts.join(", ")}, which this generator takes.`, {
    charged: "no",
  });

export class Videos {
  readonly #context: UserContext;
  readonly #rows: VideoRows;
  readonly #projects: Projects;
  readonly #assets: Assets;
  readonly #renders: Renders;
  readonly #files: RenderFiles;
  readonly #renderRows: RenderRows;
  readonly #turning: TurnRun;

  constructor(
    context: UserContext,
    rows: VideoRows,
    parts: {
      readonly projects: Projects;
      readonly assets: Assets;
      readonly renders: Renders;
      readonly files: RenderFiles;
      readonly renderRows: RenderRows;
      readonly run: TurnRun;
    },
  ) {
    this.#context = context;
    this.#rows = rows;
    this.#projects = parts.projects;
    this.#assets = parts.assets;
    this.#renders = parts.renders;
    this.#files = parts.files;
    this.#renderRows = parts.renderRows;
    this.#turning = parts.run;
  }

  /** Commits the order; the schedule makes it. A call that was made before is told so in its answer. */
  async start(call: Call, named: NamedOrder): Promise<Result<ShownVideo, Problem>> {
    const { runtime, jobs } = this.#context;
    // Before the question whether the call was made: between that and the commit nothing may be awaited.
    const order = { ...named, sources: await settleSources(this.#context, named.sources) };
    enter(this.#context, call);
    const idempotency = findByIdempotencyKey(runtime, call);
    if (!idempotency.ok) return idempotency;
    const made = idempotency.value === null ? null : this.read(idempotency.value as VideoId); // written by this method only
    if (made !== null) return made.ok ? ok({ ...made.value, deduplicated: true }) : err(duplicateDeleted());
    const problem = this.check(named);
    if (problem !== null) return err(problem);
    const video = runtime.storage.transactionSync(() => {
      const begun = this.begin(order, null, call.key ?? null);
      saveIdempotencyKey(runtime, call, begun.id);
      return begun;
    });
    await runtime.boundary("video.intent");
    jobs.tick();
    return ok(this.show(video));
  }

  /** Why an order can never be made here; null when nothing speaks against it. `named`: whether its address is a user's. */
  check(order: NamedOrder, named = isNamed(this.#context)): Problem | null {
    return checkOrder(this.#context, this.#projects, this.#assets, order, named);
  }

  /** Writes a new video down and owes its first step; it counts for `key`. Call inside the transaction of what orders it. */
  begin(order: VideoOrder, batch: BatchId | null, key: KeyId | null): Video {
    const { runtime, address, jobs, log } = this.#context;
    const id = ownedId("vid", address.uh, runtime.now(), runtime.random);
    const video = { ...newVideoOf(order, id, runtime.now(), batch), key };
    const events_url = `${videoUrl(this.#context, video.id)}/events`;
    this.#rows.save(video);
    log.append(video.id, [{ type: "video.started", id: video.id, events_url }]);
    jobs.schedule(VIDEO, video.id, runtime.now());
    return video;
  }

  read(id: VideoId): Result<ShownVideo, Problem> {
    const video = this.#rows.find(id);
    return video === null ? err(noVideo()) : ok(this.show(video));
  }

  list(page: PageRequest, status: Video["status"] | null, of: VideoFilter): Page<ShownVideo> {
    return pageOf(
      this.#rows.page(page, status, of),
      page,
      (video) => video.id,
      (video) => this.show(video),
    );
  }

  /** Another message to the same video, once it is over: its answer to a question, or a change. */
  continueWith(call: Call, id: VideoId, prompt: string): Result<ShownVideo, Problem> {
    const { runtime, jobs } = this.#context;
    const video = this.#rows.find(id);
    if (video === null) return err(noVideo());
    const idempotency = findByIdempotencyKey(runtime, call);
    if (!idempotency.ok) return idempotency;
    if (idempotency.value !== null) return this.read(id);
    if (!mayGoOn(video)) return err(isOver(video) ? cannotGoOn() : busy(id));
    enter(this.#context, call);
    runtime.storage.transactionSync(() => {
      this.save(video, nextRound(video, prompt, runtime.now()));
      saveIdempotencyKey(runtime, call, id);
      jobs.schedule(VIDEO, id, runtime.now());
    });
    jobs.tick();
    return this.read(id);
  }

  /** Stops making it. What upstream has begun may still finish and be charged. */
  cancel(id: VideoId): Result<ShownVideo, Problem> {
    const video = this.#rows.find(id);
    if (video === null) return err(noVideo());
    if (!isOver(video)) {
      const { turn, render } = this.#rows.made(video);
      this.save(video, toCancelled(video, { turn, render }, this.#context.runtime.now()));
      if (turn !== null) this.#turning.cancel(turn);
      if (render !== null) this.#renders.cancel(render);
      this.#context.jobs.tick();
    }
    return this.read(id);
  }

  /** Where its newest file lies; refuses until there is one. */
  file(id: VideoId): Result<StoredFile, Problem> {
    const video = this.#rows.find(id);
    if (video === null) return err(noVideo());
    if (video.file !== null) return this.#files.file(video.file);
    return err(isOver(video) && video.error !== null ? noFile(video, video.error) : notReady(video));
  }

  /** A token that opens its newest file for so long, without a credential. */
  async share(
    call: Call,
    id: VideoId,
    seconds: number,
  ): Promise<Result<{ token: string; expires_at: string }, Problem>> {
    const file = this.file(id);
    const video = this.#rows.find(id);
    if (!file.ok || video?.file == null) return file.ok ? err(noVideo()) : file;
    return this.#files.share(call, video.file, seconds);
  }

  /** Writes a video's next state down, with what its stream and the tenant are told of it. */
  save(before: Video, video: Video): void {
    const { runtime, log, outbox, jobs } = this.#context;
    runtime.storage.transactionSync(() => {
      const kept = isOver(video) ? { ...video, sources: withoutAddresses(video.sources) } : video;
      this.#rows.save(kept);
      log.append(video.id, importsTold(before, kept));
      const shown = this.show(video);
      const isFurther = video.stage !== before.stage || isOver(before);
      if (isFurther && !isOver(video)) this.#tell(shown);
      if (!isOver(video) || isOver(before)) return;
      log.append(video.id, [{ type: `video.${endOf(video)}`, video: shown }]);
      outbox.add(`video.${endOf(video)}`, video.id, shown, video);
      jobs.done(VIDEO, video.id);
      jobs.scheduleOnce(TIDY, "", runtime.now() + EVENTS_TTL_MS + HOUR_MS);
    });
    if (!isOver(video)) return;
    log.forget(video.id);
    this.#said.delete(video.id);
  }

  /** Says how far it is, where that is further than what was said last. */
  publishProgress(video: Video): void {
    const shown = this.show(video);
    if (shown.progress > (this.#said.get(video.id) ?? 0)) this.#tell(shown);
  }

  #tell({ id, stage, progress }: ShownVideo): void {
    this.#said.set(id, progress);
    this.#context.log.append(id, [{ type: "video.stage", stage, progress }]);
  }

  readonly #said = new Map<VideoId, number>();

  show(video: Video): ShownVideo {
    return showVideo(this.#context, this.#renderRows, video);
  }
}

type End = "completed" | "failed" | "cancelled" | "needs_input";
const endOf = ({ status }: Video): End => status as End; // asked of videos that are over
