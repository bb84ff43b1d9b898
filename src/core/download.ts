/**
 * Download links of finished files.
 *
 * A link is never stored. Records and events hold a `download` in its place: the file and its expiry. `withDownload`
 * signs the link when data leaves an object; without it an answer does not type-check, because it lacks
 * `download_url`.
 */
import type { Scope } from "./address.ts";
import { type Link, linkUrl } from "./crypto.ts";
import type { AssetId, RenderId } from "./ids.ts";
import { SHARE_LINK_MAX_SECONDS } from "./limits.ts";
import { type EpochMs, HOUR_MS, SECOND_MS, toRfc3339 } from "./time.ts";
import type { DownloadFields } from "./wire/common.ts";

/** The file that a link gives access to. `until`: when the file is deleted, in ms; null while it has no expiry. */
export type Download = {
  readonly id: RenderId | AssetId;
  readonly origin: string;
  readonly until: EpochMs | null;
};

/** A record that shows a file, before its link is signed. */
export type Unsigned<T> = Omit<T, keyof DownloadFields> & { readonly download: Download | null };

/** The same record with its link. */
export type Signed<T> = Omit<T, "download"> & DownloadFields;

/** What signing a link needs. */
export type LinkMaker = {
  readonly scope: Scope;
  readonly publicUrl: string | null;
  readonly sign: (link: Link) => Promise<string>;
};

const NO_LINK: DownloadFields = { download_url: null, download_url_expires_at: null };

/**
 * When a link made at `now` expires: after seven days less the part of the hour that has passed, or with the file.
 * Null when the file has expired.
 *
 * Reads within one hour return the same link, so that a page that polls does not reload its player.
 */
export function linkEnd({ until }: Download, now: EpochMs): EpochMs | null {
  const hour = Math.floor((now + SHARE_LINK_MAX_SECONDS * SECOND_MS) / HOUR_MS) * HOUR_MS;
  const kept = until === null ? hour : Math.floor(until / SECOND_MS) * SECOND_MS; // a link's expiry is in whole seconds
  const end = Math.min(hour, kept);
  return end <= now ? null : end;
}

/** Replaces a record's `download` with its signed link at `now`; the link's fields are null when there is no file. */
export async function withDownload<T extends { readonly download: Download | null }>(
  resource: T,
  maker: LinkMaker,
  now: EpochMs,
): Promise<Signed<T>> {
  const link: [string, unknown][] = Object.entries(await linkTo(resource.download, maker, now));
  const fields: [string, unknown][] = Object.entries(resource);
  const shown = fields.flatMap((field) => (field[0] === "download" ? link : [field]));
  return Object.fromEntries(shown) as Signed<T>; // every other field is copied unchanged
}

async function linkTo(
  download: Download | null,
  { scope, publicUrl, sign }: LinkMaker,
  now: EpochMs,
): Promise<DownloadFields> {
  const expiresAt = download === null ? null : linkEnd(download, now);
  if (download === null || expiresAt === null) return NO_LINK;
  const token = await sign({ ...scope, purpose: "share", id: download.id, expiresAt });
  return {
    download_url: linkUrl(publicUrl ?? download.origin, token),
    download_url_expires_at: toRfc3339(expiresAt),
  };
}

/** Whether stored data, such as an event's, has a file. */
export const hasDownload = <T extends object>(data: T): data is T & { readonly download: Download | null } =>
  "download" in data;
