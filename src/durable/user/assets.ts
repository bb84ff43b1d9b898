/**
 * Assets of a user: their records, their attachment to projects, and their deletion. The upload of an attached asset
 * to Nemo is in attachments.ts.
 */

import { uploadObjectName } from "../../core/address.ts";
import type { Unsigned } from "../../core/download.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import type { AssetId, ProjectId, TurnId, UploadId } from "../../core/ids.ts";
import { REMOVED_TTL_MS } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { UploadRpc } from "../../core/rpc/upload.ts";
import type { AssetRecord, Call, Page, PageRequest } from "../../core/rpc/user.ts";
import { HOUR_MS } from "../../core/time.ts";
import type { AssetWire, AttachmentWire } from "../../core/wire/upload.ts";
import { cursorOf, pageOf } from "../shared/context.ts";
import { readMeta } from "../shared/database.ts";
import { findByIdempotencyKey, saveIdempotencyKey } from "../shared/idempotency.ts";
import { AttachRows, AttachRun, attachmentKey, parseAttachmentKey } from "./attachments.ts";
import { AGED, ATTACH, DELETE_JOB, originOf, recordCaller, type UserContext } from "./context.ts";
import type { DeletionRows } from "./project-deletion.ts";
import { noProject, type Projects } from "./projects.ts";
import { failureOf } from "./turns/store.ts";

export class Assets {
  readonly #context: UserContext;
  readonly #projects: Projects;
  readonly #deletions: DeletionRows;
  readonly #rows: AttachRows;
  readonly #run: AttachRun;

  constructor(context: UserContext, projects: Projects, deletions: DeletionRows) {
    this.#context = context;
    this.#deletions = deletions;
    this.#projects = projects;
    this.#rows = new AttachRows(context.runtime);
    this.#run = new AttachRun(context, projects, this.#rows);
  }

  /** Called by the upload's object, perhaps twice; the second call changes nothing. */
  add(call: Call, asset: AssetRecord): Result<ShownAsset, Problem> {
    recordCaller(this.#context, call);
    const { runtime, outbox } = this.#context;
    if (this.find(asset.id) === null && !this.#deletions.has(asset.id)) {
      runtime.storage.transactionSync(() => {
        runtime.sql.exec("INSERT INTO assets (id, record) VALUES (?, ?)", asset.id, JSON.stringify(asset));
        outbox.add(`asset.${asset.status}`, asset.id, showAsset(this.#context, asset));
      });
      this.#context.jobs.tick();
    }
    return ok(showAsset(this.#context, asset));
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
    return asset.ok ? ok(showAsset(this.#context, asset.value)) : asset;
  }

  list(page: PageRequest): Page<ShownAsset> {
    const rows = this.#context.runtime.sql
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
      (asset) => showAsset(this.#context, asset),
    );
  }

  find(id: AssetId): AssetRecord | null {
    if (!this.#context.database.exists()) return null;
    const row = this.#context.runtime.sql
      .exec<{ record: string }>("SELECT record FROM assets WHERE id = ?", id)
      .toArray()[0];
    return row === undefined ? null : decodeAsset(row.record);
  }

  /**
   * Attaches the asset to the project with a job. Attaching it again returns the same attachment; a failed one is
   * retried.
   */
  attach(call: Call, project: ProjectId, asset: AssetRecord): Result<AttachmentWire, Problem> {
    if (this.#projects.find(project) === null) return err(noProject());
    recordCaller(this.#context, call);
    if (asset.status === "rejected")
      return err(
        problemOf("asset_not_attachable", `${asset.error?.detail ?? "The file was rejected; upload another file."}`),
      );
    const { runtime, jobs } = this.#context;
    const foreign = this.find(asset.id) === null;
    if (foreign && (asset.named || readMeta(runtime.sql, "named") === "1")) {
      return err(
        problemOf("asset_not_attachable", "This asset belongs to another user; upload it for the project's user."),
      );
    }
    const idempotency = findByIdempotencyKey(runtime, call);
    if (!idempotency.ok) return idempotency;
    const known = this.#rows.find(project, asset.id);
    if (known?.status === "failed" && idempotency.value !== null)
      this.#rows.save(project, { ...known, told: "caller" });
    if (known === null || (known.status === "failed" && idempotency.value === null)) {
      runtime.storage.transactionSync(() => {
        saveIdempotencyKey(runtime, call, asset.id);
        this.#rows.save(project, { asset, status: "pending", error: null, sent: known?.sent ?? false, told: null });
        jobs.schedule(ATTACH, attachmentKey(project, asset.id), runtime.now());
      });
      jobs.tick();
    }
    return ok(this.show(project, asset.id));
  }

  /**
   * Uploads every pending asset of a project to Nemo before a turn is sent, since its prompt may refer to them. Fails
   * the turn when a file is missing, before the turn costs anything. Each failure fails one turn only; the next turn
   * runs without that file.
   */
  async settle(project: ProjectId, turn: TurnId): Promise<Problem | null> {
    for (const { asset } of this.#rows.inStatus(project, "pending")) {
      const problem = await this.#run.upload(project, asset.id);
      if (problem === null) continue;
      // A retry or a new session may help.
      if (this.#rows.find(project, asset.id)?.status === "pending" || isSessionLost(problem)) return problem;
      break;
    }
    const failed = this.#rows
      .inStatus(project, "failed")
      .filter(({ told }) => told === null || told === turn)
      .flatMap((one) => (one.error === null || isSessionLost(one.error) ? [] : [{ ...one, error: one.error }]));
    for (const one of failed) this.#rows.save(project, { ...one, told: turn });
    const detail = failed.map(({ asset, error }) => `${asset.filename}: ${error.detail}`).join(" ");
    return failed[0] === undefined ? null : { ...failed[0].error, detail };
  }

  /**
   * Schedules the upload of every asset that the lost session had, or did not get because it was lost: the new
   * session has no files.
   */
  reattach(project: ProjectId): void {
    const { runtime, jobs } = this.#context;
    const interrupted = this.#rows
      .inStatus(project, "failed")
      .filter(({ error }) => error !== null && isSessionLost(error));
    for (const attached of [...this.#rows.inStatus(project, "attached"), ...interrupted]) {
      this.#rows.save(project, { ...attached, status: "pending", error: null, sent: false });
      jobs.schedule(ATTACH, attachmentKey(project, attached.asset.id), runtime.now());
    }
  }

  /** Job: uploads one attachment. */
  perform(ref: string, attempt: number): Promise<void> {
    return this.#run.perform(ref, attempt);
  }

  /** Fails an attachment whose job keeps failing. */
  giveUp(ref: string): void {
    const [project, asset] = parseAttachmentKey(ref);
    const detail = "The asset could not be uploaded to Nemo; attach it again later.";
    this.#run.end(project, asset, problemOf("nemo_unavailable", detail));
  }

  show(project: ProjectId, asset: AssetId): AttachmentWire {
    const attachment = this.#rows.find(project, asset);
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

/** Defaults for fields that older records lack. */
const DEFAULTS = { duration_ms: null, width: null, height: null, error: null };

const decodeAsset = (record: string): AssetRecord => ({ ...DEFAULTS, ...(JSON.parse(record) as AssetRecord) }); // written by add() only

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
  readonly #context: UserContext;
  readonly #assets: Assets;
  readonly #rows: DeletionRows;
  readonly #attached: AttachRows;

  constructor(context: UserContext, assets: Assets, rows: DeletionRows) {
    this.#context = context;
    this.#assets = assets;
    this.#rows = rows;
    this.#attached = new AttachRows(context.runtime);
  }

  /** Deletes an asset. Idempotent. */
  begin(id: AssetId): Result<null, Problem> {
    const { runtime, jobs, database } = this.#context;
    if (database.exists() && this.#rows.has(id)) return ok(null);
    const asset = this.#assets.read(id);
    if (!asset.ok) return asset;
    runtime.storage.transactionSync(() => {
      for (const project of this.#attached.projectsOf(id)) {
        const attachment = this.#attached.find(project, id);
        // The record stays, because its file name identifies the copy at Nemo. "caller": no later turn fails for this
        // reason.
        if (attachment !== null)
          this.#attached.save(project, { ...attachment, status: "failed", error: assetDeleted(), told: "caller" });
        jobs.done(ATTACH, attachmentKey(project, id));
      }
      this.#rows.beginAsset(id, asset.value.key);
      jobs.schedule(DELETE_JOB, id, runtime.now());
      jobs.scheduleOnce(AGED, "", runtime.now() + REMOVED_TTL_MS + HOUR_MS);
    });
    jobs.tick();
    return ok(null);
  }

  /**
   * Job: deletes the file. The upload's object drops its parts first; it may be long gone, so the key is deleted here
   * as well.
   */
  async perform(id: AssetId): Promise<void> {
    const { runtime, address, jobs } = this.#context;
    const key = this.#rows.keyOf(id);
    if (key === null) return jobs.done(DELETE_JOB, id);
    const upload: UploadId = `upl_${id.slice("ast_".length)}`; // an asset's id is derived from its upload's
    const uploadObject = runtime.env.UPLOAD.getByName(uploadObjectName(address, upload)) as unknown as UploadRpc; // UploadObject implements it
    await uploadObject.deleteAssetFile();
    await runtime.env.MEDIA.delete(key);
    await runtime.failpoint("deletion.files_deleted");
    runtime.storage.transactionSync(() => {
      this.#rows.finishAsset(id);
      jobs.done(DELETE_JOB, id);
    });
  }
}

const assetDeleted = (): Problem => problemOf("asset_not_attachable", "The asset was deleted; upload the file again.");
