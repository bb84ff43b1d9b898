/**
 * The end of an asset: nobody finds it from then on, and its file is removed until it is gone.
 *
 * What Nemo holds of it stays in its sessions. A project whose session is lost goes on without it.
 */
import { uploadObjectName } from "../../core/address.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import type { AssetId, UploadId } from "../../core/ids.ts";
import { REMOVED_TTL_MS } from "../../core/limits.ts";
import { ok, type Result } from "../../core/result.ts";
import { HOUR_MS } from "../../core/time.ts";
import type { UploadPort } from "../../core/upload-port.ts";
import type { Assets } from "./assets.ts";
import { AttachRows } from "./attach-rows.ts";
import { refOf } from "./attach-run.ts";
import { AGED, ATTACH, type Home, REMOVE } from "./home.ts";
import type { RemovalRows } from "./removal-rows.ts";

export class AssetRemovals {
  readonly #home: Home;
  readonly #assets: Assets;
  readonly #rows: RemovalRows;
  readonly #attached: AttachRows;

  constructor(home: Home, assets: Assets, rows: RemovalRows) {
    this.#home = home;
    this.#assets = assets;
    this.#rows = rows;
    this.#attached = new AttachRows(home.ground);
  }

  /** Deletes an asset. Again: done already. */
  begin(id: AssetId): Result<null, Refusal> {
    const { ground, schedule, database } = this.#home;
    if (database.exists() && this.#rows.has(id)) return ok(null);
    const asset = this.#assets.read(id);
    if (!asset.ok) return asset;
    ground.storage.transactionSync(() => {
      for (const project of this.#attached.projectsOf(id)) {
        const kept = this.#attached.find(project, id);
        // Its name still tells that upstream has it from here; the caller knows why it is brought nowhere any more.
        if (kept !== null) this.#attached.save(project, { ...kept, status: "failed", error: gone(), told: "caller" });
        schedule.done(ATTACH, refOf(project, id));
      }
      this.#rows.beginAsset(id, asset.value.key);
      schedule.owe(REMOVE, id, ground.now());
      schedule.oweOnce(AGED, "", ground.now() + REMOVED_TTL_MS + HOUR_MS);
    });
    schedule.tick();
    return ok(null);
  }

  /** The schedule's work. Its upload lets go of what the file is made of; of one that is long over nobody else knows. */
  async perform(id: AssetId): Promise<void> {
    const { ground, address, schedule } = this.#home;
    const key = this.#rows.keyOf(id);
    if (key === null) return schedule.done(REMOVE, id);
    const upload: UploadId = `upl_${id.slice("ast_".length)}`; // an asset's id is made from its upload's
    const port = ground.env.UPLOAD.getByName(uploadObjectName(address, upload)) as unknown as UploadPort; // UploadObject implements it
    await port.dropAsset();
    await ground.env.MEDIA.delete(key);
    await ground.boundary("removal.filed");
    ground.storage.transactionSync(() => {
      this.#rows.finishAsset(id);
      schedule.done(REMOVE, id);
    });
  }
}

const gone = (): Refusal => refusal("asset_not_attachable", "The asset was deleted.");
