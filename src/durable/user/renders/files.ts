/** Finished files: where they lie, who may open them without a key, and when they go. */
import { renderKey } from "../../../core/address.ts";
import { signLink } from "../../../core/crypto.ts";
import { type Refusal, refusal } from "../../../core/errors.ts";
import type { RenderId } from "../../../core/ids.ts";
import { RENDER_FILE_BYTES, RENDER_TTL_MS } from "../../../core/limits.ts";
import {
  contentTypeOf,
  endedNow,
  isAnnounceable,
  isTold,
  keptFor,
  type Render,
  type RenderFile,
  type RenderWarning,
  type Wanted,
  warningsOf,
} from "../../../core/render.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { Call, StoredFile } from "../../../core/rpc/user.ts";
import { type EpochMs, SECOND_MS, toRfc3339 } from "../../../core/time.ts";
import { log } from "../../../log.ts";
import { type Put, putExact, putUnknown, sha256Of } from "../../../store/files.ts";
import { inspectMedia } from "../../../store/media.ts";
import { readTenant } from "../../../store/tenants.ts";
import type { Ground } from "../../shared/context.ts";
import { findRepeat, keepRepeat } from "../../shared/idempotency.ts";
import { enter, FILE, type Home } from "../context.ts";
import { failureOf } from "../turns/store.ts";
import { fileGone, fileOwner, noRender, notReady, type RenderRows } from "./store.ts";

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

/* A finished file from upstream into our own store, as a stream, and looked at there before anybody is told of it. */

const UNKNOWN: Wanted = { durationMs: null, width: null, height: null };

export type Copied = { readonly file: Omit<RenderFile, "expiresAt">; readonly warnings: readonly RenderWarning[] };

/**
 * Copies the result from the address upstream named, else by its fallback download; null when neither gave the whole video.
 * May be repeated: the later copy replaces the earlier one. What is refused is removed again.
 */
export async function copyResult(home: Home, render: Render): Promise<Copied | null> {
  const { account, address, ground } = home;
  const { resultUrl, upstreamId } = render;
  if (resultUrl !== null) {
    const fetched = await account.nemo.fetchResult(resultUrl);
    const taken = fetched.ok ? await take(home, render, fetched.value) : null;
    if (taken !== null) return taken;
  }
  const fallback = await account.call((token) => account.nemo.downloadRender(token, upstreamId));
  const taken = fallback.ok ? await take(home, render, fallback.value) : null;
  if (taken === null) await ground.env.MEDIA.delete(renderKey(address, render.id));
  return taken;
}

/** Stores a body and looks at what is there then; null when it is not the video that was asked for. */
async function take(home: Home, render: Render, response: Response): Promise<Copied | null> {
  const { MEDIA } = home.ground.env;
  const key = renderKey(home.address, render.id);
  const contentType = contentTypeOf(render.output.format);
  const put = await store(home, { key, contentType }, response);
  if (put === null) return null;
  const seen = await inspectMedia(MEDIA, key);
  if (!isAnnounceable(seen, render.output.format)) {
    log("warn", "render_file_refused", { work: "render", code: seen.ok ? "no_video" : seen.error.reason });
    return null;
  }
  const sha256 = await sha256Of(MEDIA, key);
  if (sha256 === null) return null;
  const facts = seen.ok ? seen.value : { ...UNKNOWN, codec: null };
  const { durationMs, width, height, codec } = facts;
  const file = { ...put, contentType, sha256, durationMs, width, height, codec };
  return { file, warnings: warningsOf(seen, render.made ?? UNKNOWN) };
}

/** Stores a body; null when it was empty, cut, above the cap, or took too long. */
async function store(
  { ground }: Home,
  place: { readonly key: string; readonly contentType: string },
  { body, headers }: Response,
): Promise<Put | null> {
  if (body === null) return null;
  const length = Number(headers.get("content-length") ?? Number.NaN);
  if (length === 0 || length > RENDER_FILE_BYTES) {
    await body.cancel();
    return null;
  }
  const { copyIdle, copyTotal } = ground.config.waits;
  const total = new AbortController();
  const timer = setTimeout(() => total.abort(), copyTotal);
  const file = { ...place, body, bounds: { idleMs: copyIdle, signal: total.signal } };
  const put = Number.isSafeInteger(length)
    ? await putExact(ground.env.MEDIA, file, length)
    : await putUnknown(ground.env.MEDIA, file, RENDER_FILE_BYTES);
  clearTimeout(timer);
  return put.ok && put.value.sizeBytes > 0 ? put.value : null;
}
