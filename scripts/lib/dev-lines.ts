/** The terminal output of `npm run dev`: a line per request and per bug, without the runtime's own messages. */
import * as z from "zod";
import { dim, red } from "./paint.ts";
import { noiseFilter } from "./runtime-noise.ts";

const logLine = z.object({
  event: z.string(),
  request_id: z.string().optional(),
  route: z.string().optional(),
  status: z.number().optional(),
  code: z.string().optional(),
  ms: z.number().optional(),
  work: z.string().optional(),
  resource: z.string().optional(),
  name: z.string().optional(),
  message: z.string().optional(),
  stack: z.array(z.string()).optional(),
});

/** wrangler's lines about itself, and its advice to trigger the cron by hand, which the launcher does. */
const WRANGLER =
  /^\[wrangler:info\]|Scheduled Workers are not|manually trigger a scheduled|\/cdn-cgi\/local\/scheduled|#test-cron-triggers|^⎔|^Your Worker/;
/** Requested by the launcher while it waits for the start. */
const OWN = "GET /healthz";

function ofLog(line: z.infer<typeof logLine>): string | null {
  if (line.event === "request") {
    if (line.route === OWN) return null;
    const said = `${line.route} ${line.status}${line.code === undefined ? "" : ` ${line.code}`}`;
    const shown = (line.status ?? 0) >= 500 ? red(said) : said;
    return `${shown} ${dim(`${line.ms ?? 0} ms ${line.request_id ?? ""}`)}`;
  }
  if (line.event === "failed") return red(`${line.work} ${line.code ?? ""} ${line.resource ?? ""}`);
  if (line.name === undefined) return null; // an effect that succeeded or is retried
  const at = line.stack?.[0] === undefined ? "" : ` ${line.stack[0]}`;
  const what = [line.event, line.route ?? line.work, line.name, line.message].filter((part) => part !== undefined);
  return red(`${what.join(" ")}${at}`);
}

function parsed(text: string): z.infer<typeof logLine> | null {
  if (!text.startsWith("{")) return null;
  try {
    return logLine.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null; // text that only looks like a log line
  }
}

/** Decides for each line of the gateway's output, in order, what to print; null: nothing. */
export function devLines(): (line: string) => string | null {
  const isShown = noiseFilter();
  return (text) => {
    const line = parsed(text);
    if (line !== null) return ofLog(line);
    return text.trim() === "" || WRANGLER.test(text) || !isShown(text) ? null : text;
  };
}
