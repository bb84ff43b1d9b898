/** The jobs of a user's object: which service runs each kind, and what happens when a job is given up. */
import type { AssetId, BatchId, GeneratorJobId, ProjectId, RenderId, TurnId, VideoId } from "../../core/ids.ts";
import { EVENTS_TTL_MS, REMOVED_TTL_MS } from "../../core/limits.ts";
import { HOUR_MS } from "../../core/time.ts";
import type { GivenUpKind, JobKind } from "../shared/job-kinds.ts";
import { type JobRow, mustWait } from "../shared/jobs.ts";
import { AUDIT, OUTBOX, publishAudit } from "../shared/outbox.ts";
import { TOKEN_STATUS, TOKEN_WARNING } from "../shared/stored-token.ts";
import {
  ACT,
  AGED,
  ATTACH,
  BATCH,
  DELETE_JOB,
  FILE,
  GENERATOR_JOB,
  REGISTER,
  RENDER,
  register,
  TIDY,
  TURN,
  VIDEO,
} from "./context.ts";
import { ERASE, FORGET } from "./deletion.ts";
import type { UserServices } from "./services.ts";

/** The handler of each job kind. */
const PERFORM: { readonly [Kind in JobKind<"user">]: (services: UserServices, row: JobRow) => unknown } = {
  [TURN]: ({ run }, { ref, attempts }) => run.perform(ref as TurnId, attempts),
  [RENDER]: ({ renderRun }, { ref, attempts }) => renderRun.perform(ref as RenderId, attempts),
  [FILE]: ({ files }, { ref }) => files.checkExpiry(ref as RenderId),
  [ATTACH]: ({ assets }, { ref, attempts }) => assets.perform(ref, attempts),
  [OUTBOX]: ({ context }) => context.outbox.flush(),
  [VIDEO]: ({ workflow }, { ref }) => workflow.perform(ref as VideoId),
  [BATCH]: ({ batches }, { ref }) => batches.perform(ref as BatchId),
  [GENERATOR_JOB]: ({ generatorJobs }, { ref }) => generatorJobs.perform(ref as GeneratorJobId),
  [DELETE_JOB]: ({ deletions, assetDeletions }, { ref }) =>
    ref.startsWith("ast_") ? assetDeletions.perform(ref as AssetId) : deletions.perform(ref as VideoId | ProjectId),
  [ACT]: ({ run }, { ref }) => run.act(ref as TurnId),
  [TIDY]: (services) => tidy(services),
  [AGED]: (services) => deleteAged(services),
  [TOKEN_WARNING]: ({ context }, { ref }) => context.account.warn(ref),
  [AUDIT]: ({ context }, { ref }) => publishAudit(context.runtime, context.jobs, ref),
  [TOKEN_STATUS]: ({ context }, { ref }) => context.account.publishTokenStatus(ref),
  [REGISTER]: ({ context }) => register(context, () => context.account.noteEncryptions()),
  [ERASE]: ({ userDeletion, context, pendingSettlements }) => userDeletion.erase(context.jobs, pendingSettlements),
  [FORGET]: ({ userDeletion }) => userDeletion.forget(),
};

/** What a job that is given up does to its resource. */
const GIVE_UP: { readonly [Kind in GivenUpKind<"user">]: (services: UserServices, ref: string) => void } = {
  [TURN]: ({ run }, ref) => run.giveUp(ref as TurnId),
  [RENDER]: ({ renderRun }, ref) => renderRun.giveUp(ref as RenderId),
  [ATTACH]: ({ assets }, ref) => assets.giveUp(ref),
  [ACT]: () => undefined, // its turn is over, and no caller was promised that the agent's suggestion would be followed
  [VIDEO]: ({ workflow }, ref) => workflow.giveUp(ref as VideoId),
  [GENERATOR_JOB]: ({ generatorJobs }, ref) => generatorJobs.giveUp(ref as GeneratorJobId),
  [BATCH]: ({ batches }, ref) => batches.giveUp(ref as BatchId),
};

/** Kinds that start new work, at Nemo or here: they wait while the tenant is paused. */
const STARTING_KINDS: readonly string[] = [TURN, RENDER, ATTACH, ACT, VIDEO, BATCH, GENERATOR_JOB];

/**
 * Whether this job starts new work. A sent turn is settled and a submitted render is fetched even while the tenant is
 * paused.
 */
function startsWork({ run, renderRun }: UserServices, kind: string, ref: string): boolean {
  if (kind === TURN) return run.isQueued(ref as TurnId);
  if (kind === RENDER) return renderRun.isQueued(ref as RenderId);
  return STARTING_KINDS.includes(kind);
}

/** Runs a due job. After the user's deletion only the jobs of the deletion run. */
export async function runJob(services: UserServices, row: JobRow): Promise<void> {
  const kind = row.kind as JobKind<"user">; // or a kind of another version
  if (PERFORM[kind] === undefined) throw new Error(`no handler for job kind ${kind}`);
  const { context, userDeletion } = services;
  if (!userDeletion.isScheduled(kind)) context.jobs.done(kind, row.ref);
  else if (startsWork(services, kind, row.ref) && (await mustWait(context.runtime)))
    context.jobs.schedule(kind, row.ref, context.runtime.now() + context.runtime.config.timings.pauseCheckInterval);
  else await PERFORM[kind](services, row);
}

/** Ends the resource of a job that is given up. */
export function giveUpJob(services: UserServices, { kind, ref }: JobRow): void {
  if (services.userDeletion.isScheduled(kind)) GIVE_UP[kind as GivenUpKind<"user">](services, ref); // called for these kinds only
}

/** Deletes events after their retention, and schedules the next cleanup. */
function tidy({ context: { runtime, log, jobs }, videoRows }: UserServices): void {
  const before = runtime.now() - EVENTS_TTL_MS;
  const due = [log.tidy(before), videoRows.tidy(before)].filter((at) => at !== null);
  if (due.length === 0) jobs.done(TIDY, "");
  else jobs.schedule(TIDY, "", Math.min(...due) + EVENTS_TTL_MS + HOUR_MS);
}

/** Deletes records of deletions and uploads after their retention of weeks. */
async function deleteAged({ context: { runtime, jobs }, deletionRows, uploads }: UserServices): Promise<void> {
  const removed = deletionRows.tidy(runtime.now() - REMOVED_TTL_MS);
  const due = [removed === null ? null : removed + REMOVED_TTL_MS, await uploads.deleteExpired()].filter(
    (at) => at !== null,
  );
  if (due.length === 0) jobs.done(AGED, "");
  else jobs.schedule(AGED, "", Math.min(...due) + HOUR_MS);
}
