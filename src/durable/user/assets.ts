/** Assets of a user, and the projects they are attached to. How one gets there stands in attach-run.ts. */

import { uploadObjectName } from "../../core/address.ts";
import type { Unsigned } from "../../core/download.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import type { AssetId, ProjectId, TurnId, UploadId } from "../../core/ids.ts";
import { REMOVED_TTL_MS } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { UploadPort } from "../../core/rpc/upload.ts";
import type { AssetRecord, Call, Page, PageRequest } from "../../core/rpc/user.ts";
import { HOUR_MS } from "../../core/time.ts";
import type { AssetWire, AttachmentWire } from "../../core/wire/upload.ts";
import { cursorOf, pageOf } from "../shared/context.ts";
import { readMeta } from "../shared/database.ts";
import { findRepeat, keepRepeat } from "../shared/idempotency.ts";
import { AttachRows, AttachRun, refOf, split } from "./attachments.ts";
import { AGED, ATTACH, enter, type Home, originOf, REMOVE } from "./context.ts";
import type { RemovalRows } from "./project-deletion.ts";
import { noProject, type Projects } from "./projects.ts";
import { failureOf } from "./turns/store.ts";

export class Assets {
  readonly #home: Home;
  readonly #projects: Projects;
  readonly #removals: RemovalRows;
  readonly #rows: AttachRows;
  readonly #run: AttachRun;

  constructor(home: Home, projects: Projects, removals: RemovalRows) {
    this.#home = home;
    this.#removals = removals;
    this.#projects = projects;
    this.#rows = new AttachRows(home.ground);
    this.#run = new AttachRun(home, projects, this.#rows);
  }

  /** Told by the upload's object, maybe twice: the second time changes nothing. */
  add(call: Call, asset: AssetRecord): Result<ShownAsset, Refusal> {
    enter(this.#home, call);
    const { ground, outbox } = this.#home;
    if (this.find(asset.id) === null && !this.#removals.has(asset.id)) {
      ground.storage.transactionSync(() => {
        ground.sql.exec("INSERT INTO assets (id, record) VALUES (?, ?)", asset.id, JSON.stringify(asset));
        outbox.add(`asset.${asset.status}`, asset.id, showAsset(this.#home, asset));
      });
      this.#home.schedule.tick();
    }
    return ok(showAsset(this.#home, asset));
  }

  read(id: AssetId): Result<AssetRecord, Refusal> {
    const asset = this.find(id);
    return asset === null
      ? err(refusal("not_found", "No asset with this id exists here; upload one with POST /v1/uploads."))
      : ok(asset);
  }

  /** The asset as its callers see it. */
  shown(id: AssetId): Result<ShownAsset, Refusal> {
    const asset = this.read(id);
    return asset.ok ? ok(showAsset(this.#home, asset.value)) : asset;
  }

  list(page: PageRequest): Page<ShownAsset> {
    const rows = this.#home.ground.sql
      .exec<{ record: string }>(
        "SELECT record FROM assets WHERE id < ? ORDER BY id DESC LIMIT ?",
        cursorOf(page),
        page.limit + 1,
      )
      .toArray()
      .map(({ record }) => decodeAsset(record));
    return pageOf(
      rows,
      page,
      (asset) => asset.id,
      (asset) => showAsset(this.#home, asset),
    );
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
    if (asset.status === "rejected")
      return err(refusal("asset_not_attachable", `${asset.error?.detail ?? "The file was rejected."}`));
    const { ground, schedule } = this.#home;
    const foreign = this.find(asset.id) === null;
    if (foreign && (asset.named || readMeta(ground.sql, "named") === "1")) {
      return err(
        refusal("asset_not_attachable", "This asset belongs to another user; upload it for the project's user."),
      );
    }
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    const known = this.#rows.find(project, asset.id);
    if (known?.status === "failed" && repeat.value !== null) this.#rows.save(project, { ...known, told: "caller" });
    if (known === null || (known.status === "failed" && repeat.value === null)) {
      ground.storage.transactionSync(() => {
        keepRepeat(ground, call, asset.id);
        this.#rows.save(project, { asset, status: "pending", error: null, sent: known?.sent ?? false, told: null });
        schedule.owe(ATTACH, refOf(project, asset.id), ground.now());
      });
      schedule.tick();
    }
    return ok(this.show(project, asset.id));
  }

  /**
   * Brings every pending asset of a project to upstream: a turn may speak of them. Refuses a turn whose files are not all
   * there, before it costs anything; one failure refuses one turn, and the next goes on without that file.
   */
  async settle(project: ProjectId, turn: TurnId): Promise<Refusal | null> {
    for (const { asset } of this.#rows.inStatus(project, "pending")) {
      const refused = await this.#run.bring(project, asset.id);
      if (refused === null) continue;
      // It may pass, or a new session may help.
      if (this.#rows.find(project, asset.id)?.status === "pending" || isLost(refused)) return refused;
      break;
    }
    const failed = this.#rows
      .inStatus(project, "failed")
      .filter(({ told }) => told === null || told === turn)
      .flatMap((one) => (one.error === null || isLost(one.error) ? [] : [{ ...one, error: one.error }]));
    for (const one of failed) this.#rows.save(project, { ...one, told: turn });
    const detail = failed.map(({ asset, error }) => `${asset.filename}: ${error.detail}`).join(" ");
    return failed[0] === undefined ? null : { ...failed[0].error, detail };
  }

  /** Owes every asset of a project again that its lost session had, or did not get because it was lost: a new one knows none. */
  reattach(project: ProjectId): void {
    const { ground, schedule } = this.#home;
    const unheard = this.#rows.inStatus(project, "failed").filter(({ error }) => error !== null && isLost(error));
    for (const attached of [...this.#rows.inStatus(project, "attached"), ...unheard]) {
      this.#rows.save(project, { ...attached, status: "pending", error: null, sent: false });
      schedule.owe(ATTACH, refOf(project, attached.asset.id), ground.now());
    }
  }

  /** The schedule's work for one attachment. */
  perform(ref: string, attempt: number): Promise<void> {
    return this.#run.perform(ref, attempt);
  }

  /** Gives an attachment that keeps failing an end. */
  giveUp(ref: string): void {
    const [project, asset] = split(ref);
    const lost = "The asset could not be brought to Nemo; attach it again later.";
    this.#run.end(project, asset, refusal("nemo_unavailable", lost));
  }

  show(project: ProjectId, asset: AssetId): AttachmentWire {
    const kept = this.#rows.find(project, asset);
    const error = kept?.error ?? null;
    return {
      asset_id: asset,
      project_id: project,
      status: kept?.status ?? "pending",
      error: error === null ? null : failureOf(error),
    };
  }
}

/** Its session was lost: it is brought again into the one that replaces it. */
const isLost = ({ code }: Refusal): boolean => code === "session_lost";

/** What an earlier version did not know of an asset. */
const LATER = { duration_ms: null, width: null, height: null, error: null };

const decodeAsset = (record: string): AssetRecord => ({ ...LATER, ...(JSON.parse(record) as AssetRecord) }); // written by add() only

type ShownAsset = Unsigned<AssetWire>;

/** An asset as the outside sees it: where it lies stays inside. The bytes of a rejected one are removed, so no link opens it. */
function showAsset(home: Home, { key: _key, named: _named, ...asset }: AssetRecord): ShownAsset {
  const isKept = asset.status === "ready";
  return { ...asset, download: isKept ? { id: asset.id, origin: originOf(home), until: null } : null };
}

/*
 * The end of an asset: nobody finds it from then on, and its file is removed until it is gone.
 *
 * What Nemo holds of it stays in its sessions. A project whose session is lost goes on without it.
 */

export class AssetRemovals {
  readonly #home: Home;
  readonly #assets: Assets;
  readonly #rows: RemovalRows;
  readonly #attached: AttachRows;

  constructor(home: Home, assets: Assets, rows: RemovalRows) {
    this.#home = home;
    this.#assets = assets;
    this.#rows = rows;
    this.#attached = new AttachRows(home.ground);
  }

  /** Deletes an asset. Again: done already. */
  begin(id: AssetId): Result<null, Refusal> {
    const { ground, schedule, database } = this.#home;
    if (database.exists() && this.#rows.has(id)) return ok(null);
    const asset = this.#assets.read(id);
    if (!asset.ok) return asset;
    ground.storage.transactionSync(() => {
      for (const project of this.#attached.projectsOf(id)) {
        const kept = this.#attached.find(project, id);
        // Its name still tells that upstream has it from here; the caller knows why it is brought nowhere any more.
        if (kept !== null) this.#attached.save(project, { ...kept, status: "failed", error: gone(), told: "caller" });
        schedule.done(ATTACH, refOf(project, id));
      }
      this.#rows.beginAsset(id, asset.value.key);
      schedule.owe(REMOVE, id, ground.now());
      schedule.oweOnce(AGED, "", ground.now() + REMOVED_TTL_MS + HOUR_MS);
    });
    schedule.tick();
    return ok(null);
  }

  /** The schedule's work. Its upload lets go of what the file is made of; of one that is long over nobody else knows. */
  async perform(id: AssetId): Promise<void> {
    const { ground, address, schedule } = this.#home;
    const key = this.#rows.keyOf(id);
    if (key === null) return schedule.done(REMOVE, id);
    const upload: UploadId = `upl_${id.slice("ast_".length)}`; // an asset's id is made from its upload's
    const port = ground.env.UPLOAD.getByName(uploadObjectName(address, upload)) as unknown as UploadPort; // UploadObject implements it
    await port.dropAsset();
    await ground.env.MEDIA.delete(key);
    await ground.boundary("removal.filed");
    ground.storage.transactionSync(() => {
      this.#rows.finishAsset(id);
      schedule.done(REMOVE, id);
    });
  }
}

const gone = (): Refusal => refusal("asset_not_attachable", "The asset was deleted.");
