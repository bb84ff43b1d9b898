/** PROTOCOL.md section 5.2: tus's concatenation over HTTP, by hand and by its own client. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { apiWith } from "../../scripts/lib/api.ts";
import { startGateway } from "../../scripts/lib/gateway.ts";
import { largeMp4 } from "../../scripts/lib/large-mp4.ts";
import { freePort } from "../../scripts/lib/ports.ts";
import { makeKey, makeTenant } from "../../scripts/lib/tenant.ts";
import { asset, upload } from "../../src/core/wire/upload.ts";
import { type Member, newMember, problem, served, until } from "./support/client.ts";
import { sendByTus } from "./support/tus.ts";

const TUS = { "tus-resumable": "1.0.0" };
const BYTES = { ...TUS, "content-type": "application/offset+octet-stream" };
const PHOTO = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0]); // a JPEG, for any sniffer
const NAMED = { "upload-metadata": `filename ${Buffer.from("a.jpg").toString("base64")},order MQ==` };
const hexOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

let member: Member;
beforeAll(async () => {
  member = await newMember();
});

const post = (headers: Record<string, string>, body?: Uint8Array<ArrayBuffer>): Promise<Response> =>
  member.ask("POST", "/v1/uploads", { headers: { ...TUS, ...headers }, ...(body === undefined ? {} : { body }) });

/** A partial upload with these bytes, sent with its creation; answers with its path. */
async function partial(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const answer = await post({ ...BYTES, "upload-concat": "partial", "upload-length": String(bytes.length) }, bytes);
  expect([answer.status, answer.headers.get("upload-concat")]).toEqual([201, "partial"]);
  return answer.headers.get("location") ?? "";
}

const head = (path: string): Promise<Response> => member.ask("HEAD", path, { headers: TUS });

describe("§5.2 concatenation", () => {
  it("§5.2 returns Upload-Concat of partials and finals as sent, the final's length and offset, and its own metadata", async () => {
    const [one, other] = [await partial(PHOTO.slice(0, 2)), await partial(PHOTO.slice(2))];
    const text = `final;${one} ${served.url}${other}`;
    const made = await post({ ...NAMED, "upload-concat": text });
    expect([made.status, made.headers.get("upload-concat")]).toEqual([201, text]);
    const final = await head(made.headers.get("location") ?? "");
    expect(Object.fromEntries(final.headers)).toMatchObject({
      "upload-concat": text,
      "upload-length": "5",
      "upload-offset": "5",
      "upload-metadata": NAMED["upload-metadata"],
      "tus-resumable": "1.0.0",
    });
    const first = await head(one);
    expect(Object.fromEntries(first.headers)).toMatchObject({ "upload-concat": "partial", "upload-offset": "2" });
    expect(first.headers.get("upload-metadata")).toBeNull();
    const { asset_id } = await until(
      () => member.get(made.headers.get("location") ?? "", upload),
      (got) => got.asset_id !== null,
    );
    expect(await member.get(`/v1/assets/${asset_id}`, asset)).toMatchObject({
      status: "ready",
      filename: "a.jpg",
      metadata: { order: "1" },
      sha256: hexOf(PHOTO),
    });
  });

  it("§5.2 answers a PATCH of a final with 403 and does not change it", async () => {
    const made = await post({ ...NAMED, "upload-concat": `final;${await partial(PHOTO)}` });
    const path = made.headers.get("location") ?? "";
    const patch = { headers: { ...BYTES, "upload-offset": "5" }, body: PHOTO };
    expect((await problem(member.ask("PATCH", path, patch), "upload_final")).status).toBe(403);
    expect((await head(path)).headers.get("upload-offset")).toBe("5");
  });

  it("§5.2 rejects a final with a length, with bytes, without partials, or with addresses of something else", async () => {
    const one = await partial(PHOTO);
    const final = { ...NAMED, "upload-concat": `final;${one}` };
    await problem(post({ ...final, "upload-length": "5" }), "invalid_header");
    await problem(post({ ...final, "upload-defer-length": "1" }), "invalid_header");
    await problem(post({ ...final, ...BYTES }, PHOTO), "upload_final");
    const wrong = [
      "final;",
      "final",
      "whole",
      "partial;",
      `final;${one},${one}`,
      "final;/v1/uploads",
      "final;/v1/assets/a",
    ];
    for (const text of wrong) await problem(post({ ...NAMED, "upload-concat": text }), "invalid_header");
    const many = `final;${Array.from({ length: 65 }, () => one).join(" ")}`;
    await problem(post({ ...NAMED, "upload-concat": many }), "invalid_header");
  });

  it("§5.2 accepts an empty partial, and one whose length comes later; an incomplete one cannot be concatenated", async () => {
    const nothing = await post({ "upload-concat": "partial", "upload-length": "0" });
    expect([nothing.status, nothing.headers.get("upload-offset")]).toEqual([201, "0"]);
    const later = await post({ "upload-concat": "partial", "upload-defer-length": "1" });
    const paths = [nothing, later].map((one) => one.headers.get("location") ?? "");
    const text = `final;${paths.join(" ")}`;
    await problem(post({ ...NAMED, "upload-concat": text }), "upload_incomplete");
    const headers = { ...BYTES, "upload-offset": "0", "upload-length": "5" };
    expect((await member.ask("PATCH", paths[1] ?? "", { headers, body: PHOTO })).status).toBe(204);
    const made = await post({ ...NAMED, "upload-concat": text });
    expect([made.status, made.headers.get("upload-length")]).toEqual([201, "5"]);
  });

  it("§5.2 keeps a final's bytes when its partials are deleted", async () => {
    const one = await partial(PHOTO);
    const made = await post({ ...NAMED, "upload-concat": `final;${one}` });
    expect((await member.ask("DELETE", one, { headers: TUS })).status).toBe(204);
    expect((await head(one)).status).toBe(404);
    const { asset_id } = await until(
      () => member.get(made.headers.get("location") ?? "", upload),
      (got) => got.asset_id !== null,
    );
    expect((await member.get(`/v1/assets/${asset_id}`, asset)).sha256).toBe(hexOf(PHOTO));
    await problem(post({ ...NAMED, "upload-concat": `final;${one}` }), "not_found");
  });
});

describe("§5.2 tus-js-client with parallel uploads", () => {
  it.each(["ada", null])("§5.2 uploads a file in three parts at once, for user %s", async (user) => {
    const who = await newMember(user);
    const file = largeMp4(13_000_001);
    const options = { endpoint: `${served.url}/v1/uploads`, headers: who.headers, parallelUploads: 3 };
    const sent = await sendByTus(file, { ...options, chunkSize: 2_000_000 });
    const { asset_id } = await until(
      () => who.get(`/v1/uploads/${sent.id}`, upload),
      (got) => got.asset_id !== null,
    );
    expect(await who.get(`/v1/assets/${asset_id}`, asset)).toMatchObject({
      status: "ready",
      filename: "clip.mp4",
      size_bytes: file.length,
      sha256: hexOf(file),
      metadata: { order: "1234" },
    });
  });

  it("§5.2 continues after the gateway was killed with SIGKILL in the middle", async () => {
    const stateDir = mkdtempSync(join(tmpdir(), "nemo-killed-"));
    const port = await freePort();
    let gateway = await startGateway({ stateDir, port });
    try {
      const admin = apiWith(gateway.url, gateway.adminToken);
      const key = await makeKey(admin, await makeTenant(admin, "killed"), "test", "killed");
      const file = largeMp4(24_000_000);
      let restarted: Promise<void> | null = null;
      const restart = async (): Promise<void> => {
        await gateway.kill();
        gateway = await startGateway({ stateDir, port });
      };
      const sent = await sendByTus(file, {
        endpoint: `${gateway.url}/v1/uploads`,
        headers: { authorization: `Bearer ${key}`, "x-user-id": "ada" },
        parallelUploads: 3,
        chunkSize: 2_000_000,
        retryDelays: Array.from({ length: 200 }, () => 200),
        onProgress: (bytes) => {
          if (bytes > 9_000_000) restarted ??= restart();
        },
      });
      expect(restarted).not.toBeNull();
      await restarted;
      const api = apiWith(gateway.url, key);
      const { asset_id } = await until(
        () => api.get(`/v1/uploads/${sent.id}`, upload),
        (got) => got.asset_id !== null,
      );
      const { sha256 } = await api.get(`/v1/assets/${asset_id}`, z.object({ sha256: z.string().nullable() }));
      expect(sha256).toBe(hexOf(file));
    } finally {
      await gateway.stop();
      rmSync(stateDir, { recursive: true, force: true });
    }
  });
});
