/** A peer's call of the upstream, by the cheapest client that Node has. Plain JavaScript, like the peers. */
import { Agent, request } from "node:http";

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
