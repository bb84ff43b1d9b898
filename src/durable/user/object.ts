/**
 * A user's object: one writer for one user's projects, turns, assets and renders.
 *
 * This file is the front door: each call goes to its part in `user/`, due work where `user/work.ts` says.
 */

import { DurableObject } from "cloudflare:workers";
import type { Pass } from "../../core/auth.ts";
import type { BatchChange, BatchOrder, NamedBatchItem } from "../../core/batch.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import type { MakingOrder } from "../../core/generators/job.ts";
import type { AssetId, BatchId, MakingId, ProjectId, RenderId, TurnId, UploadId, VideoId } from "../../core/ids.ts";
import type { UploadBytes } from "../../core/quota.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { BroughtToken } from "../../core/rpc/token.ts";
import type {
  AssetRecord,
  BatchPort,
  Call,
  MakingPort,
  Page,
  PageRequest,
  StoredFile,
  UserDoor,
  UserPort,
  VideoFilter,
  VideoPort,
  Watching,
} from "../../core/rpc/user.ts";
import type { Session, UserRecord } from "../../core/tenant.ts";
import { toRfc3339 } from "../../core/time.ts";
import { forUser, turnAskedFor } from "../../core/user-view.ts";
import type { NamedOrder, Video } from "../../core/video.ts";
import type { AttributionWire } from "../../core/wire/attribution.ts";
import type { BatchItemWire, BatchWire } from "../../core/wire/batch.ts";
import type { MakingWire } from "../../core/wire/making.ts";
import type { BrowserLinkWire, NewProject, ProjectPatch, ProjectWire, TimelineWire } from "../../core/wire/project.ts";
import type { NewRender, RenderPlan, RenderWire } from "../../core/wire/render.ts";
import type { CreditsWire, NemoTokenWire, TokenFor } from "../../core/wire/token.ts";
import type { NewTurn, TurnWire } from "../../core/wire/turn.ts";
import type { TurnEventsPage } from "../../core/wire/turn-event.ts";
import type { AssetWire, AttachmentWire, UploadWire } from "../../core/wire/upload.ts";
import type { VideoEventsPage, VideoWire } from "../../core/wire/video.ts";
import type { Env } from "../../env.ts";
import { layGround, NO_PAGE } from "../shared/context.ts";
import type { Downloads } from "../shared/downloads.ts";
import type { Batches } from "./batches.ts";
import { enterAsNew, REGISTER } from "./context.ts";
import type { Erasure } from "./deletion.ts";
import type { VideoStream } from "./event-streams.ts";
import type { Makings } from "./generator-jobs.ts";
import { giveUpDue, performDue } from "./jobs.ts";
import type { Removals } from "./project-deletion.ts";
import type { Projects } from "./projects.ts";
import type { RenderFiles } from "./renders/files.ts";
import type { Renders } from "./renders/renders.ts";
import { putTogether, type UserParts } from "./services.ts";
import { noTurn } from "./turns/turns.ts";
import type { Videos } from "./videos/videos.ts";

/* What every door of a user's object stands in: who is deleted is refused here, and nowhere else. */

export type Answer<T> = Promise<Result<T, Refusal>>;

export abstract class Doors extends DurableObject<Env> {
  /** Fields, not methods or getters: what stands on the prototype could be asked for from outside. */
  protected abstract readonly erasure: Erasure;
  protected abstract readonly downloads: Downloads;

  /**
   * Opens a door that makes or changes something, or touches upstream: a user that lives is answered, a deleted one is
   * refused with `user_deleted`. Doors that only read go without: a deleted user's object looks empty to them.
   */
  protected readonly living = async <T>(answer: () => Answer<T> | Result<T, Refusal>): Answer<T> => {
    const refused = this.erasure.refuse();
    if (refused !== null) return err(refused);
    try {
      return await answer();
    } catch (error) {
      // Deleted while it was under way: the tombstone stops the write by a throw.
      const since = this.erasure.refuse();
      if (since === null) throw error;
      return err(since);
    }
  };
}

/* The doors of a user's object that lead to renders. */

export abstract class RenderDoors extends Doors {
  protected abstract readonly renders: Renders;
  protected abstract readonly files: RenderFiles;

  async startRender(
    call: Call,
    project: ProjectId,
    body: NewRender,
    attribution: AttributionWire | null = null,
  ): Answer<RenderWire> {
    return this.downloads.answer(this.living(() => this.renders.start(call, project, body, attribution)));
  }

  async readRender(id: RenderId): Answer<RenderWire> {
    return this.downloads.answer(this.renders.read(id));
  }

  async planRender(project: ProjectId, body: NewRender): Answer<RenderPlan> {
    return this.living(() => this.renders.plan(project, body));
  }

  async cancelRender(_call: Call, id: RenderId): Answer<RenderWire> {
    return this.downloads.answer(
      this.living(() => {
        const known = this.renders.read(id);
        return known.ok ? this.renders.cancel(id) : known;
      }),
    );
  }

  async listRenders(project: ProjectId | null, page: PageRequest): Answer<Page<RenderWire>> {
    const listed = this.renders.list(project, page);
    return listed.ok ? ok(await this.downloads.page(listed.value)) : listed;
  }

  async renderFile(id: RenderId): Answer<StoredFile> {
    return this.files.file(id);
  }

  async shareRender(call: Call, id: RenderId, seconds: number): Answer<{ token: string; expires_at: string }> {
    return this.living(() => this.files.share(call, id, seconds));
  }
}

/* The doors of a user's object that lead to videos, and to the end of videos and projects. */

export abstract class VideoDoors extends RenderDoors implements VideoPort {
  protected abstract readonly videos: Videos;
  protected abstract readonly following: VideoStream;
  protected abstract readonly projects: Projects;
  protected abstract readonly removals: Removals;

  async startVideo(call: Call, order: NamedOrder): Answer<VideoWire> {
    return this.downloads.answer(this.living(() => this.videos.start(call, order)));
  }

  async checkVideo(call: Call, order: NamedOrder): Answer<null> {
    return this.living(() => {
      const refused = this.videos.refuse(order, call.named);
      return refused === null ? ok(null) : err(refused);
    });
  }

  async readVideo(id: VideoId): Answer<VideoWire> {
    return this.downloads.answer(this.videos.read(id));
  }

  async listVideos(page: PageRequest, status: Video["status"] | null, of: VideoFilter = {}): Promise<Page<VideoWire>> {
    return this.downloads.page(this.videos.list(page, status, of));
  }

  async continueVideo(call: Call, id: VideoId, prompt: string): Answer<VideoWire> {
    return this.downloads.answer(this.living(() => this.videos.goOn(call, id, prompt)));
  }

  async cancelVideo(_call: Call, id: VideoId): Answer<VideoWire> {
    return this.downloads.answer(this.living(() => this.videos.cancel(id)));
  }

  async watchVideo(id: VideoId, after: number, pass: Pass | null = null): Answer<Watching> {
    return this.following.watch(id, after, pass);
  }

  async readVideoEvents(id: VideoId, after: number, limit: number, waitMs: number): Answer<VideoEventsPage> {
    return this.following.readEvents(id, after, limit, waitMs);
  }

  async awaitVideo(id: VideoId, waitMs: number): Answer<VideoWire> {
    return this.downloads.answer(this.following.awaitEnd(id, waitMs));
  }

  async readVideoFile(id: VideoId): Answer<StoredFile> {
    return this.videos.file(id);
  }

  async removeVideo(_call: Call, id: VideoId): Answer<null> {
    return this.living(() => this.removals.video(id));
  }

  async changeProject(_call: Call, id: ProjectId, patch: ProjectPatch): Answer<ProjectWire> {
    return this.living(() => this.projects.change(id, patch));
  }

  async removeProject(_call: Call, id: ProjectId): Answer<null> {
    return this.living(() => this.removals.project(id));
  }

  async shareVideo(call: Call, id: VideoId, seconds: number): Answer<{ token: string; expires_at: string }> {
    return this.living(() => this.videos.share(call, id, seconds));
  }
}

/* The doors of a user's object that lead to generators being made. */

export abstract class MakingDoors extends VideoDoors implements MakingPort {
  protected abstract readonly makings: Makings;

  async startMaking(call: Call, order: MakingOrder): Answer<MakingWire> {
    return this.living(() => this.makings.start(call, order));
  }

  async readMaking(id: MakingId): Answer<MakingWire> {
    return this.makings.read(id);
  }
}

/* The doors of a user's object that lead to batches. */

export abstract class BatchDoors extends MakingDoors implements BatchPort {
  protected abstract readonly batches: Batches;

  async startBatch(call: Call, order: BatchOrder, items: readonly NamedBatchItem[]): Answer<BatchWire> {
    return this.living(() => this.batches.start(call, order, items));
  }

  async readBatch(id: BatchId): Answer<BatchWire> {
    return this.batches.read(id);
  }

  async listBatches(page: PageRequest): Promise<Page<BatchWire>> {
    return this.batches.list(page);
  }

  async listBatchItems(
    id: BatchId,
    page: PageRequest,
    status: BatchItemWire["status"] | null = null,
  ): Answer<Page<BatchItemWire>> {
    const listed = this.batches.items(id, page, status);
    if (!listed.ok) return listed;
    const { data, ...place } = listed.value;
    const shown = data.map(async ({ video, ...item }) => ({
      ...item,
      video: video === null ? null : await this.downloads.one(video),
    }));
    return ok({ ...place, data: await Promise.all(shown) });
  }

  async changeBatch(_call: Call, id: BatchId, change: BatchChange): Answer<BatchWire> {
    return this.living(() => this.batches.change(id, change));
  }
}

export class UserObject extends BatchDoors implements UserPort {
  readonly #parts: UserParts;
  protected readonly erasure: Erasure;
  protected readonly downloads: Downloads;
  protected readonly renders: Renders;
  protected readonly files: RenderFiles;
  protected readonly videos: Videos;
  protected readonly following: VideoStream;
  protected readonly projects: Projects;
  protected readonly removals: Removals;
  protected readonly makings: Makings;
  protected readonly batches: Batches;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#parts = putTogether(layGround(ctx, env), {
      perform: (row) => performDue(this.#parts, row),
      giveUp: (row) => giveUpDue(this.#parts, row),
    });
    this.erasure = this.#parts.erasure;
    this.downloads = this.#parts.downloads;
    this.renders = this.#parts.renders;
    this.files = this.#parts.files;
    this.videos = this.#parts.videos;
    this.following = this.#parts.following;
    this.projects = this.#parts.projects;
    this.removals = this.#parts.removals;
    this.makings = this.#parts.makings;
    this.batches = this.#parts.batches;
    if (!this.#parts.home.database.exists()) return;
    this.#parts.run.recover();
    this.#parts.filming.recover();
  }

  async callAs(pass: Pass, door: UserDoor, given: readonly unknown[]): Answer<unknown> {
    const refused = this.#parts.sessions.refuse(pass);
    if (refused !== null) return err(refused);
    const turn = turnAskedFor(given);
    if (turn !== null && this.#parts.turns.isMaking(turn)) return ok(err(noTurn()));
    const method = this[door] as (...given: unknown[]) => Promise<unknown>; // what crosses is what the port's method takes
    return ok(forUser(await method.apply(this, withPass(door, given, pass))));
  }

  async readAdmission(pass: Pass): Answer<null> {
    const refused = this.#parts.sessions.refuse(pass);
    return refused === null ? ok(null) : err(refused);
  }

  async openSession(call: Call): Answer<Session> {
    return this.living(() => this.#parts.sessions.open(call));
  }

  async signOut(call: Call): Answer<{ signed_out_at: string }> {
    return this.living(() => this.#parts.sessions.signOut(call));
  }

  async readName(): Promise<string | null> {
    return this.#parts.sessions.name();
  }

  async mendName(): Promise<void> {
    const { home } = this.#parts;
    if (this.erasure.refuse() !== null || !home.database.exists()) return;
    home.schedule.owe(REGISTER, "", home.ground.now());
    await home.schedule.cover();
  }

  async readUser(): Answer<UserRecord> {
    return this.#parts.sessions.read();
  }

  async eraseUser(call?: Call): Answer<UserRecord> {
    const { sessions, home } = this.#parts;
    const known = sessions.read();
    if (!known.ok) return known;
    this.erasure.begin(home.schedule, call?.audit ?? null);
    await home.schedule.cover();
    return sessions.read();
  }

  async createProject(call: Call, body: NewProject): Answer<ProjectWire> {
    return this.living(() => this.#parts.projects.create(call, body));
  }

  async readProject(id: ProjectId): Answer<ProjectWire> {
    return this.#parts.projects.read(id);
  }

  async listProjects(page: PageRequest): Promise<Page<ProjectWire>> {
    return this.#parts.home.database.exists() ? this.#parts.projects.list(page) : NO_PAGE;
  }

  async readTimeline(id: ProjectId): Answer<{ timeline: TimelineWire; etag: string; draft: string | null }> {
    return this.#parts.projects.timeline(id);
  }

  async makeBrowserLink(id: ProjectId): Answer<BrowserLinkWire> {
    return this.living(() => this.#parts.projects.browserLink(id));
  }

  async startTurn(
    call: Call,
    project: ProjectId,
    body: NewTurn,
    attribution: AttributionWire | null = null,
  ): Answer<TurnWire> {
    return this.living(() => this.#parts.turns.start(call, project, body, attribution));
  }

  async readTurn(id: TurnId): Answer<TurnWire> {
    return this.#parts.turns.read(id);
  }

  async listTurns(project: ProjectId, page: PageRequest): Answer<Page<TurnWire>> {
    return this.#parts.turns.list(project, page);
  }

  async cancelTurn(_call: Call, id: TurnId): Answer<TurnWire> {
    return this.living(() => {
      this.#parts.run.cancel(id);
      return this.#parts.turns.read(id);
    });
  }

  async watchTurn(id: TurnId, after: number, ticket: string | null = null, pass: Pass | null = null): Answer<Watching> {
    const refused = ticket === null ? null : this.#parts.tickets.use(id, ticket);
    if (refused !== null) return err(refused);
    return this.#parts.turns.watch(id, after, ticket === null ? pass : this.#parts.sessions.ticketPass());
  }

  async makeTicket(call: Call, id: TurnId): Answer<{ ticket: string; first_use_by: string }> {
    return this.living(() => this.#parts.tickets.make(call, id));
  }

  async readTurnEvents(id: TurnId, after: number, limit: number, waitMs: number): Answer<TurnEventsPage> {
    return this.#parts.turns.readEvents(id, after, limit, waitMs);
  }

  async awaitTurn(id: TurnId, waitMs: number): Answer<TurnWire> {
    return this.#parts.turns.awaitEnd(id, waitMs);
  }

  async admitUpload(call: Call, upload: UploadWire, bytes: UploadBytes | null): Answer<null> {
    return this.living(() => this.#parts.uploads.admit(call, upload, bytes));
  }

  async noteUpload(call: Call, id: UploadId, upload: UploadWire | null): Promise<void> {
    if (this.erasure.refuse() !== null) return;
    this.#parts.uploads.note(call, id, upload);
    if (upload?.status === "failed") this.#parts.filming.lookAtFiles();
  }

  async mayWork(id: UploadId, work: "import" | "final"): Promise<boolean> {
    return this.#parts.uploads.mayWork(id, work);
  }

  async listUploads(page: PageRequest): Promise<Page<UploadWire>> {
    return this.#parts.home.database.exists() ? this.#parts.uploads.list(page) : NO_PAGE;
  }

  async addAsset(call: Call, asset: AssetRecord): Answer<AssetWire> {
    return this.downloads.answer(this.living(() => this.#parts.assets.add(call, asset)));
  }

  async readAsset(id: AssetId): Answer<AssetRecord> {
    return this.#parts.assets.read(id);
  }

  async readShownAsset(id: AssetId): Answer<AssetWire> {
    return this.downloads.answer(this.#parts.assets.shown(id));
  }

  async removeAsset(_call: Call, id: AssetId): Answer<null> {
    return this.living(() => this.#parts.assetRemovals.begin(id));
  }

  async listAssets(page: PageRequest): Promise<Page<AssetWire>> {
    return this.#parts.home.database.exists() ? this.downloads.page(this.#parts.assets.list(page)) : NO_PAGE;
  }

  async attachAsset(call: Call, project: ProjectId, asset: AssetRecord): Answer<AttachmentWire> {
    return this.living(() => this.#parts.assets.attach(call, project, asset));
  }

  /**
   * Reading makes nothing: neither a user nor a token of one that nobody wrote for yet. A user token reads the balance of its
   * user's own account alone: asked before and after, since the token in use may change meanwhile.
   */
  async readCredits(pass: Pass | null = null): Answer<CreditsWire> {
    const { account, ground } = this.#parts.home;
    return this.living(async () => {
      const isOpen = async (): Promise<boolean> => pass === null || (await account.isOwn());
      if (!(await isOpen())) return err(sharedBalance());
      const read = await account.read((token) => account.nemo.readCredits(token));
      if (!(await isOpen())) return err(sharedBalance());
      return read.ok ? ok({ ...read.value, read_at: toRfc3339(ground.now()) }) : read;
    });
  }

  async readToken(only: TokenFor | null = null): Promise<NemoTokenWire> {
    return this.#parts.home.account.state(only);
  }

  async putToken(call: Call, token: BroughtToken): Answer<NemoTokenWire> {
    return this.living(async () => {
      const entered = await enterAsNew(this.#parts.home, call);
      return entered.ok ? this.#parts.home.account.put(token, call.audit ?? null) : entered;
    });
  }

  async removeToken(call?: Call): Promise<void> {
    this.#parts.home.account.remove(call?.audit ?? null);
  }

  async wake(): Promise<void> {
    await this.#parts.home.account.renewSeals();
    await this.#parts.home.schedule.wake();
  }

  override async alarm(): Promise<void> {
    this.#parts.home.schedule.alarm();
  }
}

const sharedBalance = (): Refusal =>
  refusal("key_required", "This user works with the tenant's Nemo account, whose balance an API key alone reads.", {
    hint: "GET /v1/credits",
  });

/** What depends on who asks takes the pass along as its last argument; a stream also outlives the call that opens it. */
function withPass(door: UserDoor, given: readonly unknown[], pass: Pass): unknown[] {
  if (door === "readCredits") return [pass];
  if (door === "watchTurn") return [...given.slice(0, 2), null, pass];
  return door === "watchVideo" ? [...given.slice(0, 2), pass] : [...given];
}
