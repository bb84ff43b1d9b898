/** PROTOCOL.md section 5.6: files fetched by their address, from a server that behaves well or badly on a real network. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asset, type UploadWire, upload } from "../../src/core/wire/upload.ts";
import { type Member, newMember, shown, until } from "./support/client.ts";
import { media } from "./support/media.ts";

const CLIP = media("clip.mp4");
/** Compressed once: while a busy machine does it, this server answers no request, and imports time out. */
const BOMB = gzipSync(Buffer.alloc(50_000_000));
const asked = new Map<string, number>();

/** The response of each path; `nth` counts the requests for it. */
const FILES: Record<string, (answer: ServerResponse, nth: number, request: IncomingMessage) => void> = {
  "/plain.mp4": (answer) => answer.writeHead(200, { "content-length": CLIP.length }).end(CLIP),
  "/chunked": (answer) => {
    answer.writeHead(200, { "content-disposition": 'attachment; filename="from server.mp4"' });
    for (let at = 0; at < CLIP.length; at += 7_000) answer.write(CLIP.subarray(at, at + 7_000));
    answer.end();
  },
  "/moved": (answer) => answer.writeHead(302, { location: "/plain.mp4?signature=5ecret" }).end(),
  "/loop": (answer) => answer.writeHead(307, { location: "/loop" }).end(),
  "/inside": (answer) => answer.writeHead(302, { location: "http://192.168.0.1/clip.mp4" }).end(),
  "/zipped.mp4": (answer) => {
    answer.writeHead(200, { "content-encoding": "gzip", "content-length": BOMB.length }).end(BOMB);
  },
  "/shaky.mp4": (answer, nth) => {
    answer.writeHead(200, { "content-length": CLIP.length });
    if (nth === 1) answer.write(CLIP.subarray(0, 20_000), () => answer.socket?.resetAndDestroy());
    else answer.end(CLIP);
  },
  "/reset.mp4": (answer) => {
    answer.writeHead(200, { "content-length": CLIP.length });
    answer.write(CLIP.subarray(0, 20_000), () => answer.socket?.resetAndDestroy());
  },
  "/short.mp4": (answer) => {
    answer
      .writeHead(200, { "content-length": CLIP.length })
      .write(CLIP.subarray(0, 20_000), () => answer.socket?.end());
  },
  "/silent.mp4": () => undefined,
  "/page": (answer) =>
    answer.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<html>Please sign in</html>"),
};

const server = createServer((request, answer) => {
  const path = new URL(request.url ?? "/", "http://127.0.0.1").pathname;
  const nth = (asked.get(path) ?? 0) + 1;
  asked.set(path, nth);
  const give = FILES[path];
  if (give === undefined) answer.writeHead(404).end();
  else give(answer, nth, request);
});
let base = "";

beforeAll(async () => {
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  base = `http://127.0.0.1:${address.port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Orders a file, and waits for its end. */
async function imported(member: Member, path: string, more = {}): Promise<UploadWire> {
  const made = await shown(member.post("/v1/uploads/import", { url: base + path, ...more }), upload, 202);
  expect(made).toMatchObject({ status: "open", source: "import", offset_bytes: 0 });
  return until(
    () => member.get(`/v1/uploads/${made.id}`, upload),
    ({ status }) => status !== "open",
  );
}

describe.concurrent("§5.6 imports", () => {
  it.each(["/plain.mp4", "/chunked", "/moved", "/shaky.mp4"])("§5.6 downloads %s, byte for byte", async (path) => {
    const member = await newMember();
    const { id, size_bytes } = await imported(member, path, { metadata: { order: "7" } });
    expect(size_bytes).toBe(CLIP.length);
    const { asset_id } = await until(
      () => member.get(`/v1/uploads/${id}`, upload),
      (got) => got.asset_id !== null,
    );
    expect(await member.get(`/v1/assets/${asset_id}`, asset)).toMatchObject({
      status: "ready",
      content_type: "video/mp4",
      sha256: createHash("sha256").update(CLIP).digest("hex"),
      metadata: { order: "7" },
    });
  });

  it.each([
    ["/nothing.mp4", "import_not_found"],
    ["/loop", "too_many_redirects"],
    ["/inside", "address_not_allowed"],
    ["/zipped.mp4", "import_refused"],
    ["/reset.mp4", "import_unavailable"],
    ["/short.mp4", "import_unavailable"],
    ["/silent.mp4", "import_timeout"],
    ["/page", "unsupported_media"],
  ])("§5.6 ends %s as %s, and reports it", async (path, code) => {
    const member = await newMember();
    const { id, error } = await imported(member, `${path}?signature=5ecret`);
    expect(error?.code).toBe(code);
    const events = await until(
      () => member.ask("GET", "/v1/events").then((answer) => answer.text()),
      (text) => text.includes("upload.failed"),
    );
    expect(events).toContain(id);
    expect(events).not.toContain("5ecret");
  });
});
