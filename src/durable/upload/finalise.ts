/**
 * What a completed upload becomes: done under the schedule, after `upload.completed` was told, as often as it takes.
 *
 * A throw is tried again later. Whoever ends the upload here calls `done(ASSET)`, or fails it.
 */
import { type Refusal, refusal } from "../../core/errors.ts";
import { MEDIA_LOOKS } from "../../core/limits.ts";
import { err, type Result } from "../../core/result.ts";
import { sha256Of } from "../../store/files.ts";
import type { Ends } from "./ends.ts";
import { ASSET, REMOVE, TELL, type UploadHome } from "./home.ts";
import { type Inside, lookInside } from "./inside.ts";
import { assetOf, formatOf, type Upload } from "./record.ts";

/** Gets the file's hash, looks into it, and tells the user's object, which takes the same asset twice for one. */
export async function finalise(home: UploadHome, ends: Ends): Promise<void> {
  const { env, boundary, now, storage } = home.ground;
  const upload = home.read();
  // A final's bytes never passed here: its file is read back whole, which many at once would make slow for everybody.
  if (upload.pieces !== null && !(await home.user(upload).mayWork(upload.id, "final")))
    return home.schedule.owe(ASSET, "", now() + home.ground.config.waits.importLook);
  await boundary("upload.completed");
  const key = home.key(upload);
  const sha256 = (await hashOfPassed(home, upload)) ?? (await sha256Of(env.MEDIA, key));
  if (sha256 === null) throw new Error("a completed upload's file is missing");
  if (upload.sha256 !== null && upload.sha256 !== sha256) return ends.fail(wrongDigest());
  const look = await lookOnce(home, key);
  const asset = assetOf(upload, key, sha256, look, now());
  const told = await home.user(upload).addAsset({ ...upload.call, repeat: null }, asset);
  if (!told.ok && told.error.code === "user_deleted") return ends.erase();
  if (!told.ok) throw new Error(`asset not taken: ${told.error.code}`);
  const moment = now();
  storage.transactionSync(() => {
    const kept = home.read(); // its asset may be deleted by now
    home.save({ ...kept, looks: 0, assetId: asset.id, isRejected: kept.isRejected || !look.ok });
    if (!look.ok) home.schedule.owe(REMOVE, "", moment);
    home.schedule.done(ASSET, "");
    home.schedule.owe(TELL, "", moment);
  });
}

/**
 * Looks into the file, counted before it begins. A look that takes its instance down never ends, and would do the same to every
 * next one: after so many of them the file is rejected unseen. A look that R2 did not let happen has ended, and does not count.
 */
async function lookOnce(home: UploadHome, key: string): Promise<Result<Inside, Refusal>> {
  const { env, storage } = home.ground;
  const upload = home.read();
  if (upload.looks >= MEDIA_LOOKS) return err(unreadable());
  home.save({ ...upload, looks: upload.looks + 1 });
  await storage.sync();
  try {
    return await lookInside(env.MEDIA, key, formatOf(upload));
  } finally {
    const now = home.find();
    if (now !== null) home.save({ ...now, looks: 0 });
  }
}

/**
 * The work on the file kept failing: its asset is rejected without a further look. Where even that fails as often, the upload
 * fails.
 */
export function giveUpAsset(home: UploadHome, ends: Ends): void {
  const upload = home.read();
  if (upload.status !== "completed" || upload.assetId !== null) return;
  if (upload.looks >= MEDIA_LOOKS) {
    ends.fail(unreadable());
    return;
  }
  home.save({ ...upload, looks: MEDIA_LOOKS });
  home.schedule.owe(ASSET, "", home.ground.now());
}

/** The hash of the bytes that passed here, when they are all of a file that is there; asked once. */
async function hashOfPassed(home: UploadHome, upload: Upload): Promise<string | null> {
  const sha256 = await home.hash.end(upload.sizeBytes ?? 0);
  if (sha256 === null) return null;
  const stored = await home.ground.env.MEDIA.head(home.key(upload));
  return stored?.size === upload.sizeBytes ? sha256 : null;
}

const unreadable = (): Refusal =>
  refusal(
    "unsupported_media",
    `The file cannot be used: it could not be looked into in ${MEDIA_LOOKS} tries; convert it and send it again, or another one.`,
    { hint: "POST /v1/uploads" },
  );

const wrongDigest = () =>
  refusal("checksum_mismatch", "The file's SHA-256 is not the one of Repr-Digest; create another upload.", {
    hint: "POST /v1/uploads",
  });
