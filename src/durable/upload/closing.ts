/** The last step of the bytes: one object in R2 made of what is kept, and the upload completed, once, whatever dies in between. */
import { logBug } from "../../log.ts";
import { ASSET, EXPIRE, LOOK, REMOVE, TELL, type UploadHome } from "./home.ts";
import { formatOf, type Upload } from "./record.ts";

export class Closing {
  readonly #home: UploadHome;

  constructor(home: UploadHome) {
    this.#home = home;
  }

  /** Every byte is kept: says so, then puts the file together. What R2 does not do now, the schedule does later. */
  async close(sizeBytes: number): Promise<void> {
    const { ground, schedule } = this.#home;
    ground.storage.transactionSync(() => {
      this.#home.save({ ...this.#home.read(), sizeBytes, status: "closing" });
      schedule.owe(LOOK, "", ground.now() + ground.config.waits.stepLease);
    });
    try {
      await schedule.cover();
      await ground.boundary("upload.closing");
      await this.assemble();
    } catch (error) {
      logBug("upload_not_closed", error, { work: "upload" });
    }
  }

  /** Makes the object and completes the upload. May be repeated after a crash anywhere in it. */
  async assemble(): Promise<void> {
    const { ground, bytes } = this.#home;
    const upload = this.#home.read();
    const rest = new Uint8Array(bytes.restBytes());
    bytes.readRest(rest);
    const parts = this.#home.parts(upload);
    if (bytes.partCount() === 0) {
      const httpMetadata = { contentType: formatOf(upload).mime };
      await ground.env.MEDIA.put(this.#home.key(upload), rest, { httpMetadata });
    } else {
      if (rest.length > 0) bytes.storeParts([await parts.store(bytes.partCount() + 1, rest)]);
      await parts.complete(bytes.parts());
    }
    await ground.boundary("upload.stored");
    this.complete(upload.sizeBytes ?? 0);
  }

  /** The file is in R2: says so, once, and owes the asset. Parts that came to nothing are let go. */
  complete(sizeBytes: number): Upload {
    const { ground, schedule, bytes } = this.#home;
    const upload = this.#home.read();
    if (upload.status !== "open" && upload.status !== "closing") return upload;
    const completed: Upload = { ...upload, sizeBytes, status: "completed" };
    ground.storage.transactionSync(() => {
      this.#home.save(completed);
      schedule.done(EXPIRE, "");
      schedule.done(LOOK, "");
      bytes.clear();
      this.#home
        .outbox(completed)
        .add("upload.completed", upload.id, this.#home.show(completed), { key: completed.call.key ?? null });
      schedule.owe(ASSET, "", ground.now());
      schedule.owe(TELL, "", ground.now());
      // A body in one piece overtook the parts of an unfinished one.
      if (upload.status === "open" && upload.multipart !== null) schedule.owe(REMOVE, "", ground.now());
    });
    schedule.tick();
    return completed;
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
