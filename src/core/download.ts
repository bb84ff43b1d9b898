/**
 * The link that opens a finished file without a credential, from the thing that shows the file to the signed address.
 *
 * A link is never stored. What is stored, or shown inside an object, holds a `download` in its place: which file, and how
 * long it is kept. Whatever leaves an object goes through `withDownload`, which signs the link; an answer without that does
 * not type-check, since it lacks `download_url`.
 */
import type { Scope } from "./address.ts";
import { type Link, linkUrl } from "./crypto.ts";
import type { AssetId, RenderId } from "./ids.ts";
import { SHARE_LINK_MAX_SECONDS } from "./limits.ts";
import { type EpochMs, HOUR_MS, SECOND_MS, toRfc3339 } from "./time.ts";
import type { DownloadFields } from "./wire/file.ts";

/** The file that a link will open. `until`: when it is removed, in ms; null while nothing removes it. */
export type Download = {
  readonly id: RenderId | AssetId;
  readonly origin: string;
  readonly until: EpochMs | null;
};

/** A thing that shows a file, before the link is signed. */
export type Unsigned<T> = Omit<T, keyof DownloadFields> & { readonly download: Download | null };

/** The same with its link. */
export type Signed<T> = Omit<T, "download"> & DownloadFields;

/** Where and with what links are signed. */
export type LinkMaker = {
  readonly scope: Scope;
  readonly publicUrl: string | null;
  readonly sign: (link: Link) => Promise<string>;
};

const NO_LINK: DownloadFields = { download_url: null, download_url_expires_at: null };

/**
 * Until when a link that is made at `now` opens a file: seven days less a part of an hour, or as long as the file is kept.
 * Reads of the same hour get the same link, so that a page that asks again does not load its player anew. Null: no longer.
 */
export function linkEnd({ until }: Download, now: EpochMs): EpochMs | null {
  const hour = Math.floor((now + SHARE_LINK_MAX_SECONDS * SECOND_MS) / HOUR_MS) * HOUR_MS;
  const kept = until === null ? hour : Math.floor(until / SECOND_MS) * SECOND_MS; // links end with a second
  const end = Math.min(hour, kept);
  return end <= now ? null : end;
}

/** The thing with its link, as it is made at `now`, in the place of what stood for it; null there without a file. */
export async function withDownload<T extends { readonly download: Download | null }>(
  thing: T,
  maker: LinkMaker,
  now: EpochMs,
): Promise<Signed<T>> {
  const link: [string, unknown][] = Object.entries(await linkTo(thing.download, maker, now));
  const fields: [string, unknown][] = Object.entries(thing);
  const shown = fields.flatMap((field) => (field[0] === "download" ? link : [field]));
  return Object.fromEntries(shown) as Signed<T>; // every other field as it was
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

/** Whether stored data, such as an event's, shows a file. */
export const hasDownload = <T extends object>(data: T): data is T & { readonly download: Download | null } =>
  "download" in data;
