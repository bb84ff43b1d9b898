/**
 * A user's object: one writer for one user's projects, turns, assets and renders.
 *
 * This file is the front door: each call goes to its part in `user/`, due work where `user/work.ts` says.
 */

import { DurableObject } from "cloudflare:workers";
import type { UserGrant } from "../../core/auth.ts";
import type { BatchChange, BatchOrder, NamedBatchItem } from "../../core/batch.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import type { GeneratorJobOrder } from "../../core/generators/job.ts";
import type {
  AssetId,
  BatchId,
  GeneratorJobId,
  ProjectId,
  RenderId,
  TurnId,
  UploadId,
  VideoId,
} from "../../core/ids.ts";
import type { UploadBytes } from "../../core/quota.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { ProvidedToken } from "../../core/rpc/token.ts";
import type {
  AssetRecord,
  BatchRpc,
  Call,
  EventSubscription,
  GeneratorJobRpc,
  Page,
  PageRequest,
  StoredFile,
  UserRpc,
  UserTokenMethod,
  VideoFilter,
  VideoRpc,
} from "../../core/rpc/user.ts";
import type { Session, UserRecord } from "../../core/tenant.ts";
import { toRfc3339 } from "../../core/time.ts";
import { forUser, turnAskedFor } from "../../core/user-view.ts";
import type { NamedOrder, Video } from "../../core/video.ts";
import type { AttributionWire } from "../../core/wire/attribution.ts";
import type { BatchItemWire, BatchWire } from "../../core/wire/batch.ts";
import type { GeneratorJobWire } from "../../core/wire/making.ts";
import type { BrowserLinkWire, NewProject, ProjectPatch, ProjectWire, TimelineWire } from "../../core/wire/project.ts";
import type { NewRender, RenderPlan, RenderWire } from "../../core/wire/render.ts";
import type { CreditsWire, NemoTokenWire, TokenFor } from "../../core/wire/token.ts";
import type { NewTurn, TurnWire } from "../../core/wire/turn.ts";
import type { TurnEventsPage } from "../../core/wire/turn-event.ts";
import type { AssetWire, AttachmentWire, UploadWire } from "../../core/wire/upload.ts";
import type { VideoEventsPage, VideoWire } from "../../core/wire/video.ts";
import type { Env } from "../../env.ts";
import { createRuntime, NO_PAGE } from "../shared/context.ts";
import type { Downloads } from "../shared/downloads.ts";
import type { Batches } from "./batches.ts";
import { admitNewUser, REGISTER } from "./context.ts";
import type { UserDeletion } from "./deletion.ts";
import type { VideoEvents } from "./event-streams.ts";
import type { GeneratorJobs } from "./generator-jobs.ts";
import { giveUpJob, runJob } from "./jobs.ts";
import type { Deletions } from "./project-deletion.ts";
import type { Projects } from "./projects.ts";
import type { RenderFiles } from "./renders/files.ts";
import type { Renders } from "./renders/renders.ts";
import { createUserServices, type UserServices } from "./services.ts";
import { noTurn } from "./turns/turns.ts";
import type { Videos } from "./videos/videos.ts";

/* What every door of a user's object stands in: who is deleted is refused here, and nowhere else. */

export type Answer<T> = Promise<Result<T, Problem>>;

export abstract class Doors extends DurableObject<Env> {
  /** Fields, not methods or getters: what stands on the prototype could be asked for from outside. */
  protected abstract readonly userDeletion: UserDeletion;
  protected abstract readonly downloads: Downloads;

  /**
   * Opens a door that makes or changes something, or touches upstream: a user that lives is answered, a deleted one is
   * refused with `user_deleted`. Doors that only read go without: a deleted user's object looks empty to them.
   */
  protected readonly whileActive = async <T>(answer: () => Answer<T> | Result<T, Problem>): Answer<T> => {
    const problem = this.userDeletion.check();
    if (problem !== null) return err(problem);
    try {
      return await answer();
    } catch (error) {
      // Deleted while it was under way: the tombstone stops the write by a throw.
      const since = this.userDeletion.check();
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
    return this.downloads.answer(this.whileActive(() => this.renders.start(call, project, body, attribution)));
  }

  async readRender(id: RenderId): Answer<RenderWire> {
    return this.downloads.answer(this.renders.read(id));
  }

  async planRender(project: ProjectId, body: NewRender): Answer<RenderPlan> {
    return this.whileActive(() => this.renders.plan(project, body));
  }

  async cancelRender(_call: Call, id: RenderId): Answer<RenderWire> {
    return this.downloads.answer(
      this.whileActive(() => {
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
    return this.whileActive(() => this.files.share(call, id, seconds));
  }
}

/* The doors of a user's object that lead to videos, and to the end of videos and projects. */

export abstract class VideoDoors extends RenderDoors implements VideoRpc {
  protected abstract readonly videos: Videos;
  protected abstract readonly videoEvents: VideoEvents;
  protected abstract readonly projects: Projects;
  protected abstract readonly deletions: Deletions;

  async startVideo(call: Call, order: NamedOrder): Answer<VideoWire> {
    return this.downloads.answer(this.whileActive(() => this.videos.start(call, order)));
  }

  async checkVideo(call: Call, order: NamedOrder): Answer<null> {
    return this.whileActive(() => {
      const problem = this.videos.check(order, call.named);
      return problem === null ? ok(null) : err(problem);
    });
  }

  async readVideo(id: VideoId): Answer<VideoWire> {
    return this.downloads.answer(this.videos.read(id));
  }

  async listVideos(page: PageRequest, status: Video["status"] | null, of: VideoFilter = {}): Promise<Page<VideoWire>> {
    return this.downloads.page(this.videos.list(page, status, of));
  }

  async continueVideo(call: Call, id: VideoId, prompt: string): Answer<VideoWire> {
    return this.downloads.answer(this.whileActive(() => this.videos.continueWith(call, id, prompt)));
  }

  async cancelVideo(_call: Call, id: VideoId): Answer<VideoWire> {
    return this.downloads.answer(this.whileActive(() => this.videos.cancel(id)));
  }

  async watchVideo(id: VideoId, after: number, grant: UserGrant | null = null): Answer<EventSubscription> {
    return this.videoEvents.watch(id, after, grant);
  }

  async readVideoEvents(id: VideoId, after: number, limit: number, waitMs: number): Answer<VideoEventsPage> {
    return this.videoEvents.readEvents(id, after, limit, waitMs);
  }

  async awaitVideo(id: VideoId, waitMs: number): Answer<VideoWire> {
    return this.downloads.answer(this.videoEvents.awaitEnd(id, waitMs));
  }

  async readVideoFile(id: VideoId): Answer<StoredFile> {
    return this.videos.file(id);
  }

  async removeVideo(_call: Call, id: VideoId): Answer<null> {
    return this.whileActive(() => this.deletions.video(id));
  }

  async changeProject(_call: Call, id: ProjectId, patch: ProjectPatch): Answer<ProjectWire> {
    return this.whileActive(() => this.projects.change(id, patch));
  }

  async removeProject(_call: Call, id: ProjectId): Answer<null> {
    return this.whileActive(() => this.deletions.project(id));
  }

  async shareVideo(call: Call, id: VideoId, seconds: number): Answer<{ token: string; expires_at: string }> {
    return this.whileActive(() => this.videos.share(call, id, seconds));
  }
}

/* The doors of a user's object that lead to generators being made. */

export abstract class GeneratorJobDoors extends VideoDoors implements GeneratorJobRpc {
  protected abstract readonly generatorJobs: GeneratorJobs;

  async startGeneratorJob(call: Call, order: GeneratorJobOrder): Answer<GeneratorJobWire> {
    return this.whileActive(() => this.generatorJobs.start(call, order));
  }

  async readGeneratorJob(id: GeneratorJobId): Answer<GeneratorJobWire> {
    return this.generatorJobs.read(id);
  }
}

/* The doors of a user's object that lead to batches. */

export abstract class BatchDoors extends GeneratorJobDoors implements BatchRpc {
  protected abstract readonly batches: Batches;

  async startBatch(call: Call, order: BatchOrder, items: readonly NamedBatchItem[]): Answer<BatchWire> {
    return this.whileActive(() => this.batches.start(call, order, items));
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
    return this.whileActive(() => this.batches.change(id, change));
  }
}

export class UserObject extends BatchDoors implements UserRpc {
  readonly #services: UserServices;
  protected readonly userDeletion: UserDeletion;
  protected readonly downloads: Downloads;
  protected readonly renders: Renders;
  protected readonly files: RenderFiles;
  protected readonly videos: Videos;
  protected readonly videoEvents: VideoEvents;
  protected readonly projects: Projects;
  protected readonly deletions: Deletions;
  protected readonly generatorJobs: GeneratorJobs;
  protected readonly batches: Batches;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#services = createUserServices(createRuntime(ctx, env), {
      perform: (row) => runJob(this.#services, row),
      giveUp: (row) => giveUpJob(this.#services, row),
    });
    this.userDeletion = this.#services.userDeletion;
    this.downloads = this.#services.downloads;
    this.renders = this.#services.renders;
    this.files = this.#services.files;
    this.videos = this.#services.videos;
    this.videoEvents = this.#services.videoEvents;
    this.projects = this.#services.projects;
    this.deletions = this.#services.deletions;
    this.generatorJobs = this.#services.generatorJobs;
    this.batches = this.#services.batches;
    if (!this.#services.context.database.exists()) return;
    this.#services.run.recover();
    this.#services.workflow.recover();
  }

  async callWithToken(grant: UserGrant, door: UserTokenMethod, given: readonly unknown[]): Answer<unknown> {
    const problem = this.#services.sessions.check(grant);
    if (problem !== null) return err(problem);
    const turn = turnAskedFor(given);
    if (turn !== null && this.#services.turns.isGeneratorJob(turn)) return ok(err(noTurn()));
    const method = this[door] as (...given: unknown[]) => Promise<unknown>; // what crosses is what the port's method takes
    return ok(forUser(await method.apply(this, withPass(door, given, grant))));
  }

  async checkUserToken(grant: UserGrant): Answer<null> {
    const problem = this.#services.sessions.check(grant);
    return problem === null ? ok(null) : err(problem);
  }

  async openSession(call: Call): Answer<Session> {
    return this.whileActive(() => this.#services.sessions.open(call));
  }

  async signOut(call: Call): Answer<{ signed_out_at: string }> {
    return this.whileActive(() => this.#services.sessions.signOut(call));
  }

  async readName(): Promise<string | null> {
    return this.#services.sessions.name();
  }

  async repairName(): Promise<void> {
    const { context } = this.#services;
    if (this.userDeletion.check() !== null || !context.database.exists()) return;
    context.jobs.schedule(REGISTER, "", context.runtime.now());
    await context.jobs.ensureWatchdog();
  }

  async readUser(): Answer<UserRecord> {
    return this.#services.sessions.read();
  }

  async eraseUser(call?: Call): Answer<UserRecord> {
    const { sessions, context } = this.#services;
    const known = sessions.read();
    if (!known.ok) return known;
    this.userDeletion.begin(context.jobs, call?.audit ?? null);
    await context.jobs.ensureWatchdog();
    return sessions.read();
  }

  async createProject(call: Call, body: NewProject): Answer<ProjectWire> {
    return this.whileActive(() => this.#services.projects.create(call, body));
  }

  async readProject(id: ProjectId): Answer<ProjectWire> {
    return this.#services.projects.read(id);
  }

  async listProjects(page: PageRequest): Promise<Page<ProjectWire>> {
    return this.#services.context.database.exists() ? this.#services.projects.list(page) : NO_PAGE;
  }

  async readTimeline(id: ProjectId): Answer<{ timeline: TimelineWire; etag: string; draft: string | null }> {
    return this.#services.projects.timeline(id);
  }

  async makeBrowserLink(id: ProjectId): Answer<BrowserLinkWire> {
    return this.whileActive(() => this.#services.projects.browserLink(id));
  }

  async startTurn(
    call: Call,
    project: ProjectId,
    body: NewTurn,
    attribution: AttributionWire | null = null,
  ): Answer<TurnWire> {
    return this.whileActive(() => this.#services.turns.start(call, project, body, attribution));
  }

  async readTurn(id: TurnId): Answer<TurnWire> {
    return this.#services.turns.read(id);
  }

  async listTurns(project: ProjectId, page: PageRequest): Answer<Page<TurnWire>> {
    return this.#services.turns.list(project, page);
  }

  async cancelTurn(_call: Call, id: TurnId): Answer<TurnWire> {
    return this.whileActive(() => {
      this.#services.run.cancel(id);
      return this.#services.turns.read(id);
    });
  }

  async watchTurn(
    id: TurnId,
    after: number,
    ticket: string | null = null,
    grant: UserGrant | null = null,
  ): Answer<EventSubscription> {
    const problem = ticket === null ? null : this.#services.tickets.use(id, ticket);
    if (problem !== null) return err(problem);
    return this.#services.turns.watch(id, after, ticket === null ? grant : this.#services.sessions.ticketGrant());
  }

  async makeTicket(call: Call, id: TurnId): Answer<{ ticket: string; first_use_by: string }> {
    return this.whileActive(() => this.#services.tickets.make(call, id));
  }

  async readTurnEvents(id: TurnId, after: number, limit: number, waitMs: number): Answer<TurnEventsPage> {
    return this.#services.turns.readEvents(id, after, limit, waitMs);
  }

  async awaitTurn(id: TurnId, waitMs: number): Answer<TurnWire> {
    return this.#services.turns.awaitEnd(id, waitMs);
  }

  async admitUpload(call: Call, upload: UploadWire, bytes: UploadBytes | null): Answer<null> {
    return this.whileActive(() => this.#services.uploads.admit(call, upload, bytes));
  }

  async noteUpload(call: Call, id: UploadId, upload: UploadWire | null): Promise<void> {
    if (this.userDeletion.check() !== null) return;
    this.#services.uploads.note(call, id, upload);
    if (upload?.status === "failed") this.#services.workflow.lookAtFiles();
  }

  async mayWork(id: UploadId, work: "import" | "final"): Promise<boolean> {
    return this.#services.uploads.mayWork(id, work);
  }

  async listUploads(page: PageRequest): Promise<Page<UploadWire>> {
    return this.#services.context.database.exists() ? this.#services.uploads.list(page) : NO_PAGE;
  }

  async addAsset(call: Call, asset: AssetRecord): Answer<AssetWire> {
    return this.downloads.answer(this.whileActive(() => this.#services.assets.add(call, asset)));
  }

  async readAsset(id: AssetId): Answer<AssetRecord> {
    return this.#services.assets.read(id);
  }

  async readShownAsset(id: AssetId): Answer<AssetWire> {
    return this.downloads.answer(this.#services.assets.shown(id));
  }

  async removeAsset(_call: Call, id: AssetId): Answer<null> {
    return this.whileActive(() => this.#services.assetRemovals.begin(id));
  }

  async listAssets(page: PageRequest): Promise<Page<AssetWire>> {
    return this.#services.context.database.exists() ? this.downloads.page(this.#services.assets.list(page)) : NO_PAGE;
  }

  async attachAsset(call: Call, project: ProjectId, asset: AssetRecord): Answer<AttachmentWire> {
    return this.whileActive(() => this.#services.assets.attach(call, project, asset));
  }

  /**
   * Reading makes nothing: neither a user nor a token of one that nobody wrote for yet. A user token reads the balance of its
   * user's own account alone: asked before and after, since the token in use may change meanwhile.
   */
  async readCredits(grant: UserGrant | null = null): Answer<CreditsWire> {
    const { account, runtime } = this.#services.context;
    return this.whileActive(async () => {
      const isOpen = async (): Promise<boolean> => grant === null || (await account.isOwn());
      if (!(await isOpen())) return err(sharedBalance());
      const read = await account.read((token) => account.nemo.readCredits(token));
      if (!(await isOpen())) return err(sharedBalance());
      return read.ok ? ok({ ...read.value, read_at: toRfc3339(runtime.now()) }) : read;
    });
  }

  async readToken(only: TokenFor | null = null): Promise<NemoTokenWire> {
    return this.#services.context.account.state(only);
  }

  async putToken(call: Call, token: ProvidedToken): Answer<NemoTokenWire> {
    return this.whileActive(async () => {
      const entered = await admitNewUser(this.#services.context, call);
      return entered.ok ? this.#services.context.account.put(token, call.audit ?? null) : entered;
    });
  }

  async removeToken(call?: Call): Promise<void> {
    this.#services.context.account.remove(call?.audit ?? null);
  }

  async wake(): Promise<void> {
    await this.#services.context.account.renewEncryptions();
    await this.#services.context.jobs.wake();
  }

  override async alarm(): Promise<void> {
    this.#services.context.jobs.alarm();
  }
}

const sharedBalance = (): Problem =>
  problemOf("key_required", "This user works with the tenant's Nemo account, whose balance an API key alone reads.", {
    hint: "GET /v1/credits",
  });

/** What depends on who asks takes the pass along as its last argument; a stream also outlives the call that opens it. */
function withPass(door: UserTokenMethod, given: readonly unknown[], grant: UserGrant): unknown[] {
  if (door === "readCredits") return [grant];
  if (door === "watchTurn") return [...given.slice(0, 2), null, grant];
  return door === "watchVideo" ? [...given.slice(0, 2), grant] : [...given];
}
