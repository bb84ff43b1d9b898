/**
 * graphile-worker with PostgreSQL as a webhook sender: each event is a job in its table; a worker signs it and posts it. Plain
 * JavaScript, like resumable.js.
 */
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { settings } from "../lib/child.ts";
import { startPostgres } from "../lib/datastores.ts";
import { senderSettings } from "../lib/peer-messages.ts";
import { post, send } from "./sender.js";

const { dataDir, ...load } = await settings(senderSettings);
const connectionString = await startPostgres(dataDir);
await run({
  connectionString,
  concurrency: load.concurrency,
  maxPoolSize: load.concurrency + 4,
  noHandleSignals: true,
  logger: new Logger(() => () => {}),
  taskList: { event: (job) => post(job) },
  // What its documentation advises for many jobs: it takes them from the table, and reports them done, several at a time.
  preset: { worker: { localQueue: { size: 50 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
});

const utils = await makeWorkerUtils({ connectionString });
await send(load, (jobs) => utils.addJobs(jobs.map((payload) => ({ identifier: "event", payload, maxAttempts: 5 }))));
