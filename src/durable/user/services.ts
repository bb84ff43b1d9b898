/** The services of a user's object, created once per instance. Each gets the whole record and uses what it needs. */

import { parseUserObjectName } from "../../core/address.ts";
import type { TurnId, VideoId } from "../../core/ids.ts";
import type { TurnEventWire, TurnWire } from "../../core/wire/turn.ts";
import type { VideoEventWire } from "../../core/wire/video.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { type Database, openDatabase } from "../shared/database.ts";
import { Downloads } from "../shared/downloads.ts";
import { type JobHandler, JobScheduler } from "../shared/jobs.ts";
import { Outbox } from "../shared/outbox.ts";
import { Account } from "./account.ts";
import { AssetDeletions, Assets } from "./assets.ts";
import { AttachRows, AttachRun } from "./attachments.ts";
import { Batches, BatchRows } from "./batches.ts";
import { isNamed, type UserContext } from "./context.ts";
import { PendingSettlements, UserDeletion } from "./deletion.ts";
import { EventStreams, EventSubscribers, Frames, Waiting } from "./event-streams.ts";
import { GeneratorJobRows, GeneratorJobs } from "./generator-jobs.ts";
import { DeletionRows, Deletions } from "./project-deletion.ts";
import { Projects } from "./projects.ts";
import { RenderFiles } from "./renders/files.ts";
import { Renders } from "./renders/renders.ts";
import { RenderRun } from "./renders/run.ts";
import { RenderRows } from "./renders/store.ts";
import { USER_MIGRATIONS } from "./schema.ts";
import { Sessions } from "./sessions.ts";
import { TurnEventLog } from "./turns/event-log.ts";
import { CommandTurns, TurnRun } from "./turns/run.ts";
import { TurnSettle } from "./turns/settle.ts";
import { TurnRows } from "./turns/store.ts";
import { Tickets, Turns } from "./turns/turns.ts";
import { Uploads } from "./uploads.ts";
import { VideoWorkflow } from "./videos/run.ts";
import { type ShownVideo, VideoRows } from "./videos/store.ts";
import { Videos } from "./videos/videos.ts";

export type UserServices = UserContext & {
  readonly userDeletion: UserDeletion;
  readonly pendingSettlements: PendingSettlements;
  readonly downloads: Downloads;
  readonly sessions: Sessions;
  readonly projects: Projects;
  readonly deletionRows: DeletionRows;
  readonly deletions: Deletions;
  readonly uploads: Uploads;
  readonly assets: Assets;
  readonly assetDeletions: AssetDeletions;
  readonly attachRows: AttachRows;
  readonly attachRun: AttachRun;
  readonly turnRows: TurnRows;
  readonly turns: Turns;
  readonly turnRun: TurnRun;
  readonly turnSettle: TurnSettle;
  readonly commandTurns: CommandTurns;
  readonly tickets: Tickets;
  readonly renderRows: RenderRows;
  readonly renders: Renders;
  readonly renderRun: RenderRun;
  readonly renderFiles: RenderFiles;
  readonly videoRows: VideoRows;
  readonly videos: Videos;
  readonly videoWorkflow: VideoWorkflow;
  readonly frames: Frames;
  readonly eventSubscribers: EventSubscribers;
  readonly waiting: Waiting;
  readonly turnEvents: EventStreams<TurnId, TurnWire, TurnEventWire>;
  readonly videoEvents: EventStreams<VideoId, ShownVideo, VideoEventWire>;
  readonly generatorJobRows: GeneratorJobRows;
  readonly generatorJobs: GeneratorJobs;
  readonly batchRows: BatchRows;
  readonly batches: Batches;
};

/** Creates the services and resumes what the last instance left; `handler` runs the due jobs. */
export function createUserServices(runtime: ObjectRuntime, handler: JobHandler): UserServices {
  const address = parseUserObjectName(runtime.name);
  const fullDatabase = openDatabase(runtime, USER_MIGRATIONS);
  const userDeletion = new UserDeletion({ runtime, address, database: fullDatabase });
  const database = userDeletion.guarded();
  const jobs = new JobScheduler(runtime, fullDatabase, "user", handler);
  const outbox = new Outbox(runtime, jobs, {
    uh: address.uh,
    named: () => isNamed({ runtime }),
    onEvent: (resource) => onEvent(user, resource),
  });
  const log = new TurnEventLog(runtime);
  const account = new Account({ runtime, address, database, jobs, outbox });
  const context: UserContext = { runtime, address, database, jobs, outbox, account, log };
  const user = { ...context } as UserServices; // completed by the next statement; until then constructors only keep it
  const projects = new Projects(user);
  const turns = new Turns(user);
  const videos = new Videos(user);
  const downloads = new Downloads(runtime, address);
  Object.assign(user, {
    userDeletion,
    pendingSettlements: createPendingSettlements(context, fullDatabase),
    downloads,
    sessions: new Sessions(user),
    projects,
    deletionRows: new DeletionRows(runtime, (project) => user.projects.forget(project)),
    deletions: new Deletions(user),
    uploads: new Uploads(user),
    assets: new Assets(user),
    assetDeletions: new AssetDeletions(user),
    attachRows: new AttachRows(runtime),
    attachRun: new AttachRun(user),
    turnRows: new TurnRows(runtime, database, projects),
    turns,
    turnRun: new TurnRun(user),
    turnSettle: new TurnSettle(user),
    commandTurns: new CommandTurns(user),
    tickets: new Tickets(user),
    renderRows: new RenderRows(runtime, database),
    renders: new Renders(user),
    renderRun: new RenderRun(user),
    renderFiles: new RenderFiles(user),
    videoRows: new VideoRows(runtime, database),
    videos,
    videoWorkflow: new VideoWorkflow(user),
    frames: new Frames(downloads),
    eventSubscribers: new EventSubscribers(user),
    waiting: new Waiting(log),
    turnEvents: new EventStreams(user, turns.streamSource),
    videoEvents: new EventStreams(user, videos.streamSource),
    generatorJobRows: new GeneratorJobRows(runtime, database),
    generatorJobs: new GeneratorJobs(user),
    batchRows: new BatchRows(runtime, database),
    batches: new Batches(user),
  } satisfies Omit<UserServices, keyof UserContext>);
  if (database.exists()) {
    user.turnRun.recover();
    user.turns.confirmSlots();
    user.videoWorkflow.recover();
  }
  return user;
}

/** Called for every event of the outbox, in the transaction that appends it: schedules the workflows that wait for it. */
function onEvent({ videoWorkflow, generatorJobs, batches }: UserServices, resource: string): void {
  videoWorkflow.onEvent(resource);
  generatorJobs.onEvent(resource);
  batches.onEvent(resource);
}

/**
 * Reads the last turns of a deleted user. Uses the whole database: the guarded one is empty after the deletion, and the
 * account would find no token in it.
 */
function createPendingSettlements(context: UserContext, database: Database): PendingSettlements {
  const late: UserContext = { ...context, database, account: new Account({ ...context, database }) };
  const projects = new Projects(late);
  const settling = { ...late, projects, turnRows: new TurnRows(late.runtime, database, projects) };
  return new PendingSettlements({ ...settling, turnSettle: new TurnSettle(settling) });
}
