/** Everything that upstream may answer: each call of the client with a mutated body, and each turn's stream in chunks. */
import { diffTimelines } from "../../src/core/timeline/diff.ts";
import { createNemo } from "../../src/nemo/client.ts";
import { parseJson } from "../../src/nemo/json.ts";
import { readTimeline } from "../../src/nemo/timeline.ts";
import { VERBS } from "../nemo/support/verbs.ts";
import type { FuzzTarget } from "./target.ts";

const utf8 = new TextEncoder();
const bytesOf = (value: unknown): Uint8Array => utf8.encode(typeof value === "string" ? value : JSON.stringify(value));

/** The first byte of an input says which status the answer has; the rest is its body. */
const STATUSES = [200, 200, 200, 201, 204, 301, 400, 401, 402, 404, 429, 500, 502];
/** What the seeds begin with: 200. */
const OK = "\0";

const NO_BODY = [204, 301];

function clientWith(answer: () => Response) {
  return createNemo({
    baseUrl: "https://nemo.example/",
    fetch: async () => answer(),
    attribution: { source: "nemo-gateway", version: "1.0", platform: "unknown" },
    targets: { rules: { allowLocal: false, ownHosts: [] }, resolve: null },
  });
}

/** A body that comes in chunks of `size` bytes. */
function inChunks(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

function answerOf(bytes: Uint8Array): Response {
  const status = STATUSES[(bytes[0] ?? 0) % STATUSES.length] ?? 200;
  const body = NO_BODY.includes(status) ? null : new Uint8Array(bytes.subarray(1));
  return new Response(body, { status, headers: { "content-type": "application/json" } });
}

const DRAFT = {
  t: [
    {
      tt: 0,
      sg: [
        { d: 5000, m: { title: "clip", width: 1920, height: 1080 } },
        { d: 1234, src: "https://a/b.mp4" },
      ],
    },
    { tt: 1, sg: [{ d: 6234, volume: 80, name: "song" }] },
    { tt: 7, sg: [{ d: 1000, text: "hello", start: 200 }] },
  ],
  d: 6234,
  m: { title: "first" },
};
const STATE = { state: { draft: DRAFT, video_infos: [{ filename: "a.mp4", size: 12 }], generated_media: { a: {} } } };

/** Answers that the client reads, in the shapes that upstream has. */
const ANSWERS: readonly Uint8Array[] = [
  `${OK}${JSON.stringify({ code: 0, data: STATE })}`,
  `${OK}{"success":true,"data":{"task_id":"t1","session_id":5500000000000000123}}`,
  `${OK}${JSON.stringify({ data: { token: "nmv_usr_x", user_id: "u", expires_in: 604800, credits: 100 } })}`,
  `${OK}${JSON.stringify({ data: { balance: { available: 90, frozen: 5, total: 95 } } })}`,
  `${OK}${JSON.stringify({ id: "r1", status: "completed", progress: 100, output: { url: "https://c/o.mp4", duration: 5 } })}`,
  `${OK}${JSON.stringify({ data: { status: "failed", error: { code: "E1", message: "no" } } })}`,
  `${OK}${JSON.stringify({ code: 2001, message: "insufficient credits" })}`,
  `\u0006${JSON.stringify({ detail: [{ loc: ["body"], msg: "field required" }] })}`,
  `\u000b<html><body><h1>502 Bad Gateway</h1></body></html>`,
].map(bytesOf);

/** Streams as both of upstream's documents have them. The first byte says in which chunks they come. */
const STREAMS: readonly Uint8Array[] = [
  [
    { id: "e1", author: "nemo_agent", content: { parts: [{ text: "Adding music" }] }, partial: true },
    { id: "e2", content: { parts: [{ functionCall: { id: "c1", name: "add_music", args: {} } }] } },
    {
      id: "e3",
      content: { parts: [{ functionResponse: { id: "c1", name: "add_music", response: { success: true } } }] },
    },
    {
      id: "e4",
      actions: { stateDelta: { "app:draft": {} } },
      content: { parts: [{ text: "Click Export to save it." }] },
    },
  ],
  [
    { type: "text", content: "Hello" },
    { type: "tool_call", name: "cut", id: "a" },
    { type: "tool_result", name: "cut", result: { status: "error" } },
    { type: "error", code: 1002, message: "session not found" },
  ],
  [{ code: 1001, msg: "token expired" }, [{ data: { type: "message", text: "nested" } }]],
].map((records) =>
  bytesOf(`\u0011${records.map((record) => `data: ${JSON.stringify(record)}\n\n`).join(": ping\n\n")}`),
);

const answers: readonly FuzzTarget[] = Object.entries(VERBS)
  .filter(([name]) => name !== "openTurn")
  .map(([name, call]) => ({
    name: `upstream-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    seeds: ANSWERS,
    run: (bytes) => call(clientWith(() => answerOf(bytes))),
  }));

const stream: FuzzTarget = {
  name: "upstream-turn-stream",
  seeds: [...STREAMS, bytesOf(`\u0001{"code":2001,"message":"insufficient credits"}`)],
  async run(bytes) {
    const body = bytes.subarray(1);
    // Never more than a few hundred chunks: what a chunk costs is the runtime's, not the reader's.
    const size = Math.max(1 + (bytes[0] ?? 0), Math.ceil(body.length / 256));
    const answer = (): Response =>
      new Response(inChunks(body, size), { headers: { "content-type": "text/event-stream" } });
    const opened = await clientWith(answer).openTurn("token", { sessionId: "1", text: "hello" });
    if (!opened.ok) return;
    for await (const batch of opened.value.events) for (const event of batch) JSON.stringify(event);
  },
};

const timelines: FuzzTarget = {
  name: "upstream-timeline-diff",
  seeds: [DRAFT, { ...DRAFT, t: DRAFT.t.slice(1) }, { t: [], d: 0 }].map(bytesOf),
  run(bytes) {
    const text = new TextDecoder().decode(bytes);
    if (parseJson(text) === undefined) return;
    diffTimelines(readTimeline(JSON.stringify(DRAFT)), readTimeline(text));
    diffTimelines(readTimeline(text), readTimeline(JSON.stringify(DRAFT)));
  },
};

export const targets: readonly FuzzTarget[] = [...answers, stream, timelines];
