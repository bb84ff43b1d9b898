/** A webhook receiver on loopback, as a tenant would write it: it accepts only signed requests. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Webhook } from "standardwebhooks";
import { type EventWire, event } from "../../src/core/wire/event.ts";
import { onEnd } from "./cleanup.ts";

type Waiting = { readonly wanted: (event: EventWire) => boolean; readonly settle: (event: EventWire) => void };

export type WebhookReceiver = {
  readonly url: string;
  /** Sets the secret. Until then nothing is accepted, and the sender tries again. */
  readonly trust: (secret: string) => void;
  /** The first event for which `wanted` is true, also if it has arrived already. Throws after `timeoutMs`. */
  readonly waitFor: (wanted: (event: EventWire) => boolean, timeoutMs: number) => Promise<EventWire>;
  /** Every event accepted so far, in order of arrival; the same one may be listed twice. */
  readonly seen: () => readonly EventWire[];
  readonly close: () => void;
  /** The reasons of rejected deliveries. */
  readonly problem: () => readonly string[];
};

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** The headers of a delivery, each at most once. */
export const plainHeaders = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));

export async function startReceiver(): Promise<WebhookReceiver> {
  let webhook: Webhook | null = null;
  const seen: EventWire[] = [];
  const problem: string[] = [];
  const waiting = new Set<Waiting>();

  const accept = (body: string, request: IncomingMessage): void => {
    if (webhook === null) throw new Error("no secret is known yet");
    const got = event.parse(webhook.verify(body, plainHeaders(request)));
    seen.push(got);
    for (const one of waiting) if (one.wanted(got)) one.settle(got);
  };

  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    try {
      accept(await bodyOf(request), request);
      response.writeHead(204).end();
    } catch (error) {
      problem.push(error instanceof Error ? error.message : String(error));
      response.writeHead(400).end();
    }
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  onEnd(close);
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the webhook receiver has no port");

  const waitFor: WebhookReceiver["waitFor"] = (wanted, timeoutMs) => {
    const early = seen.find(wanted);
    if (early) return Promise.resolve(early);
    return new Promise((settle, fail) => {
      const one: Waiting = { wanted, settle: (got) => end(() => settle(got)) };
      const late = setTimeout(
        () => end(() => fail(new Error(`no such webhook within ${timeoutMs / 1000} s`))),
        timeoutMs,
      );
      const end = (how: () => void): void => {
        clearTimeout(late);
        waiting.delete(one);
        how();
      };
      waiting.add(one);
    });
  };
  return {
    url: `http://127.0.0.1:${address.port}/webhooks`,
    trust: (secret) => {
      webhook = new Webhook(secret);
    },
    waitFor,
    seen: () => seen,
    close,
    problem: () => problem,
  };
}
