import { beforeAll, describe, expect, it } from "vitest";
import { serveFile } from "../../src/http/files.ts";
import { env } from "../support/gateway.ts";

const file = { key: "t/file.mp4", filename: 'Ferien "2026" é.mp4', contentType: "video/mp4" };
const bytes = Uint8Array.from({ length: 1_000 }, (_, at) => at % 251);
let etag = "";
beforeAll(async () => {
  const stored = await env.MEDIA.put(file.key, bytes);
  etag = stored?.httpEtag ?? "";
});

const ask = (headers: Record<string, string> = {}, method = "GET") =>
  serveFile(env.MEDIA, new Request("https://gateway.example/f", { method, headers }), file);
const bodyOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

describe("serveFile", () => {
  it("sends the whole file, inert and uncached", async () => {
    const response = await ask();
    expect(response.status).toBe(200);
    expect(await bodyOf(response)).toEqual(bytes);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "video/mp4",
      "content-length": "1000",
      "content-security-policy": "sandbox; default-src 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "private, no-store",
      "accept-ranges": "bytes",
      etag,
    });
    const disposition = response.headers.get("Content-Disposition");
    expect(disposition).toBe(
      `attachment; filename="Ferien _2026_ _.mp4"; filename*=UTF-8''Ferien%20%222026%22%20%C3%A9.mp4`,
    );
  });

  it.each([
    ["bytes=0-0", 0, 1],
    ["bytes=100-199", 100, 100],
    ["bytes=990-", 990, 10],
    ["bytes=-10", 990, 10],
    ["bytes=0-99999", 0, 1_000],
  ])("sends %s", async (range, offset, length) => {
    const response = await ask({ Range: range });
    expect(response.status).toBe(206);
    expect(response.headers.get("Content-Range")).toBe(`bytes ${offset}-${offset + length - 1}/1000`);
    expect(response.headers.get("Content-Length")).toBe(String(length));
    expect(await bodyOf(response)).toEqual(bytes.slice(offset, offset + length));
  });

  it("sends the whole file for several ranges", async () => {
    const response = await ask({ Range: "bytes=0-1,5-6" });
    expect([response.status, (await bodyOf(response)).length]).toEqual([200, 1_000]);
  });

  it("rejects a range outside the file and says how long it is", async () => {
    await expect(ask({ Range: "bytes=1000-" })).rejects.toMatchObject({
      problem: { code: "range_not_satisfiable" },
      headers: { "Content-Range": "bytes */1000" },
    });
  });

  it("answers 304 to a caller that has the file, and ignores a range of another version", async () => {
    expect((await ask({ "If-None-Match": etag })).status).toBe(304);
    expect((await ask({ "If-None-Match": `"x", ${etag}` })).status).toBe(304);
    const same = await ask({ Range: "bytes=0-9", "If-Range": etag });
    expect([same.status, (await bodyOf(same)).length]).toEqual([206, 10]);
    const other = await ask({ Range: "bytes=0-9", "If-Range": '"other"' });
    expect([other.status, (await bodyOf(other)).length]).toEqual([200, 1_000]);
  });

  it("answers HEAD with the length and no body", async () => {
    const response = await ask({}, "HEAD");
    expect([response.status, response.headers.get("Content-Length"), response.body]).toEqual([200, "1000", null]);
  });

  it("answers 410 for a file that was removed", async () => {
    const missing = serveFile(env.MEDIA, new Request("https://gateway.example/f"), { ...file, key: "t/none" });
    await expect(missing).rejects.toMatchObject({ problem: { code: "file_gone" } });
  });
});
