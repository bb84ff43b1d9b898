/**
 * BullMQ with Redis as a webhook sender: each event is a job in Redis; a worker signs it and posts it. Plain JavaScript, like
 * resumable.js.
 */
import { Queue, Worker } from "bullmq";
import { settings } from "../lib/child.ts";
import { startRedis } from "../lib/datastores.ts";
import { senderSettings } from "../lib/peer-messages.ts";
import { post, send } from "./sender.js";

const { dataDir, ...load } = await settings(senderSettings);
const connection = { url: await startRedis(dataDir, { isAppended: true }), maxRetriesPerRequest: null };
const queue = new Queue("events", { connection });
const options = { attempts: 5, backoff: { type: "exponential", delay: 5_000 }, removeOnComplete: 1_000 };
const worker = new Worker("events", ({ data }) => post(data), { connection, concurrency: load.concurrency });
await worker.waitUntilReady();

await send(load, (jobs) => queue.addBulk(jobs.map((data) => ({ name: "event", data, opts: options }))));
