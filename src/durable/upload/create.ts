/** How an upload begins: once, however often the call that makes it comes. */
import type { UserAddress } from "../../core/address.ts";
import { encrypt } from "../../core/crypto.ts";
import type { Problem } from "../../core/errors.ts";
import type { UploadId } from "../../core/ids.ts";
import { type Metered, metered } from "../../core/quota.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { NewFile } from "../../core/rpc/upload.ts";
import type { Call } from "../../core/rpc/user.ts";
import { checkWebhookTarget } from "../../core/ssrf.ts";
import { type ImportRequest, nameByAddress } from "../../core/uploads/import.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { Closing } from "./complete.ts";
import type { Concatenation, Planned } from "./concat.ts";
import { EXPIRE, IMPORT, type UploadContext } from "./context.ts";
import { addressOwner, rulesOf } from "./import.ts";
import { checkNew, checkRepeat, type GeneratorJob, newUpload, type Upload } from "./record.ts";

export class Creating {
  readonly #context: UploadContext;
  readonly #closing: Closing;
  readonly #concatenation: Concatenation;

  constructor(context: UploadContext, closing: Closing, concatenation: Concatenation) {
    this.#context = context;
    this.#closing = closing;
    this.#concatenation = concatenation;
  }

  /** Makes the upload, or shows it to a repeat of the call that made it, for as long as an Idempotency-Key is remembered. */
  create(call: Call, owner: UserAddress, id: UploadId, body: NewFile): Promise<Metered<UploadWire>> {
    const isFinal = body.concat?.kind === "final";
    return this.#begin({ call, owner, id, body }, checkNew, async (announced) =>
      isFinal
        ? this.#concatenation.plan(announced)
        : ok({ upload: announced, bytes: { ref: announced.id, count: announced.sizeBytes ?? 0 } }),
    );
  }

  /** The same, of an upload whose bytes we fetch. Its content alone will say what it is: an address need not end like a file. */
  async createImport(
    call: Call,
    owner: UserAddress,
    id: UploadId,
    { url, fileName, metadata }: ImportRequest,
  ): Promise<Metered<UploadWire>> {
    const { runtime, jobs } = this.#context;
    const problem = (): Problem | null => checkWebhookTarget(url, "/url", rulesOf(runtime.config, call));
    const filename = fileName ?? (URL.canParse(url) ? nameByAddress(new URL(url)) : "");
    const generatorJob = { call, owner, id, body: { filename, size_bytes: null, metadata } };
    const made = await this.#begin(generatorJob, problem, async (announced) => {
      const address = await encrypt(url, addressOwner(announced), runtime.config.roots, runtime.random);
      const upload = { ...announced, import: { address, isNamed: fileName !== null, attempts: 0, begunAt: null } };
      return ok({ upload, bytes: null }); // counted as they come
    });
    if (made.ok) await runtime.boundary("import.intent");
    jobs.tick();
    return made;
  }

  async #begin(
    generatorJob: GeneratorJob,
    check: (body: NewFile) => Problem | null,
    plan: (announced: Upload) => Promise<Result<Planned, Problem>>,
  ): Promise<Metered<UploadWire>> {
    const { runtime, database, jobs } = this.#context;
    const known = this.#context.find();
    if (known !== null) return this.#idempotency(known, generatorJob.call);
    const problem = check(generatorJob.body);
    if (problem !== null) return err(problem);
    const planned = await plan(newUpload(generatorJob, runtime.now(), runtime.config.timings.uploadIdle));
    if (!planned.ok) return planned;
    const { upload, bytes } = planned.value;
    const call = { ...generatorJob.call, idempotency: null };
    const admitted = await this.#context.user(upload).admitUpload(call, this.#context.show(upload), bytes);
    if (!admitted.ok) return admitted;
    const made = this.#context.find(); // by the same call, while its user was asked
    if (made !== null) return this.#idempotency(made, generatorJob.call);
    database.ready();
    runtime.storage.transactionSync(() => {
      jobs.schedule(EXPIRE, "", upload.expiresAt);
      if (upload.status === "closing") this.#closing.begin(upload);
      else this.#context.save(upload);
      if (upload.import !== null) jobs.schedule(IMPORT, "", runtime.now());
    });
    if (upload.status === "closing") await this.#closing.finish();
    else await jobs.ensureWatchdog();
    const { error } = this.#context.read();
    // An import may have ended already: its maker is shown that too.
    const isMade = error === null || upload.import !== null;
    return isMade ? metered(this.#context.show(this.#context.read()), admitted.limits ?? []) : err(error);
  }

  #idempotency(known: Upload, call: Call): Result<UploadWire, Problem> {
    const problem = checkRepeat(known, call, this.#context.runtime.now());
    return problem === null ? ok(this.#context.show(known)) : err(problem);
  }
}
