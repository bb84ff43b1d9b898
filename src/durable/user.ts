/**
 * A user's object: one writer for one user's projects, turns, assets and renders.
 *
 * This file is the front door and the fuse box: it hands each call to its part, and sends due work to whoever does it.
 * What a project or a turn is stands in `user/`.
 */
import { DurableObject } from "cloudflare:workers";
import type { Refusal } from "../core/errors.ts";
import type { AssetId, ProjectId, RenderId, TurnId } from "../core/ids.ts";
import { EVENTS_TTL_MS } from "../core/limits.ts";
import type { Pass } from "../core/pass.ts";
import type {
  AssetRecord,
  BroughtToken,
  Call,
  Page,
  PageRequest,
  Session,
  StoredFile,
  UserDoor,
  UserPort,
  Watching,
} from "../core/ports.ts";
import { err, ok, type Result } from "../core/result.ts";
import { HOUR_MS, toRfc3339 } from "../core/time.ts";
import type { AttributionWire } from "../core/wire/attribution.ts";
import type { BrowserLinkWire, NewProject, ProjectWire, TimelineWire } from "../core/wire/project.ts";
import type { NewRender, RenderPlan, RenderWire } from "../core/wire/render.ts";
import type { CreditsWire, NemoTokenWire, TokenFor } from "../core/wire/token.ts";
import type { NewTurn, TurnWire } from "../core/wire/turn.ts";
import type { TurnEventsPage } from "../core/wire/turn-event.ts";
import type { AssetWire, AttachmentWire } from "../core/wire/upload.ts";
import type { Env } from "../env.ts";
import type { DueRow } from "./due-rows.ts";
import { layGround } from "./ground.ts";
import { TOKEN_WARNING } from "./kept-token.ts";
import { OUTBOX } from "./outbox.ts";
import { ACT, ATTACH, enter, FILE, RENDER, TIDY, TURN } from "./user/home.ts";
import { putTogether, type UserParts } from "./user/parts.ts";

type Answer<T> = Promise<Result<T, Refusal>>;

export class UserObject extends DurableObject<Env> implements UserPort {
  readonly #parts: UserParts;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#parts = putTogether(layGround(ctx, env), {
      perform: (row) => this.#perform(row),
      giveUp: (row) => this.#giveUp(row),
    });
    if (this.#parts.home.database.exists()) this.#parts.run.recover();
  }

  async callAs(pass: Pass, door: UserDoor, given: readonly unknown[]): Answer<unknown> {
    const refused = this.#parts.sessions.refuse(pass);
    if (refused !== null) return err(refused);
    const method = this[door] as (...given: unknown[]) => Promise<unknown>; // what crosses is what the port's method takes
    // A stream outlives its call, so it takes the pass along.
    return ok(await method.apply(this, door === "watchTurn" ? [...given.slice(0, 2), null, pass] : [...given]));
  }

  async readAdmission(pass: Pass): Answer<null> {
    const refused = this.#parts.sessions.refuse(pass);
    return refused === null ? ok(null) : err(refused);
  }

  async openSession(call: Call): Answer<Session> {
    return this.#parts.sessions.open(call);
  }

  async signOut(call: Call): Answer<{ signed_out_at: string }> {
    return this.#parts.sessions.signOut(call);
  }

  async readName(): Promise<string | null> {
    return this.#parts.sessions.name();
  }

  async createProject(call: Call, body: NewProject): Answer<ProjectWire> {
    return this.#parts.projects.create(call, body);
  }

  async readProject(id: ProjectId): Answer<ProjectWire> {
    return this.#parts.projects.read(id);
  }

  async listProjects(page: PageRequest): Promise<Page<ProjectWire>> {
    return this.#parts.home.database.exists()
      ? this.#parts.projects.list(page)
      : { data: [], has_more: false, next_cursor: null };
  }

  async readTimeline(id: ProjectId): Answer<{ timeline: TimelineWire; etag: string; draft: string | null }> {
    return this.#parts.projects.timeline(id);
  }

  async makeBrowserLink(id: ProjectId): Answer<BrowserLinkWire> {
    return this.#parts.projects.browserLink(id);
  }

  async startTurn(
    call: Call,
    project: ProjectId,
    body: NewTurn,
    attribution: AttributionWire | null = null,
  ): Answer<TurnWire> {
    return this.#parts.turns.start(call, project, body, attribution);
  }

  async readTurn(id: TurnId): Answer<TurnWire> {
    return this.#parts.turns.read(id);
  }

  async listTurns(project: ProjectId, page: PageRequest): Answer<Page<TurnWire>> {
    return this.#parts.turns.list(project, page);
  }

  async cancelTurn(_call: Call, id: TurnId): Answer<TurnWire> {
    this.#parts.run.cancel(id);
    return this.#parts.turns.read(id);
  }

  async watchTurn(id: TurnId, after: number, ticket: string | null = null, pass: Pass | null = null): Answer<Watching> {
    const refused = ticket === null ? null : this.#parts.tickets.use(id, ticket);
    if (refused !== null) return err(refused);
    return this.#parts.turns.watch(id, after, pass);
  }

  async makeTicket(call: Call, id: TurnId): Answer<{ ticket: string; first_use_by: string }> {
    return this.#parts.tickets.make(call, id);
  }

  async readTurnEvents(id: TurnId, after: number, limit: number, waitMs: number): Answer<TurnEventsPage> {
    return this.#parts.turns.readEvents(id, after, limit, waitMs);
  }

  async awaitTurn(id: TurnId, waitMs: number): Answer<TurnWire> {
    return this.#parts.turns.awaitEnd(id, waitMs);
  }

  async addAsset(call: Call, asset: AssetRecord): Answer<AssetWire> {
    return this.#parts.assets.add(call, asset);
  }

  async readAsset(id: AssetId): Answer<AssetRecord> {
    return this.#parts.assets.read(id);
  }

  async listAssets(page: PageRequest): Promise<Page<AssetWire>> {
    return this.#parts.home.database.exists()
      ? this.#parts.assets.list(page)
      : { data: [], has_more: false, next_cursor: null };
  }

  async attachAsset(call: Call, project: ProjectId, asset: AssetRecord): Answer<AttachmentWire> {
    return this.#parts.assets.attach(call, project, asset);
  }

  async startRender(
    call: Call,
    project: ProjectId,
    body: NewRender,
    attribution: AttributionWire | null = null,
  ): Answer<RenderWire> {
    return this.#parts.renders.start(call, project, body, attribution);
  }

  async readRender(id: RenderId): Answer<RenderWire> {
    return this.#parts.renders.read(id);
  }

  async planRender(project: ProjectId, body: NewRender): Answer<RenderPlan> {
    return this.#parts.renders.plan(project, body);
  }

  async cancelRender(_call: Call, id: RenderId): Answer<RenderWire> {
    return this.#parts.renders.cancel(id);
  }

  async listRenders(project: ProjectId | null, page: PageRequest): Answer<Page<RenderWire>> {
    return this.#parts.renders.list(project, page);
  }

  async renderFile(id: RenderId): Answer<StoredFile> {
    return this.#parts.files.file(id);
  }

  async shareRender(call: Call, id: RenderId, seconds: number): Answer<{ token: string; expires_at: string }> {
    return this.#parts.files.share(call, id, seconds);
  }

  /** Reading the balance of a user nobody wrote for yet makes a token, and so the object's storage. */
  async readCredits(): Answer<CreditsWire> {
    const { account, database, ground } = this.#parts.home;
    database.ready();
    const read = await account.read((token) => account.nemo.readCredits(token));
    return read.ok ? ok({ ...read.value, read_at: toRfc3339(ground.now()) }) : read;
  }

  async readToken(only: TokenFor | null = null): Promise<NemoTokenWire> {
    return this.#parts.home.account.state(only);
  }

  async putToken(call: Call, token: BroughtToken): Answer<NemoTokenWire> {
    enter(this.#parts.home, call);
    return this.#parts.home.account.put(token);
  }

  async removeToken(): Promise<void> {
    this.#parts.home.account.remove();
  }

  async wake(): Promise<void> {
    await this.#parts.home.account.renewSeals();
    await this.#parts.home.schedule.wake();
  }

  override async alarm(): Promise<void> {
    this.#parts.home.schedule.alarm();
  }

  async #perform({ kind, ref, attempts }: DueRow): Promise<void> {
    if (kind === TURN) return this.#parts.run.perform(ref as TurnId, attempts);
    if (kind === RENDER) return this.#parts.rendering.perform(ref as RenderId, attempts);
    if (kind === FILE) return this.#parts.files.expire(ref as RenderId);
    if (kind === ATTACH) return this.#parts.assets.perform(ref, attempts);
    if (kind === OUTBOX) return this.#parts.home.outbox.flush();
    if (kind === ACT) return this.#parts.run.act(ref as TurnId);
    if (kind === TIDY) return this.#tidy();
    if (kind === TOKEN_WARNING) return this.#parts.home.account.warn(ref);
    throw new Error(`nobody does work of kind ${kind}`);
  }

  /** Lets go of what is no longer kept, and comes back when the next of it is. */
  #tidy(): void {
    const { ground, log, schedule } = this.#parts.home;
    const oldest = log.tidy(ground.now() - EVENTS_TTL_MS);
    if (oldest === null) schedule.done(TIDY, "");
    else schedule.owe(TIDY, "", oldest + EVENTS_TTL_MS + HOUR_MS);
  }

  #giveUp({ kind, ref }: DueRow): boolean {
    if (kind === OUTBOX || kind === TIDY || kind === FILE || kind === TOKEN_WARNING) return false;
    if (kind === TURN) this.#parts.run.giveUp(ref as TurnId);
    if (kind === RENDER) this.#parts.rendering.giveUp(ref as RenderId);
    if (kind === ATTACH) this.#parts.assets.giveUp(ref);
    return true;
  }
}
