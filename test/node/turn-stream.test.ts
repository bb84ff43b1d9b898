import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { apiWith } from "../../scripts/lib/api.ts";
import { sayAndWatch } from "../../scripts/lib/turn-stream.ts";

const TURN = "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv";
const PROJECT = "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv";
const ENDED = {
  id: TURN,
  project_id: PROJECT,
  status: "completed",
  intent: "chat",
  prompt_source: "caller",
  channel: "api",
  key_id: null,
  prompt: "x",
  text: "done",
  text_complete: true,
  charged: "yes",
  credits: null,
  timeline: null,
  evidence: null,
  error: null,
  language: null,
  metadata: {},
  render_ids: [],
  events_url: "",
  created_at: "2026-11-21T10:00:00.000Z",
  sent_at: null,
  ended_at: null,
};

const frame = (id: number, type: string, body: object): string =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ type, ...body })}\n\n`;
const STARTED = frame(1, "turn.started", { id: TURN, events_url: "" });
const WORKING = frame(2, "progress", { stage: "working", elapsed_ms: 5 });
const COMPLETED = frame(3, "turn.completed", { turn: ENDED });

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const stream =
  (...frames: readonly string[]): Answer =>
  (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`retry: 5\n\n${frames.join("")}`, () => response.end());
  };
/** Sends the frames, then breaks the connection in the middle of the next one. */
const broken =
  (...frames: readonly string[]): Answer =>
  (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`retry: 5\n\n${frames.join("")}id: 9\nevent: mess`, () => setTimeout(() => response.destroy(), 20));
  };
const check =
  (status: number): Answer =>
  (_, response) =>
    void response
      .writeHead(status, { "content-type": "application/problem+json" })
      .end(JSON.stringify({ code: "c", detail: "d", request_id: "r" }));

let server: Server | null = null;
afterEach(() => void server?.close());

/** Answers one request after the other, and collects what each asked for and which events came of it all. */
async function watch(...answers: readonly Answer[]): Promise<{ asked: string[]; keys: unknown[]; types: string[] }> {
  const asked: string[] = [];
  const keys: unknown[] = [];
  const left = [...answers];
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url?.split("/").pop()} ${request.headers["last-event-id"] ?? "-"}`);
    if (request.method === "POST") keys.push(request.headers["idempotency-key"]);
    request.resume();
    (left.shift() ?? check(404))(request, response);
  });
  await new Promise<void>((settle) => server?.listen(0, "127.0.0.1", settle));
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const types: string[] = [];
  const api = apiWith(`http://127.0.0.1:${port}`, "key");
  for await (const event of sayAndWatch(api, `/v1/projects/${PROJECT}/turns`, { prompt: "x" }, 10_000))
    types.push(event.type);
  return { asked, keys, types };
}

describe("sayAndWatch", () => {
  it("returns every event of one connection", async () => {
    const { asked, types } = await watch(stream(STARTED, WORKING, COMPLETED));
    expect(types).toEqual(["turn.started", "progress", "turn.completed"]);
    expect(asked).toEqual(["POST turns -"]);
  });

  it.each([
    ["ended", stream(STARTED, WORKING)],
    ["broken", broken(STARTED, WORKING)],
  ])("continues a stream that was %s after the last event it received", async (_, first) => {
    const { asked, types } = await watch(first, stream(COMPLETED));
    expect(types).toEqual(["turn.started", "progress", "turn.completed"]);
    expect(asked).toEqual(["POST turns -", "GET events 2"]);
  });

  it("retries when the server was not able to answer", async () => {
    const { asked } = await watch(stream(STARTED), check(503), stream(COMPLETED));
    expect(asked).toEqual(["POST turns -", "GET events 1", "GET events 1"]);
  });

  it("repeats the request under the same key when the turn's id never came", async () => {
    const { asked, keys } = await watch(broken(), stream(STARTED, COMPLETED));
    expect(asked).toEqual(["POST turns -", "POST turns -"]);
    expect(new Set(keys).size).toBe(1);
  });

  it("ignores unknown types", async () => {
    const { types } = await watch(stream(STARTED, frame(2, "brand.new", {}), COMPLETED));
    expect(types).toEqual(["turn.started", "turn.completed"]);
  });

  it("ends at a problem", async () => {
    await expect(watch(check(402))).rejects.toThrow("402 c: d (request r)");
  });
});
