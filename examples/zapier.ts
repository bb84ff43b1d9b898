/**
 * A tool like Zapier, Make or n8n: it can send one flat JSON and take one flat webhook, and can neither nest nor set headers
 * beyond the key's. It has the clip by its address alone.
 *
 *   npx node examples/zapier.ts test/media/clip.mp4 promo.mp4
 *
 * KEY and NGW are set as `npm run dev` prints them.
 */
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { request, TIMEOUT_MS } from "./lib.ts";

const [clip = "clip.mp4", promo = "promo.mp4"] = process.argv.slice(2);
type Flat = Readonly<Record<string, string | number | boolean | null>>;

const json = async (path: string, body: Flat): Promise<Flat> =>
  (await (
    await request(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    })
  ).json()) as Flat;

// ---- the tool's trigger: an address that receives one webhook. The clip is served there too, as from the customer's own storage.
const order = `order-${crypto.randomUUID()}`;
let take: (body: Flat) => void = () => undefined;
const received = new Promise<Flat>((resolve, reject) => {
  take = resolve;
  setTimeout(() => reject(new Error("no webhook came within five minutes")), TIMEOUT_MS).unref();
});
const receiver = createServer(async (incoming, answer) => {
  if (incoming.method === "GET") return void answer.end(await readFile(clip));
  let text = "";
  for await (const chunk of incoming) text += chunk;
  answer.end();
  const body = JSON.parse(text) as Flat;
  if (body.metadata_order === order) take(body);
});
await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
const here = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
const hook = await json("/hooks", { target_url: `${here}/catch`, event: "video.completed" });

// ---- the tool's action: one flat JSON
await json("/generators/free-generation-maker/videos", {
  var_topic: "a coffee brand",
  var_seconds: "5",
  metadata_order: order,
  asset_urls: `${here}/clip.mp4`,
  callback_url: "",
});

// ---- one flat webhook, with a link that needs no key
const body = await received;
for (const [field, value] of Object.entries(body))
  if (typeof value === "object" && value !== null) throw new Error(`${field} is not flat`);
const file = await fetch(String(body.download_url), { redirect: "error" });
if (!file.ok) throw new Error(`the file could not be read: ${await file.text()}`);
await writeFile(promo, new Uint8Array(await file.arrayBuffer()));
await request(`/hooks/${hook.id}`, { method: "DELETE" });
receiver.close();
console.log(`${promo} is ${body.video_id}`);
