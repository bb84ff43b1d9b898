/**
 * Batch: several instructions, each with its own export.
 *
 *   npx node examples/batch.ts first.mp4 second.mp4
 *
 * KEY and NGW are set as `npm run dev` prints them.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { NGW, post, request, save, TIMEOUT_MS, type Video } from "./lib.ts";

const files = process.argv.slice(2);
type Batch = { readonly id: string; readonly status: string };

const items = ["coffee", "tea"].map((topic) => ({ prompt: `generate a 2-second video about ${topic}` }));
const { id } = await post<Batch>("/batches", { mode: "own_projects", items }, `batch-${crypto.randomUUID()}`);

const read = async (): Promise<Batch> => (await (await request(`/batches/${id}`)).json()) as Batch;
const until = Date.now() + TIMEOUT_MS;
for (let batch = await read(); batch.status !== "completed"; batch = await read()) {
  if (Date.now() > until) throw new Error(`${id} is still ${batch.status}: look again at ${NGW}/batches/${id}`);
  await sleep(1_000);
}

const { data } = (await (await request(`/batches/${id}/videos`)).json()) as { data: { video: Video }[] };
for (const [n, { video }] of data.entries()) {
  const file = files[n] ?? `${video.id}.mp4`;
  await save(video, file);
  console.log(`${file} is ${video.id}`);
}
