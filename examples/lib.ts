/**
 * What the examples share: where the gateway is, one request, and waiting for a video. They need Node 22.18 or later and nothing
 * else; `npx node` is the project's own, once its packages are there.
 */
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** As `npm run dev` prints them: `export KEY=ngw_test_… NGW=http://127.0.0.1:8787/v1`. */
export const NGW = process.env.NGW ?? "http://127.0.0.1:8787/v1";
export const KEY = process.env.KEY ?? "";

export type Video = {
  readonly id: string;
  readonly status: "queued" | "processing" | "needs_input" | "completed" | "failed" | "cancelled";
  readonly message: string | null;
  readonly error: { readonly title: string; readonly detail: string } | null;
  readonly status_url: string;
  /** The file, for anyone who has the link; null until it exists. */
  readonly download_url: string | null;
  readonly poll_after_seconds: number | null;
};

/** One request with the key, or with a user's token. Throws the gateway's problem when it is rejected. */
export async function request(path: string, init: RequestInit = {}, credential = KEY): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${credential}`);
  const response = await fetch(path.startsWith("http") ? path : `${NGW}${path}`, { ...init, headers });
  if (response.ok) return response;
  throw new Error(`${init.method ?? "GET"} ${path} was rejected: ${await response.text()}`);
}

/** A POST of JSON under a key of its own: repeating it with the same key does nothing twice. */
export async function post<T>(path: string, body: unknown, idempotencyKey: string, credential = KEY): Promise<T> {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": idempotencyKey };
  const response = await request(path, { method: "POST", headers, body: JSON.stringify(body) }, credential);
  return (await response.json()) as T;
}

/** The longest wait for anything here, in ms. */
export const TIMEOUT_MS = 5 * 60_000;

/** Reads the video as often as it asks to be, until it is finished, or for five minutes. */
export async function finished(video: Video): Promise<Video> {
  let now = video;
  for (const until = Date.now() + TIMEOUT_MS; now.status === "queued" || now.status === "processing"; ) {
    if (Date.now() > until) throw new Error(`${now.id} is still ${now.status}: look again at ${now.status_url}`);
    await sleep(Math.min(now.poll_after_seconds ?? 1, 1) * 1_000);
    now = (await (await request(now.status_url)).json()) as Video;
  }
  if (now.status === "completed") return now;
  throw new Error(`${now.id} is ${now.status}: ${now.error?.detail ?? now.message ?? "no reason given"}`);
}

/** Saves the video's newest file. Its link needs no key. */
export async function save(video: Video, file: string): Promise<void> {
  if (video.download_url === null) throw new Error(`${video.id} has no file`);
  const answer = await fetch(video.download_url);
  if (!answer.ok) throw new Error(`the file of ${video.id} was rejected: ${await answer.text()}`);
  await writeFile(file, new Uint8Array(await answer.arrayBuffer()));
}
