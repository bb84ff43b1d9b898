/** A finished file from upstream into our own store, as a stream, and looked at there before anybody is told of it. */
import { renderKey } from "../../core/address.ts";
import { RENDER_FILE_BYTES } from "../../core/limits.ts";
import type { Render } from "../../core/render.ts";
import {
  contentTypeOf,
  isAnnounceable,
  type RenderFile,
  type RenderWarning,
  type Wanted,
  warningsOf,
} from "../../core/render-file.ts";
import { log } from "../../log.ts";
import { type Put, putExact, putUnknown, sha256Of } from "../../store/files.ts";
import { inspectMedia } from "../../store/media.ts";
import type { Home } from "./home.ts";

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
