/** Uploads into a session, as a form or by URL (nemo-api reference section 6). Bytes are hashed and not stored. */
import { formatOfName, type MediaFormat } from "../core/media/sniff.ts";
import { chunkSource, FormReader } from "../core/uploads/form.ts";
import {
  chance,
  codeAnswer,
  hash32,
  hexText,
  missingFields,
  okAnswer,
  ownSession,
  requireToken,
  type Sandbox,
  type SandboxApp,
  statusAnswer,
  switchesOf,
} from "./context.ts";
import type { Switches } from "./faults.ts";
import type { MediaFile, SessionRecord, UploadRecord } from "./store.ts";

/* A file by its URL: its properties are made up, unless `url_upload` says that it is fetched. */

type FetchedFile = Pick<UploadRecord, "content_type" | "size_bytes" | "sha256" | "head">;

const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * The file's name: the last part of the path, or a query value that ends like a file. A path without an extension counts as a
 * video, because a server would learn the type from the response. Null if Nemo does not accept the extension.
 */
export function nameInUrl(text: string): string | null {
  const url = new URL(text);
  const last = decodeURIComponent(url.pathname.split("/").at(-1) ?? "");
  const named = [last, ...url.searchParams.values()].find((name) => formatOfName(name) !== null);
  if (named !== undefined) return named;
  return /\.[a-z0-9]{1,5}$/i.test(last) ? null : `${last.slice(0, 24) || "file"}.mp4`;
}

/** The file at the URL; null if it cannot be fetched. A made-up file has no bytes. Stops reading above the limit. */
export async function fetchFile(sandbox: Sandbox, url: string, switches: Switches): Promise<FetchedFile | null> {
  if (switches.url_upload === "pretend") {
    const sha256 = Array.from({ length: 8 }, (_, at) => hash32(`${url}/${at}`).toString(16).padStart(8, "0")).join("");
    return { content_type: "application/octet-stream", size_bytes: 0, sha256, head: "" };
  }
  const answer = await sandbox.fetch(new Request(url)).catch(() => null);
  if (answer === null || !answer.ok || answer.body === null) return null;
  const digest = new crypto.DigestStream("SHA-256");
  const hashing = digest.getWriter();
  let size = 0;
  let head = "";
  for await (const chunk of answer.body) {
    if (head === "") head = toHex(chunk.subarray(0, 256));
    size += chunk.length;
    await hashing.write(chunk);
    if (size > switches.upload_limit_bytes) break;
  }
  await hashing.close();
  return {
    content_type: answer.headers.get("content-type") ?? "",
    size_bytes: size,
    sha256: toHex(new Uint8Array(await digest.digest)),
    head,
  };
}

/* A multipart body, read as a stream: name, type, size, hash and first bytes of each file. */

export type Part = {
  readonly name: string;
  readonly filename: string | null;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** The first bytes, up to 256. */
  readonly head: Uint8Array;
};

const HEAD_BYTES = 256;

const concat = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
};

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The parts of a form in order; null if the body is not a complete form. */
export async function readParts(body: ReadableStream<Uint8Array>, contentType: string): Promise<Part[] | null> {
  if (!/^\s*multipart\/form-data\b/i.test(contentType)) return null;
  const reader = FormReader.of(chunkSource(body), contentType);
  const parts: Part[] = [];
  try {
    for (;;) {
      const next = await reader.next();
      if (!next.ok) return null;
      if (next.value === null) return parts;
      const { name, isFile, filename, contentType } = next.value;
      const digest = new crypto.DigestStream("SHA-256");
      const hashing = digest.getWriter();
      let sizeBytes = 0;
      let head: Uint8Array = new Uint8Array();
      const whole = await reader.content(async (chunk) => {
        if (head.length < HEAD_BYTES) head = concat(head, chunk.subarray(0, HEAD_BYTES - head.length));
        sizeBytes += chunk.length;
        if (chunk.length > 0) await hashing.write(chunk);
      });
      await hashing.close();
      if (!whole.ok) return null;
      const described = {
        name,
        filename: isFile ? filename : null,
        contentType: contentType || "application/octet-stream",
      };
      parts.push({ ...described, sizeBytes, sha256: hex(await digest.digest), head });
    }
  } finally {
    reader.release();
  }
}

type ReceivedFile = Omit<UploadRecord, "sessionId" | "at">;

/** Made-up frame sizes of files, in pixels. */
export const SAMPLE_FRAME_SIZES: readonly (readonly [number, number])[] = [
  [1920, 1080],
  [1080, 1920],
  [1280, 720],
];

/** The properties that the server would find in the file: made up from its hash, so the same for the same bytes. */
function propertiesOf(file: ReceivedFile, format: MediaFormat | null): MediaFile {
  const kind = format?.kind ?? "video";
  const [width, height] = SAMPLE_FRAME_SIZES[Math.floor(chance(file.sha256) * SAMPLE_FRAME_SIZES.length)] ?? [
    1920, 1080,
  ];
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

function saveFiles(sandbox: Sandbox, session: SessionRecord, files: readonly ReceivedFile[]): Response {
  const media = files.map((file) => propertiesOf(file, formatOfName(file.filename)));
  for (const file of files) {
    sandbox.store.write(
      "upload",
      hexText(sandbox.random, 8),
      { ...file, sessionId: session.sessionId, at: sandbox.clock.now() },
      session.userId,
    );
  }
  // Read again: a turn may have been committed while the body arrived.
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
  const received = files.map(
    (part): ReceivedFile => ({
      filename: part.filename ?? "",
      mode: "file",
      content_type: part.contentType,
      size_bytes: part.sizeBytes,
      sha256: part.sha256,
      head: Array.from(part.head, (byte) => byte.toString(16).padStart(2, "0")).join(""),
      url: null,
    }),
  );
  return saveFiles(sandbox, session, received);
}

async function fromUrls(sandbox: Sandbox, session: SessionRecord, body: unknown): Promise<Response> {
  const switches = switchesOf(sandbox);
  const urls = typeof body === "object" && body !== null && "urls" in body && Array.isArray(body.urls) ? body.urls : [];
  const texts = urls.filter((url): url is string => typeof url === "string" && URL.canParse(url));
  if (texts.length === 0 || texts.length !== urls.length) return missingFields(["urls"]);
  const files: ReceivedFile[] = [];
  for (const url of texts) {
    const filename = nameInUrl(url);
    if (filename === null) return codeAnswer(4001, switches);
    const fetched = await fetchFile(sandbox, url, switches);
    if (fetched === null) return codeAnswer(4001, switches);
    if (fetched.size_bytes > switches.upload_limit_bytes) return codeAnswer(4002, switches);
    files.push({ filename, mode: "url", url, ...fetched });
  }
  return saveFiles(sandbox, session, files);
}

export function uploadRoutes(app: SandboxApp, sandbox: Sandbox): void {
  app.post("/api/upload-video/nemo_agent/:owner/:session", requireToken(sandbox, "upload"), async (c) => {
    const session = ownSession(sandbox, c, c.req.param("session"), c.req.param("owner"));
    if (session === null) return codeAnswer(1002, switchesOf(sandbox));
    const type = c.req.header("content-type") ?? "";
    if (type.startsWith("multipart/form-data")) return fromForm(sandbox, session, c.req.raw);
    if (type.startsWith("application/json")) return fromUrls(sandbox, session, await c.req.json().catch(() => null));
    return statusAnswer(c, 415, "send multipart/form-data or application/json");
  });
}
