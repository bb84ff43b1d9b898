/** PROTOCOL.md section 5: uploads and assets. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { problemBody } from "../../src/core/wire/common.ts";
import { asset, attachment, upload } from "../../src/core/wire/upload.ts";
import { newMember, problem, shown, until } from "./support/client.ts";
import { announce, media, put, putAndBreak, putZeros, sendAndBreak, sendFile } from "./support/media.ts";

const FORMATS = ["mp4", "mov", "avi", "webm", "mkv", "jpg", "png", "gif", "webp", "mp3", "wav", "m4a", "aac"];

describe.concurrent("§5 uploads", () => {
  it("§5 stores a file sent in one request, and creates an asset of it", async () => {
    const member = await newMember();
    const bytes = media("clip.mp4");
    const answer = await member.post("/v1/uploads", { filename: "clip.mp4", size_bytes: bytes.length });
    const location = answer.headers.get("location");
    const made = await shown(answer, upload, 201);
    expect(location).toBe(`/v1/uploads/${made.id}`);
    expect(made).toMatchObject({ status: "open", offset_bytes: 0, size_bytes: bytes.length, asset_id: null });
    const stored = await shown(put(member, made, bytes), upload);
    expect(stored).toMatchObject({ status: "completed", offset_bytes: bytes.length });
    const { asset_id } = await until(
      () => member.get(`/v1/uploads/${made.id}`, upload),
      (got) => got.asset_id !== null,
    );
    expect(await member.get(`/v1/assets/${asset_id}`, asset)).toMatchObject({
      status: "ready",
      filename: "clip.mp4",
      kind: "video",
      content_type: "video/mp4",
      size_bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    });
  });

  it("§5 keeps nothing of a body that was cut, and accepts the whole one again", async () => {
    const member = await newMember();
    const bytes = media("clip.mp4");
    const made = await announce(member, "clip.mp4", bytes.length);
    await putAndBreak(member, made.content_url, bytes.length, bytes.subarray(0, 20_000));
    expect(await member.get(`/v1/uploads/${made.id}`, upload)).toMatchObject({ status: "open", offset_bytes: 0 });
    const again = await until(
      () => put(member, made, bytes),
      ({ status }) => status !== 429,
    );
    expect(await shown(again, upload)).toMatchObject({ status: "completed", offset_bytes: bytes.length });
    const { asset_id } = await until(
      () => member.get(`/v1/uploads/${made.id}`, upload),
      (got) => got.asset_id !== null,
    );
    const { sha256 } = await member.get(`/v1/assets/${asset_id}`, asset);
    expect(sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  it("§5.3 never treats a truncated body without a length as complete", async () => {
    const member = await newMember();
    const bytes = media("clip.mp4");
    const draft = {
      "upload-draft-interop-version": "8",
      "upload-complete": "?1",
      "content-type": "application/partial-upload",
    };
    const made = await announce(member, "clip.mp4", bytes.length);
    const url = made.content_url.replace("/content", "");
    await sendAndBreak(member, "PATCH", url, { ...draft, "upload-offset": "0" }, bytes.subarray(0, 20_000));
    expect(await member.get(`/v1/uploads/${made.id}`, upload)).toMatchObject({ status: "open" });
    const sendRest = async (): Promise<Response> => {
      const state = await member.ask("HEAD", url);
      const offset = Number(state.headers.get("upload-offset"));
      expect(offset).toBeLessThanOrEqual(20_000);
      const headers = { ...draft, "upload-offset": String(offset) };
      return member.ask("PATCH", url, { body: bytes.subarray(offset), headers });
    };
    const whole = await until(sendRest, ({ status }) => status !== 429 && status !== 409); // the cut one may still come
    expect(await shown(whole, upload)).toMatchObject({ status: "completed", offset_bytes: bytes.length });
  });

  it.each([
    ["a segment of zeros", `1a45dfa38b4282847765626d4287810218538067${"01ffffffffffffff"}${"00".repeat(216)}`],
    [
      "a track that promises more than there is",
      "1a45dfa3874282847765626d1853806701ffffffffffffff1654ae6b97ae95d781018381018685565f565038e086b08140ba81400000000000000000",
    ],
  ])("§5 inspects %s, and answers other requests meanwhile", async (_, hex) => {
    const [member, other] = [await newMember(), await newMember()];
    const bytes = new Uint8Array(Buffer.from(hex, "hex"));
    const made = await announce(member, "clip.webm", bytes.length);
    await shown(put(member, made, bytes), upload);
    await other.newProject();
    const { asset_id } = await until(
      () => member.get(`/v1/uploads/${made.id}`, upload),
      (got) => got.asset_id !== null,
    );
    expect(await member.get(`/v1/assets/${asset_id}`, asset)).toMatchObject({ duration_ms: null });
    expect((await other.ask("GET", "/healthz")).status).toBe(200);
  });

  it("§5 keeps an upload open for 24 hours", async () => {
    const made = await announce(await newMember(), "clip.mp4", 5);
    const hours = (Date.parse(made.expires_at) - Date.parse(made.created_at)) / 3_600_000;
    expect(hours * 60).toBeCloseTo(24, 3); // an hour is a minute here
  });

  it("§5 rejects a body of another length than announced, and keeps the upload open", async () => {
    const member = await newMember();
    const bytes = media("tone.aac");
    const made = await announce(member, "tone.aac", bytes.length);
    for (const wrong of [bytes.subarray(1), new Uint8Array([...bytes, 0]), new Uint8Array()])
      await problem(put(member, made, wrong), "size_mismatch");
    await shown(put(member, made, bytes), upload);
  });

  it("§5.1 rejects more than 500,000,000 announced bytes, and more than 95,000,000 in one request", async () => {
    const member = await newMember();
    const most = 95_000_000;
    const made = await announce(member, "clip.mp4", 500_000_000);
    const large = { filename: "clip.mp4", size_bytes: 500_000_001 };
    const rejected = await problem(member.post("/v1/uploads", large), "file_too_large");
    expect(rejected.hint).toMatch(/chunks of 10485760/);
    const { status, text } = await putZeros(member, made.content_url, most + 1);
    expect(status).toBe(413);
    expect(problemBody.parse(JSON.parse(text))).toMatchObject({
      code: "request_too_large",
      hint: expect.stringContaining("chunks of 10485760"),
    });
    expect(await member.get(`/v1/uploads/${made.id}`, upload)).toMatchObject({ status: "open", offset_bytes: 0 });
  });

  it("§5.1 accepts any name that is not a path, whatever its extension", async () => {
    const member = await newMember();
    for (const name of [...FORMATS.map((ext) => `a.b.${ext.toUpperCase()}`), "a.txt", "mp4", "a.mp4.exe", "a."]) {
      const { id } = await announce(member, name, 5);
      await member.ask("DELETE", `/v1/uploads/${id}`);
    }
    await problem(member.post("/v1/uploads", { filename: "a/b.mp4", size_bytes: 5 }), "invalid_request");
  });

  it("§5 creates an asset of every format", async () => {
    const member = await newMember();
    const names = ["clip.mov", "clip.avi", "clip.webm", "clip.mkv", "photo.jpg", "anim.gif", "tone.mp3", "tone.m4a"];
    const ids = await Promise.all(names.map((name) => sendFile(member, name)));
    expect(new Set(ids).size).toBe(names.length);
  });
});

describe.concurrent("§5 assets in projects", () => {
  it("§5 transfers an asset to Nemo before the project's next turn", async () => {
    const member = await newMember();
    const asset_id = await sendFile(member, "clip.mp4");
    const { id } = await member.newProject();
    const answer = await member.post(`/v1/projects/${id}/assets`, { asset_id });
    expect([200, 202]).toContain(answer.status);
    expect(attachment.parse(await answer.json())).toMatchObject({ asset_id, project_id: id });
    const ended = await member.said(id, "turn my clip into a promo");
    expect(ended).toMatchObject({ status: "completed", timeline: { changed: true } });
    expect(ended.timeline?.summary).toMatch(/Video: clip/);
    const again = await shown(member.post(`/v1/projects/${id}/assets`, { asset_id }), attachment);
    expect(again).toEqual({ asset_id, project_id: id, status: "attached", error: null });
  });

  it("§5 finds only assets of this tenant", async () => {
    const [mine, other] = [await newMember(), await newMember()];
    const asset_id = await sendFile(other, "photo.png");
    const { id } = await mine.newProject();
    await problem(mine.post(`/v1/projects/${id}/assets`, { asset_id }), "not_found");
  });
});
