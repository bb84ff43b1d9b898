/** The jobs of a user's object: which service runs each kind, and what happens when a job is given up. */
import type { AssetId, BatchId, GeneratorJobId, ProjectId, RenderId, TurnId, VideoId } from "../../core/ids.ts";
import { EVENTS_TTL_MS, REMOVED_TTL_MS } from "../../core/limits.ts";
import { HOUR_MS } from "../../core/time.ts";
import type { GivenUpKind, JobKind } from "../shared/job-kinds.ts";
import { type JobRow, mustWait } from "../shared/jobs.ts";
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

/** The handler of each job kind. */
const PERFORM: { readonly [Kind in JobKind<"user">]: (services: UserServices, row: JobRow) => unknown } = {
  [TURN]: ({ run }, { key, attempts }) => run.perform(key as TurnId, attempts),
  [RENDER]: ({ renderRun }, { key, attempts }) => renderRun.perform(key as RenderId, attempts),
  [FILE_EXPIRY]: ({ files }, { key }) => files.checkExpiry(key as RenderId),
  [ATTACH]: ({ assets }, { key, attempts }) => assets.perform(key, attempts),
  [OUTBOX]: ({ context }) => context.outbox.flush(),
  [VIDEO]: ({ workflow }, { key }) => workflow.perform(key as VideoId),
  [BATCH]: ({ batches }, { key }) => batches.perform(key as BatchId),
  [GENERATOR_JOB]: ({ generatorJobs }, { key }) => generatorJobs.perform(key as GeneratorJobId),
  [DELETE_JOB]: ({ deletions, assetDeletions }, { key }) =>
    key.startsWith("ast_") ? assetDeletions.perform(key as AssetId) : deletions.perform(key as VideoId | ProjectId),
  [SUGGESTED_RENDER]: ({ run }, { key }) => run.act(key as TurnId),
  [CLEANUP]: (services) => cleanUp(services),
  [RETENTION]: (services) => applyRetention(services),
  [TOKEN_WARNING]: ({ context }, { key }) => context.account.warn(key),
  [AUDIT]: ({ context }, { key }) => publishAudit(context.runtime, context.jobs, key),
  [TOKEN_STATUS]: ({ context }, { key }) => context.account.publishTokenStatus(key),
  [REGISTER]: ({ context }) => register(context, () => context.account.noteEncryptions()),
  [DELETE_USER]: ({ userDeletion, context, pendingSettlements }) =>
    userDeletion.erase(context.jobs, pendingSettlements),
  [PURGE]: ({ userDeletion }) => userDeletion.forget(),
};

/** What a job that is given up does to its resource. */
const GIVE_UP: { readonly [Kind in GivenUpKind<"user">]: (services: UserServices, key: string) => void } = {
  [TURN]: ({ run }, key) => run.giveUp(key as TurnId),
  [RENDER]: ({ renderRun }, key) => renderRun.giveUp(key as RenderId),
  [ATTACH]: ({ assets }, key) => assets.giveUp(key),
  [SUGGESTED_RENDER]: () => undefined, // its turn is over, and no caller was promised that the agent's suggestion would be followed
  [VIDEO]: ({ workflow }, key) => workflow.giveUp(key as VideoId),
  [GENERATOR_JOB]: ({ generatorJobs }, key) => generatorJobs.giveUp(key as GeneratorJobId),
  [BATCH]: ({ batches }, key) => batches.giveUp(key as BatchId),
};

/** Kinds that start new work, at Nemo or here: they wait while the tenant is paused. */
const STARTING_KINDS: readonly string[] = [TURN, RENDER, ATTACH, SUGGESTED_RENDER, VIDEO, BATCH, GENERATOR_JOB];

/**
 * Whether this job starts new work. A sent turn is settled and a submitted render is fetched even while the tenant is
 * paused.
 */
function startsWork({ run, renderRun }: UserServices, kind: string, key: string): boolean {
  if (kind === TURN) return run.isQueued(key as TurnId);
  if (kind === RENDER) return renderRun.isQueued(key as RenderId);
  return STARTING_KINDS.includes(kind);
}

/** Runs a due job. After the user's deletion only the jobs of the deletion run. */
export async function runJob(services: UserServices, row: JobRow): Promise<void> {
  const kind = row.kind as JobKind<"user">; // or a kind of another version
  if (PERFORM[kind] === undefined) throw new Error(`no handler for job kind ${kind}`);
  const { context, userDeletion } = services;
  if (!userDeletion.isScheduled(kind)) context.jobs.done(kind, row.key);
  else if (startsWork(services, kind, row.key) && (await mustWait(context.runtime)))
    context.jobs.schedule(kind, row.key, context.runtime.now() + context.runtime.config.timings.pauseCheckInterval);
  else await PERFORM[kind](services, row);
}

/** Ends the resource of a job that is given up. */
export function giveUpJob(services: UserServices, { kind, key }: JobRow): void {
  if (services.userDeletion.isScheduled(kind)) GIVE_UP[kind as GivenUpKind<"user">](services, key); // called for these kinds only
}

/** Deletes events after their retention, and schedules the next cleanup. */
function cleanUp({ context: { runtime, log, jobs }, videoRows }: UserServices): void {
  const before = runtime.now() - EVENTS_TTL_MS;
  const due = [log.deleteExpired(before), videoRows.deleteExpiredEvents(before)].filter((at) => at !== null);
  if (due.length === 0) jobs.done(CLEANUP, "");
  else jobs.schedule(CLEANUP, "", Math.min(...due) + EVENTS_TTL_MS + HOUR_MS);
}

/** Deletes records of deletions and uploads after their retention of weeks. */
async function applyRetention({ context: { runtime, jobs }, deletionRows, uploads }: UserServices): Promise<void> {
  const removed = deletionRows.deleteExpired(runtime.now() - REMOVED_TTL_MS);
  const due = [removed === null ? null : removed + REMOVED_TTL_MS, await uploads.deleteExpired()].filter(
    (at) => at !== null,
  );
  if (due.length === 0) jobs.done(RETENTION, "");
  else jobs.schedule(RETENTION, "", Math.min(...due) + HOUR_MS);
}
