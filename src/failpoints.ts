/**
 * Failpoints: the named moments between two external effects, at which a crash must neither lose nor repeat work.
 *
 * `CRASH_AT=<name>` (loopback only) stops an object there until the launcher kills it, so that each can be tested; `*`
 * reports every failpoint. The comment of each name gives the state at that moment. `scripts/lib/torture/plan.ts`
 * lists the scenarios that reach it.
 */
export const FAILPOINTS = [
  "turn.intent", // the turn and its first event are committed, no request was sent
  "turn.sent", // the message's request was sent, no answer was read
  "turn.first_byte", // the first bytes of the answer were read, none is committed
  "turn.ended", // the stream has ended and is committed, the turn is not settled
  "import.intent", // an import is committed, no request was sent
  "import.begun", // a request for its file is committed, but was not sent
  "import.answered", // the server has answered, no byte of the file is stored
  "upload.begun", // R2 has created a multipart upload, the upload has not recorded it
  "upload.part", // a part is in R2, the upload has not recorded it
  "upload.closing", // every byte is stored and the upload is marked complete, the parts are not joined
  "upload.acquired", // a final upload has acquired its partial uploads, no manifest joins them
  "upload.stored", // the bytes are in R2, the upload has not recorded it
  "upload.completed", // the upload is recorded as completed, its user's object has no asset
  "upload.ended", // an upload has ended without a file, its parts are still in R2
  "asset.attached", // upstream has the file, the attachment is not recorded
  "render.submitting", // the render's id and intent are committed, no request was sent
  "render.submitted", // upstream has accepted the job, the render has not recorded it
  "render.cancelled", // a render is recorded as cancelled, upstream was not informed
  "file.copied", // the file is in R2, the render has not recorded it
  "file.expired", // a render's file is recorded as expired, R2 still has it
  "video.intent", // the video is committed, nothing was created for it
  "video.step", // a step has created something, the video has not recorded it
  "batch.intent", // a batch is committed with all its items, none has started
  "batch.item", // items have become videos, nothing was created for them
  "deletion.files_deleted", // the files of a deleted project are deleted, its records are not
  "generator_job.intent", // a generator job is committed, no request was sent
  "generator_job.step", // a step has created something, the job has not recorded it
  "event.outbox", // an event is committed in its object, but not published to its tenant
  "secret.rotated", // a new signing secret is committed, its caller has not received it
  "user.closed", // the tombstone is committed, everything else still exists
  "user.events_deleted", // the tenant has deleted the user's events, the user's files still exist
  "user.files_deleted", // the user's files are deleted, its records are not
  "user.settled", // the tenant has counted the cost of the user's last turns, the user's records still exist
  "tenant.closed", // the tenant's objects accept and send nothing any more, the deletion has not recorded it
  "tenant.left", // the tenant's users' objects have begun to delete themselves, the deletion has not recorded it
  "tenant.files_deleted", // the tenant's files are deleted, the deletion has not recorded it
  "tenant.ended", // the tenant's objects are empty, its rows in D1 still exist
  "endpoint.recovering", // a recovery is committed, none of its deliveries is scheduled
  "delivery.claimed", // deliveries are claimed, no request was sent
  "delivery.sent", // the webhook was sent, its outcome is not recorded
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

/** Where to stop, and the launcher's address; null: nowhere. */
type CrashSettings = { readonly crashAt: string | null; readonly crashUrl: string | null };

/** The value of CRASH_AT for every failpoint. */
const EVERYWHERE = "*";

/**
 * At the named failpoint (`*`: at every one) asks the launcher, which kills this run or lets it continue; anywhere
 * else returns at once.
 */
export async function failAt(at: Failpoint, { crashAt, crashUrl }: CrashSettings): Promise<void> {
  if (crashUrl === null || (crashAt !== at && crashAt !== EVERYWHERE)) return;
  const answer = await fetch(crashUrl, { method: "POST", body: JSON.stringify({ at }) });
  await answer.body?.cancel();
}
