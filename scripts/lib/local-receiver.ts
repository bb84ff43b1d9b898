/** What stands for other people's servers while one tries the gateway: it takes webhooks at any path, and serves a folder's files. */
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { Webhook } from "standardwebhooks";
import * as z from "zod";
import { bodyOf, plainHeaders } from "./webhook-receiver.ts";

/** A webhook that came. `signed`: by one of the secrets; null when there are none to ask. */
export type Delivery = {
  readonly path: string;
  readonly type: string;
  /** The id of the thing that it tells of. */
  readonly about: string;
  readonly body: string;
  readonly signed: boolean | null;
};

export type LocalReceiver = { readonly url: string; readonly close: () => void };

export type LocalReceiverOptions = {
  readonly port: number;
  /** With any, what none of them signed is refused. */
  readonly secrets: readonly string[];
  readonly folder: string;
  readonly heard: (delivery: Delivery) => void;
};

/** What both kinds of webhook say: a nested one has the thing in `data`, a flat one its id as `<kind>_id`. */
const told = z.looseObject({ type: z.string(), data: z.looseObject({}).optional() });

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
      return false; // another secret's, too old, or nobody's
    }
  });
}

function readDelivery(path: string, body: string, signed: boolean | null): Delivery {
  let json: unknown = null;
  try {
    json = JSON.parse(body);
  } catch {
    // shown as it came
  }
  const event = told.safeParse(json).data;
  const about = event?.data?.id ?? event?.[`${event.type.split(".")[0]}_id`] ?? "";
  return { path, type: event?.type ?? "no event of the gateway", about: String(about), body, signed };
}

/** Sends the file of this name. Only names of the folder's own list are looked at. */
function sendFile(folder: string, name: string, response: ServerResponse): void {
  if (!readdirSync(folder).includes(name)) {
    response.writeHead(404, { "Content-Type": "text/plain" }).end(`There is ${readdirSync(folder).join(", ")}.\n`);
    return;
  }
  const bytes = readFileSync(join(folder, name));
  const type = TYPES[extname(name)] ?? "application/octet-stream";
  response.writeHead(200, { "Content-Type": type, "Content-Length": bytes.length }).end(bytes);
}

/** Listens on loopback. Throws when the port is taken. */
export async function startLocalReceiver(options: LocalReceiverOptions): Promise<LocalReceiver> {
  const { secrets, folder, heard } = options;
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? "/", "http://receiver").pathname;
    if (request.method === "GET" || request.method === "HEAD") return sendFile(folder, path.slice(1), response);
    const body = await bodyOf(request).catch(() => null);
    if (body === null) return; // it broke off: the sender tries again
    const signed = secrets.length === 0 ? null : isSigned(secrets, body, plainHeaders(request));
    response.writeHead(signed === false ? 400 : 204).end();
    heard(readDelivery(path, body, signed));
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
