/** Upstream as a list of answers: what is outside the house, and what it was asked. */

import { createNemo, type Nemo, type Outcome } from "../../../src/nemo/client.ts";
import type { Timeouts } from "../../../src/nemo/limits.ts";
import type { TurnEvent, TurnStream } from "../../../src/nemo/translate.ts";

export const TOKEN = "nmv_usr_test";
export const SESSION = "5500000000000000123";

export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
  readonly redirect: string;
};

type Answer = Response | (() => Response | Promise<Response>);

/** A client whose requests get `answers` in order; `asked` holds each request, its body read. */
export function upstream(answers: readonly Answer[], timeouts: Partial<Timeouts> = {}): { nemo: Nemo; asked: Asked[] } {
  const asked: Asked[] = [];
  const left = [...answers];
  const fetch = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    asked.push({
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers: request.headers,
      body: new TextDecoder().decode(await request.arrayBuffer()),
      redirect: request.redirect,
    });
    const next = left.shift();
    if (next === undefined) throw new Error("no more answers");
    return next instanceof Response ? next : next();
  };
  const attribution = { source: "nemo-gateway", version: "1.0", platform: "unknown" };
  const targets = { rules: { allowLocal: false, ownHosts: [] }, resolve: null };
  return { nemo: createNemo({ baseUrl: "https://nemo.example/", fetch, attribution, targets, timeouts }), asked };
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });

const utf8 = new TextEncoder();

/** A stream's answer made of these chunks, closed after the last; with `error` it breaks off instead. */
export function sse(chunks: readonly (string | Uint8Array)[], end: "close" | "error" = "close"): Response {
  const left = chunks.map((chunk) => (typeof chunk === "string" ? utf8.encode(chunk) : chunk));
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = left.shift();
      if (next !== undefined) controller.enqueue(next);
      else if (end === "close") controller.close();
      else controller.error(new Error("connection lost"));
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** All batches of a stream. */
export async function batchesOf(stream: TurnStream): Promise<(readonly TurnEvent[])[]> {
  const batches: (readonly TurnEvent[])[] = [];
  for await (const batch of stream.events) batches.push(batch);
  return batches;
}

/** All events of one turn whose answer is `response`. */
export async function turnOf(response: Answer, timeouts: Partial<Timeouts> = {}): Promise<TurnEvent[]> {
  const opened = await upstream([response], timeouts).nemo.openTurn(TOKEN, { sessionId: SESSION, text: "hello" });
  if (!opened.ok) throw new Error(`not opened: ${opened.error.reason}`);
  return (await batchesOf(opened.value)).flat();
}

/** The value of a call that upstream answers with `answer`. */
export async function value<T>(answer: Response, call: (nemo: Nemo) => Outcome<T>): Promise<T> {
  const outcome = await call(upstream([answer]).nemo);
  if (!outcome.ok) throw new Error(`${outcome.error.reason}: ${outcome.error.message}`);
  return outcome.value;
}
