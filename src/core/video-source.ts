/** What a video is made of: files that are here or on their way, and those that are fetched from an address. */
import type { AssetId, UploadId } from "./ids.ts";

/** Where a file comes from: the asset, and the upload that becomes it where there is one. */
export type VideoSource = {
  readonly asset: AssetId;
  readonly upload: UploadId | null;
  /** The upload is an import: its address, sealed, until it was begun. */
  readonly import?: { readonly address: string | null };
};

/** The same as a caller names it: a file that is here, or the address of one. */
export type NamedSource = VideoSource | { readonly url: string };

/** A source whose import was not begun. */
export const isUnbegun = (source: VideoSource): boolean => (source.import?.address ?? null) !== null;

/** Sources of which nothing more is fetched from an address. */
export const withoutAddresses = (sources: readonly VideoSource[]): VideoSource[] =>
  sources.map((source) => (source.import === undefined ? source : { ...source, import: { address: null } }));
