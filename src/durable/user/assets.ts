/** Assets of a user, and their way into projects: pulled by upstream through a signed link, or pushed as a stream. */
import { type Refusal, refusal } from "../../core/errors.ts";
import type { AssetId, ProjectId } from "../../core/ids.ts";
import { PULL_LINK_MS } from "../../core/limits.ts";
import { linkUrl, signLink } from "../../core/link.ts";
import type { AssetRecord, Call, Page, PageRequest } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { AssetWire, AttachmentWire } from "../../core/wire/upload.ts";
import { readMeta } from "../database.ts";
import { cursorOf, pageOf } from "../page.ts";
import { ATTACH, enter, type Home } from "./home.ts";
import { noProject, type Projects } from "./projects.ts";
import { failureOf } from "./show.ts";

type Attachment = { readonly asset: AssetRecord; readonly error: Refusal | null };
type Status = AttachmentWire["status"];

export class Assets {
  readonly #home: Home;
  readonly #projects: Projects;
  /** One push at a time: it holds one of the six requests an object may have on their way. */
  #pushing: Promise<unknown> = Promise.resolve();

  constructor(home: Home, projects: Projects) {
    this.#home = home;
    this.#projects = projects;
  }

  /** Told by the upload's object, maybe twice: the second time changes nothing. */
  add(call: Call, asset: AssetRecord): Result<AssetWire, Refusal> {
    enter(this.#home, call);
    const { ground, outbox } = this.#home;
    if (this.find(asset.id) === null) {
      ground.storage.transactionSync(() => {
        ground.sql.exec("INSERT INTO assets (id, record) VALUES (?, ?)", asset.id, JSON.stringify(asset));
        outbox.add("asset.ready", asset.id, showAsset(asset));
      });
      this.#home.schedule.tick();
    }
    return ok(showAsset(asset));
  }

  read(id: AssetId): Result<AssetRecord, Refusal> {
    const asset = this.find(id);
    return asset === null
      ? err(refusal("not_found", "No asset with this id exists here; upload one with POST /v1/uploads."))
      : ok(asset);
  }

  list(page: PageRequest): Page<AssetWire> {
    const rows = this.#home.ground.sql
      .exec<{ record: string }>(
        "SELECT record FROM assets WHERE id < ? ORDER BY id DESC LIMIT ?",
        cursorOf(page),
        page.limit + 1,
      )
      .toArray()
      .map(({ record }) => decodeAsset(record));
    return pageOf(rows, page, (asset) => asset.id, showAsset);
  }

  find(id: AssetId): AssetRecord | null {
    if (!this.#home.database.exists()) return null;
    const row = this.#home.ground.sql
      .exec<{ record: string }>("SELECT record FROM assets WHERE id = ?", id)
      .toArray()[0];
    return row === undefined ? null : decodeAsset(row.record);
  }

  /** Owes the asset to the project. The same asset again is the same attachment; a failed one is tried anew. */
  attach(call: Call, project: ProjectId, asset: AssetRecord): Result<AttachmentWire, Refusal> {
    if (this.#projects.find(project) === null) return err(noProject());
    enter(this.#home, call);
    const { ground, schedule } = this.#home;
    const foreign = this.find(asset.id) === null;
    if (foreign && (asset.named || readMeta(ground.sql, "named") === "1")) {
      return err(
        refusal("asset_not_attachable", "This asset belongs to another user; upload it for the project's user."),
      );
    }
    const known = this.#status(project, asset.id);
    if (known === null || known === "failed") {
      ground.storage.transactionSync(() => {
        this.#save(project, asset, "pending", null);
        schedule.owe(ATTACH, `${project}/${asset.id}`, ground.now());
      });
      schedule.tick();
    }
    return ok(this.show(project, asset.id));
  }

  /** Brings every pending asset of a project to upstream; a turn may speak of them. Refuses with the first that cannot be. */
  async settle(project: ProjectId): Promise<Refusal | null> {
    const rows = this.#home.ground.sql
      .exec<{ asset: AssetId }>("SELECT asset FROM attachments WHERE project = ? AND status = 'pending'", project)
      .toArray();
    for (const { asset } of rows) {
      const refused = await this.perform(`${project}/${asset}`, 2);
      if (refused !== null) return refused;
    }
    return null;
  }

  /** Owes every attached asset of a project again: a new session knows none of them. */
  reattach(project: ProjectId): void {
    const { ground, schedule } = this.#home;
    const rows = ground.sql
      .exec<{ asset: AssetId }>("SELECT asset FROM attachments WHERE project = ? AND status = 'attached'", project)
      .toArray();
    ground.sql.exec("UPDATE attachments SET status = 'pending' WHERE project = ? AND status = 'attached'", project);
    for (const { asset } of rows) schedule.owe(ATTACH, `${project}/${asset}`, ground.now());
  }

  /** The schedule's work for one attachment. `attempt` above 1: an earlier one may have reached upstream, so look first. */
  perform(ref: string, attempt: number): Promise<Refusal | null> {
    const work = this.#pushing.then(() => this.#push(ref, attempt));
    this.#pushing = work.catch(() => undefined);
    return work;
  }

  /** Gives an attachment that keeps failing an end. */
  giveUp(ref: string): void {
    const [project, asset] = split(ref);
    const kept = this.#find(project, asset);
    if (kept !== null)
      this.#save(
        project,
        kept.asset,
        "failed",
        refusal("nemo_unavailable", "The asset could not be brought to Nemo; attach it again later."),
      );
  }

  show(project: ProjectId, asset: AssetId): AttachmentWire {
    const error = this.#find(project, asset)?.error ?? null;
    return {
      asset_id: asset,
      project_id: project,
      status: this.#status(project, asset) ?? "pending",
      error: error === null ? null : failureOf(error),
    };
  }

  async #push(ref: string, attempt: number): Promise<Refusal | null> {
    const { ground, schedule } = this.#home;
    const [project, id] = split(ref);
    const kept = this.#find(project, id);
    if (kept === null || this.#status(project, id) !== "pending") {
      schedule.done(ATTACH, ref);
      return null;
    }
    const session = await this.#projects.session(project);
    if (!session.ok) return this.#refuse(project, kept.asset, session.error);
    const there = attempt > 1 && (await this.#isThere(project, kept.asset));
    if (!there) {
      const sent = await this.#send(session.value.sessionId, kept.asset);
      if (!sent.ok) return this.#refuse(project, kept.asset, sent.error);
      await ground.boundary("asset.attached");
    }
    ground.storage.transactionSync(() => {
      this.#save(project, kept.asset, "attached", null);
      const known = this.#projects.find(project);
      if (known !== null) this.#projects.save({ ...known, picture: null });
      schedule.done(ATTACH, ref);
    });
    return null;
  }

  /** A refusal that may pass is thrown for the schedule to try again; any other ends the attachment. */
  #refuse(project: ProjectId, asset: AssetRecord, error: Refusal): Refusal {
    if (error.code === "nemo_unavailable" || error.code === "nemo_busy" || error.code === "nemo_garbled")
      throw new Error(`attachment: ${error.code}`);
    this.#home.ground.storage.transactionSync(() => {
      this.#save(project, asset, "failed", error);
      this.#home.schedule.done(ATTACH, `${project}/${asset.id}`);
    });
    return error;
  }

  async #isThere(project: ProjectId, asset: AssetRecord): Promise<boolean> {
    const state = await this.#projects.state(project);
    if (!state.ok || state.value === null) return false;
    return state.value.videoInfos.some(
      (info) => info.name === asset.filename && (info.sizeBytes === undefined || info.sizeBytes === asset.size_bytes),
    );
  }

  async #send(sessionId: string, asset: AssetRecord): Promise<Result<unknown, Refusal>> {
    const { account, ground } = this.#home;
    const { publicUrl } = ground.config;
    if (publicUrl !== null && this.#home.address.mode === "live") {
      const url = linkUrl(publicUrl, await this.#pullToken(asset));
      return account.read((token) => account.nemo.uploadByUrl(token, sessionId, [url]));
    }
    return account.read(async (token) => {
      const object = await ground.env.MEDIA.get(asset.key);
      if (object === null) throw new Error("a stored asset's file is missing");
      const { filename, content_type, size_bytes } = asset;
      return account.nemo.uploadFile(token, sessionId, {
        filename,
        contentType: content_type,
        sizeBytes: size_bytes,
        body: object.body,
      });
    });
  }

  async #pullToken(asset: AssetRecord): Promise<string> {
    const { ground, address } = this.#home;
    const { rootSecret: current, rootSecretPrevious: previous } = ground.config;
    const { tenant, mode } = address;
    return signLink(
      { purpose: "pull", tenant, mode, id: asset.id, expiresAt: ground.now() + PULL_LINK_MS },
      { current, previous },
    );
  }

  #save(project: ProjectId, asset: AssetRecord, status: Status, error: Refusal | null): void {
    this.#home.ground.sql.exec(
      "INSERT OR REPLACE INTO attachments (project, asset, status, record) VALUES (?, ?, ?, ?)",
      project,
      asset.id,
      status,
      JSON.stringify({ asset, error } satisfies Attachment),
    );
  }

  #find(project: ProjectId, asset: AssetId): Attachment | null {
    const row = this.#home.ground.sql
      .exec<{ record: string }>("SELECT record FROM attachments WHERE project = ? AND asset = ?", project, asset)
      .toArray()[0];
    return row === undefined ? null : (JSON.parse(row.record) as Attachment); // written by #save only
  }

  #status(project: ProjectId, asset: AssetId): Status | null {
    return (
      this.#home.ground.sql
        .exec<{ status: Status }>("SELECT status FROM attachments WHERE project = ? AND asset = ?", project, asset)
        .toArray()[0]?.status ?? null
    );
  }
}

const split = (ref: string): [ProjectId, AssetId] => ref.split("/") as [ProjectId, AssetId]; // made by attach() only

const decodeAsset = (record: string): AssetRecord => JSON.parse(record) as AssetRecord; // written by add() only

/** An asset as the outside sees it: where it lies stays inside. */
export function showAsset({ key: _key, named: _named, ...asset }: AssetRecord): AssetWire {
  return asset;
}
