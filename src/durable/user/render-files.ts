/** Finished files: where they lie, who may open them without a key, and when they go. */
import { renderKey } from "../../core/address.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import type { RenderId } from "../../core/ids.ts";
import { RENDER_TTL_MS } from "../../core/limits.ts";
import { signLink } from "../../core/link.ts";
import type { Call, StoredFile } from "../../core/ports.ts";
import { isTold } from "../../core/render.ts";
import { endedNow, keptFor, type RenderFile } from "../../core/render-file.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type EpochMs, SECOND_MS, toRfc3339 } from "../../core/time.ts";
import { readTenant } from "../../store/tenants.ts";
import type { Ground } from "../ground.ts";
import { findRepeat, keepRepeat } from "../repeats.ts";
import { enter, FILE, type Home } from "./home.ts";
import { fileOwner, type RenderRows } from "./render-rows.ts";
import { fileGone, noRender, notReady } from "./render-show.ts";
import { failureOf } from "./show.ts";

/** How long a finished file of this tenant is kept, in ms. One read of D1; throws when it does not answer. */
export async function keepingTime({ address, ground }: Home): Promise<number> {
  const tenant = await readTenant(ground.env.DB, address.tenant);
  return tenant === null ? RENDER_TTL_MS : tenant.render_file_seconds * SECOND_MS;
}

export class RenderFiles {
  readonly #home: Home;
  readonly #rows: RenderRows;

  constructor(home: Home, rows: RenderRows) {
    this.#home = home;
    this.#rows = rows;
  }

  /** Where the finished file lies; refuses until it is there, and after its time. */
  file(id: RenderId): Result<StoredFile, Refusal> {
    const { address, ground } = this.#home;
    const render = this.#rows.shown(id);
    if (render === null) return err(noRender());
    if (render.file !== null) {
      if (render.file.expiresAt <= ground.now()) return err(fileGone(render));
      const { contentType } = render.file;
      return ok({ key: renderKey(address, fileOwner(render)), filename: `${id}.${render.output.format}`, contentType });
    }
    if (!isTold(render)) return err(notReady(id));
    const error = render.error ?? refusal("render_failed", "The render failed; start another one.");
    return err(
      refusal("no_file", `This render ended without a file: ${error.detail}`, {
        members: { error: failureOf(error) },
        registerUrl: error.registerUrl,
      }),
    );
  }

  /** A token for the file, the same one for the same call. It is not kept: the moment it ends in makes it anew. */
  async share(
    call: Call,
    id: RenderId,
    seconds: number,
  ): Promise<Result<{ token: string; expires_at: string }, Refusal>> {
    const file = this.file(id);
    if (!file.ok) return file;
    enter(this.#home, call);
    const { ground, address } = this.#home;
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    const expiresAt = repeat.value === null ? ground.now() + seconds * SECOND_MS : Number(repeat.value);
    if (repeat.value === null) keepRepeat(ground, call, String(expiresAt));
    const { rootSecret: current, rootSecretPrevious: previous } = ground.config;
    const { tenant, mode } = address;
    const token = await signLink({ purpose: "share", tenant, mode, id, expiresAt }, { current, previous });
    return ok({ token, expires_at: toRfc3339(expiresAt) });
  }

  /** Ends a finished file's time now. Call inside a transaction. */
  end(id: RenderId): void {
    const { ground, schedule } = this.#home;
    const render = this.#rows.find(id);
    if (render === null || render.file === null) return;
    this.#rows.save({ ...render, file: endedNow(render.file, ground.now()) });
    schedule.owe(FILE, id, ground.now());
  }

  /**
   * The schedule's work for a finished file. Its end is reckoned anew from what the tenant's files are kept for by now; a file
   * past it is refused from that moment on, and removed here unless another render shows it.
   */
  async look(id: RenderId): Promise<void> {
    const { address, ground, schedule } = this.#home;
    const keptMs = await keepingTime(this.#home);
    const render = this.#rows.find(id);
    if (render === null || render.file === null) return schedule.done(FILE, id);
    const file = keptFor(render.file, render.endedAt ?? render.createdAt, keptMs);
    ground.storage.transactionSync(() => {
      if (file.expiresAt !== render.file?.expiresAt) this.#rows.save({ ...render, file });
      schedule.owe(FILE, id, nextFileLook(ground, file));
    });
    if (file.expiresAt > ground.now()) return;
    const owner = fileOwner(render);
    await ground.boundary("file.expired");
    if (!this.#rows.isShared(id, owner, ground.now())) {
      await ground.env.MEDIA.delete(renderKey(address, owner));
    }
    schedule.done(FILE, id);
  }
}

/** When a file is looked at next: at its end, and before that once a day. */
export const nextFileLook = ({ now, config }: Ground, { expiresAt }: RenderFile): EpochMs =>
  Math.min(expiresAt, now() + config.waits.fileLook);
