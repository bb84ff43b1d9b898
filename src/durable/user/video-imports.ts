/**
 * The files of a video that are named by an address: each becomes an import under an id that is chosen with the order, so
 * that it is begun once, whatever dies in between.
 */
import { importOwner, uploadObjectName } from "../../core/address.ts";
import { ERRORS, type ErrorCode, type Refusal, refusal } from "../../core/errors.ts";
import { ownedId } from "../../core/ids.ts";
import type { Call } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { seal, unseal } from "../../core/seal.ts";
import type { UploadPort } from "../../core/upload-port.ts";
import { isOver, type Video } from "../../core/video.ts";
import { isUnbegun, type NamedSource, type VideoSource, withoutAddresses } from "../../core/video-source.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { VideoEventWire } from "../../core/wire/video.ts";
import type { Home } from "./home.ts";

/** The same sources, each with its ids; addresses sealed, because a signed link is a secret. */
export function settleSources(home: Home, sources: readonly NamedSource[]): Promise<VideoSource[]> {
  const { address, ground } = home;
  return Promise.all(
    sources.map(async (source) => {
      if (!("url" in source)) return source;
      const upload = ownedId("upl", address.uh, ground.now(), ground.random);
      const sealed = await seal(source.url, importOwner(address, upload), ground.config.roots, ground.random);
      return { asset: `ast_${upload.slice("upl_".length)}`, upload, import: { address: sealed } } as const;
    }),
  );
}

/**
 * Begins every import of a video that is not begun; the video without its addresses. Null: some must wait, since its user
 * has as many open uploads as may be. Asking again for one that is there finds it.
 */
export async function beginImports(home: Home, video: Video, call: Call): Promise<Result<Video, Refusal> | null> {
  const { ground, address } = home;
  for (const { upload, import: wanted } of video.sources) {
    if (upload === null || wanted === undefined || wanted.address === null) continue;
    const url = await unseal(wanted.address, importOwner(address, upload), ground.config.roots);
    if (url === null) return err(forgotten());
    const object = ground.env.UPLOAD.getByName(uploadObjectName(address, upload)) as unknown as UploadPort; // UploadObject implements it
    const made = await object.startImport(call, address, upload, { url, fileName: null, metadata: {} });
    if (!made.ok && made.error.code === "concurrency_limited") return null;
    if (!made.ok) return made;
  }
  return ok({ ...video, sources: withoutAddresses(video.sources) });
}

/** What a video's stream is told of the files that come from an address: that each is fetched, and that it is here. */
export function importsTold(before: Video, video: Video): Extract<VideoEventWire, { type: "video.import" }>[] {
  const wasBegun = before.sources.some(isUnbegun) && !video.sources.some(isUnbegun) && !isOver(video);
  const isThere = before.stage === "assets" && video.stage === "turn";
  const status = wasBegun ? "started" : isThere ? "stored" : null;
  if (status === null) return [];
  return video.sources.flatMap(({ import: wanted, upload, asset }) =>
    wanted === undefined || upload === null
      ? []
      : [{ type: "video.import", status, upload_id: upload, asset_id: asset } as const],
  );
}

/** Why an import did not become a file, in its own words; `place` says which of several it was. */
export function importFailed({ status, error }: UploadWire, place: string): Refusal {
  const code = error !== null && Object.hasOwn(ERRORS, error.code) ? (error.code as ErrorCode) : "import_unavailable";
  const detail = error?.detail ?? `The import of a file is ${status}; name its address again.`;
  return refusal(code, place + detail, { charged: "no", ...(error?.hint === undefined ? {} : { hint: error.hint }) });
}

const forgotten = (): Refusal =>
  refusal("import_unavailable", "The address of a file is no longer known here; start the video again.", {
    charged: "no",
    hint: "POST /v1/videos",
  });
