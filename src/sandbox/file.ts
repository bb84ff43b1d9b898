/** The finished file of a render: what it is, and its answer with Range, HEAD and a known length. */
import { SECOND_MS } from "../core/time.ts";
import { bytesOf, type Movie, movieOf, soundOnly } from "./mp4.ts";
import { FRAMES_PER_SECOND } from "./piece.ts";
import { otherThan, pieceFor } from "./pieces.ts";
import type { RenderRecord } from "./records.ts";

/** Longest file. With the pieces' size this stays far below 10 MB. */
const LONGEST_MS = 60 * SECOND_MS;

type Shape = Pick<RenderRecord, "durationMs" | "width" | "height" | "faults">;

/** The draft's size, and its length to the frame: at least one frame, at most a minute. */
const movie = ({ durationMs, width = 0, height = 0, faults }: Shape): Movie => {
  const piece = pieceFor({ width, height });
  const frames = Math.max(1, Math.round((Math.min(durationMs, LONGEST_MS) * FRAMES_PER_SECOND) / SECOND_MS));
  return movieOf(faults.includes("render_other_size") ? otherThan(piece) : piece, frames);
};

export function fileOf(shape: Shape): { readonly durationSeconds: number; readonly sizeBytes: number } {
  const { frames, sizeBytes } = movie(shape);
  return { durationSeconds: frames / FRAMES_PER_SECOND, sizeBytes };
}

/** First and last byte asked for; `all` without a usable header, null when it cannot be satisfied. One range is known, as servers may. */
function rangeOf(header: string | undefined, size: number): { first: number; last: number } | "all" | null {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "") ?? [];
  if (from === "" && to === "") return "all";
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return first > last || first >= size ? null : { first, last };
}

/** A body of known length: `content-length` stands in the answer. `breakAt`: the connection is lost after so many bytes. */
function body(source: Movie, first: number, end: number, breakAt: number | null): ReadableStream {
  const pieces = bytesOf(source, first, breakAt ?? end);
  const readable = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { value, done } = pieces.next();
      if (done !== true) controller.enqueue(value);
      else if (breakAt === null) controller.close();
      else controller.error(new Error("connection lost"));
    },
  });
  return readable.pipeThrough(new FixedLengthStream(end - first));
}

/** The first half of the file, as if it were all of it. */
export function shortAnswer(render: RenderRecord): Response {
  const source = movie(render);
  const end = Math.floor(source.sizeBytes / 2);
  const headers = { "content-type": "video/mp4", "content-length": String(end) };
  return new Response(body(source, 0, end, null), { headers });
}

/** What a fault puts in the file's place; null where none does. */
function spoilt(render: RenderRecord): Response | null {
  const wants = (name: string): boolean => render.faults.includes(name);
  if (wants("render_short")) return shortAnswer(render);
  if (wants("render_page")) return new Response("<!doctype html><title>Bad gateway</title>", { headers: HTML });
  if (wants("render_sound")) return new Response(soundOnly(), { headers: { "content-type": "video/mp4" } });
  return null;
}

const HTML = { "content-type": "text/html" };

export function fileAnswer(render: RenderRecord, method: string, rangeHeader: string | undefined): Response {
  const instead = spoilt(render);
  if (instead !== null) return instead;
  const source = movie(render);
  const size = source.sizeBytes;
  const headers = new Headers({
    "content-type": "video/mp4",
    "accept-ranges": "bytes",
    etag: `"${render.id}-${size}"`,
  });
  const range = rangeOf(rangeHeader, size);
  if (range === null) {
    headers.set("content-range", `bytes */${size}`);
    return new Response(null, { status: 416, headers });
  }
  const [first, end] = range === "all" ? [0, size] : [range.first, range.last + 1];
  if (range !== "all") headers.set("content-range", `bytes ${first}-${end - 1}/${size}`);
  headers.set("content-length", String(end - first));
  const status = range === "all" ? 200 : 206;
  if (method === "HEAD") return new Response(null, { status, headers });
  const breakAt = render.faults.includes("render_cut") ? first + Math.floor((end - first) / 2) : null;
  return new Response(body(source, first, end, breakAt), { status, headers });
}
