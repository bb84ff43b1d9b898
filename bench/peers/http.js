/** A peer's server, and its call of the upstream by the cheapest client that Node has. Plain JavaScript, like the peers. */
import { Agent, createServer, request } from "node:http";
import { freePort } from "../../scripts/lib/ports.ts";
import { report } from "../lib/child.ts";
import { BACKLOG } from "../lib/peer-messages.ts";

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

/** The upstream's response to a turn with this body. */
export function callUpstream(upstreamUrl, body) {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asked = request(`${upstreamUrl}/run_sse`, { method: "POST", agent, headers }, resolve);
    asked.on("error", reject);
    asked.end(body);
  });
}

export async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Serves every request with `answer`, and reports the URL. A request that fails is cut off, which the load counts. */
export async function serve(answer) {
  const port = await freePort();
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      console.error(error);
      response.destroy();
    });
  });
  server.on("connection", (socket) => socket.setNoDelay(true));
  server.listen(port, "127.0.0.1", BACKLOG, () => report({ url: `http://127.0.0.1:${port}` }));
}
