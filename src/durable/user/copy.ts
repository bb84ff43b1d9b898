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

/** Stores a body; null when it was empty, cut, or above the cap. */
async function store(ground: Ground, key: string, response: Response): Promise<RenderFile | null> {
  const { body } = response;
  if (body === null) return null;
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  if (length === 0 || length > RENDER_FILE_BYTES) {
    await body.cancel();
    return null;
  }
  try {
    const put = Number.isSafeInteger(length)
      ? await putExact(ground.env.MEDIA, key, body, length, CONTENT_TYPE)
      : await putUnknown(ground.env.MEDIA, key, body, RENDER_FILE_BYTES, CONTENT_TYPE);
    return put.sizeBytes === 0 ? null : { ...put, contentType: CONTENT_TYPE };
  } catch {
    return null;
  }
}
