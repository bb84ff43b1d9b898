/** The parts of a user's object, put together once for each instance. */
import { parseUserObjectName } from "../../core/address.ts";
import type { Ground } from "../shared/context.ts";
import { openDatabase } from "../shared/database.ts";
import { Downloads } from "../shared/downloads.ts";
import { Schedule, type Worker } from "../shared/jobs.ts";
import { Outbox } from "../shared/outbox.ts";
import { Account } from "./account.ts";
import { AssetRemovals, Assets } from "./assets.ts";
import { Batches, BatchRows } from "./batches.ts";
import { type Home, isNamed } from "./context.ts";
import { Erasure, LastTurns } from "./deletion.ts";
import { Frames, VideoStream, Waiting, Watchers } from "./event-streams.ts";
import { MakingRows, Makings } from "./generator-jobs.ts";
import { RemovalRows, Removals } from "./project-deletion.ts";
import { Projects } from "./projects.ts";
import { RenderFiles } from "./renders/files.ts";
import { Renders } from "./renders/renders.ts";
import { RenderRun } from "./renders/run.ts";
import { RenderRows } from "./renders/store.ts";
import { USER_MIGRATIONS } from "./schema.ts";
import { Sessions } from "./sessions.ts";
import { TurnLog } from "./turns/event-log.ts";
import { TurnAnswer, TurnRun } from "./turns/run.ts";
import { TurnSettle } from "./turns/settle.ts";
import { TurnRows } from "./turns/store.ts";
import { Tickets, Turns } from "./turns/turns.ts";
import { Uploads } from "./uploads.ts";
import { VideoRun } from "./videos/run.ts";
import { VideoRows } from "./videos/store.ts";
import { Videos } from "./videos/videos.ts";

export type UserParts = ReturnType<typeof putTogether>;

/** Makes every part, and takes up what the last instance left; `worker` performs what the schedule says is due. */
export function putTogether(ground: Ground, worker: Worker) {
  const address = parseUserObjectName(ground.name);
  const whole = openDatabase(ground, USER_MIGRATIONS);
  const erasure = new Erasure(ground, address, whole);
  const database = erasure.guarded();
  const schedule = new Schedule(ground, whole, "user", worker);
  const outbox = new Outbox(ground, schedule, { uh: address.uh, named: () => isNamed({ ground }) });
  const log = new TurnLog(ground);
  const account = new Account({ ground, address, database, schedule, outbox });
  const home: Home = { ground, address, database, schedule, outbox, account, log };
  const sessions = new Sessions(home, erasure);
  const projects = new Projects(home);
  const removalRows = new RemovalRows(ground);
  const uploads = new Uploads(home, removalRows);
  const assets = new Assets(home, projects, removalRows);
  const turnRows = new TurnRows(ground, database);
  const settle = new TurnSettle(home, projects, turnRows);
  const downloads = new Downloads(ground, address);
  const frames = new Frames(downloads);
  const watchers = new Watchers(ground, log, sessions, frames);
  const waiting = new Waiting(log);
  const turns = new Turns(home, projects, turnRows, watchers, waiting);
  const tickets = new Tickets(home, turnRows);
  const renderRows = new RenderRows(ground, database);
  const renders = new Renders(home, projects, renderRows);
  const answer = new TurnAnswer(home, settle, renders);
  const run = new TurnRun(home, projects, assets, turnRows, settle, answer);
  const rendering = new RenderRun(home, projects, renderRows);
  const files = new RenderFiles(home, renderRows);
  const videoRows = new VideoRows(ground, database);
  const videos = new Videos(home, videoRows, { projects, assets, renders, files, renderRows, run });
  const following = new VideoStream(home, videoRows, videos, { watchers, waiting, frames });
  const filming = new VideoRun(home, videoRows, videos, { projects, assets, turns, turnRows, renders, renderRows });
  if (database.exists()) {
    run.recover();
    turns.keepPlaces();
    filming.recover();
  }
  const removals = new Removals(home, { projects, run, renders, files, videos, videoRows }, removalRows);
  const assetRemovals = new AssetRemovals(home, assets, removalRows);
  const makings = new Makings(home, new MakingRows(ground, database), { projects, turns, turnRows });
  const batches = new Batches(home, new BatchRows(ground, database), videos, projects);
  // Its token is asked for with the whole database too: in the one that everybody else sees, no account was ever made.
  const lastAccount = new Account({ ground, address, database: whole, schedule, outbox });
  const lastTurns = new LastTurns({ ...home, database: whole, account: lastAccount });
  return {
    home,
    downloads,
    lastTurns,
    erasure,
    sessions,
    projects,
    uploads,
    assets,
    turns,
    tickets,
    renders,
    files,
    run,
    rendering,
    videos,
    following,
    videoRows,
    filming,
    makings,
    batches,
    removals,
    removalRows,
    assetRemovals,
  };
}
