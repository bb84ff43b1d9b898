/**
 * A user's object: one writer for one user's projects, turns, assets and renders.
 *
 * This file is the front door and the fuse box: it puts the parts together, hands each call to its part, and sends due
 * work to whoever does it. What a project or a turn is stands in `user/`.
 */
import { DurableObject } from "cloudflare:workers";
import { parseUserObjectName } from "../core/address.ts";
import type { Refusal } from "../core/errors.ts";
import type { AssetId, ProjectId, RenderId, TurnId } from "../core/ids.ts";
import { EVENTS_TTL_MS } from "../core/limits.ts";
import type { AssetRecord, Call, Page, PageRequest, StoredFile, UserPort, Watching } from "../core/ports.ts";
import { err, ok, type Result } from "../core/result.ts";
import { HOUR_MS, toRfc3339 } from "../core/time.ts";
import type { BrowserLinkWire, NewProject, ProjectWire, TimelineWire } from "../core/wire/project.ts";
import type { NewRender, RenderWire } from "../core/wire/render.ts";
import type { CreditsWire, NemoTokenWire } from "../core/wire/token.ts";
import type { NewTurn, TurnWire } from "../core/wire/turn.ts";
import type { TurnEventsPage } from "../core/wire/turn-event.ts";
import type { AssetWire, AttachmentWire } from "../core/wire/upload.ts";
import type { Env } from "../env.ts";
import { openDatabase } from "./database.ts";
import type { DueRow } from "./due-rows.ts";
import { layGround } from "./ground.ts";
import { OUTBOX, Outbox } from "./outbox.ts";
import { Schedule } from "./schedule.ts";
import { Account } from "./user/account.ts";
import { Assets } from "./user/assets.ts";
import { ACT, ATTACH, type Home, RENDER, TIDY, TURN } from "./user/home.ts";
import { Projects } from "./user/projects.ts";
import { RenderRows } from "./user/render-rows.ts";
import { RenderRun } from "./user/render-run.ts";
import { Renders } from "./user/renders.ts";
import { USER_MIGRATIONS } from "./user/tables.ts";
import { Tickets } from "./user/tickets.ts";
import { TurnAnswer } from "./user/turn-answer.ts";
import { TurnLog } from "./user/turn-log.ts";
import { TurnRows } from "./user/turn-rows.ts";
import { TurnRun } from "./user/turn-run.ts";
import { TurnSettle } from "./user/turn-settle.ts";
import { Turns } from "./user/turns.ts";
import { Watchers } from "./user/watchers.ts";

type Answer<T> = Promise<Result<T, Refusal>>;

export class UserObject extends DurableObject<Env> implements UserPort {
  readonly #home: Home;
  readonly #projects: Projects;
  readonly #assets: Assets;
  readonly #turns: Turns;
  readonly #run: TurnRun;
  readonly #tickets: Tickets;
  readonly #renders: Renders;
  readonly #rendering: RenderRun;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const ground = layGround(ctx, env);
    const address = parseUserObjectName(ground.name);
    const database = openDatabase(ground, USER_MIGRATIONS);
    const schedule = new Schedule(ground, database, "user", {
      perform: (row) => this.#perform(row),
      giveUp: (row) => this.#giveUp(row),
    });
    const outbox = new Outbox(ground, schedule, address.uh);
    const log = new TurnLog(ground);
    this.#home = { ground, address, database, schedule, outbox, account: new Account(ground, address), log };
    this.#projects = new Projects(this.#home);
    this.#assets = new Assets(this.#home, this.#projects);
    const rows = new TurnRows(ground, database);
    const settle = new TurnSettle(this.#home, this.#projects, rows);
    this.#turns = new Turns(this.#home, this.#projects, rows, new Watchers(ground, log));
    this.#tickets = new Tickets(this.#home, rows);
    const renders = new RenderRows(ground, database);
    this.#renders = new Renders(this.#home, this.#projects, renders);
    const answer = new TurnAnswer(this.#home, settle, this.#renders);
    this.#run = new TurnRun(this.#home, this.#projects, this.#assets, rows, settle, answer);
    this.#rendering = new RenderRun(this.#home, this.#projects, renders);
    if (database.exists()) this.#run.recover();
  }

  async createProject(call: Call, body: NewProject): Answer<ProjectWire> {
    return this.#projects.create(call, body);
  }

  async readProject(id: ProjectId): Answer<ProjectWire> {
    return this.#projects.read(id);
  }

  async listProjects(page: PageRequest): Promise<Page<ProjectWire>> {
    return this.#home.database.exists() ? this.#projects.list(page) : { data: [], has_more: false, next_cursor: null };
  }

  async readTimeline(id: ProjectId): Answer<{ timeline: TimelineWire; etag: string; draft: string | null }> {
    return this.#projects.timeline(id);
  }

  async makeBrowserLink(id: ProjectId): Answer<BrowserLinkWire> {
    return this.#projects.browserLink(id);
  }

  async startTurn(call: Call, project: ProjectId, body: NewTurn): Answer<TurnWire> {
    return this.#turns.start(call, project, body);
  }

  async readTurn(id: TurnId): Answer<TurnWire> {
    return this.#turns.read(id);
  }

  async listTurns(project: ProjectId, page: PageRequest): Answer<Page<TurnWire>> {
    return this.#turns.list(project, page);
  }

  async cancelTurn(_call: Call, id: TurnId): Answer<TurnWire> {
    this.#run.cancel(id);
    return this.#turns.read(id);
  }

  async watchTurn(id: TurnId, after: number, ticket: string | null = null): Answer<Watching> {
    const refused = ticket === null ? null : this.#tickets.use(id, ticket);
    if (refused !== null) return err(refused);
    return this.#turns.watch(id, after);
  }

  async makeTicket(call: Call, id: TurnId): Answer<{ ticket: string; first_use_by: string }> {
    return this.#tickets.make(call, id);
  }

  async readTurnEvents(id: TurnId, after: number, limit: number, waitMs: number): Answer<TurnEventsPage> {
    return this.#turns.readEvents(id, after, limit, waitMs);
  }

  async awaitTurn(id: TurnId, waitMs: number): Answer<TurnWire> {
    return this.#turns.awaitEnd(id, waitMs);
  }

  async addAsset(call: Call, asset: AssetRecord): Answer<AssetWire> {
    return this.#assets.add(call, asset);
  }

  async readAsset(id: AssetId): Answer<AssetRecord> {
    return this.#assets.read(id);
  }

  async listAssets(page: PageRequest): Promise<Page<AssetWire>> {
    return this.#home.database.exists() ? this.#assets.list(page) : { data: [], has_more: false, next_cursor: null };
  }

  async attachAsset(call: Call, project: ProjectId, asset: AssetRecord): Answer<AttachmentWire> {
    return this.#assets.attach(call, project, asset);
  }

  async startRender(call: Call, project: ProjectId, body: NewRender): Answer<RenderWire> {
    return this.#renders.start(call, project, body);
  }

  async readRender(id: RenderId): Answer<RenderWire> {
    return this.#renders.read(id);
  }

  async listRenders(project: ProjectId, page: PageRequest): Answer<Page<RenderWire>> {
    return this.#renders.list(project, page);
  }

  async renderFile(id: RenderId): Answer<StoredFile> {
    return this.#renders.file(id);
  }

  async shareRender(call: Call, id: RenderId, seconds: number): Answer<{ token: string; expires_at: string }> {
    return this.#renders.share(call, id, seconds);
  }

  /** Reading the balance of a user nobody wrote for yet makes a token, and so the object's storage. */
  async readCredits(): Answer<CreditsWire> {
    const { account, database, ground } = this.#home;
    database.ready();
    const read = await account.read((token) => account.nemo.readCredits(token));
    return read.ok ? ok({ ...read.value, read_at: toRfc3339(ground.now()) }) : read;
  }

  async readToken(): Promise<NemoTokenWire> {
    return this.#home.account.state(this.#home.database.exists());
  }

  async wake(): Promise<void> {
    await this.#home.schedule.wake();
  }

  override async alarm(): Promise<void> {
    this.#home.schedule.alarm();
  }

  async #perform({ kind, ref, attempts }: DueRow): Promise<void> {
    if (kind === TURN) return this.#run.perform(ref as TurnId, attempts);
    if (kind === RENDER) return this.#rendering.perform(ref as RenderId, attempts);
    if (kind === ATTACH) return this.#assets.perform(ref, attempts);
    if (kind === OUTBOX) return this.#home.outbox.flush();
    if (kind === ACT) return this.#run.act(ref as TurnId);
    if (kind === TIDY) return this.#tidy();
    throw new Error(`nobody does work of kind ${kind}`);
  }

  /** Lets go of what is no longer kept, and comes back when the next of it is. */
  #tidy(): void {
    const { ground, log, schedule } = this.#home;
    const oldest = log.tidy(ground.now() - EVENTS_TTL_MS);
    if (oldest === null) schedule.done(TIDY, "");
    else schedule.owe(TIDY, "", oldest + EVENTS_TTL_MS + HOUR_MS);
  }

  #giveUp({ kind, ref }: DueRow): boolean {
    if (kind === OUTBOX || kind === TIDY) return false;
    if (kind === TURN) this.#run.giveUp(ref as TurnId);
    if (kind === RENDER) this.#rendering.giveUp(ref as RenderId);
    if (kind === ATTACH) this.#assets.giveUp(ref);
    return true;
  }
}
