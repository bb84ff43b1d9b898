/**
 * Iterative: a rough cut, a look at it, a refinement.
 *
 *   npx node examples/iterative.ts rough.mp4 final.mp4
 *
 * KEY and NGW are set as `npm run dev` prints them.
 */
import { finished, post, save, type Video } from "./lib.ts";

const [rough = "rough.mp4", final = "final.mp4"] = process.argv.slice(2);
const run = crypto.randomUUID();

const prompt = "generate a 5-second video about a coffee brand launch";
const first = await finished(await post<Video>("/videos", { prompt }, `rough-${run}`));
await save(first, rough);

// The project keeps its timeline, so the next message changes what is there.
const change = { prompt: 'add a title "Urban Dreams"' };
const second = await finished(await post<Video>(`/videos/${first.id}/turns`, change, `refine-${run}`));
await save(second, final);
console.log(`${rough} and ${final} are two cuts of ${first.id}`);
