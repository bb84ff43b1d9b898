/** The services of a user's object, created once per instance. */
import { parseUserObjectName } from "../../core/address.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { openDatabase } from "../shared/database.ts";
import { Downloads } from "../shared/downloads.ts";
import { type JobHandler, JobScheduler } from "../shared/jobs.ts";
import { Outbox } from "../shared/outbox.ts";
import { Account } from "./account.ts";
import { AssetDeletions, Assets } from "./assets.ts";
import { Batches, BatchRows } from "./batches.ts";
import { isNamed, type UserContext } from "./context.ts";
import { PendingSettlements, UserDeletion } from "./deletion.ts";
import { EventSubscribers, Frames, VideoEvents, Waiting } from "./event-streams.ts";
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
import { VideoRows } from "./videos/store.ts";
import { Videos } from "./videos/videos.ts";

export type UserServices = ReturnType<typeof createUserServices>;

/** Creates the services and resumes what the last instance left; `worker` runs the due jobs. */
export function createUserServices(runtime: ObjectRuntime, worker: JobHandler) {
  const address = parseUserObjectName(runtime.name);
  const fullDatabase = openDatabase(runtime, USER_MIGRATIONS);
  const userDeletion = new UserDeletion(runtime, address, fullDatabase);
  const database = userDeletion.guarded();
  const jobs = new JobScheduler(runtime, fullDatabase, "user", worker);
  const outbox = new Outbox(runtime, jobs, { uh: address.uh, named: () => isNamed({ runtime }) });
  const log = new TurnEventLog(runtime);
  const account = new Account({ runtime, address, database, jobs, outbox });
  const context: UserContext = { runtime, address, database, jobs, outbox, account, log };
  const sessions = new Sessions(context, userDeletion);
  const projects = new Projects(context);
  const deletionRows = new DeletionRows(runtime);
  const uploads = new Uploads(context, deletionRows);
  const assets = new Assets(context, projects, deletionRows);
  const turnRows = new TurnRows(runtime, database);
  const settle = new TurnSettle(context, projects, turnRows);
  const downloads = new Downloads(runtime, address);
  const frames = new Frames(downloads);
  const subscribers = new EventSubscribers(runtime, log, sessions, frames);
  const waiting = new Waiting(log);
  const turns = new Turns(context, projects, turnRows, subscribers, waiting);
  const tickets = new Tickets(context, turnRows);
  const renderRows = new RenderRows(runtime, database);
  const renders = new Renders(context, projects, renderRows);
  const commands = new CommandTurns(context, settle, renders);
  const run = new TurnRun(context, projects, assets, turnRows, settle, commands);
  const renderRun = new RenderRun(context, projects, renderRows);
  const files = new RenderFiles(context, renderRows);
  const videoRows = new VideoRows(runtime, database);
  const videos = new Videos(context, videoRows, { projects, assets, renders, files, renderRows, run });
  const videoEvents = new VideoEvents(context, videoRows, videos, { subscribers, waiting, frames });
  const workflow = new VideoWorkflow(context, videoRows, videos, {
    projects,
    assets,
    turns,
    turnRows,
    renders,
    renderRows,
  });
  const deletions = new Deletions(context, { projects, run, renders, files, videos, videoRows }, deletionRows);
  const assetDeletions = new AssetDeletions(context, assets, deletionRows);
  const generatorJobs = new GeneratorJobs(context, new GeneratorJobRows(runtime, database), {
    projects,
    turns,
    turnRows,
  });
  const batches = new Batches(context, new BatchRows(runtime, database), videos, projects);
  // Uses the whole database: the guarded one is empty after the deletion, and the account would find no token in it.
  const lastAccount = new Account({ runtime, address, database: fullDatabase, jobs, outbox });
  const pendingSettlements = new PendingSettlements({ ...context, database: fullDatabase, account: lastAccount });
  // Last, when every listener of the outbox has been added.
  if (database.exists()) {
    run.recover();
    turns.confirmSlots();
    workflow.recover();
  }
  return {
    context,
    downloads,
    pendingSettlements,
    userDeletion,
    sessions,
    projects,
    uploads,
    assets,
    turns,
    tickets,
    renders,
    files,
    run,
    renderRun,
    videos,
    videoEvents,
    videoRows,
    workflow,
    generatorJobs,
    batches,
    deletions,
    deletionRows,
    assetDeletions,
  };
}
