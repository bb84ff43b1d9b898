/**
 * Imports: uploads whose bytes the gateway downloads from an address that the caller named.
 *
 * A download is a job and safe to repeat. A request that broke off, or ended with its instance, starts again from the
 * first byte, a few times and within ten minutes; the bytes of the previous attempt are discarded. When every byte has
 * arrived the file is assembled like any other upload's.
 */
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
import type { ExclusiveWriter } from "./append.ts";
import { type BodyResult, BodyWriter, BUFFER_POOL, cancelBody, FIRST_BUFFER_BYTES, holderOf } from "./body-writer.ts";
import type { UploadCompletion, UploadTermination } from "./complete.ts";
import { IMPORT, type UploadContext } from "./context.ts";
import { checkFirstBytes } from "./digests.ts";
import { meterImport } from "./metering.ts";
import type { Imported, Upload } from "./record.ts";

/* The address of an import: its encryption, and the request for it. */

/** The address rules: the gateway's own hosts are the configured ones and the one of this request. */
export function rulesOf({ targets }: Config, { origin }: Call): TargetRules {
  const own = URL.canParse(origin) ? [new URL(origin).hostname] : [];
  return { ...targets.rules, ownHosts: [...targets.rules.ownHosts, ...own] };
}

export const addressOwner = ({ owner, id }: Upload): string => importOwner(owner, id);

/** The decrypted address; null when it was removed, or its root secret is gone. */
export async function readAddress(runtime: ObjectRuntime, upload: Upload): Promise<string | null> {
  const encrypted = upload.import?.address ?? null;
  return encrypted === null ? null : decrypt(encrypted, addressOwner(upload), runtime.config.roots);
}

/**
 * Requests the file without compression, so that the received bytes are the stored ones. Throws what the network
 * throws.
 */
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

/* Problems of an import, for its creator and for a client that tries to send bytes. They never contain the address. */

const IMPORT_HINT = { hint: "POST /v1/uploads/import" };

/** The address was valid when it was stored; it fails here by a redirect or by what its name resolves to. */
export function explainOpening(why: OpenFailure): Problem {
  if (why === "too_many_redirects")
    return problemOf(
      "too_many_redirects",
      `The address redirects more than ${REDIRECTS} times; use the file's direct address.`,
      IMPORT_HINT,
    );
  const detail = `The address, or one that it redirects to, is not allowed. ${explainTarget(why)}`;
  return problemOf("address_not_allowed", detail, {
    ...IMPORT_HINT,
    errors: [{ field: "/url", message: explainTarget(why) }],
  });
}

/** The address can no longer be decrypted: the root secret was rotated twice meanwhile. */
export const addressLost = (): Problem =>
  problemOf("import_unavailable", "The stored address cannot be read any more; start the import again.", IMPORT_HINT);

/** Why no client may send bytes to this upload; null when one may. */
export const checkSender = (upload: Upload): Problem | null =>
  upload.import === null || upload.status !== "open"
    ? null
    : problemOf("upload_closed", "This upload is imported from an address; create another upload to send bytes.", {
        hint: "POST /v1/uploads",
      });

/**
 * How a download ended. `retryable`: a retry may help, not before `afterMs` when the server said so. `stopped`: the
 * upload was ended meanwhile.
 */
export type DownloadResult =
  | { readonly end: "whole"; readonly sizeBytes: number }
  | { readonly end: "failed"; readonly error: Problem }
  | { readonly end: "retryable"; readonly error: Problem; readonly afterMs: number | null }
  | { readonly end: "stopped" };

const failed = (error: Problem): DownloadResult => ({ end: "failed", error });
const retryable = (error: Problem, afterMs: number | null = null): DownloadResult => ({
  end: "retryable",
  error,
  afterMs,
});

export class Downloader {
  readonly #context: UploadContext;
  readonly #termination: UploadTermination;

  constructor(context: UploadContext, termination: UploadTermination) {
    this.#context = context;
    this.#termination = termination;
  }

  /** Makes one request and stores what arrives. The signal fires when the upload is ended meanwhile. */
  async fetch(upload: Imported, signal: AbortSignal): Promise<DownloadResult> {
    const { runtime } = this.#context;
    const address = await readAddress(runtime, upload);
    if (address === null) return failed(addressLost());
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
    if (!opened.ok) return this.#fromFailure(opened.error, "answers");
    if (!opened.value.ok) return failed(explainOpening(opened.value.error));
    await runtime.failpoint("import.answered");
    return this.#receive(upload, opened.value.value, signal);
  }

  /** The response, or why there is none: it is awaited no longer than the next byte of a file. */
  async #open(
    upload: Imported,
    address: string,
    signal: AbortSignal,
  ): Promise<Result<Result<Response, OpenFailure>, PutFailure["reason"]>> {
    const abort = new AbortController();
    const opening = openAddress(this.#context.runtime, upload, address, abort.signal);
    const idleMs = this.#context.runtime.config.timings.importIdle;
    try {
      return ok(await within(opening, { idleMs, signal }, "stalled"));
    } catch (error) {
      abort.abort();
      opening.then((late) => (late.ok ? cancelBody(late.value.body) : undefined)).catch(() => undefined);
      return err(error instanceof Broken ? error.reason : "cut");
    }
  }

  async #receive(upload: Imported, response: Response, signal: AbortSignal): Promise<DownloadResult> {
    const { runtime } = this.#context;
    const answered = readImportAnswer(response.status, response.headers, runtime.now());
    if (answered.do !== "take") {
      await cancelBody(response.body);
      return answered.do === "fail" ? failed(answered.error) : retryable(answered.error, answered.afterMs);
    }
    const filename = upload.import.isNamed ? upload.filename : (nameByServer(response.headers) ?? upload.filename);
    this.#context.save({ ...this.#context.read(), filename, sizeBytes: answered.sizeBytes });
    const metered = await meterImport(runtime, upload, response.body ?? new Blob([]).stream(), answered.sizeBytes);
    if (!metered.ok) return failed(metered.error);
    const result = await this.#read(metered.value.content, answered.sizeBytes, response.headers, signal).finally(() =>
      metered.value.settle(this.#context.bytes.offset()),
    );
    if (result === null) {
      await cancelBody(response.body);
      return retryable(unreachable("Too many uploads were in progress here"));
    }
    this.#termination.extendExpiry();
    const overQuota = metered.value.problem();
    return overQuota === null ? this.#fromResult(result, answered.sizeBytes) : failed(overQuota);
  }

  async #read(
    body: ReadableStream,
    sizeBytes: number | null,
    headers: Headers,
    signal: AbortSignal,
  ): Promise<BodyResult | null> {
    const { bytes, runtime, hash } = this.#context;
    const { timings } = runtime.config;
    const holder = holderOf(this.#context.read());
    const reserveMemory = (bytesWanted: number) => BUFFER_POOL.acquire(bytesWanted, timings.uploadBuffer, holder);
    const buffer = await reserveMemory(FIRST_BUFFER_BYTES);
    if (buffer === null) return null;
    const upload = this.#context.read();
    const bodyWriter = new BodyWriter(bytes, this.#context.parts(upload), buffer, {
      limit: sizeBytes ?? UPLOAD_BYTES,
      contentBytes: sizeBytes,
      checksums: [],
      bounds: { idleMs: timings.importIdle, signal },
      until: (upload.import?.startedAt ?? runtime.now()) + timings.importTotal,
      persistAfterMs: timings.uploadKeep,
      hash,
      checkFormat: (head) => {
        const problem = checkFirstBytes(this.#context, head);
        return problem === null ? null : explainContent(problem, headers);
      },
      reserveMemory,
    });
    try {
      return await bodyWriter.write(body, () => true);
    } finally {
      void bodyWriter.release();
    }
  }

  #fromResult(result: BodyResult, sizeBytes: number | null): DownloadResult {
    const offset = this.#context.bytes.offset();
    switch (result.end) {
      case "whole":
        return offset === 0 ? failed(emptyImport()) : { end: "whole", sizeBytes: offset };
      case "broken":
        return this.#fromFailure(result.failure.reason, "sends");
      case "too_long":
        return sizeBytes === null
          ? failed(largeImport(null))
          : retryable(unreachable(`The address sent more than the ${sizeBytes} bytes it had announced`));
      case "rejected":
        return failed(result.problem);
      case "wrong_checksum":
      case "over_quota":
        throw new Error("an import has no checksum and is metered before this");
    }
  }

  #fromFailure(reason: PutFailure["reason"], doing: "answers" | "sends"): DownloadResult {
    switch (reason) {
      case "stalled":
        return retryable(tooSlow("The address sent nothing for 20 seconds, also when the request was repeated"));
      case "late":
        return failed(tooLate());
      case "stopped":
        return { end: "stopped" };
      case "cut":
      case "too_large":
        return retryable(
          unreachable(
            doing === "answers" ? "The address cannot be reached" : "The download broke off before the end of the file",
          ),
        );
      case "store":
        throw new Error("an import's bytes were not stored");
    }
  }
}

export const tooLate = (): Problem => tooSlow("The file took longer than 10 minutes");

/* The job that downloads an import, with its attempts and deadline. */

export class ImportJob {
  readonly #context: UploadContext;
  readonly #completion: UploadCompletion;
  readonly #termination: UploadTermination;
  readonly #writer: ExclusiveWriter;
  readonly #downloader: Downloader;

  constructor(
    context: UploadContext,
    completion: UploadCompletion,
    termination: UploadTermination,
    writer: ExclusiveWriter,
  ) {
    this.#context = context;
    this.#completion = completion;
    this.#termination = termination;
    this.#writer = writer;
    this.#downloader = new Downloader(context, termination);
  }

  /** The job: one request for the file, as soon as its user has a free import slot. */
  async perform(): Promise<void> {
    const { jobs, runtime } = this.#context;
    const upload = this.#context.read();
    if (upload.import === null || upload.status !== "open") return jobs.done(IMPORT, "");
    if (await mustWait(runtime))
      return jobs.schedule(IMPORT, "", runtime.now() + runtime.config.timings.pauseCheckInterval);
    if (!(await this.#context.user(upload).mayStart(upload.id, "import")))
      return jobs.schedule(IMPORT, "", runtime.now() + runtime.config.timings.importPollInterval);
    await this.#writer.run((signal) => this.#import(signal));
  }

  /** Fails an import that keeps failing in the gateway. */
  giveUp(): void {
    const upload = this.#context.read();
    if (upload.status === "open") this.#termination.fail(unreachable("The file could not be downloaded"));
  }

  async #import(signal: AbortSignal): Promise<void> {
    const { runtime, jobs } = this.#context;
    const started = await this.#begin();
    if (started === null) return;
    const downloaded = await this.#downloader.fetch(started, signal);
    if (signal.aborted || downloaded.end === "stopped") return;
    if (downloaded.end === "whole") {
      await this.#completion.close(downloaded.sizeBytes);
      return jobs.done(IMPORT, "");
    }
    if (downloaded.end === "failed") return this.#termination.fail(downloaded.error);
    const { import: state } = this.#context.read();
    const at = state === null ? null : nextRequestAt(state, runtime.config.timings, downloaded.afterMs, runtime.now());
    if (at === null) return this.#termination.fail(downloaded.error);
    jobs.schedule(IMPORT, "", at);
  }

  /**
   * Discards the bytes of an earlier request and records this one before it is sent; null when no further request is
   * allowed.
   */
  async #begin(): Promise<Imported | null> {
    const { runtime, bytes } = this.#context;
    const upload = this.#context.read();
    const { import: state } = upload;
    if (state === null || upload.status !== "open") return null;
    const startedAt = state.startedAt ?? runtime.now();
    if (runtime.now() >= startedAt + runtime.config.timings.importTotal) {
      this.#termination.fail(tooLate());
      return null;
    }
    if (state.attempts > 0) await this.#context.parts(upload).abort();
    const fresh = { ...upload, sizeBytes: null, format: null, multipart: null };
    const started = { ...fresh, import: { ...state, startedAt, attempts: state.attempts + 1 } };
    runtime.storage.transactionSync(() => {
      bytes.clear();
      this.#context.save(started);
    });
    await runtime.storage.sync();
    await runtime.failpoint("import.begun");
    return started;
  }
}
