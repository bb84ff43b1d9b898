/** A local stand-in for a user's own server: it receives webhooks at any path and serves a folder's files. */
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { Webhook } from "standardwebhooks";
import * as z from "zod";
import { bodyOf, plainHeaders } from "./webhook-receiver.ts";

/** A received webhook. `signed`: by one of the secrets; null if no secret is known. */
export type Delivery = {
  readonly path: string;
  readonly type: string;
  /** The id of the resource that it is about. */
  readonly about: string;
  readonly body: string;
  readonly signed: boolean | null;
};

export type LocalReceiver = { readonly url: string; readonly close: () => void };

export type LocalReceiverOptions = {
  readonly port: number;
  /** If there are any, a webhook that none of them signed is rejected. */
  readonly secrets: readonly string[];
  readonly folder: string;
  readonly onLine: (delivery: Delivery) => void;
};

/** The fields of both kinds of webhook: a nested one has the resource in `data`, a flat one its id as `<kind>_id`. */
const webhookFields = z.looseObject({ type: z.string(), data: z.looseObject({}).optional() });

const TYPES: Readonly<Record<string, string>> = {
  ".mp4": "video/mp4",
  ".mov": "video/quicktime",
  ".webm": "video/webm",
  ".mkv": "video/x-matroska",
  ".avi": "video/x-msvideo",
  ".jpg": "image/jpeg",
  ".png": "image/png",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".mp3": "audio/mpeg",
  ".m4a": "audio/mp4",
  ".aac": "audio/aac",
  ".wav": "audio/wav",
};

function isSigned(secrets: readonly string[], body: string, headers: Record<string, string>): boolean {
  return secrets.some((secret) => {
    try {
      new Webhook(secret).verify(body, headers);
      return true;
    } catch {
      return false; // signed with another secret, too old, or not signed
    }
  });
}

function readDelivery(path: string, body: string, signed: boolean | null): Delivery {
  let json: unknown = null;
  try {
    json = JSON.parse(body);
  } catch {
    // shown unchanged
  }
  const event = webhookFields.safeParse(json).data;
  const about = event?.data?.id ?? event?.[`${event.type.split(".")[0]}_id`] ?? "";
  return { path, type: event?.type ?? "no event of the gateway", about: String(about), body, signed };
}

/** Sends the file of this name. Only names in the folder's listing are served. */
function sendFile(folder: string, name: string, response: ServerResponse): void {
  if (!readdirSync(folder).includes(name)) {
    response.writeHead(404, { "Content-Type": "text/plain" }).end(`There is ${readdirSync(folder).join(", ")}.\n`);
    return;
  }
  const bytes = readFileSync(join(folder, name));
  const type = TYPES[extname(name)] ?? "application/octet-stream";
  response.writeHead(200, { "Content-Type": type, "Content-Length": bytes.length }).end(bytes);
}

/** Listens on loopback. Throws if the port is in use. */
export async function startLocalReceiver(options: LocalReceiverOptions): Promise<LocalReceiver> {
  const { secrets, folder, onLine } = options;
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? "/", "http://receiver").pathname;
    if (request.method === "GET" || request.method === "HEAD") return sendFile(folder, path.slice(1), response);
    const body = await bodyOf(request).catch(() => null);
    if (body === null) return; // the connection broke: the sender tries again
    const signed = secrets.length === 0 ? null : isSigned(secrets, body, plainHeaders(request));
    response.writeHead(signed === false ? 400 : 204).end();
    onLine(readDelivery(path, body, signed));
  });
  await new Promise<void>((settle, fail) => {
    server.once("error", fail);
    server.listen(options.port, "127.0.0.1", settle);
  });
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${options.port}`, close };
}
