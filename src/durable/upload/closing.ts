/** The last step of the bytes: one object in R2 made of what is kept, and the upload completed, once, whatever dies in between. */
import { refusal } from "../../core/errors.ts";
import { logBug } from "../../log.ts";
import type { Ends } from "./ends.ts";
import { ASSET, EXPIRE, LOOK, REMOVE, TELL, type UploadHome } from "./home.ts";
import type { Joining } from "./joining.ts";
import { isPartial, mimeOf, type Upload } from "./record.ts";

export class Closing {
  readonly #home: UploadHome;
  readonly #joining: Joining;
  readonly #ends: Ends;

  constructor(home: UploadHome, joining: Joining, ends: Ends) {
    this.#home = home;
    this.#joining = joining;
    this.#ends = ends;
  }

  /** Every byte is kept: says so, then puts the file together. */
  async close(sizeBytes: number): Promise<void> {
    this.#home.ground.storage.transactionSync(() => this.begin({ ...this.#home.read(), sizeBytes, status: "closing" }));
    await this.finish();
  }

  /** Writes down an upload whose bytes are all kept. Call inside a transaction, and `finish` after it. */
  begin(upload: Upload): void {
    const { ground, schedule } = this.#home;
    this.#home.save(upload);
    schedule.owe(LOOK, "", ground.now() + ground.config.waits.stepLease);
  }

  /** Puts the file together. What R2 does not do now, the schedule does later. */
  async finish(): Promise<void> {
    const { ground, schedule } = this.#home;
    try {
      await schedule.cover();
      await ground.boundary("upload.closing");
      await this.assemble();
    } catch (error) {
      logBug("upload_not_closed", error, { work: "upload" });
    }
  }

  /** Makes the file and completes the upload, or fails it. May be repeated after a crash anywhere in it. */
  async assemble(): Promise<void> {
    const upload = this.#home.read();
    const refused = upload.pieces === null ? await this.#store(upload) : await this.#joining.join();
    if (refused !== null) return this.#ends.fail(refused);
    await this.#home.ground.boundary("upload.stored");
    this.complete(upload.sizeBytes ?? 0);
  }

  /** One object in R2 of what is kept here. */
  async #store(upload: Upload): Promise<null> {
    const { ground, bytes } = this.#home;
    const rest = new Uint8Array(bytes.restBytes());
    bytes.readRest(rest);
    const parts = this.#home.parts(upload);
    if (bytes.partCount() === 0) {
      const httpMetadata = { contentType: mimeOf(upload) };
      await ground.env.MEDIA.put(this.#home.key(upload), rest, { httpMetadata });
    } else {
      if (rest.length > 0) bytes.storeParts([await parts.store(bytes.partCount() + 1, rest)]);
      await parts.complete(bytes.parts());
    }
    return null;
  }

  /** The file is in R2: says so, once, and owes what becomes of it. Parts that came to nothing are let go. */
  complete(sizeBytes: number): Upload {
    const { ground, schedule, bytes } = this.#home;
    const upload = this.#home.read();
    if (upload.status !== "open" && upload.status !== "closing") return upload;
    const completed: Upload = { ...upload, sizeBytes, status: "completed" };
    ground.storage.transactionSync(() => {
      this.#home.save(completed);
      schedule.done(LOOK, "");
      bytes.clear();
      schedule.owe(TELL, "", ground.now());
      if (!isPartial(completed)) this.#becomeAsset(completed);
      // A body in one piece overtook the parts of an unfinished one.
      if (upload.status === "open" && upload.multipart !== null) schedule.owe(REMOVE, "", ground.now());
    });
    schedule.tick();
    return completed;
  }

  /** A partial does not come here: it is a piece of some file, or of none when its time is over. */
  #becomeAsset(upload: Upload): void {
    const { ground, schedule } = this.#home;
    schedule.done(EXPIRE, "");
    this.#home.outbox(upload).add("upload.completed", upload.id, this.#home.show(upload), {
      key: upload.call.key ?? null,
    });
    schedule.owe(ASSET, "", ground.now());
  }

  /** Fails an upload whose file can still not be put together. */
  giveUp(): void {
    if (this.#home.read().status !== "closing") return;
    const lost = "The file could not be stored; create another upload.";
    this.#ends.fail(refusal("internal", lost, { hint: "POST /v1/uploads" }));
  }

  /** After a write that never reported: the file is whole in R2, or its bytes are still kept here, or nothing came of it. */
  async look(isWriting: () => boolean): Promise<void> {
    const { ground, schedule } = this.#home;
    const head = await ground.env.MEDIA.head(this.#home.key(this.#home.read()));
    // A write that is on its way reports by itself.
    if (isWriting()) return schedule.owe(LOOK, "", ground.now() + ground.config.waits.stepLease);
    const { status, sizeBytes } = this.#home.read();
    const isOpen = status === "open" || status === "closing";
    if (isOpen && head !== null && head.size === sizeBytes) this.complete(head.size);
    else if (status === "closing") await this.assemble();
    else schedule.done(LOOK, "");
  }
}
