/** A finished file from upstream into our own store, as a stream. */
import { RENDER_FILE_BYTES } from "../../core/limits.ts";
import type { Render, RenderFile } from "../../core/render.ts";
import { putExact, putUnknown } from "../../store/files.ts";
import type { Ground } from "../ground.ts";
import type { Account } from "./account.ts";

const CONTENT_TYPE = "video/mp4";

/** Copies the result from the address upstream named, else by its fallback download; null when neither gave a whole file. */
export async function copyResult(
  ground: Ground,
  account: Account,
  render: Render,
  key: string,
): Promise<RenderFile | null> {
  const { resultUrl } = render;
  if (resultUrl !== null) {
    const fetched = await account.nemo.fetchResult(resultUrl);
    const stored = fetched.ok ? await store(ground, key, fetched.value) : null;
    if (stored !== null) return stored;
  }
  const fallback = await account.call((token) => account.nemo.downloadRender(token, render.upstreamId));
  return fallback.ok ? store(ground, key, fallback.value) : null;
}

/** Stores a body; null when it was empty, cut, above the cap, or took too long. */
async function store(ground: Ground, key: string, { body, headers }: Response): Promise<RenderFile | null> {
  if (body === null) return null;
  const length = Number(headers.get("content-length") ?? Number.NaN);
  if (length === 0 || length > RENDER_FILE_BYTES) {
    await body.cancel();
    return null;
  }
  const { copyIdle, copyTotal } = ground.config.waits;
  const total = new AbortController();
  const timer = setTimeout(() => total.abort(), copyTotal);
  const file = { key, contentType: CONTENT_TYPE, body, bounds: { idleMs: copyIdle, signal: total.signal } };
  const put = Number.isSafeInteger(length)
    ? await putExact(ground.env.MEDIA, file, length)
    : await putUnknown(ground.env.MEDIA, file, RENDER_FILE_BYTES);
  clearTimeout(timer);
  return put.ok && put.value.sizeBytes > 0 ? { ...put.value, contentType: CONTENT_TYPE } : null;
}
