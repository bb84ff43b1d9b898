/**
 * The Durable Object of one user: its projects, turns, assets, renders, videos, batches and generator jobs.
 *
 * Each RPC method calls one service (services.ts), and so does each of its jobs (`USER_JOBS`).
 */
import { DurableObject } from "cloudflare:workers";
import type { UserGrant } from "../../core/auth.ts";
import type { BatchChange, BatchRequest, NamedBatchItem } from "../../core/batch.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import type { GeneratorJobRequest } from "../../core/generators/job.ts";
import type {
  AssetId,
  BatchId,
  GeneratorJobId,
  ListedKind,
  ProjectId,
  RenderId,
  TurnId,
  UploadId,
  VideoId,
} from "../../core/ids.ts";
import { EVENTS_TTL_MS, REMOVED_TTL_MS } from "../../core/limits.ts";
import { EMPTY_PAGE } from "../../core/page.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { ProvidedToken } from "../../core/rpc/token.ts";
import {
  type AssetRecord,
  type Call,
  type EventSubscription,
  type Listed,
  type ListedOfUser,
  type Page,
  type PageRequest,
  type StoredFile,
  type TurnPoll,
  USER_METHODS,
  type UserMethod,
  type UserRpc,
  type UserTokenMethod,
  type VideoFilter,
} from "../../core/rpc/user.ts";
import type { UserRecord, UserSession } from "../../core/tenant.ts";
import { HOUR_MS, toRfc3339 } from "../../core/time.ts";
import type { UploadReservation } from "../../core/usage/quota.ts";
import { forUser, turnIdIn } from "../../core/user-view.ts";
import type { NamedVideoRequest, Video } from "../../core/video.ts";
import type { BatchItemWire, BatchWire } from "../../core/wire/batch.ts";
import type { AttributionWire } from "../../core/wire/common.ts";
import type { GeneratorJobWire } from "../../core/wire/generator.ts";
import type { BrowserLinkWire, NewProject, ProjectPatch, ProjectWire, TimelineWire } from "../../core/wire/project.ts";
import type { NewRender, RenderPlan, RenderStatus, RenderWire } from "../../core/wire/render.ts";
import type { CreditsWire, NemoTokenWire, TokenFor } from "../../core/wire/token.ts";
import type { NewTurn, TurnEventsPage, TurnWire } from "../../core/wire/turn.ts";
import type { AssetWire, AttachmentWire, UploadWire } from "../../core/wire/upload.ts";
import type { VideoEventsPage, VideoWire } from "../../core/wire/video.ts";
import type { Env } from "../../env.ts";
import { createRuntime } from "../shared/context.ts";
import type { JobKind } from "../shared/job-kinds.ts";
import { type JobHandler, type JobTable, jobOf, mustWait } from "../shared/jobs.ts";
import { AUDIT, OUTBOX, publishAudit } from "../shared/outbox.ts";
import { TOKEN_STATUS, TOKEN_WARNING } from "../shared/stored-token.ts";
import {
  ATTACH,
  admitNewUser,
  BATCH,
  CLEANUP,
  DELETE_JOB,
  FILE_EXPIRY,
  GENERATOR_JOB,
  REGISTER,
  RENDER,
  RETENTION,
  register,
  SUGGESTED_RENDER,
  TURN,
  VIDEO,
} from "./context.ts";
import { DELETE_USER, PURGE } from "./deletion.ts";
import { createUserServices, type UserServices } from "./services.ts";
import { noTurn } from "./turns/turns.ts";

type Answer<T> = Promise<Result<T, Problem>>;

export class UserObject extends DurableObject<Env> implements UserRpc {
  readonly #user: UserServices;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#user = createUserServices(
      createRuntime(ctx, env),
      userJobHandler(() => this.#user),
    );
  }

  async callWithToken(grant: UserGrant, method: UserTokenMethod, given: readonly unknown[]): Answer<unknown> {
    const problem = this.#user.sessions.check(grant);
    if (problem !== null) return err(problem);
    const { token, grantAt }: UserMethod = USER_METHODS[method];
    if (!token)
      return err(problemOf("key_required", "This operation needs an API key; a user token does not allow it."));
    const turn = turnIdIn(given);
    if (turn !== null && this.#user.turns.isGeneratorJob(turn)) return ok(err(noTurn()));
    const run = this[method] as (...given: unknown[]) => Promise<unknown>; // the caller passes this method's arguments
    const passed =
      grantAt === undefined ? given : [...Array.from({ length: grantAt }, (_, n) => given[n] ?? null), grant];
    return ok(forUser(await run.apply(this, [...passed])));
  }

  async checkUserToken(grant: UserGrant): Answer<null> {
    const problem = this.#user.sessions.check(grant);
    return problem === null ? ok(null) : err(problem);
  }

  async isDeleted(): Promise<boolean> {
    return this.#user.userDeletion.check() !== null;
  }

  async openSession(call: Call): Answer<UserSession> {
    return this.#whileActive(() => this.#user.sessions.open(call));
  }

  async signOut(call: Call): Answer<{ signed_out_at: string }> {
    return this.#whileActive(() => this.#user.sessions.signOut(call));
  }

  async readName(): Promise<string | null> {
    return this.#user.sessions.name();
  }

  async readListed<K extends ListedKind>(kind: K, ids: readonly Listed[K]["id"][]): Promise<ListedOfUser<K>> {
    const { sessions, projects, uploads, renders, videos, downloads } = this.#user;
    const readers: { readonly [Kind in ListedKind]: (id: Listed[Kind]["id"]) => Promise<Listed[Kind] | null> } = {
      prj: async (id) => found(projects.read(id)),
      upl: async (id) => uploads.find(id),
      rnd: async (id) => found(await downloads.answer(renders.read(id))),
      vid: async (id) => found(await downloads.answer(videos.read(id))),
    };
    const [user, ...items] = await Promise.all([sessions.name(), ...ids.map((id) => readers[kind](id))]);
    return { user, items: items.filter((item) => item !== null) };
  }

  async repairName(): Promise<void> {
    const { runtime, jobs, database } = this.#user;
    if (this.#user.userDeletion.check() !== null || !database.exists()) return;
    jobs.schedule(REGISTER, "", runtime.now());
    await jobs.ensureWatchdog();
  }

  async readUser(): Answer<UserRecord> {
    return this.#user.sessions.read();
  }

  async eraseUser(call?: Call): Answer<UserRecord> {
    const { sessions, userDeletion, jobs } = this.#user;
    const known = sessions.read();
    if (!known.ok) return known;
    userDeletion.begin(jobs, call?.audit ?? null);
    await jobs.ensureWatchdog();
    return sessions.read();
  }

  async createProject(call: Call, body: NewProject): Answer<ProjectWire> {
    return this.#whileActive(() => this.#user.projects.create(call, body));
  }

  async readProject(id: ProjectId): Answer<ProjectWire> {
    return this.#user.projects.read(id);
  }

  async listProjects(page: PageRequest): Promise<Page<ProjectWire>> {
    return this.#user.database.exists() ? this.#user.projects.list(page) : EMPTY_PAGE;
  }

  async readTimeline(id: ProjectId): Answer<{ timeline: TimelineWire; etag: string; draft: string | null }> {
    return this.#user.projects.timeline(id);
  }

  async makeBrowserLink(id: ProjectId): Answer<BrowserLinkWire> {
    return this.#whileActive(() => this.#user.projects.browserLink(id));
  }

  async startTurn(
    call: Call,
    project: ProjectId,
    body: NewTurn,
    attribution: AttributionWire | null = null,
  ): Answer<TurnWire> {
    return this.#whileActive(() => this.#user.turns.start(call, project, body, { attribution }));
  }

  async readTurn(id: TurnId): Answer<TurnWire> {
    return this.#user.turns.read(id);
  }

  async listTurns(project: ProjectId, page: PageRequest, poll: TurnPoll | null = null): Answer<Page<TurnWire>> {
    return this.#user.turns.list(project, page, poll);
  }

  async cancelTurn(_call: Call, id: TurnId): Answer<TurnWire> {
    return this.#whileActive(() => {
      this.#user.turnRun.cancel(id);
      return this.#user.turns.read(id);
    });
  }

  async watchTurn(
    id: TurnId,
    after: number,
    ticket: string | null = null,
    grant: UserGrant | null = null,
  ): Answer<EventSubscription> {
    const problem = ticket === null ? null : this.#user.tickets.use(id, ticket);
    if (problem !== null) return err(problem);
    return this.#user.turnEvents.watch(id, after, ticket === null ? grant : this.#user.sessions.ticketGrant());
  }

  async makeTicket(call: Call, id: TurnId): Answer<{ ticket: string; first_use_by: string }> {
    return this.#whileActive(() => this.#user.tickets.make(call, id));
  }

  async readTurnEvents(id: TurnId, after: number, limit: number, waitMs: number): Answer<TurnEventsPage> {
    return this.#user.turnEvents.readEvents(id, after, limit, waitMs);
  }

  async awaitTurn(id: TurnId, waitMs: number): Answer<TurnWire> {
    return this.#user.turnEvents.awaitEnd(id, waitMs);
  }

  async admitUpload(call: Call, upload: UploadWire, bytes: UploadReservation | null): Answer<null> {
    return this.#whileActive(() => this.#user.uploads.admit(call, upload, bytes));
  }

  async recordUpload(call: Call, id: UploadId, upload: UploadWire | null): Promise<void> {
    if (this.#user.userDeletion.check() !== null) return;
    this.#user.uploads.note(call, id, upload);
    if (upload?.status === "failed") this.#user.videoWorkflow.scheduleWaitingForFiles();
  }

  async mayStart(id: UploadId, work: "import" | "final"): Promise<boolean> {
    return this.#user.uploads.mayStart(id, work);
  }

  async listUploads(page: PageRequest, status: UploadWire["status"] | null = null): Promise<Page<UploadWire>> {
    return this.#user.database.exists() ? this.#user.uploads.list(page, status) : EMPTY_PAGE;
  }

  async addAsset(call: Call, asset: AssetRecord): Answer<AssetWire> {
    return this.#user.downloads.answer(this.#whileActive(() => this.#user.assets.add(call, asset)));
  }

  async readAsset(id: AssetId): Answer<AssetRecord> {
    return this.#user.assets.read(id);
  }

  async readShownAsset(id: AssetId): Answer<AssetWire> {
    return this.#user.downloads.answer(this.#user.assets.shown(id));
  }

  async removeAsset(_call: Call, id: AssetId): Answer<null> {
    return this.#whileActive(() => this.#user.assetDeletions.begin(id));
  }

  async listAssets(page: PageRequest): Promise<Page<AssetWire>> {
    return this.#user.database.exists() ? this.#user.downloads.page(this.#user.assets.list(page)) : EMPTY_PAGE;
  }

  async attachAsset(call: Call, project: ProjectId, asset: AssetRecord): Answer<AttachmentWire> {
    return this.#whileActive(() => this.#user.assets.attach(call, project, asset));
  }

  /**
   * Reads the balance without creating a user or a token. A user token may read the balance of the user's own account
   * only. That is checked before and after the read, since the token in use may change meanwhile.
   */
  async readCredits(grant: UserGrant | null = null): Answer<CreditsWire> {
    const { account, runtime } = this.#user;
    return this.#whileActive(async () => {
      const mayRead = async (): Promise<boolean> => grant === null || (await account.isOwn());
      if (!(await mayRead())) return err(sharedBalance());
      const read = await account.read((token) => account.nemo.readCredits(token));
      if (!(await mayRead())) return err(sharedBalance());
      return read.ok ? ok({ ...read.value, read_at: toRfc3339(runtime.now()) }) : read;
    });
  }

  async readToken(only: TokenFor | null = null): Promise<NemoTokenWire> {
    return this.#user.account.state(only);
  }

  async putToken(call: Call, token: ProvidedToken): Answer<NemoTokenWire> {
    return this.#whileActive(async () => {
      const admitted = await admitNewUser(this.#user, call);
      return admitted.ok ? this.#user.account.put(token, call.audit ?? null) : admitted;
    });
  }

  async removeToken(call?: Call): Promise<void> {
    this.#user.account.remove(call?.audit ?? null);
  }

  async startRender(
    call: Call,
    project: ProjectId,
    body: NewRender,
    attribution: AttributionWire | null = null,
  ): Answer<RenderWire> {
    return this.#user.downloads.answer(
      this.#whileActive(() => this.#user.renders.start(call, project, body, { attribution })),
    );
  }

  async readRender(id: RenderId): Answer<RenderWire> {
    return this.#user.downloads.answer(this.#user.renders.read(id));
  }

  async planRender(project: ProjectId, body: NewRender): Answer<Omit<RenderPlan, "cost">> {
    return this.#whileActive(() => this.#user.renders.plan(project, body));
  }

  async cancelRender(_call: Call, id: RenderId): Answer<RenderWire> {
    return this.#user.downloads.answer(
      this.#whileActive(() => {
        const known = this.#user.renders.read(id);
        return known.ok ? this.#user.renders.cancel(id) : known;
      }),
    );
  }

  async listRenders(
    project: ProjectId | null,
    page: PageRequest,
    status: RenderStatus | null = null,
  ): Answer<Page<RenderWire>> {
    const listed = this.#user.renders.list(project, page, status);
    return listed.ok ? ok(await this.#user.downloads.page(listed.value)) : listed;
  }

  async renderFile(id: RenderId): Answer<StoredFile> {
    return this.#user.renderFiles.file(id);
  }

  async shareRender(call: Call, id: RenderId, seconds: number): Answer<{ token: string; expires_at: string }> {
    return this.#whileActive(() => this.#user.renderFiles.share(call, id, seconds));
  }

  async startVideo(call: Call, order: NamedVideoRequest): Answer<VideoWire> {
    return this.#user.downloads.answer(this.#whileActive(() => this.#user.videos.start(call, order)));
  }

  async checkVideo(call: Call, order: NamedVideoRequest): Answer<null> {
    return this.#whileActive(() => {
      const problem = this.#user.videos.check(order, call.named);
      return problem === null ? ok(null) : err(problem);
    });
  }

  async readVideo(id: VideoId): Answer<VideoWire> {
    return this.#user.downloads.answer(this.#user.videos.read(id));
  }

  async listVideos(page: PageRequest, status: Video["status"] | null, of: VideoFilter = {}): Promise<Page<VideoWire>> {
    return this.#user.downloads.page(this.#user.videos.list(page, status, of));
  }

  async continueVideo(call: Call, id: VideoId, prompt: string, callback: string | null = null): Answer<VideoWire> {
    const { videos, downloads } = this.#user;
    return downloads.answer(this.#whileActive(() => videos.continueWith(call, id, prompt, callback)));
  }

  async cancelVideo(_call: Call, id: VideoId): Answer<VideoWire> {
    return this.#user.downloads.answer(this.#whileActive(() => this.#user.videos.cancel(id)));
  }

  async watchVideo(id: VideoId, after: number, grant: UserGrant | null = null): Answer<EventSubscription> {
    return this.#user.videoEvents.watch(id, after, grant);
  }

  async readVideoEvents(id: VideoId, after: number, limit: number, waitMs: number): Answer<VideoEventsPage> {
    return this.#user.videoEvents.readEvents(id, after, limit, waitMs);
  }

  async awaitVideo(id: VideoId, waitMs: number): Answer<VideoWire> {
    return this.#user.downloads.answer(this.#user.videoEvents.awaitEnd(id, waitMs));
  }

  async readVideoFile(id: VideoId): Answer<StoredFile> {
    return this.#user.videos.file(id);
  }

  async removeVideo(_call: Call, id: VideoId): Answer<null> {
    return this.#whileActive(() => this.#user.deletions.video(id));
  }

  async changeProject(_call: Call, id: ProjectId, patch: ProjectPatch): Answer<ProjectWire> {
    return this.#whileActive(() => this.#user.projects.change(id, patch));
  }

  async removeProject(_call: Call, id: ProjectId): Answer<null> {
    return this.#whileActive(() => this.#user.deletions.project(id));
  }

  async shareVideo(call: Call, id: VideoId, seconds: number): Answer<{ token: string; expires_at: string }> {
    return this.#whileActive(() => this.#user.videos.share(call, id, seconds));
  }

  async startGeneratorJob(call: Call, order: GeneratorJobRequest): Answer<GeneratorJobWire> {
    return this.#whileActive(() => this.#user.generatorJobs.start(call, order));
  }

  async readGeneratorJob(id: GeneratorJobId): Answer<GeneratorJobWire> {
    return this.#user.generatorJobs.read(id);
  }

  async startBatch(call: Call, order: BatchRequest, items: readonly NamedBatchItem[]): Answer<BatchWire> {
    return this.#whileActive(() => this.#user.batches.start(call, order, items));
  }

  async readBatch(id: BatchId): Answer<BatchWire> {
    return this.#user.batches.read(id);
  }

  async listBatches(page: PageRequest): Promise<Page<BatchWire>> {
    return this.#user.batches.list(page);
  }

  async listBatchItems(
    id: BatchId,
    page: PageRequest,
    status: BatchItemWire["status"] | null = null,
  ): Answer<Page<BatchItemWire>> {
    const listed = this.#user.batches.items(id, page, status);
    if (!listed.ok) return listed;
    const { data, ...pageInfo } = listed.value;
    const shown = data.map(async ({ video, ...item }) => ({
      ...item,
      video: video === null ? null : await this.#user.downloads.one(video),
    }));
    return ok({ ...pageInfo, data: await Promise.all(shown) });
  }

  async changeBatch(_call: Call, id: BatchId, change: BatchChange): Answer<BatchWire> {
    return this.#whileActive(() => this.#user.batches.change(id, change));
  }

  async wake(): Promise<void> {
    await this.#user.account.renewEncryptions();
    await this.#user.jobs.wake();
  }

  override async alarm(): Promise<void> {
    this.#user.jobs.alarm();
  }

  /**
   * Runs methods that write or call Nemo. Returns `user_deleted` once the user's deletion has begun, also when it
   * began during the call. Methods that only read need no check: a deleted user's object is empty for them.
   */
  async #whileActive<T>(run: () => Answer<T> | Result<T, Problem>): Answer<T> {
    const { userDeletion } = this.#user;
    const problem = userDeletion.check();
    if (problem !== null) return err(problem);
    try {
      return await run();
    } catch (error) {
      const since = userDeletion.check(); // the tombstone makes a late write throw
      if (since === null) throw error;
      return err(since);
    }
  }
}

const found = <T>(read: Result<T, Problem>): T | null => (read.ok ? read.value : null);

const sharedBalance = (): Problem =>
  problemOf("key_required", "This user works with the tenant's Nemo account; read its balance with an API key.", {
    hint: "GET /v1/credits",
  });

/* The jobs of a user's object: what runs each kind, when it waits, and what happens when it is given up. */

type Rules = {
  /**
   * Whether the job starts new work, at Nemo or here: it waits while the tenant is paused. A sent turn is settled and a
   * submitted render is fetched even then.
   */
  startsWork?(user: UserServices, key: string): boolean;
  /** It runs for a deleted user too; every other job is dropped. */
  readonly runsWhenDeleted?: true;
};

const always = (): boolean => true;
const isAsset = (id: string): id is AssetId => id.startsWith("ast_");

const USER_JOBS: JobTable<"user", UserServices, Rules> = {
  [TURN]: {
    run: ({ turnRun }, id: TurnId, attempt) => turnRun.perform(id, attempt),
    giveUp: ({ turnRun }, id: TurnId) => turnRun.giveUp(id),
    startsWork: ({ turnRun }, id: TurnId) => turnRun.isQueued(id),
  },
  [RENDER]: {
    run: ({ renderRun }, id: RenderId, attempt) => renderRun.perform(id, attempt),
    giveUp: ({ renderRun }, id: RenderId) => renderRun.giveUp(id),
    startsWork: ({ renderRun }, id: RenderId) => renderRun.isQueued(id),
  },
  [ATTACH]: {
    run: ({ attachRun }, key, attempt) => attachRun.perform(key, attempt),
    giveUp: ({ attachRun }, key) => attachRun.giveUp(key),
    startsWork: always,
  },
  [SUGGESTED_RENDER]: {
    run: ({ turnRun }, id: TurnId) => turnRun.act(id),
    giveUp: () => undefined, // its turn is over, and no caller was promised that the agent's suggestion would be followed
    startsWork: always,
  },
  [VIDEO]: {
    run: ({ videoWorkflow }, id: VideoId) => videoWorkflow.perform(id),
    giveUp: ({ videoWorkflow }, id: VideoId) => videoWorkflow.giveUp(id),
    startsWork: always,
  },
  [GENERATOR_JOB]: {
    run: ({ generatorJobs }, id: GeneratorJobId) => generatorJobs.perform(id),
    giveUp: ({ generatorJobs }, id: GeneratorJobId) => generatorJobs.giveUp(id),
    startsWork: always,
  },
  [BATCH]: {
    run: ({ batches }, id: BatchId) => batches.perform(id),
    giveUp: ({ batches }, id: BatchId) => batches.giveUp(id),
    startsWork: always,
  },
  [FILE_EXPIRY]: { run: ({ renderFiles }, id: RenderId) => renderFiles.checkExpiry(id) },
  [DELETE_JOB]: {
    run: ({ deletions, assetDeletions }, id: VideoId | ProjectId | AssetId) =>
      isAsset(id) ? assetDeletions.perform(id) : deletions.perform(id),
  },
  [CLEANUP]: { run: (user) => cleanUp(user) },
  [RETENTION]: { run: (user) => applyRetention(user) },
  [OUTBOX]: { run: ({ outbox }) => outbox.flush() },
  [REGISTER]: { run: (user) => register(user, () => user.account.noteEncryptions()) },
  [AUDIT]: { run: ({ runtime, jobs }, entry) => publishAudit(runtime, jobs, entry), runsWhenDeleted: true },
  [TOKEN_WARNING]: { run: ({ account }, key) => account.warn(key) },
  [TOKEN_STATUS]: { run: ({ account }, key) => account.publishTokenStatus(key) },
  [DELETE_USER]: {
    run: ({ userDeletion, jobs, pendingSettlements }) => userDeletion.erase(jobs, pendingSettlements),
    runsWhenDeleted: true,
  },
  [PURGE]: { run: ({ userDeletion }) => userDeletion.forget(), runsWhenDeleted: true },
};

/** Runs the jobs. `services` is called when a job runs: the scheduler is created before them. */
const userJobHandler = (services: () => UserServices): JobHandler => ({
  perform: async ({ kind, key, attempts }) => {
    const user = services();
    const { runtime, jobs } = user;
    const job = jobOf<UserServices, Rules>(USER_JOBS, kind);
    if (isDropped(user, job))
      jobs.done(kind as JobKind, key); // jobOf() knows the kind
    else if (job.startsWork?.(user, key) && (await mustWait(runtime)))
      jobs.schedule(kind as JobKind, key, runtime.now() + runtime.config.timings.pauseCheckInterval);
    else await job.run(user, key, attempts);
  },
  giveUp: ({ kind, key }) => {
    const user = services();
    const job = jobOf<UserServices, Rules>(USER_JOBS, kind);
    if (!isDropped(user, job)) job.giveUp?.(user, key);
  },
});

const isDropped = ({ userDeletion }: UserServices, { runsWhenDeleted }: Rules): boolean =>
  userDeletion.check() !== null && runsWhenDeleted !== true;

/** Deletes events after their retention, and schedules the next cleanup. */
function cleanUp({ runtime, log, jobs, videoRows }: UserServices): void {
  const before = runtime.now() - EVENTS_TTL_MS;
  const due = [log.deleteExpired(before), videoRows.deleteExpiredEvents(before)].filter((at) => at !== null);
  if (due.length === 0) jobs.done(CLEANUP, "");
  else jobs.schedule(CLEANUP, "", Math.min(...due) + EVENTS_TTL_MS + HOUR_MS);
}

/** Deletes records of deletions and uploads after their retention of weeks. */
async function applyRetention({ runtime, jobs, deletionRows, uploads }: UserServices): Promise<void> {
  const removed = deletionRows.deleteExpired(runtime.now() - REMOVED_TTL_MS);
  const due = [removed === null ? null : removed + REMOVED_TTL_MS, await uploads.deleteExpired()].filter(
    (at) => at !== null,
  );
  if (due.length === 0) jobs.done(RETENTION, "");
  else jobs.schedule(RETENTION, "", Math.min(...due) + HOUR_MS);
}
