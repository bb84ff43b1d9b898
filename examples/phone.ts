/**
 * A phone: it never holds the key. Its user's server asks for a token, the phone uploads in chunks that may break off, and
 * follows the stream by the id of the last event it saw.
 *
 *   npx node examples/phone.ts test/media/clip.mp4 promo.mp4
 *
 * KEY and NGW are set as `npm run dev` prints them.
 */
import { readFile } from "node:fs/promises";
import { NGW, post, request, save, type Video } from "./lib.ts";

const [clip = "clip.mp4", promo = "promo.mp4"] = process.argv.slice(2);
const run = crypto.randomUUID();
const CHUNK = 16 * 1024;

// ---- on the server: the user has signed in there, the key stays there
const { token } = await post<{ token: string }>("/users/ada/tokens", { expires_in_seconds: 600 }, `token-${run}`);

// ---- on the phone: an upload in chunks, by tus. Reading the offset first makes it safe to continue after any break.
const bytes = new Uint8Array(await readFile(clip));
const created = await request(
  "/uploads",
  {
    method: "POST",
    headers: {
      "Tus-Resumable": "1.0.0",
      "Upload-Length": String(bytes.length),
      "Upload-Metadata": `filename ${btoa("clip.mp4")}`,
      "Idempotency-Key": `upload-${run}`,
    },
  },
  token,
);
const upload = new URL(created.headers.get("Location") ?? "", NGW).href;
for (let offset = 0; offset < bytes.length; ) {
  const headers = {
    "Tus-Resumable": "1.0.0",
    "Upload-Offset": String(offset),
    "Content-Type": "application/offset+octet-stream",
  };
  await request(upload, { method: "PATCH", headers, body: bytes.slice(offset, offset + CHUNK) }, token);
  const state = await request(upload, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } }, token);
  offset = Number(state.headers.get("Upload-Offset"));
}

const assets = [upload.split("/").at(-1)];
const prompt = "make a 5-second promo of this clip";
const video = await post<Video>("/videos", { prompt, assets }, `video-${run}`, token);

// ---- and its stream: the first connection is dropped after three events, the second continues where it was
let last = "0";
let end = "";
let done = video;
for (let connection = 1; end === ""; connection += 1) {
  if (connection > 20) throw new Error(`${video.id} has not ended after 20 connections: look at ${video.status_url}`);
  const stream = await request(
    `/videos/${video.id}/events`,
    { headers: { Accept: "text/event-stream", "Last-Event-ID": last } },
    token,
  );
  let seen = 0;
  for await (const event of eventsOf(stream)) {
    last = event.id;
    console.log(`${connection}: #${event.id} ${event.type}`);
    if (/^video\.(completed|failed|cancelled|needs_input)$/.test(event.type)) {
      end = event.type;
      done = (JSON.parse(event.data) as { video: Video }).video;
    }
    if (end !== "" || (connection === 1 && ++seen === 3)) break; // a tunnel
  }
}
if (end !== "video.completed") throw new Error(`${video.id} ended with ${end}`);

const file = await request(`/videos/${video.id}/content`, {}, token);
if (file.headers.get("Content-Type") !== "video/mp4") throw new Error("that is no MP4");
await save(done, promo);
console.log(`${promo} is ${video.id}`);

/** The events of a stream: `id:`, `event:` and `data:` lines, an empty line after each event. */
async function* eventsOf(response: Response): AsyncGenerator<{ id: string; type: string; data: string }> {
  let text = "";
  for await (const chunk of (response.body ?? new Blob([]).stream()).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let at = text.indexOf("\n\n"); at >= 0; at = text.indexOf("\n\n")) {
      const fields = new Map(
        text
          .slice(0, at)
          .split("\n")
          .map((line) => line.split(/: (.*)/s, 2) as [string, string]),
      );
      text = text.slice(at + 2);
      const [id, type] = [fields.get("id"), fields.get("event")];
      if (id !== undefined && type !== undefined) yield { id, type, data: fields.get("data") ?? "" };
    }
  }
}
