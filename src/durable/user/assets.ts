/**
 * Assets of a user: their records, their attachment to projects, and their deletion. The upload of an attached asset
 * to Nemo is in attachments.ts.
 */

import { uploadObjectName } from "../../core/address.ts";
import type { Unsigned } from "../../core/download.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import type { AssetId, ProjectId, TurnId, UploadId } from "../../core/ids.ts";
import { REMOVED_TTL_MS } from "../../core/limits.ts";
import { cutPage, idBefore, rowsFor } from "../../core/page.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { UploadRpc } from "../../core/rpc/upload.ts";
import type { AssetRecord, Call, Page, PageRequest } from "../../core/rpc/user.ts";
import { HOUR_MS } from "../../core/time.ts";
import type { AssetWire, AttachmentWire } from "../../core/wire/upload.ts";
import { createOnce } from "../shared/idempotency.ts";
import { attachmentKey } from "./attachments.ts";
import { ATTACH, DELETE_JOB, isNamed, originOf, RETENTION, recordCaller, type UserContext } from "./context.ts";
import { noProject } from "./projects.ts";
import type { UserServices } from "./services.ts";
import { failureOf } from "./turns/store.ts";

export class Assets {
  readonly #user: UserServices;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /** Called by the upload's object, perhaps twice; the second call changes nothing. */
  add(call: Call, asset: AssetRecord): Result<ShownAsset, Problem> {
    recordCaller(this.#user, call);
    const { runtime, outbox } = this.#user;
    if (this.find(asset.id) === null && !this.#user.deletionRows.has(asset.id)) {
      runtime.storage.transactionSync(() => {
        runtime.sql.exec("INSERT INTO assets (id, record) VALUES (?, ?)", asset.id, JSON.stringify(asset));
        outbox.add(`asset.${asset.status}`, asset.id, showAsset(this.#user, asset));
      });
      this.#user.jobs.tick();
    }
    return ok(showAsset(this.#user, asset));
  }

  read(id: AssetId): Result<AssetRecord, Problem> {
    const asset = this.find(id);
    return asset === null
      ? err(problemOf("not_found", "No asset with this id exists; upload a file with POST /v1/uploads."))
      : ok(asset);
  }

  /** The asset in its public representation. */
  shown(id: AssetId): Result<ShownAsset, Problem> {
    const asset = this.read(id);
    return asset.ok ? ok(showAsset(this.#user, asset.value)) : asset;
  }

  list(page: PageRequest): Page<ShownAsset> {
    const rows = this.#user.runtime.sql
      .exec<{ record: string }>(
        "SELECT record FROM assets WHERE id < ? ORDER BY id DESC LIMIT ?",
        idBefore(page),
        rowsFor(page),
      )
      .toArray()
      .map(({ record }) => decodeAsset(record));
    return cutPage(
      rows,
      page,
      (asset) => asset.id,
      (asset) => showAsset(this.#user, asset),
    );
  }

  find(id: AssetId): AssetRecord | null {
    if (!this.#user.database.exists()) return null;
    const row = this.#user.runtime.sql
      .exec<{ record: string }>("SELECT record FROM assets WHERE id = ?", id)
      .toArray()[0];
    return row === undefined ? null : decodeAsset(row.record);
  }

  /**
   * Attaches the asset to the project with a job. Attaching it again returns the same attachment; a failed one is
   * retried.
   */
  attach(call: Call, project: ProjectId, asset: AssetRecord): Promise<Result<AttachmentWire, Problem>> {
    const { runtime, jobs } = this.#user;
    return createOnce<void, Result<AttachmentWire, Problem>>(this.#user, call, {
      existing: () => {
        if (this.#user.projects.find(project) === null) return err(noProject());
        const known = this.#user.attachRows.find(project, asset.id);
        if (known?.status === "failed") this.#user.attachRows.save(project, { ...known, reportedTo: "caller" });
        return ok(this.show(project, asset.id));
      },
      check: () => this.#checkAttach(project, asset),
      prepare: () => ok(recordCaller(this.#user, call)),
      commit: () => {
        const known = this.#user.attachRows.find(project, asset.id);
        if (known === null || known.status === "failed") {
          this.#user.attachRows.save(project, {
            asset,
            status: "pending",
            error: null,
            sent: known?.sent ?? false,
            reportedTo: null,
          });
          jobs.schedule(ATTACH, attachmentKey(project, asset.id), runtime.now());
        }
        return asset.id;
      },
      created: () => {
        jobs.tick();
        return ok(this.show(project, asset.id));
      },
    });
  }

  #checkAttach(project: ProjectId, asset: AssetRecord): Problem | null {
    if (this.#user.projects.find(project) === null) return noProject();
    if (asset.status === "rejected")
      return problemOf("asset_not_attachable", asset.error?.detail ?? "The file was rejected; upload another file.");
    const isForeign = this.find(asset.id) === null;
    return isForeign && (asset.named || isNamed(this.#user))
      ? problemOf("asset_not_attachable", "This asset belongs to another user; upload it for the project's user.")
      : null;
  }

  /**
   * Uploads every pending asset of a project to Nemo before a turn is sent, since its prompt may refer to them. Fails
   * the turn when a file is missing, before the turn costs anything. Each failure fails one turn only; the next turn
   * runs without that file.
   */
  async settle(project: ProjectId, turn: TurnId): Promise<Problem | null> {
    if (this.#user.attachRows.areAttached(project)) return null;
    for (const { asset } of this.#user.attachRows.inStatus(project, "pending")) {
      const problem = await this.#user.attachRun.upload(project, asset.id);
      if (problem === null) continue;
      // A retry or a new session may help.
      if (this.#user.attachRows.find(project, asset.id)?.status === "pending" || isSessionLost(problem)) return problem;
      break;
    }
    const failed = this.#user.attachRows
      .inStatus(project, "failed")
      .filter(({ reportedTo }) => reportedTo === null || reportedTo === turn)
      .flatMap((one) => (one.error === null || isSessionLost(one.error) ? [] : [{ ...one, error: one.error }]));
    for (const one of failed) this.#user.attachRows.save(project, { ...one, reportedTo: turn });
    const detail = failed.map(({ asset, error }) => `${asset.filename}: ${error.detail}`).join(" ");
    return failed[0] === undefined ? null : { ...failed[0].error, detail };
  }

  /**
   * Schedules the upload of every asset that the lost session had, or did not get because it was lost: the new
   * session has no files.
   */
  reattach(project: ProjectId): void {
    const { runtime, jobs } = this.#user;
    const interrupted = this.#user.attachRows
      .inStatus(project, "failed")
      .filter(({ error }) => error !== null && isSessionLost(error));
    for (const attached of [...this.#user.attachRows.inStatus(project, "attached"), ...interrupted]) {
      this.#user.attachRows.save(project, { ...attached, status: "pending", error: null, sent: false });
      jobs.schedule(ATTACH, attachmentKey(project, attached.asset.id), runtime.now());
    }
  }

  show(project: ProjectId, asset: AssetId): AttachmentWire {
    const attachment = this.#user.attachRows.find(project, asset);
    const error = attachment?.error ?? null;
    return {
      asset_id: asset,
      project_id: project,
      status: attachment?.status ?? "pending",
      error: error === null ? null : failureOf(error),
    };
  }
}

/** The upload failed because its session was lost; it is repeated in the new session. */
const isSessionLost = ({ code }: Problem): boolean => code === "session_lost";

const decodeAsset = (record: string): AssetRecord => JSON.parse(record) as AssetRecord; // written by add() only

type ShownAsset = Unsigned<AssetWire>;

/**
 * The public representation of an asset, without its storage key. A rejected asset's file is deleted, so it has no
 * link.
 */
function showAsset(context: UserContext, { key: _key, named: _named, ...asset }: AssetRecord): ShownAsset {
  const isReady = asset.status === "ready";
  return { ...asset, download: isReady ? { id: asset.id, origin: originOf(context), until: null } : null };
}

/**
 * Deletes assets: the record at once, the file by a job. Copies at Nemo stay in their sessions; when a session is
 * lost, its project continues without the asset.
 */
export class AssetDeletions {
  readonly #user: UserServices;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /** Deletes an asset. Idempotent. */
  begin(id: AssetId): Result<null, Problem> {
    const { runtime, jobs, database } = this.#user;
    if (database.exists() && this.#user.deletionRows.has(id)) return ok(null);
    const asset = this.#user.assets.read(id);
    if (!asset.ok) return asset;
    runtime.storage.transactionSync(() => {
      for (const project of this.#user.attachRows.projectsOf(id)) {
        const attachment = this.#user.attachRows.find(project, id);
        // The record stays, because its file name identifies the copy at Nemo. "caller": no later turn fails for this
        // reason.
        if (attachment !== null)
          this.#user.attachRows.save(project, {
            ...attachment,
            status: "failed",
            error: assetDeleted(),
            reportedTo: "caller",
          });
        jobs.done(ATTACH, attachmentKey(project, id));
      }
      this.#user.deletionRows.beginAsset(id, asset.value.key);
      jobs.schedule(DELETE_JOB, id, runtime.now());
      jobs.scheduleOnce(RETENTION, "", runtime.now() + REMOVED_TTL_MS + HOUR_MS);
    });
    jobs.tick();
    return ok(null);
  }

  /**
   * Job: deletes the file. The upload's object drops its parts first; it may be long gone, so the key is deleted here
   * as well.
   */
  async perform(id: AssetId): Promise<void> {
    const { runtime, address, jobs } = this.#user;
    const key = this.#user.deletionRows.keyOf(id);
    if (key === null) return jobs.done(DELETE_JOB, id);
    const upload: UploadId = `upl_${id.slice("ast_".length)}`; // an asset's id is derived from its upload's
    const uploadObject = runtime.env.UPLOAD.getByName(uploadObjectName(address, upload)) as unknown as UploadRpc; // UploadObject implements it
    await uploadObject.deleteAssetFile();
    await runtime.env.MEDIA.delete(key);
    await runtime.failpoint("deletion.files_deleted");
    runtime.storage.transactionSync(() => {
      this.#user.deletionRows.finishAsset(id);
      jobs.done(DELETE_JOB, id);
    });
  }
}

const assetDeleted = (): Problem => problemOf("asset_not_attachable", "The asset was deleted; upload the file again.");
