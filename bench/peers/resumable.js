/**
 * `resumable-stream` with Redis, as its README uses it. The reader that began a stream gets the text from memory, and Redis has
 * only the stream's state; a reader that comes later (`/later`) gets all its text through Redis. Plain JavaScript, so that the
 * repository's types do not need the peers' packages.
 */
import { randomUUID } from "node:crypto";
import { createClient } from "redis";
import { createResumableStreamContext } from "resumable-stream/redis";
import { settings } from "../lib/child.ts";
import { startRedis } from "../lib/datastores.ts";
import { peerSettings } from "../lib/peer-messages.ts";
import { bodyOf, callUpstream, serve } from "./http.js";

const { upstreamUrl, dataDir } = await settings(peerSettings);
const url = await startRedis(dataDir, { isAppended: false });
const context = createResumableStreamContext({
  waitUntil: (work) => void work.catch(console.error),
  publisher: await createClient({ url }).connect(),
  subscriber: await createClient({ url }).connect(),
});

/** The upstream's text as a stream of strings. */
const textOf = (body) =>
  new ReadableStream({
    async start(controller) {
      const upstream = await callUpstream(upstreamUrl, body);
      upstream.setEncoding("utf8");
      upstream.on("data", (text) => controller.enqueue(text));
      upstream.on("end", () => controller.close());
      upstream.on("error", (error) => controller.error(error));
    },
  });

async function answer(request, response) {
  const id = randomUUID();
  const body = await bodyOf(request);
  const first = await context.createNewResumableStream(id, () => textOf(body));
  const stream = request.url === "/later" ? await context.resumeExistingStream(id) : first;
  response.writeHead(200, { "content-type": "text/event-stream" });
  const reader = stream.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) response.write(read.value);
  response.end();
}

await serve(answer);
