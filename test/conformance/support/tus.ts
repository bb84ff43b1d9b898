/** A tus client, a connection that breaks, and tus's reference server to compare responses with. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { connect, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";
import * as tus from "tus-js-client";

export type Sent = { readonly id: string; readonly attempts: number };

/** Uploads with tus-js-client until it reports success; returns the upload's id. */
export function sendByTus(
  file: Uint8Array,
  options: Partial<tus.UploadOptions> & { readonly endpoint: string },
): Promise<Sent> {
  return new Promise((settle, fail) => {
    let attempts = 0;
    const upload = new tus.Upload(Buffer.from(file), {
      metadata: { filename: "clip.mp4", filetype: "video/mp4", order: "1234" },
      retryDelays: Array.from({ length: 100 }, () => 100),
      ...options,
      onAfterResponse: () => {
        attempts++;
      },
      onSuccess: () => settle({ id: new URL(upload.url ?? "").pathname.split("/").at(-1) ?? "", attempts }),
      onError: fail,
    });
    upload.start();
  });
}

export type Cutter = { readonly url: string; readonly cuts: () => number; readonly close: () => void };

/** A proxy to `target` whose first `times` connections break after `after` bytes from the client. */
export async function startCutter(target: string, times: number, after: () => number): Promise<Cutter> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let cuts = 0;
  const server = createTcpServer((client) => {
    const gateway = connect(Number(port), hostname);
    for (const one of [client, gateway]) {
      open.add(one);
      one.on("error", () => undefined).on("close", () => open.delete(one));
    }
    let left = cuts < times ? after() : Number.POSITIVE_INFINITY;
    client.on("data", (bytes) => {
      gateway.write(bytes.subarray(0, Math.min(left, bytes.length)));
      left -= bytes.length;
      if (left > 0 || cuts >= times) return;
      cuts++;
      left = Number.POSITIVE_INFINITY;
      setTimeout(() => gateway.destroy(), 20); // forwards what was sent before
      client.destroy();
    });
    gateway.pipe(client);
    client.on("end", () => gateway.end());
    client.on("close", () => setTimeout(() => gateway.destroy(), 20));
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the cutter has no port");
  const close = (): void => {
    server.close();
    for (const one of open) one.destroy();
  };
  return { url: `http://127.0.0.1:${address.port}`, cuts: () => cuts, close };
}

export type Oracle = { readonly url: string; readonly close: () => void };

/** The protocol's reference server; `url` is its creation address. */
export async function startOracle(): Promise<Oracle> {
  const directory = mkdtempSync(join(tmpdir(), "nemo-oracle-"));
  const oracle = new Server({ path: "/v1/uploads", datastore: new FileStore({ directory }), maxSize: 500_000_000 });
  const server = createServer(oracle.handle.bind(oracle));
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the oracle has no port");
  const close = (): void => {
    server.close();
    server.closeAllConnections();
    rmSync(directory, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${address.port}/v1/uploads`, close };
}
