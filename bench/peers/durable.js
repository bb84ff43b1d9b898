/**
 * `@durable-streams/server` with its file store, and the process that a user writes in front of it: a POST creates a stream and
 * appends each upstream event by the package's client; the reader gets the stream's address and reads there. Both share one
 * process, which is cheaper than two. Plain JavaScript, like resumable.js.
 */
import { randomUUID } from "node:crypto";
import { DurableStream, IdempotentProducer } from "@durable-streams/client";
import { DurableStreamTestServer } from "@durable-streams/server";
import { freePort } from "../../scripts/lib/ports.ts";
import { settings } from "../lib/child.ts";
import { peerSettings } from "../lib/peer-messages.ts";
import { bodyOf, callUpstream, serve } from "./http.js";

/** Wait for more events before an append, in ms. The package's default is 5. */
const LINGER_MS = 1;

// It writes a line for each append that takes 50 ms; printing them would cost it processor time.
console.info = () => {};

const { upstreamUrl, dataDir } = await settings(peerSettings);
const store = new DurableStreamTestServer({ port: await freePort(), host: "127.0.0.1", dataDir, compression: false });
const storeUrl = await store.start();

async function follow(upstream, producer) {
  let rest = "";
  for await (const text of upstream.setEncoding("utf8")) {
    const records = (rest + text).split("\n\n");
    rest = records.pop() ?? "";
    for (const record of records) producer.append(record.slice("data: ".length));
  }
  await producer.close();
}

async function answer(request, response) {
  const body = await bodyOf(request);
  const url = `${storeUrl}/v1/stream/${randomUUID()}`;
  const stream = await DurableStream.create({ url, contentType: "application/json" });
  const producer = new IdempotentProducer(stream, "bench", { lingerMs: LINGER_MS, onError: console.error });
  response.writeHead(202, { location: `${url}?offset=-1&live=sse` }).end();
  await follow(await callUpstream(upstreamUrl, body), producer);
}

await serve(answer);
