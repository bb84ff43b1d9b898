/** One request for the file of an import: its answer read, its bytes taken the way of a sender's, and what came of it. */
import { importOwner, ownerOf } from "../../core/address.ts";
import { decrypt } from "../../core/crypto.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import { UPLOAD_BYTES } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Call } from "../../core/rpc/user.ts";
import { explainTarget, type OpenFailure, openTarget, REDIRECTS, type TargetRules } from "../../core/ssrf.ts";
import {
  emptyImport,
  explainContent,
  largeImport,
  nameByServer,
  nextRequestAt,
  readImportAnswer,
  tooSlow,
  unreachable,
} from "../../core/uploads/import.ts";
import type { Config } from "../../env.ts";
import { log } from "../../log.ts";
import { Broken, type PutFailure, within } from "../../store/chunks.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { mustWait } from "../shared/jobs.ts";
import type { Writing } from "./append.ts";
import { BodyWriter, BUFFERS, cancelBody, FIRST_BUFFER_BYTES, holderOf, type QuotaUse } from "./body-writer.ts";
import type { Closing, Ends } from "./complete.ts";
import { IMPORT, type UploadContext } from "./context.ts";
import { judgeFirstBytes } from "./digests.ts";
import { meterImport } from "./metering.ts";
import type { Imported, Upload } from "./record.ts";

/* The address of an import: whom it is sealed for, and how it is opened as a file. */

/** What is judged by: our own hosts are those that are set, and the one this caller reaches us at. */
export function rulesOf({ targets }: Config, { origin }: Call): TargetRules {
  const own = URL.canParse(origin) ? [new URL(origin).hostname] : [];
  return { ...targets.rules, ownHosts: [...targets.rules.ownHosts, ...own] };
}

export const addressOwner = ({ owner, id }: Upload): string => importOwner(owner, id);

/** The address in plain; null once it is forgotten, or when the root secret that sealed it is gone. */
export async function readAddress(runtime: ObjectRuntime, upload: Upload): Promise<string | null> {
  const encrypted = upload.import?.address ?? null;
  return encrypted === null ? null : decrypt(encrypted, addressOwner(upload), runtime.config.roots);
}

/** The answer at the end of the address, asked for as it is: what arrives is what is counted and kept. Throws what the network throws. */
export function openAddress(
  { config }: ObjectRuntime,
  { call }: Upload,
  address: string,
  signal: AbortSignal,
): Promise<Result<Response, OpenFailure>> {
  return openTarget(address, signal, {
    rules: rulesOf(config, call),
    resolve: config.targets.resolve,
    headers: { accept: "video/*, image/*, audio/*, */*;q=0.5", "accept-encoding": "identity" },
    send: (request) => fetch(request),
  });
}

/* What is told about an import: to who named its address, and to who would send its bytes. The address itself is never in the words. */

const AGAIN = { hint: "POST /v1/uploads/import" };

/** An address that was judged when it was ordered fails here by what it redirects to, or by where its name leads. */
export function explainOpening(why: OpenFailure): Problem {
  if (why === "too_many_redirects")
    return problemOf(
      "too_many_redirects",
      `The address redirects more than ${REDIRECTS} times; use the file's direct address.`,
      AGAIN,
    );
  const detail = `The address, or one that it redirects to, cannot be used. ${explainTarget(why)}`;
  return problemOf("address_not_allowed", detail, {
    ...AGAIN,
    errors: [{ field: "/url", message: explainTarget(why) }],
  });
}

/** The seal of the address does not open any more: the root secret was changed twice meanwhile. */
export const forgotten = (): Problem =>
  problemOf("import_unavailable", "The address is no longer known here; import it again.", AGAIN);

/** Why nobody may send bytes of it; null when the sender brings them. */
export const checkSender = (upload: Upload): Problem | null =>
  upload.import === null || upload.status !== "open"
    ? null
    : problemOf("upload_closed", "This upload is fetched from an address; create another one to send bytes.", {
        hint: "POST /v1/uploads",
      });

/** How it ended. `passing`: asking again may help, not before `afterMs` where the server said so. `stopped`: somebody ended the upload. */
export type Fetched =
  | { readonly end: "whole"; readonly sizeBytes: number }
  | { readonly end: "failed"; readonly error: Problem }
  | { readonly end: "passing"; readonly error: Problem; readonly afterMs: number | null }
  | { readonly end: "stopped" };

const failed = (error: Problem): Fetched => ({ end: "failed", error });
const passing = (error: Problem, afterMs: number | null = null): Fetched => ({ end: "passing", error, afterMs });

export class Fetching {
  readonly #context: UploadContext;
  readonly #ends: Ends;

  constructor(context: UploadContext, ends: Ends) {
    this.#context = context;
    this.#ends = ends;
  }

  /** Asks once, and keeps what comes. Who ends the upload meanwhile fires the signal. */
  async fetch(upload: Imported, signal: AbortSignal): Promise<Fetched> {
    const { runtime } = this.#context;
    const address = await readAddress(runtime, upload);
    if (address === null) return failed(forgotten());
    const began = runtime.now();
    const opened = await this.#open(upload, address, signal);
    const status = opened.ok && opened.value.ok ? opened.value.value.status : null;
    log("info", "import", {
      work: "import",
      attempt: upload.import.attempts,
      ms: runtime.now() - began,
      ...(status === null ? {} : { status }),
      ...ownerOf(runtime.name),
    });
    if (!opened.ok) return this.#ofBreak(opened.error, "answers");
    if (!opened.value.ok) return failed(explainOpening(opened.value.error));
    await runtime.boundary("import.answered");
    return this.#take(upload, opened.value.value, signal);
  }

  /** The answer at the address, or why there is none: nobody is waited for longer than for a byte of the file. */
  async #open(
    upload: Imported,
    address: string,
    signal: AbortSignal,
  ): Promise<Result<Result<Response, OpenFailure>, PutFailure["reason"]>> {
    const asking = new AbortController();
    const opening = openAddress(this.#context.runtime, upload, address, asking.signal);
    const idleMs = this.#context.runtime.config.timings.importIdle;
    try {
      return ok(await within(opening, { idleMs, signal }, "stalled"));
    } catch (error) {
      asking.abort();
      opening.then((late) => (late.ok ? cancelBody(late.value.body) : undefined)).catch(() => undefined);
      return err(error instanceof Broken ? error.reason : "cut");
    }
  }

  async #take(upload: Imported, response: Response, signal: AbortSignal): Promise<Fetched> {
    const { runtime } = this.#context;
    const answered = readImportAnswer(response.status, response.headers, runtime.now());
    if (answered.do !== "take") {
      await cancelBody(response.body);
      return answered.do === "fail" ? failed(answered.error) : passing(answered.error, answered.afterMs);
    }
    const filename = upload.import.isNamed ? upload.filename : (nameByServer(response.headers) ?? upload.filename);
    this.#context.save({ ...this.#context.read(), filename, sizeBytes: answered.sizeBytes });
    const metered = await meterImport(runtime, upload, response.body ?? new Blob([]).stream(), answered.sizeBytes);
    if (!metered.ok) return failed(metered.error);
    const taken = await this.#read(metered.value.content, answered.sizeBytes, response.headers, signal).finally(() =>
      metered.value.over(this.#context.bytes.offset()),
    );
    if (taken === null) {
      await cancelBody(response.body);
      return passing(unreachable("Too many uploads were being taken here at once"));
    }
    this.#ends.slide();
    const unpaid = metered.value.problem();
    return unpaid === null ? this.#ofTaken(taken, answered.sizeBytes) : failed(unpaid);
  }

  async #read(
    body: ReadableStream,
    sizeBytes: number | null,
    headers: Headers,
    signal: AbortSignal,
  ): Promise<QuotaUse | null> {
    const { bytes, runtime, hash } = this.#context;
    const { timings } = runtime.config;
    const holder = holderOf(this.#context.read());
    const room = (bytesWanted: number) => BUFFERS.take(bytesWanted, timings.uploadBuffer, holder);
    const buffer = await room(FIRST_BUFFER_BYTES);
    if (buffer === null) return null;
    const upload = this.#context.read();
    const bodyWriter = new BodyWriter(bytes, this.#context.parts(upload), buffer, {
      limit: sizeBytes ?? UPLOAD_BYTES,
      contentBytes: sizeBytes,
      checksums: [],
      bounds: { idleMs: timings.importIdle, signal },
      until: (upload.import?.begunAt ?? runtime.now()) + timings.importTotal,
      keepMs: timings.uploadKeep,
      hash,
      judge: (head) => {
        const problem = judgeFirstBytes(this.#context, head);
        return problem === null ? null : explainContent(problem, headers);
      },
      room,
    });
    try {
      return await bodyWriter.take(body, () => true);
    } finally {
      void bodyWriter.over();
    }
  }

  #ofTaken(taken: QuotaUse, sizeBytes: number | null): Fetched {
    const offset = this.#context.bytes.offset();
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
        return failed(taken.problem);
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

export const tooLate = (): Problem => tooSlow("The file took longer than 10 minutes");

/*
 * An upload whose bytes we fetch ourselves, from an address its caller named.
 *
 * It is work that the upload owes, and safe to begin again: asking for a file costs nobody anything. A request that broke,
 * or died with its instance, is made anew from the first byte, a few times and within ten minutes; what it had brought is let
 * go. When every byte is here they are put together as a sender's would be.
 */

export class Importing {
  readonly #context: UploadContext;
  readonly #closing: Closing;
  readonly #ends: Ends;
  readonly #writing: Writing;
  readonly #fetching: Fetching;

  constructor(context: UploadContext, closing: Closing, ends: Ends, writing: Writing) {
    this.#context = context;
    this.#closing = closing;
    this.#ends = ends;
    this.#writing = writing;
    this.#fetching = new Fetching(context, ends);
  }

  /** The schedule's work: one request for the file, as soon as its user has a place for it. */
  async perform(): Promise<void> {
    const { jobs, runtime } = this.#context;
    const upload = this.#context.read();
    if (upload.import === null || upload.status !== "open") return jobs.done(IMPORT, "");
    if (await mustWait(runtime))
      return jobs.schedule(IMPORT, "", runtime.now() + runtime.config.timings.pauseCheckInterval);
    if (!(await this.#context.user(upload).mayStart(upload.id, "import")))
      return jobs.schedule(IMPORT, "", runtime.now() + runtime.config.timings.importPollInterval);
    await this.#writing.take((signal) => this.#import(signal));
  }

  /** Fails an import that keeps failing here, whatever its server says. */
  giveUp(): void {
    const upload = this.#context.read();
    if (upload.status === "open") this.#ends.fail(unreachable("The file could not be fetched"));
  }

  async #import(signal: AbortSignal): Promise<void> {
    const { runtime, jobs } = this.#context;
    const begun = await this.#begin();
    if (begun === null) return;
    const fetched = await this.#fetching.fetch(begun, signal);
    if (signal.aborted || fetched.end === "stopped") return;
    if (fetched.end === "whole") {
      await this.#closing.close(fetched.sizeBytes);
      return jobs.done(IMPORT, "");
    }
    if (fetched.end === "failed") return this.#ends.fail(fetched.error);
    const { import: state } = this.#context.read();
    const at = state === null ? null : nextRequestAt(state, runtime.config.timings, fetched.afterMs, runtime.now());
    if (at === null) return this.#ends.fail(fetched.error);
    jobs.schedule(IMPORT, "", at);
  }

  /** Lets go of what an earlier request brought, and writes this one down before it leaves; null when there may be no more. */
  async #begin(): Promise<Imported | null> {
    const { runtime, bytes } = this.#context;
    const upload = this.#context.read();
    const { import: state } = upload;
    if (state === null || upload.status !== "open") return null;
    const begunAt = state.begunAt ?? runtime.now();
    if (runtime.now() >= begunAt + runtime.config.timings.importTotal) {
      this.#ends.fail(tooLate());
      return null;
    }
    if (state.attempts > 0) await this.#context.parts(upload).abort();
    const fresh = { ...upload, sizeBytes: null, format: null, multipart: null };
    const begun = { ...fresh, import: { ...state, begunAt, attempts: state.attempts + 1 } };
    runtime.storage.transactionSync(() => {
      bytes.clear();
      this.#context.save(begun);
    });
    await runtime.storage.sync();
    await runtime.boundary("import.begun");
    return begun;
  }
}
