/**
 * The upstream of a run, in a process of its own: paced streams of ADK events, and everything else after 120 ms.
 *
 * It is no sandbox: sessions and renders are not remembered, every state is the same, and the balance never moves.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as z from "zod";
import { freePort } from "../../scripts/lib/ports.ts";
import { settings, tell } from "./child.ts";
import { clockNs, mark, readPace } from "./pace.ts";

/** How long every call but a stream takes, in ms. */
const ANSWER_AFTER_MS = 120;
/** Connections the system may hold for us: hundreds of streams open at once. */
const BACKLOG = 4_096;

const FILLING = "x".repeat(4_096);

const adk = (text: string, partial: boolean): string =>
  `data: ${JSON.stringify({
    id: randomUUID(),
    invocationId: "e-bench",
    author: "nemo_agent",
    partial,
    content: { role: "model", parts: [{ text }] },
  })}\n\n`;

/** One event at once, then one each 1/rate s; a last whole message ends it as the agent does. */
function stream(response: ServerResponse, body: string, seenNs: bigint): void {
  const { rate, count, bytes } = readPace(body);
  const filling = FILLING.slice(0, bytes);
  let sent = 0;
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  const send = (): void => {
    // A whole line each: the gateway tells pieces sentence by sentence and would hold half of one back.
    response.write(adk(`token ${sent++} ${mark(seenNs)} ${filling}\n`, true));
    if (sent < count) return;
    clearInterval(timer);
    response.end(adk("done", false));
  };
  const timer = setInterval(send, 1_000 / rate);
  response.on("close", () => clearInterval(timer));
  send();
}

const DRAFT = {
  t: [{ tt: 0, sg: [{ a: { n: "city timelapse" }, st: 0, d: 10_000 }] }],
};

/** The payload of a call by its path. Source: nemo-api reference sections 2, 3, 5, 6, 7. */
function payload(path: string): unknown {
  if (path.startsWith("/api/auth/anonymous-token")) return { token: `nmv_usr_${randomUUID()}`, user_id: randomUUID() };
  if (path.startsWith("/api/tasks/me/with-session")) return { task_id: randomUUID(), session_id: randomUUID() };
  if (path.startsWith("/api/state/")) return { state: { draft: DRAFT, video_infos: [], generated_media: [] } };
  if (path.startsWith("/api/credits/")) return { available: 100, frozen: 0, total: 100 };
  return null;
}

function answer(response: ServerResponse, path: string): void {
  const data = payload(path);
  const body = JSON.stringify(data === null ? { code: 404, message: "no such path" } : { code: 0, data });
  response.writeHead(data === null ? 404 : 200, { "content-type": "application/json" });
  response.end(body);
}

function receive(request: IncomingMessage, response: ServerResponse): void {
  const seenNs = clockNs();
  const path = request.url ?? "";
  let body = "";
  request.setEncoding("utf8").on("data", (piece: string) => {
    body += piece;
  });
  request.on("end", () => {
    if (path === "/run_sse") stream(response, body, seenNs);
    else setTimeout(answer, ANSWER_AFTER_MS, response, path);
  });
}

await settings(z.object({}));
const port = await freePort();
const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, receive);
server.on("connection", (socket) => socket.setNoDelay(true));
server.listen(port, "127.0.0.1", BACKLOG, () => tell({ url: `http://127.0.0.1:${port}` }));
