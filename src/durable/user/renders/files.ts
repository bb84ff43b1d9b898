/** Files of finished renders: where they are stored, links to share them, their expiry, and the copy from Nemo. */

import { renderKey } from "../../../core/address.ts";
import { signLink } from "../../../core/crypto.ts";
import { type Problem, problemOf } from "../../../core/errors.ts";
import type { RenderId } from "../../../core/ids.ts";
import { RENDER_FILE_BYTES, RENDER_TTL_MS } from "../../../core/limits.ts";
import {
  contentTypeOf,
  type ExpectedFile,
  expireNow,
  isAnnounceable,
  isPublished,
  type Render,
  type RenderFile,
  type RenderWarning,
  warningsOf,
  withRetention,
} from "../../../core/render.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { Call, StoredFile } from "../../../core/rpc/user.ts";
import { type EpochMs, SECOND_MS, toRfc3339 } from "../../../core/time.ts";
import { log } from "../../../log.ts";
import { inspectMedia, type Put, putExact, putUnknown, sha256Of } from "../../../store/files.ts";
import { readTenant } from "../../../store/tenants.ts";
import type { ObjectRuntime } from "../../shared/context.ts";
import { createOnce } from "../../shared/idempotency.ts";
import { FILE_EXPIRY, recordCaller, type UserContext } from "../context.ts";
import type { UserServices } from "../services.ts";
import { failureOf } from "../turns/store.ts";
import { fileGone, fileOwner, noRender, renderNotReady } from "./store.ts";

/** How long the tenant's finished files are kept, in ms. One read of D1; throws when it does not answer. */
export async function readRetentionMs({ address, runtime }: UserContext): Promise<number> {
  const tenant = await readTenant(runtime.env.DB, address.tenant);
  return tenant === null ? RENDER_TTL_MS : tenant.render_file_seconds * SECOND_MS;
}

type SharedFile = { readonly token: string; readonly expires_at: string };

export class RenderFiles {
  readonly #user: UserServices;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /** The storage key of the finished file, or why there is none: not finished yet, failed or expired. */
  file(id: RenderId): Result<StoredFile, Problem> {
    const { address, runtime } = this.#user;
    const render = this.#user.renderRows.shown(id);
    if (render === null) return err(noRender());
    if (render.file !== null) {
      if (render.file.expiresAt <= runtime.now()) return err(fileGone(render));
      const { contentType } = render.file;
      return ok({ key: renderKey(address, fileOwner(render)), filename: `${id}.${render.output.format}`, contentType });
    }
    if (!isPublished(render)) return err(renderNotReady(id));
    const error =
      render.error ??
      problemOf("render_failed", "The render failed; start another one with POST /v1/projects/{id}/renders.");
    return err(
      problemOf("no_file", `This render ended without a file: ${error.detail}`, {
        members: { error: failureOf(error) },
        registerUrl: error.registerUrl,
      }),
    );
  }

  /**
   * A token for the file, the same one for the same idempotency key. Only its expiry is stored; the token is signed
   * again from it.
   */
  share(call: Call, id: RenderId, seconds: number): Promise<Result<SharedFile, Problem>> {
    return createOnce<void, Result<SharedFile, Problem>>(this.#user, call, {
      existing: (expiresAt) => this.#link(id, Number(expiresAt)),
      check: () => {
        const file = this.file(id);
        return file.ok ? null : file.error;
      },
      prepare: () => ok(recordCaller(this.#user, call)),
      commit: () => String(this.#user.runtime.now() + seconds * SECOND_MS),
      created: (_, expiresAt) => this.#link(id, Number(expiresAt)),
    });
  }

  async #link(id: RenderId, expiresAt: EpochMs): Promise<Result<SharedFile, Problem>> {
    const file = this.file(id);
    if (!file.ok) return file;
    const { runtime, address } = this.#user;
    const { rootSecret: current, rootSecretPrevious: previous } = runtime.config;
    const { tenant, mode } = address;
    const token = await signLink({ purpose: "share", tenant, mode, id, expiresAt }, { current, previous });
    return ok({ token, expires_at: toRfc3339(expiresAt) });
  }

  /** Lets a finished file expire now. Call inside a transaction. */
  end(id: RenderId): void {
    const { runtime, jobs } = this.#user;
    const render = this.#user.renderRows.find(id);
    if (render === null || render.file === null) return;
    this.#user.renderRows.save({ ...render, file: expireNow(render.file, runtime.now()) });
    jobs.schedule(FILE_EXPIRY, id, runtime.now());
  }

  /**
   * Job: deletes a finished file when it expires. The expiry is computed again from the tenant's current retention. A
   * file past it cannot be read from then on, and deleted here unless another render uses it.
   */
  async checkExpiry(id: RenderId): Promise<void> {
    const { address, runtime, jobs } = this.#user;
    const retentionMs = await readRetentionMs(this.#user);
    const render = this.#user.renderRows.find(id);
    if (render === null || render.file === null) return jobs.done(FILE_EXPIRY, id);
    const file = withRetention(render.file, render.endedAt ?? render.createdAt, retentionMs);
    runtime.storage.transactionSync(() => {
      if (file.expiresAt !== render.file?.expiresAt) this.#user.renderRows.save({ ...render, file });
      jobs.schedule(FILE_EXPIRY, id, nextFileCheck(runtime, file));
    });
    if (file.expiresAt > runtime.now()) return;
    const owner = fileOwner(render);
    await runtime.failpoint("file.expired");
    if (!this.#user.renderRows.isShared(id, owner, runtime.now())) {
      await runtime.env.MEDIA.delete(renderKey(address, owner));
    }
    jobs.done(FILE_EXPIRY, id);
  }
}

/** When a file is checked next: at its expiry, and until then once a day. */
export const nextFileCheck = ({ now, config }: ObjectRuntime, { expiresAt }: RenderFile): EpochMs =>
  Math.min(expiresAt, now() + config.timings.fileCheckInterval);

const UNKNOWN: ExpectedFile = { durationMs: null, width: null, height: null };

export type Copied = { readonly file: Omit<RenderFile, "expiresAt">; readonly warnings: readonly RenderWarning[] };

/**
 * Copies the result from the URL that Nemo named, else from its fallback download; null when neither gave a complete
 * video. Idempotent: a later copy replaces an earlier one. A rejected copy is deleted.
 */
export async function copyResult(context: UserContext, render: Render): Promise<Copied | null> {
  const { account, address, runtime } = context;
  const { resultUrl, upstreamId } = render;
  if (resultUrl !== null) {
    const fetched = await account.nemo.fetchResult(resultUrl);
    const copied = fetched.ok ? await storeAndInspect(context, render, fetched.value) : null;
    if (copied !== null) return copied;
  }
  const fallback = await account.call((token) => account.nemo.downloadRender(token, upstreamId));
  const copied = fallback.ok ? await storeAndInspect(context, render, fallback.value) : null;
  if (copied === null) await runtime.env.MEDIA.delete(renderKey(address, render.id));
  return copied;
}

/** Stores a body and inspects the stored file; null when it is not the video that was requested. */
async function storeAndInspect(context: UserContext, render: Render, response: Response): Promise<Copied | null> {
  const { MEDIA } = context.runtime.env;
  const key = renderKey(context.address, render.id);
  const contentType = contentTypeOf(render.output.format);
  const put = await storeBody(context, { key, contentType }, response);
  if (put === null) return null;
  const inspected = await inspectMedia(MEDIA, key);
  if (!isAnnounceable(inspected, render.output.format)) {
    log("warn", "render_file_rejected", { work: "render", code: inspected.ok ? "no_video" : inspected.error.reason });
    return null;
  }
  const sha256 = await sha256Of(MEDIA, key);
  if (sha256 === null) return null;
  const metadata = inspected.ok ? inspected.value : { ...UNKNOWN, codec: null };
  const { durationMs, width, height, codec } = metadata;
  const file = { ...put, contentType, sha256, durationMs, width, height, codec };
  return { file, warnings: warningsOf(inspected, render.timeline ?? UNKNOWN) };
}

/** Stores a body; null when it was empty, truncated, above the size limit, or took too long. */
async function storeBody(
  { runtime }: UserContext,
  target: { readonly key: string; readonly contentType: string },
  { body, headers }: Response,
): Promise<Put | null> {
  if (body === null) return null;
  const length = Number(headers.get("content-length") ?? Number.NaN);
  if (length === 0 || length > RENDER_FILE_BYTES) {
    await body.cancel();
    return null;
  }
  const { copyIdle, copyTotal } = runtime.config.timings;
  const total = new AbortController();
  const timer = setTimeout(() => total.abort(), copyTotal);
  const file = { ...target, body, bounds: { idleMs: copyIdle, signal: total.signal } };
  const put = Number.isSafeInteger(length)
    ? await putExact(runtime.env.MEDIA, file, length)
    : await putUnknown(runtime.env.MEDIA, file, RENDER_FILE_BYTES);
  clearTimeout(timer);
  return put.ok && put.value.sizeBytes > 0 ? put.value : null;
}
