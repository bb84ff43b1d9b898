/** One request for the file of an import: its answer read, its bytes taken the way of a sender's, and what came of it. */
import { ownerOf } from "../../core/address.ts";
import type { Refusal } from "../../core/errors.ts";
import {
  emptyImport,
  explainContent,
  largeImport,
  nameByServer,
  readAnswered,
  tooSlow,
  unreachable,
} from "../../core/import.ts";
import { UPLOAD_BYTES } from "../../core/limits.ts";
import type { OpenFailure } from "../../core/open-target.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { log } from "../../log.ts";
import { Broken, type PutFailure, within } from "../../store/body.ts";
import { BUFFERS, holderOf } from "./buffers.ts";
import type { Ends } from "./ends.ts";
import { judgeFirstBytes } from "./first-bytes.ts";
import type { UploadHome } from "./home.ts";
import { openAddress, readAddress } from "./import-address.ts";
import { explainOpening, forgotten } from "./import-refusals.ts";
import { meterImport } from "./metering.ts";
import type { Imported } from "./record.ts";
import { FIRST_BUFFER_BYTES, letGo, type Taken, Taking } from "./taking.ts";

/** How it ended. `passing`: asking again may help, not before `afterMs` where the server said so. `stopped`: somebody ended the upload. */
export type Fetched =
  | { readonly end: "whole"; readonly sizeBytes: number }
  | { readonly end: "failed"; readonly error: Refusal }
  | { readonly end: "passing"; readonly error: Refusal; readonly afterMs: number | null }
  | { readonly end: "stopped" };

const failed = (error: Refusal): Fetched => ({ end: "failed", error });
const passing = (error: Refusal, afterMs: number | null = null): Fetched => ({ end: "passing", error, afterMs });

export class Fetching {
  readonly #home: UploadHome;
  readonly #ends: Ends;

  constructor(home: UploadHome, ends: Ends) {
    this.#home = home;
    this.#ends = ends;
  }

  /** Asks once, and keeps what comes. Who ends the upload meanwhile fires the signal. */
  async fetch(upload: Imported, signal: AbortSignal): Promise<Fetched> {
    const { ground } = this.#home;
    const address = await readAddress(ground, upload);
    if (address === null) return failed(forgotten());
    const began = ground.now();
    const opened = await this.#open(upload, address, signal);
    const status = opened.ok && opened.value.ok ? opened.value.value.status : null;
    log("info", "import", {
      work: "import",
      attempt: upload.import.attempts,
      ms: ground.now() - began,
      ...(status === null ? {} : { status }),
      ...ownerOf(ground.name),
    });
    if (!opened.ok) return this.#ofBreak(opened.error, "answers");
    if (!opened.value.ok) return failed(explainOpening(opened.value.error));
    await ground.boundary("import.answered");
    return this.#take(upload, opened.value.value, signal);
  }

  /** The answer at the address, or why there is none: nobody is waited for longer than for a byte of the file. */
  async #open(
    upload: Imported,
    address: string,
    signal: AbortSignal,
  ): Promise<Result<Result<Response, OpenFailure>, PutFailure["reason"]>> {
    const asking = new AbortController();
    const opening = openAddress(this.#home.ground, upload, address, asking.signal);
    const idleMs = this.#home.ground.config.waits.importIdle;
    try {
      return ok(await within(opening, { idleMs, signal }, "stalled"));
    } catch (error) {
      asking.abort();
      opening.then((late) => (late.ok ? letGo(late.value.body) : undefined)).catch(() => undefined);
      return err(error instanceof Broken ? error.reason : "cut");
    }
  }

  async #take(upload: Imported, response: Response, signal: AbortSignal): Promise<Fetched> {
    const { ground } = this.#home;
    const answered = readAnswered(response.status, response.headers, ground.now());
    if (answered.do !== "take") {
      await letGo(response.body);
      return answered.do === "fail" ? failed(answered.error) : passing(answered.error, answered.afterMs);
    }
    const filename = upload.import.isNamed ? upload.filename : (nameByServer(response.headers) ?? upload.filename);
    this.#home.save({ ...this.#home.read(), filename, sizeBytes: answered.sizeBytes });
    const metered = await meterImport(ground, upload, response.body ?? new Blob([]).stream(), answered.sizeBytes);
    if (!metered.ok) return failed(metered.error);
    const taken = await this.#read(metered.value.content, answered.sizeBytes, response.headers, signal).finally(() =>
      metered.value.over(this.#home.bytes.offset()),
    );
    if (taken === null) {
      await letGo(response.body);
      return passing(unreachable("Too many uploads were being taken here at once"));
    }
    this.#ends.slide();
    const unpaid = metered.value.refused();
    return unpaid === null ? this.#ofTaken(taken, answered.sizeBytes) : failed(unpaid);
  }

  async #read(
    body: ReadableStream,
    sizeBytes: number | null,
    headers: Headers,
    signal: AbortSignal,
  ): Promise<Taken | null> {
    const { bytes, ground, hash } = this.#home;
    const { waits } = ground.config;
    const holder = holderOf(this.#home.read());
    const room = (bytesWanted: number) => BUFFERS.take(bytesWanted, waits.uploadBuffer, holder);
    const buffer = await room(FIRST_BUFFER_BYTES);
    if (buffer === null) return null;
    const upload = this.#home.read();
    const taking = new Taking(bytes, this.#home.parts(upload), buffer, {
      limit: sizeBytes ?? UPLOAD_BYTES,
      contentBytes: sizeBytes,
      checksums: [],
      bounds: { idleMs: waits.importIdle, signal },
      until: (upload.import?.begunAt ?? ground.now()) + waits.importTotal,
      keepMs: waits.uploadKeep,
      hash,
      judge: (head) => {
        const refused = judgeFirstBytes(this.#home, head);
        return refused === null ? null : explainContent(refused, headers);
      },
      room,
    });
    try {
      return await taking.take(body, () => true);
    } finally {
      void taking.over();
    }
  }

  #ofTaken(taken: Taken, sizeBytes: number | null): Fetched {
    const offset = this.#home.bytes.offset();
    switch (taken.end) {
      case "whole":
        return offset === 0 ? failed(emptyImport()) : { end: "whole", sizeBytes: offset };
      case "broken":
        return this.#ofBreak(taken.failure.reason, "sends");
      case "too_long":
        return sizeBytes === null
          ? failed(largeImport(null))
          : passing(unreachable(`The address sent more than the ${sizeBytes} bytes that it had announced`));
      case "refused":
        return failed(taken.refusal);
      case "wrong_checksum":
      case "unpaid":
        throw new Error("an import has no checksum, and is counted before it comes here");
    }
  }

  #ofBreak(reason: PutFailure["reason"], doing: "answers" | "sends"): Fetched {
    switch (reason) {
      case "stalled":
        return passing(tooSlow("The address sent nothing for 20 seconds, also when it was asked again"));
      case "late":
        return failed(tooLate());
      case "stopped":
        return { end: "stopped" };
      case "cut":
      case "too_large":
        return passing(
          unreachable(doing === "answers" ? "The address cannot be reached" : "The file broke off before its end"),
        );
      case "store":
        throw new Error("an import's bytes were not stored");
    }
  }
}

export const tooLate = (): Refusal => tooSlow("The file took longer than 10 minutes");
