/**
 * The named moments between two outside effects: where a process may die and nothing may be lost or done twice.
 *
 * `CRASH_AT=<name>` (loopback only) stops an object there for the launcher to kill, so that each can be tried; `*` asks at all
 * of them. Each name says what has just happened when the crash comes. `scripts/lib/torture/plan.ts` says which stories reach it.
 */
export const FAILPOINTS = [
  "turn.intent", // the turn and its first event are committed, nothing has left
  "turn.sent", // the message's request has left, no answer was read
  "turn.first_byte", // the first bytes of the answer were read, none committed
  "turn.ended", // the stream is over and committed, the turn is not settled
  "import.intent", // an import is committed, nothing has left
  "import.begun", // a request for its file is committed, nothing has left
  "import.answered", // the address has answered, nothing of the file is kept
  "upload.begun", // R2 has begun a file of parts, the upload does not know it
  "upload.part", // a part is in R2, the upload does not say so
  "upload.closing", // every byte is kept and said to be all, the parts are not put together
  "upload.lent", // a final upload's pieces are lent to it, no manifest makes one file of them
  "upload.stored", // the bytes are in R2, the upload does not say so
  "upload.completed", // the upload says so, its user's object has no asset
  "upload.ended", // an upload has ended without a file, its parts are still in R2
  "asset.attached", // upstream took the file, the attachment is not recorded
  "render.submitting", // the render's id and intent are committed, nothing has left
  "render.submitted", // upstream took the job, the render does not say so
  "render.cancelled", // a render says that it is cancelled, upstream was not told
  "file.copied", // the file is in R2, the render does not say so
  "file.expired", // a render says that its file is gone, R2 still has it
  "video.intent", // the video is committed, nothing was made
  "video.step", // a step made something, the video does not say so
  "batch.intent", // a batch is committed with all its items, none has begun
  "batch.item", // items have become videos, nothing of them was made
  "removal.filed", // files of a deleted project are gone, its records are there
  "generator_job.intent", // a generator to be made is committed, nothing was asked
  "generator_job.step", // a step made something, the making does not say so
  "event.outbox", // an event is committed in its object, its tenant has not heard of it
  "secret.rotated", // a new signing secret is committed, its caller has not seen it
  "user.closed", // the tombstone is committed, everything else is still there
  "user.unheard", // the tenant has let go of the user's events, its files are there
  "user.filed", // its files are gone, its records are there
  "user.settled", // what its last turns cost is counted by the tenant, its records are there
  "tenant.closed", // its objects take in and send nothing any more, the job does not say so
  "tenant.left", // its users' objects have begun to erase themselves, the job does not say so
  "tenant.filed", // its files are gone, the job does not say so
  "tenant.ended", // its objects are empty, its rows are there
  "endpoint.recovering", // a recovery is committed, nothing of it is owed
  "delivery.claimed", // deliveries are claimed, nothing has left
  "delivery.sent", // the webhook has left, its outcome is not recorded
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];
