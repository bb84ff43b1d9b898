/**
 * Attachments: which assets belong to which projects, and the upload of each into the project's session at Nemo. Nemo
 * pulls the file through a signed link, or the file is pushed as a stream.
 */

import { linkUrl, signLink } from "../../core/crypto.ts";
import { ERRORS, type Problem, problemOf } from "../../core/errors.ts";
import type { AssetId, ProjectId, TurnId } from "../../core/ids.ts";
import { POISON_ATTEMPTS, PULL_LINK_MS } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { AssetRecord } from "../../core/rpc/user.ts";
import type { AttachmentWire } from "../../core/wire/upload.ts";
import { openStored } from "../../store/files.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { TablePresence } from "../shared/database.ts";
import { RetryLater } from "../shared/jobs.ts";
import { ATTACH } from "./context.ts";
import type { UserServices } from "./services.ts";

export type Attachment = {
  readonly asset: AssetRecord;
  readonly status: AttachmentWire["status"];
  readonly error: Problem | null;
  /** An upload into the project's session has started, so Nemo may have the file. Stored before the request is sent. */
  readonly sent: boolean;
  /**
   * Who has received this failure: the turn that failed with it, or the caller who asked again; null when it was not
   * reported yet.
   */
  readonly reportedTo: TurnId | "caller" | null;
};

/** The names under which Nemo may list a file: its own, and the one encoded in a pull link. */
export const namesAtNemo = (filename: string): string[] => [filename, encodeURIComponent(filename)];

type Row = { status: Attachment["status"]; record: string };

export class AttachRows {
  readonly #runtime: ObjectRuntime;
  readonly #presence: TablePresence;

  constructor(runtime: ObjectRuntime) {
    this.#runtime = runtime;
    this.#presence = new TablePresence(runtime, "attachments");
  }

  find(project: ProjectId, asset: AssetId): Attachment | null {
    return this.#read("project = ? AND asset = ?", project, asset)[0] ?? null;
  }

  /** A project's attachments in one status, the oldest asset first. */
  inStatus(project: ProjectId, status: Attachment["status"]): Attachment[] {
    return this.#read("project = ? AND status = ? ORDER BY asset", project, status);
  }

  /** Whether every attachment of the project is at Nemo: none is pending, none has failed. */
  areAttached(project: ProjectId): boolean {
    if (!this.#presence.mayHaveRows()) return true;
    const query = "SELECT 1 FROM attachments WHERE project = ? AND status IN ('pending', 'failed') LIMIT 1";
    return this.#runtime.sql.exec(query, project).toArray().length === 0;
  }

  /** The projects that an asset is or was to be attached to. */
  projectsOf(asset: AssetId): ProjectId[] {
    const query = "SELECT project FROM attachments WHERE asset = ?";
    const rows = this.#runtime.sql.exec<{ project: ProjectId }>(query, asset).toArray();
    return rows.map(({ project }) => project);
  }

  /** The names under which Nemo may list the files that were sent into a project's session. */
  namesIn(project: ProjectId): ReadonlySet<string> {
    const sent = this.#read("project = ?", project).filter(({ sent, status }) => sent || status === "attached");
    return new Set(sent.flatMap(({ asset }) => namesAtNemo(asset.filename)));
  }

  save(project: ProjectId, { status, ...record }: Attachment): void {
    this.#runtime.sql.exec(
      "INSERT OR REPLACE INTO attachments (project, asset, status, record) VALUES (?, ?, ?, ?)",
      project,
      record.asset.id,
      status,
      JSON.stringify(record),
    );
    this.#presence.inserted();
  }

  #read(where: string, ...values: SqlStorageValue[]): Attachment[] {
    const query = `SELECT status, record FROM attachments WHERE ${where}`;
    const rows = this.#runtime.sql.exec<Row>(query, ...values).toArray();
    return rows.map(({ status, record }) => ({
      ...(JSON.parse(record) as Omit<Attachment, "status">),
      status,
    })); // written by save() only
  }
}

export class AttachRun {
  readonly #user: UserServices;
  /** Uploads run one at a time: each holds one of the six connections that an object may have open. */
  #pushing: Promise<unknown> = Promise.resolve();

  constructor(user: UserServices) {
    this.#user = user;
  }

  /**
   * Job: uploads one attachment. A retryable problem is thrown, so that the job is retried; after the last attempt it
   * ends the attachment.
   */
  async perform(key: string, attempt: number): Promise<void> {
    const [project, asset] = parseAttachmentKey(key);
    const problem = await this.upload(project, asset);
    if (problem === null || !isRetryable(problem)) return;
    if (attempt < POISON_ATTEMPTS) throw new RetryLater("attachment", problem);
    this.end(project, asset, problem);
  }

  /** Fails an attachment whose job keeps failing. */
  giveUp(ref: string): void {
    const [project, asset] = parseAttachmentKey(ref);
    const detail = "The asset could not be uploaded to Nemo; attach it again later.";
    this.end(project, asset, problemOf("nemo_unavailable", detail));
  }

  /**
   * Uploads a pending asset to Nemo, after the uploads that are already running. A retryable problem leaves it
   * pending with its job; any other problem ends the attachment as failed.
   */
  upload(project: ProjectId, asset: AssetId): Promise<Problem | null> {
    const work = this.#pushing.then(() => this.#uploadPending(project, asset));
    this.#pushing = work.catch(() => undefined);
    return work;
  }

  /** Ends a pending attachment as failed. */
  end(project: ProjectId, asset: AssetId, error: Problem): void {
    const { runtime, jobs } = this.#user;
    const attachment = this.#user.attachRows.find(project, asset);
    if (attachment?.status !== "pending") return;
    runtime.storage.transactionSync(() => {
      this.#user.attachRows.save(project, { ...attachment, status: "failed", error, reportedTo: null });
      jobs.done(ATTACH, attachmentKey(project, asset));
    });
  }

  async #uploadPending(project: ProjectId, asset: AssetId): Promise<Problem | null> {
    const attachment = this.#user.attachRows.find(project, asset);
    if (attachment === null || attachment.status !== "pending") {
      this.#user.jobs.done(ATTACH, attachmentKey(project, asset));
      return null;
    }
    const uploaded = await this.#ensureUploaded(project, attachment.asset, attachment.sent);
    if (!uploaded.ok) {
      if (!isRetryable(uploaded.error)) this.end(project, asset, uploaded.error);
      return uploaded.error;
    }
    if (this.#user.projects.find(project)?.session?.sessionId !== uploaded.value) {
      // The session was replaced during the upload, and the new one does not have the file.
      if (this.#isOver(project, asset)) return null;
      this.#user.attachRows.save(project, { ...attachment, sent: false });
      return this.#uploadPending(project, asset);
    }
    this.#saveAttached(project, attachment.asset);
    return null;
  }

  /**
   * Checks whether an earlier attempt has uploaded the file, else uploads it. Returns the id of the session that has
   * it.
   */
  async #ensureUploaded(project: ProjectId, asset: AssetRecord, sent: boolean): Promise<Result<string, Problem>> {
    const { runtime } = this.#user;
    const session = await this.#user.projects.session(project);
    if (!session.ok) return session;
    const uploaded = sent ? await this.#isUploaded(project, asset) : ok(false);
    if (!uploaded.ok) return uploaded;
    const { sessionId } = session.value;
    if (uploaded.value) return ok(sessionId);
    if (this.#isOver(project, asset.id)) return err(fileDeleted());
    this.#user.attachRows.save(project, { asset, status: "pending", error: null, sent: true, reportedTo: null });
    await runtime.storage.sync();
    const pushed = await this.#push(sessionId, asset);
    if (!pushed.ok) return pushed;
    await runtime.failpoint("asset.attached");
    return ok(sessionId);
  }

  /** The attachment ended during the upload because its asset was deleted; that result is kept. */
  #isOver(project: ProjectId, asset: AssetId): boolean {
    return this.#user.attachRows.find(project, asset)?.status !== "pending";
  }

  #saveAttached(project: ProjectId, asset: AssetRecord): void {
    if (this.#isOver(project, asset.id)) return;
    this.#user.runtime.storage.transactionSync(() => {
      this.#user.attachRows.save(project, { asset, status: "attached", error: null, sent: true, reportedTo: null });
      const known = this.#user.projects.find(project);
      if (known !== null) this.#user.projects.save({ ...known, snapshot: null });
      this.#user.jobs.done(ATTACH, attachmentKey(project, asset.id));
    });
  }

  /**
   * Whether Nemo has an asset whose push or pull has started. Nemo lists files by name and mostly without a size. So
   * it must list more files of this name than are attached here, and at least one of the same or of unknown size. A
   * file of the same name that was added in Nemo's own app is taken for this one.
   */
  async #isUploaded(project: ProjectId, { filename, size_bytes }: AssetRecord): Promise<Result<boolean, Problem>> {
    const state = await this.#user.projects.state(project);
    if (!state.ok) return state;
    const names = namesAtNemo(filename);
    const named = state.value?.videoInfos.filter(({ name }) => names.includes(name)) ?? [];
    const ours = this.#user.attachRows.inStatus(project, "attached").filter(({ asset }) => asset.filename === filename);
    const fits = named.some(({ sizeBytes }) => sizeBytes === undefined || sizeBytes === size_bytes);
    return ok(fits && named.length > ours.length);
  }

  async #push(sessionId: string, asset: AssetRecord): Promise<Result<unknown, Problem>> {
    const { account, runtime, address } = this.#user;
    const { publicUrl } = runtime.config;
    if (publicUrl !== null && address.mode === "live") {
      const url = linkUrl(publicUrl, await this.#pullToken(asset), asset.filename);
      return account.read((token) => account.nemo.uploadByUrl(token, sessionId, [url]));
    }
    const stored = await openStored(runtime.env.MEDIA, asset.key);
    if (stored === null) return err(fileDeleted());
    return account.read(async (token) => {
      const body = await stored.read();
      if (!body) throw new Error("a stored asset's file is missing");
      const { filename, content_type, size_bytes } = asset;
      return account.nemo.uploadFile(token, sessionId, {
        filename,
        contentType: content_type,
        sizeBytes: size_bytes,
        body,
      });
    });
  }

  async #pullToken(asset: AssetRecord): Promise<string> {
    const { runtime, address } = this.#user;
    const { rootSecret: current, rootSecretPrevious: previous } = runtime.config;
    const { tenant, mode } = address;
    return signLink(
      { purpose: "pull", tenant, mode, id: asset.id, expiresAt: runtime.now() + PULL_LINK_MS },
      { current, previous },
    );
  }
}

const fileDeleted = (): Problem => problemOf("asset_not_attachable", "The file was deleted; upload it again.");

/** Whether a retry may help. */
const isRetryable = ({ code }: Problem): boolean => ERRORS[code].retryable;

/** The job key of an attachment. */
export const attachmentKey = (project: ProjectId, asset: AssetId): string => `${project}/${asset}`;

/** The inverse of `attachmentKey`. */
const parseAttachmentKey = (key: string): [ProjectId, AssetId] => key.split("/") as [ProjectId, AssetId]; // made by attachmentKey() only
