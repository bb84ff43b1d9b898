/** The other ends of an upload: expired, failed, deleted. Committed first; what lies in R2 is removed afterwards, until it is gone. */
import type { Refusal } from "../../core/errors.ts";
import { settleQuota } from "../quota.ts";
import { ASSET, EXPIRE, IMPORT, LOOK, REMOVE, TELL, type UploadHome } from "./home.ts";
import type { Joining } from "./joining.ts";
import type { Lending } from "./lending.ts";
import { assetIdOf, isPartial, type Upload } from "./record.ts";

export class Ends {
  readonly #home: UploadHome;
  readonly #lending: Lending;
  readonly #joining: Joining;

  constructor(home: UploadHome, lending: Lending, joining: Joining) {
    this.#home = home;
    this.#lending = lending;
    this.#joining = joining;
  }

  /** Puts off the upload's end: it was written to. Never beyond its whole life. */
  slide(): void {
    const { ground, schedule } = this.#home;
    const upload = this.#home.read();
    if (upload.status !== "open") return;
    const { uploadIdle, uploadLife } = ground.config.waits;
    const expiresAt = Math.min(ground.now() + uploadIdle, upload.createdAt + uploadLife);
    ground.storage.transactionSync(() => {
      this.#home.save({ ...upload, expiresAt });
      schedule.owe(EXPIRE, "", expiresAt);
    });
  }

  /** Ends an upload that was not written in time, or a partial that is not used. A write on its way may still complete it. */
  expire(isWriting: boolean): void {
    const { ground, schedule } = this.#home;
    const upload = this.#home.read();
    const isWaiting = upload.status === "open" || (isPartial(upload) && upload.status === "completed");
    if (!isWaiting) schedule.done(EXPIRE, "");
    else if (isWriting) schedule.owe(EXPIRE, "", ground.now() + ground.config.waits.stepLease);
    else
      this.#end({ ...upload, status: "expired" }, (ended) => {
        if (!isPartial(ended)) this.#home.outbox(ended).add("upload.expired", ended.id, this.#home.show(ended));
      });
  }

  fail(error: Refusal): void {
    this.#end({ ...this.#home.read(), status: "failed", error }, (ended) => {
      if (!isPartial(ended)) this.#home.outbox(ended).add("upload.failed", ended.id, this.#home.show(ended));
    });
  }

  delete(): void {
    this.#end({ ...this.#home.read(), status: "deleted" });
  }

  /** The asset that it became is deleted. */
  drop(): void {
    const { ground, schedule } = this.#home;
    const upload = this.#home.find();
    if (upload === null || upload.status !== "completed" || isPartial(upload)) return;
    ground.storage.transactionSync(() => {
      this.#home.save({ ...upload, assetId: assetIdOf(upload), isRejected: true });
      schedule.done(ASSET, "");
      schedule.owe(REMOVE, "", ground.now());
    });
    schedule.tick();
  }

  /**
   * Whether nothing would be missed: the upload is over and owes nothing. A final says which partials its file consists of for as
   * long as its asset is there.
   */
  mayForget(): boolean {
    const upload = this.#home.find();
    if (upload === null) return true;
    const isAtWork = upload.status === "open" || upload.status === "closing";
    const isNeeded = upload.status === "completed" && !upload.isRejected && (upload.pieces !== null || !upload.assetId);
    return !isAtWork && !isNeeded && !this.#home.schedule.owesAnything();
  }

  /** The upload's user is deleted: nothing of it stays, here or in R2. May be repeated. */
  async erase(): Promise<void> {
    const { ground, schedule, bytes } = this.#home;
    const upload = this.#home.read();
    await this.#home.parts(upload).abort();
    await ground.env.MEDIA.delete(this.#home.key(upload));
    ground.storage.transactionSync(() => {
      bytes.clear();
      for (const table of ["outbox", "sequences", "due"]) ground.sql.exec(`DELETE FROM ${table}`);
      ground.sql.exec("DELETE FROM meta WHERE key NOT IN ('version', 'busy_due_at')");
    });
    await schedule.cover();
  }

  #end(how: Upload, also: (ended: Upload) => void = () => undefined): void {
    const { ground, schedule } = this.#home;
    const ended = { ...how, arrivedBytes: this.#home.offsetOf(this.#home.read()) };
    ground.storage.transactionSync(() => {
      this.#home.save(ended);
      also(ended);
      schedule.owe(REMOVE, "", ground.now());
      schedule.owe(TELL, "", ground.now());
      for (const kind of [EXPIRE, LOOK, ASSET, IMPORT] as const) schedule.done(kind, "");
    });
    schedule.tick();
  }

  /** Removes what lies in R2 and here of bytes that came to nothing; of a file that is kept only the parts it did without. */
  async remove(): Promise<void> {
    const { ground, schedule, bytes } = this.#home;
    const upload = this.#home.read();
    await ground.boundary("upload.ended");
    await this.#home.parts(upload).abort();
    if (upload.status !== "completed" || upload.isRejected) {
      await this.#joining.release();
      if (!(await this.#lending.isNeeded())) await ground.env.MEDIA.delete(this.#home.key(upload));
    }
    bytes.clear();
    schedule.done(REMOVE, "");
  }

  /** Tells the user's object, which lists the uploads and counts the open ones, and the tenant's, which counts what came. */
  async tell(): Promise<void> {
    const upload = this.#home.read();
    const shown = upload.status === "deleted" ? null : this.#home.show(upload);
    await this.#home.user(upload).noteUpload({ ...upload.call, repeat: null }, upload.id, shown);
    await settleQuota(this.#home.ground, upload.id, upload.arrivedBytes ?? this.#home.offsetOf(upload));
    this.#home.schedule.done(TELL, "");
  }
}
