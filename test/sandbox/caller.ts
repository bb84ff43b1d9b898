/** A caller of a sandbox in memory, whose clock the test moves. */
import { createSandbox } from "../../src/sandbox/app.ts";
import { type SandboxApp, seededBytes } from "../../src/sandbox/context.ts";
import type { Switches } from "../../src/sandbox/faults.ts";
import { ManualClock } from "./manual-clock.ts";

export const ATTRIBUTION = { "X-Skill-Source": "nemo-video", "X-Skill-Version": "1.9", "X-Skill-Platform": "cursor" };
const MINUTE_MS = 60_000;

/** Parsed JSON of an answer whose shape the test asserts. */
// biome-ignore lint/suspicious/noExplicitAny: the test reads a wire it does not trust, and asserts what it reads
export type Json = any;

export type Streamed = {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  readonly chunks: readonly Uint8Array[];
  /** The JSON of every record that is JSON. */
  readonly events: readonly Json[];
  /** Whether the connection broke. */
  readonly broken: boolean;
};

/** The records of a stream, each parsed; what is no JSON is left out. */
export function eventsIn(text: string): Json[] {
  return text.split(/\r?\n\r?\n/).flatMap((record) => {
    const data = /^data: ?(.*)$/m.exec(record)?.[1]?.replace(/\r$/, "") ?? "";
    try {
      return data === "" ? [] : [JSON.parse(data)];
    } catch {
      return [];
    }
  });
}

async function collect(response: Response): Promise<Streamed> {
  const chunks: Uint8Array[] = [];
  let broken = false;
  const reader = response.body?.getReader();
  try {
    for (let read = await reader?.read(); read !== undefined && !read.done; read = await reader?.read())
      chunks.push(read.value);
  } catch {
    broken = true;
  }
  const text = new TextDecoder().decode(await new Blob(chunks).arrayBuffer());
  const contentType = response.headers.get("content-type") ?? "";
  return { status: response.status, contentType, text, chunks, events: eventsIn(text), broken };
}

/** All visible words of a stream. */
export const wordsOf = (streamed: Streamed): string[] =>
  streamed.events.flatMap((event) => {
    const parts: Json[] = event.content?.parts ?? (event.type === "text" ? [{ text: event.content }] : []);
    return event.partial === true
      ? []
      : parts.filter((part) => part.text !== undefined && part.thought !== true).map((part) => part.text);
  });

export class Caller {
  readonly clock = new ManualClock();
  readonly app: SandboxApp;
  token = "";
  userId = "";

  constructor(switches: Partial<Switches> = {}, seed = "test") {
    this.app = createSandbox({ clock: this.clock, seed, random: seededBytes(seed), switches });
  }

  /** A caller with a token. */
  static async signedIn(switches: Partial<Switches> = {}, seed?: string): Promise<Caller> {
    const caller = new Caller(switches, seed);
    const issued = await caller.issue("client-1");
    caller.token = issued.body.data.token;
    caller.userId = issued.body.data.user_id ?? "";
    return caller;
  }

  async send(
    method: string,
    path: string,
    body?: BodyInit | object,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const isPlain =
      body === undefined || typeof body === "string" || body instanceof FormData || body instanceof ReadableStream;
    const all: Record<string, string> = { ...ATTRIBUTION, Authorization: `Bearer ${this.token}`, ...headers };
    if (!isPlain || typeof body === "string") all["Content-Type"] ??= "application/json";
    for (const [name, value] of Object.entries(all)) if (value === "") delete all[name];
    const init: RequestInit = { method, headers: all };
    if (body !== undefined) init.body = isPlain ? (body as BodyInit) : JSON.stringify(body);
    return this.app.request(`https://sandbox.nemo.internal${path}`, init);
  }

  async json(
    method: string,
    path: string,
    body?: BodyInit | object,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Json }> {
    const response = await this.send(method, path, body, headers);
    return { status: response.status, body: await response.json() };
  }

  issue(clientId: string, address = "203.0.113.1"): Promise<{ status: number; body: Json }> {
    return this.json("POST", "/api/auth/anonymous-token", undefined, {
      Authorization: "",
      "X-Client-Id": clientId,
      "CF-Connecting-IP": address,
    });
  }

  async session(fields: object = { task_name: "project", language: "en" }): Promise<string> {
    return (await this.json("POST", "/api/tasks/me/with-session/nemo_agent", fields)).body.data.session_id;
  }

  open(sessionId: string, text: string, more: object = {}): Promise<Response> {
    return this.send("POST", "/run_sse", {
      app_name: "nemo_agent",
      user_id: "me",
      session_id: sessionId,
      new_message: { parts: [{ text }] },
      ...more,
    });
  }

  /** A turn read to its end while the clock runs `ms` on. */
  async turn(sessionId: string, text: string, more: object = {}, ms = 20 * MINUTE_MS): Promise<Streamed> {
    const streamed = this.open(sessionId, text, more).then(collect);
    await this.clock.advance(ms);
    return streamed;
  }

  /** A turn that is read while the test moves the clock. */
  begin(sessionId: string, text: string): { readonly streamed: Promise<Streamed> } {
    return { streamed: this.open(sessionId, text).then(collect) };
  }

  /** State as text, and the draft in it as text. */
  async state(sessionId: string): Promise<{ status: number; body: Json; draft: string }> {
    const response = await this.send("GET", `/api/state/nemo_agent/me/${sessionId}/latest`);
    const text = await response.text();
    const draft = text.slice(text.indexOf('"draft":') + 8, text.indexOf(',"video_infos"'));
    return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : null, draft };
  }

  async credits(): Promise<Json> {
    return (await this.json("GET", "/api/credits/balance/simple")).body.data;
  }

  async requestLog(): Promise<Json> {
    return (await this.json("GET", "/__requests")).body;
  }

  async set(switches: Partial<Switches>): Promise<void> {
    const answer = await this.json("POST", "/__switches", switches);
    if (answer.status !== 200) throw new Error(`switches rejected: ${JSON.stringify(answer.body)}`);
  }

  /** Submits a render of a session's present draft. */
  async submit(
    sessionId: string,
    id: string,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Json }> {
    const { draft } = await this.state(sessionId);
    const body = `{"id":${JSON.stringify(id)},"sessionId":"${sessionId}","draft":${draft},"output":{"format":"mp4","quality":"high"}}`;
    const response = await this.send("POST", "/api/render/proxy/lambda", body, headers);
    const text = await response.text();
    return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : text };
  }

  poll(id: string): Promise<{ status: number; body: Json }> {
    return this.json("GET", `/api/render/proxy/lambda/${id}`);
  }
}
