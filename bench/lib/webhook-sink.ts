/** A webhook receiver in its own process: reads the whole body, answers 204, records when each event arrived. */
import { createServer, type IncomingMessage } from "node:http";
import * as z from "zod";
import { freePort } from "../../scripts/lib/ports.ts";
import { report, settings } from "./child.ts";
import { percentile } from "./statistics.ts";
import { sinkSettings } from "./webhook-messages.ts";

/** The path of warm-up requests, which are answered and not counted. */
const WARM_PATH = "/warm";
/** The run ends after this time without an event. Longer than the first retry's 5 s, shorter than the second's 5 min. */
const SILENCE_MS = 30_000;

const { events } = await settings(sinkSettings);
const webhookFields = z.object({ id: z.string(), timestamp: z.string() });
const delays = new Map<string, number>();
let again = 0;
let bytes = 0;
let earliest = Number.POSITIVE_INFINITY;
let latest = Number.NEGATIVE_INFINITY;
const silence = setTimeout(sendResults, SILENCE_MS);

function sendResults(): void {
  clearTimeout(silence);
  const timings = [...delays.values()];
  report({
    arrived: delays.size,
    again,
    p50: percentile(timings, 0.5),
    p95: percentile(timings, 0.95),
    wholeMs: latest - earliest,
    bytes: bytes / (delays.size + again),
  });
}

function note(body: string, atMs: number): void {
  silence.refresh();
  const { id, timestamp } = webhookFields.parse(JSON.parse(body));
  bytes += Buffer.byteLength(body);
  if (delays.has(id)) {
    again++;
    return;
  }
  const since = Date.parse(timestamp);
  delays.set(id, atMs - since);
  earliest = Math.min(earliest, since);
  latest = atMs;
  if (delays.size === events) sendResults();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

const port = await freePort();
createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
  const body = await bodyOf(request);
  const atMs = Date.now();
  response.writeHead(204).end();
  if (request.url !== WARM_PATH) note(body, atMs);
}).listen(port, "127.0.0.1", () => report({ url: `http://127.0.0.1:${port}` }));
