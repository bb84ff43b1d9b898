/** The jobs of a user's object: what runs each kind, when it waits, and what happens when it is given up. */
import type { AssetId, BatchId, GeneratorJobId, ProjectId, RenderId, TurnId, VideoId } from "../../core/ids.ts";
import { EVENTS_TTL_MS, REMOVED_TTL_MS } from "../../core/limits.ts";
import { HOUR_MS } from "../../core/time.ts";
import type { JobKind } from "../shared/job-kinds.ts";
import { type JobHandler, type JobTable, jobOf, mustWait } from "../shared/jobs.ts";
import { AUDIT, OUTBOX, publishAudit } from "../shared/outbox.ts";
import { TOKEN_STATUS, TOKEN_WARNING } from "../shared/stored-token.ts";
import {
  ATTACH,
  BATCH,
  CLEANUP,
  DELETE_JOB,
  FILE_EXPIRY,
  GENERATOR_JOB,
  REGISTER,
  RENDER,
  RETENTION,
  register,
  SUGGESTED_RENDER,
  TURN,
  VIDEO,
} from "./context.ts";
import { DELETE_USER, PURGE } from "./deletion.ts";
import type { UserServices } from "./services.ts";

type Rules = {
  /**
   * Whether the job starts new work, at Nemo or here: it waits while the tenant is paused. A sent turn is settled and a
   * submitted render is fetched even then.
   */
  startsWork?(user: UserServices, key: string): boolean;
  /** It runs for a deleted user too; every other job is dropped. */
  readonly runsWhenDeleted?: true;
};

const always = (): boolean => true;
const isAsset = (id: string): id is AssetId => id.startsWith("ast_");

const USER_JOBS: JobTable<"user", UserServices, Rules> = {
  [TURN]: {
    run: ({ turnRun }, id: TurnId, attempt) => turnRun.perform(id, attempt),
    giveUp: ({ turnRun }, id: TurnId) => turnRun.giveUp(id),
    startsWork: ({ turnRun }, id: TurnId) => turnRun.isQueued(id),
  },
  [RENDER]: {
    run: ({ renderRun }, id: RenderId, attempt) => renderRun.perform(id, attempt),
    giveUp: ({ renderRun }, id: RenderId) => renderRun.giveUp(id),
    startsWork: ({ renderRun }, id: RenderId) => renderRun.isQueued(id),
  },
  [ATTACH]: {
    run: ({ attachRun }, key, attempt) => attachRun.perform(key, attempt),
    giveUp: ({ attachRun }, key) => attachRun.giveUp(key),
    startsWork: always,
  },
  [SUGGESTED_RENDER]: {
    run: ({ turnRun }, id: TurnId) => turnRun.act(id),
    giveUp: () => undefined, // its turn is over, and no caller was promised that the agent's suggestion would be followed
    startsWork: always,
  },
  [VIDEO]: {
    run: ({ videoWorkflow }, id: VideoId) => videoWorkflow.perform(id),
    giveUp: ({ videoWorkflow }, id: VideoId) => videoWorkflow.giveUp(id),
    startsWork: always,
  },
  [GENERATOR_JOB]: {
    run: ({ generatorJobs }, id: GeneratorJobId) => generatorJobs.perform(id),
    giveUp: ({ generatorJobs }, id: GeneratorJobId) => generatorJobs.giveUp(id),
    startsWork: always,
  },
  [BATCH]: {
    run: ({ batches }, id: BatchId) => batches.perform(id),
    giveUp: ({ batches }, id: BatchId) => batches.giveUp(id),
    startsWork: always,
  },
  [FILE_EXPIRY]: { run: ({ renderFiles }, id: RenderId) => renderFiles.checkExpiry(id) },
  [DELETE_JOB]: {
    run: ({ deletions, assetDeletions }, id: VideoId | ProjectId | AssetId) =>
      isAsset(id) ? assetDeletions.perform(id) : deletions.perform(id),
  },
  [CLEANUP]: { run: (user) => cleanUp(user) },
  [RETENTION]: { run: (user) => applyRetention(user) },
  [OUTBOX]: { run: ({ outbox }) => outbox.flush() },
  [REGISTER]: { run: (user) => register(user, () => user.account.noteEncryptions()) },
  [AUDIT]: { run: ({ runtime, jobs }, entry) => publishAudit(runtime, jobs, entry), runsWhenDeleted: true },
  [TOKEN_WARNING]: { run: ({ account }, key) => account.warn(key) },
  [TOKEN_STATUS]: { run: ({ account }, key) => account.publishTokenStatus(key) },
  [DELETE_USER]: {
    run: ({ userDeletion, jobs, pendingSettlements }) => userDeletion.erase(jobs, pendingSettlements),
    runsWhenDeleted: true,
  },
  [PURGE]: { run: ({ userDeletion }) => userDeletion.forget(), runsWhenDeleted: true },
};

/** Runs the jobs. `services` is called when a job runs: the scheduler is created before them. */
export const userJobHandler = (services: () => UserServices): JobHandler => ({
  perform: async ({ kind, key, attempts }) => {
    const user = services();
    const { runtime, jobs } = user;
    const job = jobOf<UserServices, Rules>(USER_JOBS, kind);
    if (isDropped(user, job))
      jobs.done(kind as JobKind, key); // jobOf() knows the kind
    else if (job.startsWork?.(user, key) && (await mustWait(runtime)))
      jobs.schedule(kind as JobKind, key, runtime.now() + runtime.config.timings.pauseCheckInterval);
    else await job.run(user, key, attempts);
  },
  giveUp: ({ kind, key }) => {
    const user = services();
    const job = jobOf<UserServices, Rules>(USER_JOBS, kind);
    if (!isDropped(user, job)) job.giveUp?.(user, key);
  },
});

const isDropped = ({ userDeletion }: UserServices, { runsWhenDeleted }: Rules): boolean =>
  userDeletion.check() !== null && runsWhenDeleted !== true;

/** Deletes events after their retention, and schedules the next cleanup. */
function cleanUp({ runtime, log, jobs, videoRows }: UserServices): void {
  const before = runtime.now() - EVENTS_TTL_MS;
  const due = [log.deleteExpired(before), videoRows.deleteExpiredEvents(before)].filter((at) => at !== null);
  if (due.length === 0) jobs.done(CLEANUP, "");
  else jobs.schedule(CLEANUP, "", Math.min(...due) + EVENTS_TTL_MS + HOUR_MS);
}

/** Deletes records of deletions and uploads after their retention of weeks. */
async function applyRetention({ runtime, jobs, deletionRows, uploads }: UserServices): Promise<void> {
  const removed = deletionRows.deleteExpired(runtime.now() - REMOVED_TTL_MS);
  const due = [removed === null ? null : removed + REMOVED_TTL_MS, await uploads.deleteExpired()].filter(
    (at) => at !== null,
  );
  if (due.length === 0) jobs.done(RETENTION, "");
  else jobs.schedule(RETENTION, "", Math.min(...due) + HOUR_MS);
}
