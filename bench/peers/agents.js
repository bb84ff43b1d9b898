/**
 * Cloudflare's `agents`: the upstream's events go into a resumable stream of its object, each stored before it is sent, and the
 * response reads that stream. Plain JavaScript, like workers/peers.js.
 */

import { DurableObject } from "cloudflare:workers";
import { Lifecycle } from "agents/lifecycle";
import { Streams, sseResponse } from "agents/streams";

export class AgentObject extends DurableObject {
  streams = new Streams();
  lifecycle = Lifecycle.install(this).use(this.streams);

  async onRequest(request) {
    const run = crypto.randomUUID();
    const writer = await this.streams.open(run);
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: await request.text() };
    const upstream = await fetch(`${this.env.UPSTREAM}/run_sse`, init);
    this.ctx.waitUntil(follow(upstream.body, writer));
    return sseResponse(this.streams, run, { request });
  }
}

async function follow(body, writer) {
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const records = (rest + text).split("\n\n");
    rest = records.pop() ?? "";
    for (const record of records) writer.append(JSON.parse(record.slice("data: ".length)));
  }
  writer.close();
}

const worker = {
  fetch: (request, env) => env.AGENT.getByName(new URL(request.url).pathname).fetch(request),
};

// biome-ignore lint/style/noDefaultExport: the platform calls a Worker by its default export
export default worker;
