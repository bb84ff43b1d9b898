/**
 * Quick edit: a clip and a sentence in, an MP4 out.
 *
 *   npx node examples/quick-edit.ts test/media/clip.mp4 promo.mp4
 *
 * KEY and NGW are set as `npm run dev` prints them.
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { finished, request, save, type Video } from "./lib.ts";

const [clip = "clip.mp4", promo = "promo.mp4"] = process.argv.slice(2);

const form = new FormData();
form.set("prompt", "turn this video into a new short promotional clip with music and transitions, 5 seconds long");
form.append("file", new File([await readFile(clip)], basename(clip)));

const headers = { "Idempotency-Key": `quick-edit-${crypto.randomUUID()}` };
const video = (await (await request("/videos", { method: "POST", body: form, headers })).json()) as Video;
await save(await finished(video), promo);
console.log(`${promo} is ${video.id}`);
