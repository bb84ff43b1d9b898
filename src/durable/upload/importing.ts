/**
 * An upload whose bytes we fetch ourselves, from an address its caller named.
 *
 * It is work that the upload owes, and safe to begin again: asking for a file costs nobody anything. A request that broke,
 * or died with its instance, is made anew from the first byte, a few times and within ten minutes; what it had brought is let
 * go. When every byte is here they are put together as a sender's would be.
 */
import { nextTry, unreachable } from "../../core/import.ts";
import { mustWait } from "../pause.ts";
import type { Closing } from "./closing.ts";
import type { Ends } from "./ends.ts";
import { Fetching, tooLate } from "./fetching.ts";
import { IMPORT, type UploadHome } from "./home.ts";
import type { Imported } from "./record.ts";
import type { Writing } from "./writing.ts";

export class Importing {
  readonly #home: UploadHome;
  readonly #closing: Closing;
  readonly #ends: Ends;
  readonly #writing: Writing;
  readonly #fetching: Fetching;

  constructor(home: UploadHome, closing: Closing, ends: Ends, writing: Writing) {
    this.#home = home;
    this.#closing = closing;
    this.#ends = ends;
    this.#writing = writing;
    this.#fetching = new Fetching(home, ends);
  }

  /** The schedule's work: one request for the file, as soon as its user has a place for it. */
  async perform(): Promise<void> {
    const { schedule, ground } = this.#home;
    const upload = this.#home.read();
    if (upload.import === null || upload.status !== "open") return schedule.done(IMPORT, "");
    if (await mustWait(ground)) return schedule.owe(IMPORT, "", ground.now() + ground.config.waits.pauseLook);
    if (!(await this.#home.user(upload).mayWork(upload.id, "import")))
      return schedule.owe(IMPORT, "", ground.now() + ground.config.waits.importLook);
    await this.#writing.take((signal) => this.#import(signal));
  }

  /** Fails an import that keeps failing here, whatever its server says. */
  giveUp(): void {
    const upload = this.#home.read();
    if (upload.status === "open") this.#ends.fail(unreachable("The file could not be fetched"));
  }

  async #import(signal: AbortSignal): Promise<void> {
    const { ground, schedule } = this.#home;
    const begun = await this.#begin();
    if (begun === null) return;
    const fetched = await this.#fetching.fetch(begun, signal);
    if (signal.aborted || fetched.end === "stopped") return;
    if (fetched.end === "whole") {
      await this.#closing.close(fetched.sizeBytes);
      return schedule.done(IMPORT, "");
    }
    if (fetched.end === "failed") return this.#ends.fail(fetched.error);
    const { import: state } = this.#home.read();
    const at = state === null ? null : nextTry(state, ground.config.waits, fetched.afterMs, ground.now());
    if (at === null) return this.#ends.fail(fetched.error);
    schedule.owe(IMPORT, "", at);
  }

  /** Lets go of what an earlier request brought, and writes this one down before it leaves; null when there may be no more. */
  async #begin(): Promise<Imported | null> {
    const { ground, bytes } = this.#home;
    const upload = this.#home.read();
    const { import: state } = upload;
    if (state === null || upload.status !== "open") return null;
    const begunAt = state.begunAt ?? ground.now();
    if (ground.now() >= begunAt + ground.config.waits.importTotal) {
      this.#ends.fail(tooLate());
      return null;
    }
    if (state.attempts > 0) await this.#home.parts(upload).abort();
    const fresh = { ...upload, sizeBytes: null, format: null, multipart: null };
    const begun = { ...fresh, import: { ...state, begunAt, attempts: state.attempts + 1 } };
    ground.storage.transactionSync(() => {
      bytes.clear();
      this.#home.save(begun);
    });
    await ground.storage.sync();
    await ground.boundary("import.begun");
    return begun;
  }
}
