/** Creates an upload once, however often its request is repeated. */
import type { UserAddress } from "../../core/address.ts";
import { encrypt } from "../../core/crypto.ts";
import type { Problem } from "../../core/errors.ts";
import type { UploadId } from "../../core/ids.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { NewFile } from "../../core/rpc/upload.ts";
import type { Call } from "../../core/rpc/user.ts";
import { checkWebhookTarget } from "../../core/ssrf.ts";
import { type ImportRequest, nameByAddress } from "../../core/uploads/import.ts";
import { type Metered, metered } from "../../core/usage/quota.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { UploadCompletion } from "./complete.ts";
import type { Concatenation, Planned } from "./concat.ts";
import { EXPIRE, IMPORT, type UploadContext } from "./context.ts";
import { addressOwner, rulesOf } from "./import.ts";
import { checkNew, checkRepeat, createUploadRecord, type NewUploadRequest, type Upload } from "./record.ts";

export class UploadCreation {
  readonly #context: UploadContext;
  readonly #completion: UploadCompletion;
  readonly #concatenation: Concatenation;

  constructor(context: UploadContext, completion: UploadCompletion, concatenation: Concatenation) {
    this.#context = context;
    this.#completion = completion;
    this.#concatenation = concatenation;
  }

  /** Creates the upload, or returns it to a repeated request for as long as its Idempotency-Key is valid. */
  create(call: Call, owner: UserAddress, id: UploadId, body: NewFile): Promise<Metered<UploadWire>> {
    const isFinal = body.concat?.kind === "final";
    return this.#begin({ call, owner, id, body }, checkNew, async (announced) =>
      isFinal
        ? this.#concatenation.plan(announced)
        : ok({ upload: announced, bytes: { ref: announced.id, count: announced.sizeBytes ?? 0 } }),
    );
  }

  /**
   * Creates an upload whose bytes the gateway downloads. Only its content decides its format: an address need not end
   * in a file name.
   */
  async createImport(
    call: Call,
    owner: UserAddress,
    id: UploadId,
    { url, fileName, metadata }: ImportRequest,
  ): Promise<Metered<UploadWire>> {
    const { runtime, jobs } = this.#context;
    const problem = (): Problem | null => checkWebhookTarget(url, "/url", rulesOf(runtime.config, call));
    const filename = fileName ?? (URL.canParse(url) ? nameByAddress(new URL(url)) : "");
    const request = { call, owner, id, body: { filename, size_bytes: null, metadata } };
    const made = await this.#begin(request, problem, async (announced) => {
      const address = await encrypt(url, addressOwner(announced), runtime.config.roots, runtime.random);
      const upload = { ...announced, import: { address, isNamed: fileName !== null, attempts: 0, startedAt: null } };
      return ok({ upload, bytes: null }); // counted as they arrive
    });
    if (made.ok) await runtime.failpoint("import.intent");
    jobs.tick();
    return made;
  }

  async #begin(
    request: NewUploadRequest,
    check: (body: NewFile) => Problem | null,
    plan: (announced: Upload) => Promise<Result<Planned, Problem>>,
  ): Promise<Metered<UploadWire>> {
    const { runtime, database, jobs } = this.#context;
    const known = this.#context.find();
    if (known !== null) return this.#idempotency(known, request.call);
    const problem = check(request.body);
    if (problem !== null) return err(problem);
    const planned = await plan(createUploadRecord(request, runtime.now(), runtime.config.timings.uploadIdle));
    if (!planned.ok) return planned;
    const { upload, bytes } = planned.value;
    const call = { ...request.call, idempotency: null };
    const admitted = await this.#context.user(upload).admitUpload(call, this.#context.show(upload), bytes);
    if (!admitted.ok) return admitted;
    const made = this.#context.find(); // by a concurrent duplicate of the call
    if (made !== null) return this.#idempotency(made, request.call);
    database.ready();
    runtime.storage.transactionSync(() => {
      jobs.schedule(EXPIRE, "", upload.expiresAt);
      if (upload.status === "closing") this.#completion.begin(upload);
      else this.#context.save(upload);
      if (upload.import !== null) jobs.schedule(IMPORT, "", runtime.now());
    });
    if (upload.status === "closing") await this.#completion.finish();
    else await jobs.ensureWatchdog();
    const { error } = this.#context.read();
    // An import may have ended already: its caller gets the upload, which shows the error.
    const isMade = error === null || upload.import !== null;
    return isMade ? metered(this.#context.show(this.#context.read()), admitted.limits ?? []) : err(error);
  }

  #idempotency(known: Upload, call: Call): Result<UploadWire, Problem> {
    const problem = checkRepeat(known, call, this.#context.runtime.now());
    return problem === null ? ok(this.#context.show(known)) : err(problem);
  }
}
