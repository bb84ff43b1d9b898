/**
 * A user's object: one writer for one user's projects, turns, assets and renders.
 *
 * This file is the front door: each call goes to its part in `user/`, due work where `user/work.ts` says.
 */
import { type Refusal, refusal } from "../core/errors.ts";
import type { AssetId, ProjectId, TurnId, UploadId } from "../core/ids.ts";
import type { Pass } from "../core/pass.ts";
import type { AssetRecord, Call, Page, PageRequest, UserDoor, UserPort, Watching } from "../core/ports.ts";
import type { UploadBytes } from "../core/quota.ts";
import { err, ok } from "../core/result.ts";
import { toRfc3339 } from "../core/time.ts";
import type { BroughtToken } from "../core/token-port.ts";
import type { Session, UserRecord } from "../core/user-record.ts";
import { forUser, turnAskedFor } from "../core/user-view.ts";
import type { AttributionWire } from "../core/wire/attribution.ts";
import type { BrowserLinkWire, NewProject, ProjectWire, TimelineWire } from "../core/wire/project.ts";
import type { CreditsWire, NemoTokenWire, TokenFor } from "../core/wire/token.ts";
import type { NewTurn, TurnWire } from "../core/wire/turn.ts";
import type { TurnEventsPage } from "../core/wire/turn-event.ts";
import type { AssetWire, AttachmentWire, UploadWire } from "../core/wire/upload.ts";
import type { Env } from "../env.ts";
import type { Downloads } from "./downloads.ts";
import { layGround } from "./ground.ts";
import { NO_PAGE } from "./page.ts";
import { BatchDoors } from "./user/batch-doors.ts";
import type { Batches } from "./user/batches.ts";
import type { Answer } from "./user/doors.ts";
import type { Erasure } from "./user/erasure.ts";
import type { Makings } from "./user/makings.ts";
import { enterAsNew } from "./user/new-user.ts";
import { putTogether, type UserParts } from "./user/parts.ts";
import type { Projects } from "./user/projects.ts";
import { REGISTER } from "./user/registry.ts";
import type { Removals } from "./user/removals.ts";
import type { RenderFiles } from "./user/render-files.ts";
import type { Renders } from "./user/renders.ts";
import { noTurn } from "./user/turns.ts";
import type { VideoStream } from "./user/video-stream.ts";
import type { Videos } from "./user/videos.ts";
import { giveUpDue, performDue } from "./user/work.ts";

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
