/**
 * The upstream of a run, in its own process: paced streams of ADK events, and all other responses after 120 ms.
 *
 * Unlike the sandbox it stores no sessions and renders, and state and balance never change.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as z from "zod";
import { freePort } from "../../scripts/lib/ports.ts";
import { report, settings } from "./child.ts";
import { clockNs, mark, readPace } from "./pace.ts";

/** Duration of every call except a stream, in ms. */
const ANSWER_AFTER_MS = 120;
/** Length of the queue for new connections: hundreds of streams open at once. */
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

/** The same text in OpenAI's form, for a peer that knows no other. */
const openAi = (text: string, partial: boolean): string => {
  const common = { id: "chatcmpl-bench", object: "chat.completion.chunk", created: 0, model: "bench" };
  const chunk = {
    ...common,
    choices: [{ index: 0, delta: { content: text }, finish_reason: partial ? null : "stop" }],
  };
  return `data: ${JSON.stringify(chunk)}\n\n${partial ? "" : "data: [DONE]\n\n"}`;
};

/** The form of the events, by the path of the request. */
const FORMS: Readonly<Record<string, (text: string, partial: boolean) => string>> = {
  "/run_sse": adk,
  "/v1/chat/completions": openAi,
};

/** One event at once, then one every 1/rate s; a final whole message ends it, as the agent does. */
function stream(response: ServerResponse, form: typeof adk, body: string, seenNs: bigint): void {
  const { rate, count, bytes } = readPace(body);
  const filling = FILLING.slice(0, bytes);
  let sent = 0;
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  const send = (): void => {
    // A whole sentence each: the gateway sends complete sentences and would hold half of one back.
    response.write(form(`token ${sent++} ${mark(seenNs)} ${filling}\n`, true));
    if (sent < count) return;
    clearInterval(timer);
    response.end(form("done", false));
  };
  const timer = setInterval(send, 1_000 / rate);
  response.on("close", () => clearInterval(timer));
  send();
}

const DRAFT = {
  t: [{ tt: 0, sg: [{ a: { n: "city timelapse" }, st: 0, d: 10_000 }] }],
};

/** The response of a call, by its path. Source: nemo-api reference sections 2, 3, 5, 6, 7. */
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
  request.setEncoding("utf8").on("data", (chunk: string) => {
    body += chunk;
  });
  request.on("end", () => {
    const form = FORMS[path];
    if (form !== undefined) stream(response, form, body, seenNs);
    else setTimeout(answer, ANSWER_AFTER_MS, response, path);
  });
}

await settings(z.object({}));
const port = await freePort();
const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, receive);
server.on("connection", (socket) => socket.setNoDelay(true));
server.listen(port, "127.0.0.1", BACKLOG, () => report({ url: `http://127.0.0.1:${port}` }));
