/**
 * The list of a user's uploads: which exist, how many are open, and which may work now. An upload's progress is in
 * its own object.
 */

import { uploadObjectName } from "../../core/address.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import type { AssetId, UploadId } from "../../core/ids.ts";
import { FINALS_AT_ONCE, IMPORTS_AT_ONCE, OPEN_UPLOADS_PER_USER, UPLOAD_TTL_MS } from "../../core/limits.ts";
import { cutPage, rowsFor } from "../../core/page.ts";
import { err, ok } from "../../core/result.ts";
import type { UploadRpc } from "../../core/rpc/upload.ts";
import type { Call, Page, PageRequest } from "../../core/rpc/user.ts";
import { DAY_MS, type EpochMs, HOUR_MS } from "../../core/time.ts";
import { type Metered, metered, type UploadReservation } from "../../core/usage/quota.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import { logBug } from "../../log.ts";
import { BOUND_LIMIT } from "../shared/database.ts";
import { oldUploadKey } from "../shared/idempotency.ts";
import { forgetResources, releaseQuota } from "../shared/problems.ts";
import { admitNewUser, RETENTION, recordCaller } from "./context.ts";
import type { UserServices } from "./services.ts";

export class Uploads {
  readonly #user: UserServices;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /**
   * Lists a new upload unless too many are open. Idempotent. `bytes`: the reservation of the day's bytes under its
   * `ref`; null for an upload whose bytes are counted elsewhere.
   */
  async admit(call: Call, upload: UploadWire, bytes: UploadReservation | null): Promise<Metered<null>> {
    if (this.#isKnown(upload.id)) return ok(null);
    if (this.#wasAsset(upload.id)) return err(oldUploadKey());
    if (this.#isFull(upload)) await this.#refreshOverdue(call);
    if (this.#isFull(upload)) return err(tooMany());
    const wants = bytes === null ? [] : [{ quota: "bytes_per_day", ref: bytes.ref, amount: bytes.count } as const];
    const admitted = await admitNewUser(this.#user, call, wants, { entered: [{ id: upload.id }] });
    if (!admitted.ok) return admitted;
    // Concurrent calls may have added uploads during the await.
    if (this.#isKnown(upload.id)) return ok(null);
    if (this.#isFull(upload)) {
      releaseQuota(this.#user.runtime, upload.id);
      if (bytes !== null) releaseQuota(this.#user.runtime, bytes.ref);
      return err(tooMany());
    }
    this.#put(upload);
    return metered(null, admitted.value);
  }

  /** Stores the state that an upload's object reports; null: it was deleted. */
  note(call: Call, id: UploadId, upload: UploadWire | null): void {
    recordCaller(this.#user, call);
    if (upload === null) {
      this.#sql.exec("DELETE FROM uploads WHERE id = ?", id);
      this.#scheduleCheck(id, this.#user.runtime.now() + UPLOAD_TTL_MS);
    } else this.#put(upload);
  }

  /**
   * Deletes uploads that ended 30 days ago, here and in their own objects. An upload that is still needed, or that
   * does not answer, is asked again later. Returns the next due time; null when nothing is left.
   */
  async deleteExpired(): Promise<EpochMs | null> {
    const { runtime } = this.#user;
    const due = `SELECT id FROM upload_checks WHERE due_at <= ? ORDER BY due_at ${BOUND_LIMIT}`;
    for (const { id } of this.#sql.exec<{ id: UploadId }>(due, runtime.now(), DELETED_PER_RUN).toArray()) {
      const isForgotten = await this.#forget(id).catch((error: unknown) =>
        logBug("upload_not_forgotten", error, { work: RETENTION }),
      );
      runtime.storage.transactionSync(() => {
        if (isForgotten !== true)
          return this.#scheduleCheck(id, runtime.now() + (isForgotten === false ? UPLOAD_TTL_MS : DAY_MS));
        for (const table of ["uploads", "upload_checks"]) this.#sql.exec(`DELETE FROM ${table} WHERE id = ?`, id);
      });
    }
    return this.#sql.exec<{ at: number | null }>("SELECT min(due_at) AS at FROM upload_checks").one().at;
  }

  /**
   * Whether an import may fetch now, or a final upload may be hashed. Each kind has a limited number of slots, and
   * the oldest waiting upload gets the next one. A slot is held until the upload reports its end, at most for as long
   * as the work can take. A wait counts until the upload should have asked again. So an upload that was never
   * created, or whose object failed, blocks no other.
   */
  mayStart(id: UploadId, work: "import" | "final"): boolean {
    const { runtime } = this.#user;
    if (!this.#isKnown(id)) return work === "final"; // the user is deleted: the upload learns that when its asset is rejected
    const { timings } = runtime.config;
    const now = runtime.now();
    const query = `SELECT count(*) AS n FROM uploads
      WHERE work = ? AND work_until > ? AND id != ? AND (has_slot = 1 OR position < (SELECT position FROM uploads WHERE id = ?))`;
    const ahead = this.#sql.exec<{ n: number }>(query, work, now, id, id).one().n;
    const isAllowed = ahead < AT_ONCE[work];
    const until = now + (isAllowed ? timings.importTotal : MISSED_POLLS * timings.importPollInterval);
    const update = "UPDATE uploads SET work = ?, work_until = ?, has_slot = ? WHERE id = ?";
    this.#sql.exec(update, work, until, isAllowed ? 1 : 0, id);
    return isAllowed;
  }

  /** The newest first. The cursor is a position in the order and not an id, since that upload may have been deleted. */
  list(page: PageRequest, status: UploadWire["status"] | null): Page<UploadWire> {
    const before = page.after === null ? Number.MAX_SAFE_INTEGER : Number(page.after);
    const mayChange = "is_open = 1 OR (record ->> '$.status' = 'completed' AND record ->> '$.asset_id' IS NULL)";
    const matches = status === null ? "1" : `(${mayChange} OR record ->> '$.status' = ?)`;
    const rows = this.#sql
      .exec<{ position: number; record: string }>(
        `SELECT position, record FROM uploads WHERE ${matches} AND position < ? ORDER BY position DESC LIMIT ?`,
        ...(status === null ? [] : [status]),
        before,
        rowsFor(page),
      )
      .toArray();
    return cutPage(
      rows,
      page,
      ({ position }) => String(position),
      ({ record }) => decodeUpload(record),
    );
  }

  /** The upload as its object last reported it; null when it does not exist. */
  find(id: UploadId): UploadWire | null {
    if (!this.#user.database.exists()) return null;
    const row = this.#sql.exec<{ record: string }>("SELECT record FROM uploads WHERE id = ?", id).toArray()[0];
    return row === undefined ? null : decodeUpload(row.record);
  }

  /** Empties an upload's object and removes it from the lists of all users. False when it is still needed. */
  async #forget(id: UploadId): Promise<boolean> {
    const isForgotten = await this.#uploadObject(id).forget();
    if (isForgotten) await forgetResources(this.#user.runtime, [id]);
    return isForgotten;
  }

  /**
   * Reads open uploads again that should have expired by their last report: they may have been written to, have
   * ended, or never have begun.
   */
  async #refreshOverdue(call: Call): Promise<void> {
    const { runtime } = this.#user;
    const rows = this.#sql
      .exec<{ id: UploadId }>("SELECT id FROM uploads WHERE is_open = 1 AND expires_at < ?", runtime.now())
      .toArray();
    for (const { id } of rows) {
      const found = await this.#uploadObject(id).read();
      this.note(call, id, found.ok ? found.value : null);
    }
  }

  #put(upload: UploadWire): void {
    this.#sql.exec(
      `INSERT INTO uploads (id, is_open, expires_at, record) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET is_open = excluded.is_open, expires_at = excluded.expires_at, record = excluded.record`,
      upload.id,
      upload.status === "open" ? 1 : 0,
      Date.parse(upload.expires_at),
      JSON.stringify(upload),
    );
    const endsAt = upload.status === "open" ? Date.parse(upload.expires_at) : this.#user.runtime.now();
    this.#scheduleCheck(upload.id, endsAt + UPLOAD_TTL_MS);
    const isHashed = upload.asset_id !== null || upload.concat !== "final";
    const isOver = upload.status !== "open" && (upload.status !== "completed" || isHashed);
    if (isOver) this.#sql.exec("UPDATE uploads SET work = NULL, has_slot = 0 WHERE id = ?", upload.id);
  }

  #scheduleCheck(id: string, at: EpochMs): void {
    const { runtime, jobs } = this.#user;
    this.#sql.exec("INSERT OR REPLACE INTO upload_checks (id, due_at) VALUES (?, ?)", id, at);
    jobs.scheduleOnce(RETENTION, "", runtime.now() + UPLOAD_TTL_MS + HOUR_MS);
  }

  /**
   * Whether this id was derived from an idempotency key that is no longer stored: its asset exists or was deleted
   * recently.
   */
  #wasAsset(id: string): boolean {
    if (!this.#user.database.exists()) return false;
    const asset: AssetId = `ast_${id.slice("upl_".length)}`;
    const isThere = this.#sql.exec("SELECT 1 FROM assets WHERE id = ?", asset).toArray().length > 0;
    return isThere || this.#user.deletionRows.has(asset);
  }

  #uploadObject(id: UploadId): UploadRpc {
    const { runtime, address } = this.#user;
    return runtime.env.UPLOAD.getByName(uploadObjectName(address, id)) as unknown as UploadRpc; // UploadObject implements it
  }

  #isKnown(id: string): boolean {
    return (
      this.#user.database.exists() && this.#sql.exec("SELECT 1 FROM uploads WHERE id = ?", id).toArray().length > 0
    );
  }

  /** A final upload needs no slot and no bytes: its partial uploads had them. */
  #isFull({ concat }: UploadWire): boolean {
    return concat !== "final" && this.#openCount() >= OPEN_UPLOADS_PER_USER;
  }

  #openCount(): number {
    if (!this.#user.database.exists()) return 0;
    return this.#sql.exec<{ n: number }>("SELECT count(*) AS n FROM uploads WHERE is_open = 1").one().n;
  }

  get #sql(): SqlStorage {
    return this.#user.runtime.sql;
  }
}

/** Uploads deleted in one run. Chosen: a few seconds of calls. */
const DELETED_PER_RUN = 50;
const AT_ONCE = { import: IMPORTS_AT_ONCE, final: FINALS_AT_ONCE } as const;
/**
 * A waiting upload that has missed this many polls no longer counts. Chosen: more than a restart and a slow answer
 * take.
 */
const MISSED_POLLS = 5;

/** Decodes an upload that #put stored. */
const decodeUpload = (record: string): UploadWire => JSON.parse(record) as UploadWire;

const tooMany = (): Problem =>
  problemOf(
    "concurrency_limited",
    `A user may have ${OPEN_UPLOADS_PER_USER} open uploads; finish or delete one of them first.`,
    { hint: "GET /v1/uploads", retryAfterSeconds: 60 },
  );
