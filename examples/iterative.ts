/**
 * Iterative: a rough cut, a look at it, a refinement.
 *
 *   NGW=http://127.0.0.1:8787/v1 KEY=ngw_test_… npx node examples/iterative.ts rough.mp4 final.mp4
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
