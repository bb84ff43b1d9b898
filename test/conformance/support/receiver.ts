/** A webhook receiver: records every request and answers as configured. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import { Webhook } from "standardwebhooks";
import * as z from "zod";
import { type EventWire, event } from "../../../src/core/wire/event.ts";

export type Received = {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly path: string;
  readonly atMs: number;
};
export type Reply = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

export type Receiver = {
  readonly url: string;
  readonly received: readonly Received[];
  readonly close: () => void;
};

/** Answers the first requests with `replies`, one each, and all later ones with 204. */
export async function startReceiver(replies: readonly Reply[] = []): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { status, headers, body } = replies[received.length] ?? { status: 204 };
    received.push({
      headers: request.headers,
      body: Buffer.concat(chunks).toString("utf8"),
      path: request.url ?? "",
      atMs: Date.now(),
    });
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the receiver has no port");
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${address.port}/hook`, received, close };
}

/** The body of a request; throws if its signature is wrong. */
export function verifiedAs(secret: string, { headers, body }: Received): unknown {
  const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  return new Webhook(secret).verify(body, plain);
}

/** The event that an endpoint received; throws if its signature is wrong. */
export const verified = (secret: string, got: Received): EventWire & { endpoint: string } =>
  event.extend({ endpoint: z.string() }).loose().parse(verifiedAs(secret, got));

/** The event that a callback received; throws if its signature is wrong. */
export const callbackMessage = (secret: string, got: Received): EventWire & { endpoint: null } =>
  event.extend({ endpoint: z.null() }).loose().parse(verifiedAs(secret, got));
