/** Files into a session, as a form or by URL (nemo-api reference section 6). Bytes are read and forgotten. */
import { formatOfName, type MediaFormat } from "../core/formats.ts";
import { codeAnswer, missingFields, okAnswer, statusAnswer } from "./answers.ts";
import { bearer } from "./bearer.ts";
import { ownSession, type Sandbox, type SandboxApp, switchesOf } from "./context.ts";
import { fetchFact, nameInUrl } from "./fetch-url.ts";
import { readParts } from "./multipart.ts";
import { chance, hexText } from "./random.ts";
import type { MediaFile, SessionRecord, UploadRecord } from "./records.ts";

type Arrived = Omit<UploadRecord, "sessionId" | "at">;

/** Sizes that files are said to have, in pixels. */
export const SHAPES: readonly (readonly [number, number])[] = [
  [1920, 1080],
  [1080, 1920],
  [1280, 720],
];

/** What the server would have found in the file: made up from its hash, the same for the same bytes. */
function factsOf(file: Arrived, format: MediaFormat | null): MediaFile {
  const kind = format?.kind ?? "video";
  const [width, height] = SHAPES[Math.floor(chance(file.sha256) * SHAPES.length)] ?? [1920, 1080];
  const seconds = 5 + Math.floor(chance(`${file.sha256}/s`) * 51) / 2;
  return {
    filename: file.filename,
    file_type: kind,
    cdn_url: `https://media.sandbox.invalid/uploads/${file.sha256.slice(0, 24)}/${encodeURIComponent(file.filename)}`,
    duration: kind === "image" ? 0 : seconds,
    width: kind === "audio" ? 0 : width,
    height: kind === "audio" ? 0 : height,
    fps: kind === "video" ? 30 : 0,
    hash: file.sha256.slice(0, 12),
  };
}

function keep(sandbox: Sandbox, session: SessionRecord, files: readonly Arrived[]): Response {
  const media = files.map((file) => factsOf(file, formatOfName(file.filename)));
  for (const file of files) {
    sandbox.store.write(
      "upload",
      hexText(sandbox.random, 8),
      { ...file, sessionId: session.sessionId, at: sandbox.clock.now() },
      session.userId,
    );
  }
  // Read again: the body took its time, and a turn may have been folded in between.
  const latest = sandbox.store.read("session", session.sessionId) ?? session;
  sandbox.store.write("session", session.sessionId, { ...latest, media: [...latest.media, ...media] }, session.userId);
  return okAnswer({ files: media, session_state_applied: true });
}

async function fromForm(sandbox: Sandbox, session: SessionRecord, request: Request): Promise<Response> {
  const switches = switchesOf(sandbox);
  const parts = request.body === null ? null : await readParts(request.body, request.headers.get("content-type") ?? "");
  const files = (parts ?? []).filter((part) => part.name === "files" && part.filename !== null);
  if (files.length === 0) return missingFields(["files"]);
  if (files.some((part) => formatOfName(part.filename ?? "") === null)) return codeAnswer(4001, switches);
  if (files.some((part) => part.sizeBytes > switches.upload_limit_bytes)) return codeAnswer(4002, switches);
  const arrived = files.map(
    (part): Arrived => ({
      filename: part.filename ?? "",
      mode: "file",
      content_type: part.contentType,
      size_bytes: part.sizeBytes,
      sha256: part.sha256,
      head: Array.from(part.head, (byte) => byte.toString(16).padStart(2, "0")).join(""),
      url: null,
    }),
  );
  return keep(sandbox, session, arrived);
}

async function fromUrls(sandbox: Sandbox, session: SessionRecord, body: unknown): Promise<Response> {
  const switches = switchesOf(sandbox);
  const urls = typeof body === "object" && body !== null && "urls" in body && Array.isArray(body.urls) ? body.urls : [];
  const texts = urls.filter((url): url is string => typeof url === "string" && URL.canParse(url));
  if (texts.length === 0 || texts.length !== urls.length) return missingFields(["urls"]);
  const files: Arrived[] = [];
  for (const url of texts) {
    const filename = nameInUrl(url);
    if (filename === null) return codeAnswer(4001, switches);
    const fact = await fetchFact(sandbox, url, switches);
    if (fact === null) return codeAnswer(4001, switches);
    if (fact.size_bytes > switches.upload_limit_bytes) return codeAnswer(4002, switches);
    files.push({ filename, mode: "url", url, ...fact });
  }
  return keep(sandbox, session, files);
}

export function uploadRoutes(app: SandboxApp, sandbox: Sandbox): void {
  app.post("/api/upload-video/nemo_agent/:owner/:session", bearer(sandbox, "upload"), async (c) => {
    const session = ownSession(sandbox, c, c.req.param("session"), c.req.param("owner"));
    if (session === null) return codeAnswer(1002, switchesOf(sandbox));
    const type = c.req.header("content-type") ?? "";
    if (type.startsWith("multipart/form-data")) return fromForm(sandbox, session, c.req.raw);
    if (type.startsWith("application/json")) return fromUrls(sandbox, session, await c.req.json().catch(() => null));
    return statusAnswer(c, 415, "send multipart/form-data or application/json");
  });
}
