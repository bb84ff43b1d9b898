/** How an upload begins: once, however often the call that makes it comes. */
import type { UserAddress } from "../../core/address.ts";
import type { Refusal } from "../../core/errors.ts";
import type { UploadId } from "../../core/ids.ts";
import type { Call } from "../../core/ports.ts";
import { type Metered, metered } from "../../core/quota.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { NewFile } from "../../core/upload-port.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { Closing } from "./closing.ts";
import { EXPIRE, type UploadHome } from "./home.ts";
import type { Joining } from "./joining.ts";
import { newUpload, refuseNew, refuseRepeat, type Upload } from "./record.ts";

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
  async create(call: Call, owner: UserAddress, id: UploadId, body: NewFile): Promise<Metered<UploadWire>> {
    const { ground, database, schedule } = this.#home;
    const known = this.#home.find();
    if (known !== null) return this.#repeat(known, call);
    const refused = refuseNew(body);
    if (refused !== null) return err(refused);
    const announced = newUpload({ call, owner, id, body }, ground.now(), ground.config.waits.uploadIdle);
    const planned = body.concat?.kind === "final" ? await this.#joining.plan(announced) : ok(announced);
    if (!planned.ok) return planned;
    const upload = planned.value;
    const admitted = await this.#home.user(upload).admitUpload({ ...call, repeat: null }, this.#home.show(upload));
    if (!admitted.ok) return admitted;
    const made = this.#home.find(); // by the same call, while its user was asked
    if (made !== null) return this.#repeat(made, call);
    database.ready();
    ground.storage.transactionSync(() => {
      schedule.owe(EXPIRE, "", upload.expiresAt);
      if (upload.status === "closing") this.#closing.begin(upload);
      else this.#home.save(upload);
    });
    if (upload.status === "closing") await this.#closing.finish();
    else await schedule.cover();
    const { error } = this.#home.read();
    return error === null ? metered(this.#home.show(this.#home.read()), admitted.limits ?? []) : err(error);
  }

  #repeat(known: Upload, call: Call): Result<UploadWire, Refusal> {
    const refused = refuseRepeat(known, call, this.#home.ground.now());
    return refused === null ? ok(this.#home.show(known)) : err(refused);
  }
}
