/** How an upload begins: once, however often the call that makes it comes. */
import type { UserAddress } from "../../core/address.ts";
import { seal } from "../../core/crypto.ts";
import type { Refusal } from "../../core/errors.ts";
import type { UploadId } from "../../core/ids.ts";
import { type Metered, metered } from "../../core/quota.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { NewFile } from "../../core/rpc/upload.ts";
import type { Call } from "../../core/rpc/user.ts";
import { refuseTarget } from "../../core/ssrf.ts";
import { type ImportOrder, nameByAddress } from "../../core/uploads/import.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { Closing } from "./complete.ts";
import type { Joining, Planned } from "./concat.ts";
import { EXPIRE, IMPORT, type UploadHome } from "./context.ts";
import { addressOwner, rulesOf } from "./import.ts";
import { type Making, newUpload, refuseNew, refuseRepeat, type Upload } from "./record.ts";

export class Creating {
  readonly #home: UploadHome;
  readonly #closing: Closing;
  readonly #joining: Joining;

  constructor(home: UploadHome, closing: Closing, joining: Joining) {
    this.#home = home;
    this.#closing = closing;
    this.#joining = joining;
  }

  /** Makes the upload, or shows it to a repeat of the call that made it, for as long as an Idempotency-Key is remembered. */
  create(call: Call, owner: UserAddress, id: UploadId, body: NewFile): Promise<Metered<UploadWire>> {
    const isFinal = body.concat?.kind === "final";
    return this.#begin({ call, owner, id, body }, refuseNew, async (announced) =>
      isFinal
        ? this.#joining.plan(announced)
        : ok({ upload: announced, bytes: { ref: announced.id, count: announced.sizeBytes ?? 0 } }),
    );
  }

  /** The same, of an upload whose bytes we fetch. Its content alone will say what it is: an address need not end like a file. */
  async createImport(
    call: Call,
    owner: UserAddress,
    id: UploadId,
    { url, fileName, metadata }: ImportOrder,
  ): Promise<Metered<UploadWire>> {
    const { ground, schedule } = this.#home;
    const refused = (): Refusal | null => refuseTarget(url, "/url", rulesOf(ground.config, call));
    const filename = fileName ?? (URL.canParse(url) ? nameByAddress(new URL(url)) : "");
    const making = { call, owner, id, body: { filename, size_bytes: null, metadata } };
    const made = await this.#begin(making, refused, async (announced) => {
      const address = await seal(url, addressOwner(announced), ground.config.roots, ground.random);
      const upload = { ...announced, import: { address, isNamed: fileName !== null, attempts: 0, begunAt: null } };
      return ok({ upload, bytes: null }); // counted as they come
    });
    if (made.ok) await ground.boundary("import.intent");
    schedule.tick();
    return made;
  }

  async #begin(
    making: Making,
    refuse: (body: NewFile) => Refusal | null,
    plan: (announced: Upload) => Promise<Result<Planned, Refusal>>,
  ): Promise<Metered<UploadWire>> {
    const { ground, database, schedule } = this.#home;
    const known = this.#home.find();
    if (known !== null) return this.#repeat(known, making.call);
    const refused = refuse(making.body);
    if (refused !== null) return err(refused);
    const planned = await plan(newUpload(making, ground.now(), ground.config.waits.uploadIdle));
    if (!planned.ok) return planned;
    const { upload, bytes } = planned.value;
    const call = { ...making.call, repeat: null };
    const admitted = await this.#home.user(upload).admitUpload(call, this.#home.show(upload), bytes);
    if (!admitted.ok) return admitted;
    const made = this.#home.find(); // by the same call, while its user was asked
    if (made !== null) return this.#repeat(made, making.call);
    database.ready();
    ground.storage.transactionSync(() => {
      schedule.owe(EXPIRE, "", upload.expiresAt);
      if (upload.status === "closing") this.#closing.begin(upload);
      else this.#home.save(upload);
      if (upload.import !== null) schedule.owe(IMPORT, "", ground.now());
    });
    if (upload.status === "closing") await this.#closing.finish();
    else await schedule.cover();
    const { error } = this.#home.read();
    // An import may have ended already: its maker is shown that too.
    const isMade = error === null || upload.import !== null;
    return isMade ? metered(this.#home.show(this.#home.read()), admitted.limits ?? []) : err(error);
  }

  #repeat(known: Upload, call: Call): Result<UploadWire, Refusal> {
    const refused = refuseRepeat(known, call, this.#home.ground.now());
    return refused === null ? ok(this.#home.show(known)) : err(refused);
  }
}
