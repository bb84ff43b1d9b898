import { describe, expect, it } from "vitest";
import { createNemo, type Nemo } from "../../src/nemo/client.ts";
import { json, SESSION, TOKEN, upstream, value } from "./support/upstream.ts";

describe("uploads", () => {
  it("return what upstream accepted, in both spellings, and no list at all", async () => {
    const entry = {
      filename: "a.mp4",
      file_type: "video",
      cdn_url: "https://c/a.mp4",
      duration: 30.5,
      width: 1920,
      height: 1080,
      fps: 30,
      hash: "9f00aa",
    };
    const took = (body: unknown) =>
      value(json(body), (nemo) => nemo.uploadByUrl(TOKEN, SESSION, ["https://files.example/a.mp4"]));
    expect(await took({ code: 0, data: { files: [entry], session_state_applied: true } })).toEqual([
      { name: "a.mp4", url: "https://c/a.mp4", kind: "video", durationSeconds: 30.5, width: 1920, height: 1080 },
    ]);
    expect(await took({ code: 0, data: { uploaded_files: [{ url: "https://c/a.mp4" }] } })).toMatchObject([
      { name: "", url: "https://c/a.mp4" },
    ]);
    for (const body of [{ code: 0 }, "", { code: 0, data: null }]) expect(await took(body)).toEqual([]);
  });

  /** `size` bytes in chunks; `failAt` breaks off there. */
  function source(size: number, failAt = Number.POSITIVE_INFINITY): ReadableStream<Uint8Array> {
    let left = size;
    return new ReadableStream({
      pull(controller) {
        if (size - left >= failAt) return controller.error(new Error("source gone"));
        if (left === 0) return controller.close();
        const chunk = new Uint8Array(Math.min(left, 65_536)).fill(97);
        left -= chunk.byteLength;
        controller.enqueue(chunk);
      },
    });
  }
  const upload = (nemo: Nemo, sizeBytes: number, body: ReadableStream<Uint8Array>, filename = "a.mp4") =>
    nemo.uploadFile(TOKEN, SESSION, { filename, contentType: "video/mp4", sizeBytes, body });

  it("stream one file as a form that a server reads back whole, with any file name", async () => {
    const { nemo, asked } = upstream([json({ code: 0, data: { files: [{ filename: "x" }] } })]);
    const name = 'ф"1\r\nX: y.mp4';
    expect(await upload(nemo, 200_000, source(200_000), name)).toMatchObject({ ok: true, value: [{ name: "x" }] });
    const form = await new Response(asked[0]?.body ?? "", {
      headers: { "content-type": asked[0]?.headers.get("content-type") ?? "" },
    }).formData();
    const files = form.getAll("files");
    expect([...form.keys()]).toEqual(["files"]);
    const got = files[0];
    if (!(got instanceof File)) throw new Error("no file");
    expect([got.size, got.type]).toEqual([200_000, "video/mp4"]);
    expect(asked[0]?.body).toContain('name="files"; filename="ф%221%0D%0AX: y.mp4"');
  });

  it("fail when the file breaks off or has another length", async () => {
    const yes = (): Response => json({ code: 0, data: { files: [] } });
    for (const body of [source(100_000, 65_536), source(50_000), source(150_000)]) {
      expect(await upload(upstream([yes]).nemo, 100_000, body)).toMatchObject({
        ok: false,
        error: { reason: "unavailable", at: "upload" },
      });
    }
  });

  it("accept an error before the file was read, and cancel the file's stream", async () => {
    let cancelBody = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      cancel: () => {
        cancelBody = true;
      },
    });
    const rejecting = async (): Promise<Response> => json({ code: 4001, message: "unsupported" });
    const attribution = { source: "s", version: "1", platform: "p" };
    const targets = { rules: { allowLocal: false, ownHosts: [] }, resolve: null };
    const nemo = createNemo({ baseUrl: "https://nemo.example", fetch: rejecting, attribution, targets });
    expect(await upload(nemo, 1_000_000_000, endless)).toMatchObject({ error: { reason: "unsupported_media" } });
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(cancelBody).toBe(true);
  });
});
