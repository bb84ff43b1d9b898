/** Uploads of the stories: by tus, resumed from the gateway's offset after each kill. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import * as z from "zod";
import { ResponseError } from "../api.ts";
import { largeMp4 } from "../large-mp4.ts";
import { ROOT } from "../root.ts";
import { type Customer, USER, until, withRetries } from "./story.ts";

const TUS = { "tus-resumable": "1.0.0" } as const;
const OFFSET_STREAM = "application/offset+octet-stream";
/** Two parts and a rest, in chunks of another size. */
const FILE_BYTES = 11_000_000;
const CHUNK_BYTES = 4_000_000;
/** A part and a rest. */
const HALF_BYTES = 6_500_000;
/** Two partial uploads, each smaller than a part. */
const JOINED_BYTES = 1_000_000;

type User = { readonly "x-user-id": string };

const state = z.object({ id: z.string(), status: z.string(), asset_id: z.string().nullable() });

/** An upload and its asset. */
export type Sent = { readonly upload: string; readonly asset: string };

/** The events of a successful upload. */
export const eventNamesOf = ({ upload, asset }: Sent): string[] => [
  `upload.completed ${upload}`,
  `asset.ready ${asset}`,
];

/** Creates an upload; returns its path. */
async function announce({ api, run }: Customer, name: string, bytes: number, user: User): Promise<string> {
  const headers = {
    ...TUS,
    ...user,
    "idempotency-key": `${run}-${name}`,
    "upload-length": String(bytes),
    "upload-metadata": `filename ${btoa(`${name}.mp4`)}`,
  };
  const path = await withRetries(async () =>
    (await api.send("/v1/uploads", { method: "POST", headers })).headers.get("location"),
  );
  if (path === null) throw new Error("an upload was made without a Location");
  return path;
}

/** Sends one chunk from the gateway's offset; returns that offset. */
async function sendChunk(
  { api }: Pick<Customer, "api">,
  path: string,
  file: Uint8Array<ArrayBuffer>,
  chunkBytes: number,
): Promise<number> {
  const now = await api.send(path, { method: "HEAD", headers: TUS });
  const offset = Number(now.headers.get("upload-offset"));
  if (offset >= file.length) return offset;
  const headers = { ...TUS, "content-type": OFFSET_STREAM, "upload-offset": String(offset) };
  await api.send(path, { method: "PATCH", headers, bytes: file.slice(offset, offset + chunkBytes) });
  return offset;
}

/** Uploads a file of several parts and waits for its asset. */
export async function sendLarge(customer: Customer, name: string): Promise<Sent> {
  const file = largeMp4(FILE_BYTES);
  const path = await announce(customer, name, FILE_BYTES, USER);
  const continueWith = async (): Promise<z.infer<typeof state>> => {
    await sendChunk(customer, path, file, CHUNK_BYTES);
    return customer.api.get(path, state);
  };
  const { id, asset_id } = await until(continueWith, (got) => got.asset_id !== null);
  return { upload: id, asset: asset_id ?? "" };
}

/** Imports a file of several parts from a server of its own, which may get several requests; waits for its asset. */
export async function fetchLarge({ api, run }: Customer, name: string): Promise<Sent> {
  const file = largeMp4(FILE_BYTES);
  const server = createServer((_, answer) => void answer.writeHead(200, { "content-length": file.length }).end(file));
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  try {
    const { port } = server.address() as AddressInfo; // it listens on a port
    const headers = { ...USER, "idempotency-key": `${run}-${name}` };
    const json = { url: `http://127.0.0.1:${port}/${name}.mp4` };
    const { id } = await withRetries(() => api.get("/v1/uploads/import", state, { method: "POST", json, headers }));
    const { asset_id } = await until(
      () => api.get(`/v1/uploads/${id}`, state),
      (got) => got.asset_id !== null || got.status === "failed",
    );
    return { upload: id, asset: asset_id ?? "" };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Uploads a file as two partial tus uploads and concatenates them. */
export async function sendJoined({ api, run }: Customer, name: string): Promise<Sent> {
  const file = largeMp4(JOINED_BYTES);
  const half = Math.floor(file.length / 2);
  const chunks = [file.slice(0, half), file.slice(half)];
  const create = async (nth: string, more: Record<string, string>, bytes = new Uint8Array()): Promise<string> => {
    const headers = { ...TUS, ...USER, "idempotency-key": `${run}-${name}-${nth}`, ...more };
    const made = await withRetries(() => api.send("/v1/uploads", { method: "POST", headers, bytes }));
    return made.headers.get("location") ?? "";
  };
  const partials: string[] = [];
  for (const [nth, bytes] of chunks.entries()) {
    const size = { "upload-length": String(bytes.length), "content-type": OFFSET_STREAM };
    const path = await create(String(nth), { ...size, "upload-concat": "partial" }, bytes);
    await until(
      async () => {
        await sendChunk({ api }, path, bytes, CHUNK_BYTES);
        return api.get(path, state);
      },
      ({ status }) => status === "completed",
    );
    partials.push(path);
  }
  const metadata = { "upload-metadata": `filename ${btoa(`${name}.mp4`)}` };
  const path = await create("final", { ...metadata, "upload-concat": `final;${partials.join(" ")}` });
  const { id, asset_id } = await until(
    () => api.get(path, state),
    (got) => got.asset_id !== null,
  );
  return { upload: id, asset: asset_id ?? "" };
}

/** Options of a half-sent file. */
export type HalfSent = { readonly chunkBytes?: number; readonly user?: User };

/** Sends only a part and a rest of a file; returns the path of its upload, which stays open. */
export async function sendHalf(
  customer: Customer,
  name: string,
  { chunkBytes = CHUNK_BYTES, user = USER }: HalfSent = {},
): Promise<string> {
  const half = largeMp4(FILE_BYTES).slice(0, HALF_BYTES);
  const path = await announce(customer, name, FILE_BYTES, user);
  await until(
    () =>
      sendChunk(customer, path, half, chunkBytes).catch((error: unknown) => {
        // The gateway was down longer than an upload may be idle at this run's scale: the upload has expired.
        if (error instanceof ResponseError && error.status === 410) return HALF_BYTES;
        if (error instanceof ResponseError && error.status === 408) return 0; // too slow at this run's scale: what arrived is stored
        throw error;
      }),
    (offset) => offset >= HALF_BYTES,
  );
  return path;
}

/** Uploads a small file in one body and waits for its asset. */
export async function sendSmall(customer: Customer, name: string): Promise<Sent> {
  const { api, run } = customer;
  const clip = readFileSync(join(ROOT, "test/media/clip.mp4"));
  const bytes = new Uint8Array(clip);
  const headers = { ...USER, "idempotency-key": `${run}-${name}` };
  const json = { filename: `${name}.mp4`, size_bytes: bytes.length };
  const { id } = await withRetries(() => api.get("/v1/uploads", state, { method: "POST", json, headers }));
  const send = async (): Promise<void> => {
    try {
      await api.send(`/v1/uploads/${id}/content`, { method: "PUT", bytes });
    } catch (error) {
      // A retry after a lost response: the upload is complete.
      if (!(error instanceof ResponseError && error.code === "upload_closed")) throw error;
    }
  };
  await withRetries(send);
  const { asset_id } = await until(
    () => api.get(`/v1/uploads/${id}`, state),
    (got) => got.asset_id !== null,
  );
  return { upload: id, asset: asset_id ?? "" };
}
