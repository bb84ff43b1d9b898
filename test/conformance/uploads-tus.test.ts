/** PROTOCOL.md section 5.2: tus 1.0.0, beside its reference server and by its own client. */
import { createHash, randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { apiWith } from "../../scripts/lib/api.ts";
import { startGateway } from "../../scripts/lib/gateway.ts";
import { largeMp4 } from "../../scripts/lib/large-mp4.ts";
import { freePort } from "../../scripts/lib/ports.ts";
import { makeKey, makeTenant } from "../../scripts/lib/tenant.ts";
import { asset, upload } from "../../src/core/wire/upload.ts";
import { type Member, newMember, problem, served, until } from "./support/client.ts";
import { type Oracle, sendByTus, startCutter, startOracle } from "./support/tus.ts";

const TUS = { "tus-resumable": "1.0.0" };
const BYTES = { ...TUS, "content-type": "application/offset+octet-stream" };
const b64 = (text: string | Uint8Array): string => Buffer.from(text).toString("base64");
const METADATA = `filename ${b64("clip.mp4")},filetype ${b64("video/mp4")},empty`;
const sha = (algorithm: string, bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest("base64");
const HELLO = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0]); // a JPEG, for any sniffer

let oracle: Oracle;
let member: Member;
beforeAll(async () => {
  [oracle, member] = await Promise.all([startOracle(), newMember(null)]);
});
afterAll(() => oracle?.close());

type Ask = { readonly headers?: Record<string, string>; readonly body?: Uint8Array<ArrayBuffer> };
type Server = { readonly name: string; readonly endpoint: string; readonly headers: Record<string, string> };

const servers = (): Server[] => [
  { name: "gateway", endpoint: `${served.url}/v1/uploads`, headers: { authorization: `Bearer ${member.key.secret}` } },
  { name: "oracle", endpoint: oracle.url, headers: {} },
];

const ask = (server: Server, method: string, url: string, { headers, body }: Ask): Promise<Response> =>
  fetch(url, { method, headers: { ...server.headers, ...headers }, body: body ?? null });

/** Makes an upload of `length` bytes that has its first `offset`; answers with its address. */
async function made(server: Server, length: number | null, offset = 0): Promise<string> {
  const size: Record<string, string> =
    length === null ? { "upload-defer-length": "1" } : { "upload-length": String(length) };
  const answer = await ask(server, "POST", server.endpoint, {
    headers: { ...TUS, ...size, "upload-metadata": METADATA },
  });
  expect(answer.status).toBe(201);
  const url = new URL(answer.headers.get("location") ?? "", server.endpoint).href;
  if (offset > 0) {
    const headers = { ...BYTES, "upload-offset": "0" };
    const patched = await ask(server, "PATCH", url, { headers, body: HELLO.subarray(0, offset) });
    expect(patched.status).toBe(204);
  }
  return url;
}

/** A request, and what both servers must answer to it. */
type Row = {
  readonly says: string;
  readonly on?: { readonly length: number | null; readonly offset?: number };
  readonly method: string;
  readonly ask: Ask;
  readonly status: number;
  readonly headers?: Record<string, string | null>;
  /** Why the reference server answers otherwise. */
  readonly oracle?: { readonly status: number; readonly why: string };
};

const creation = (headers: Record<string, string>, body?: Uint8Array<ArrayBuffer>): Ask => ({
  headers: { ...TUS, "upload-metadata": METADATA, ...headers },
  ...(body === undefined ? {} : { body }),
});
const patch = (headers: Record<string, string>, body = HELLO): Ask => ({ headers: { ...BYTES, ...headers }, body });

const TABLE: readonly Row[] = [
  {
    says: "creates",
    method: "POST",
    ask: creation({ "upload-length": "5" }),
    status: 201,
    headers: { "tus-resumable": "1.0.0" },
  },
  { says: "creates without a length", method: "POST", ask: creation({ "upload-defer-length": "1" }), status: 201 },
  {
    says: "creates with the first bytes",
    method: "POST",
    ask: creation({ "upload-length": "9", "content-type": BYTES["content-type"] }, HELLO),
    status: 201,
    headers: { "upload-offset": "5" },
  },
  {
    says: "rejects another deferral than 1",
    method: "POST",
    ask: creation({ "upload-defer-length": "2" }),
    status: 400,
  },
  { says: "rejects a creation without a length", method: "POST", ask: creation({}), status: 400 },
  {
    says: "rejects both a length and a deferral",
    method: "POST",
    ask: creation({ "upload-length": "5", "upload-defer-length": "1" }),
    status: 400,
  },
  { says: "rejects a negative length", method: "POST", ask: creation({ "upload-length": "-5" }), status: 400 },
  {
    says: "rejects a length that is not a number",
    method: "POST",
    ask: creation({ "upload-length": "five" }),
    status: 400,
  },
  {
    says: "rejects more than its maximum",
    method: "POST",
    ask: creation({ "upload-length": "500000001" }),
    status: 413,
  },
  {
    says: "rejects metadata that is not base64",
    method: "POST",
    ask: creation({ "upload-length": "5", "upload-metadata": "filename ***" }),
    status: 400,
  },
  {
    says: "rejects a duplicate key",
    method: "POST",
    ask: creation({ "upload-length": "5", "upload-metadata": `${METADATA},filename ${b64("b.mp4")}` }),
    status: 400,
  },
  {
    says: "rejects another version",
    method: "POST",
    ask: creation({ "upload-length": "5", "tus-resumable": "0.2.2" }),
    status: 412,
    headers: { "tus-version": "1.0.0" },
    oracle: { status: 400, why: "it checks the header before the version, although the answer MUST be 412" },
  },
  {
    says: "returns the offset, the length and the metadata",
    on: { length: 9, offset: 5 },
    method: "HEAD",
    ask: { headers: TUS },
    status: 200,
    headers: {
      "upload-offset": "5",
      "upload-length": "9",
      "upload-metadata": METADATA,
      "upload-defer-length": null,
      "cache-control": "no-store",
      "tus-resumable": "1.0.0",
    },
  },
  {
    says: "says that the length comes later",
    on: { length: null, offset: 5 },
    method: "HEAD",
    ask: { headers: TUS },
    status: 200,
    headers: { "upload-offset": "5", "upload-defer-length": "1", "upload-length": null },
  },
  {
    says: "accepts bytes",
    on: { length: 10, offset: 5 },
    method: "PATCH",
    ask: patch({ "upload-offset": "5" }, HELLO.slice(0, 4)),
    status: 204,
    headers: { "upload-offset": "9", "tus-resumable": "1.0.0" },
  },
  {
    says: "accepts the length with the bytes",
    on: { length: null },
    method: "PATCH",
    ask: patch({ "upload-offset": "0", "upload-length": "9" }),
    status: 204,
    headers: { "upload-offset": "5" },
  },
  {
    says: "rejects a second length that differs",
    on: { length: 10 },
    method: "PATCH",
    ask: patch({ "upload-offset": "0", "upload-length": "9" }),
    status: 422,
    oracle: { status: 400, why: "the protocol has no status; ours is that of size_mismatch" },
  },
  {
    says: "rejects an offset that is behind",
    on: { length: 10, offset: 5 },
    method: "PATCH",
    ask: patch({ "upload-offset": "0" }),
    status: 409,
  },
  {
    says: "rejects an offset that is ahead",
    on: { length: 10 },
    method: "PATCH",
    ask: patch({ "upload-offset": "3" }),
    status: 409,
  },
  {
    says: "rejects an offset that is not a number",
    on: { length: 10 },
    method: "PATCH",
    ask: patch({ "upload-offset": "-1" }),
    status: 400,
  },
  {
    says: "rejects another content type",
    on: { length: 10 },
    method: "PATCH",
    ask: { headers: { ...TUS, "content-type": "application/octet-stream", "upload-offset": "0" }, body: HELLO },
    status: 415,
    oracle: { status: 400, why: "415 is what the protocol says one SHOULD answer" },
  },
  {
    says: "rejects bytes beyond the length",
    on: { length: 3 },
    method: "PATCH",
    ask: patch({ "upload-offset": "0" }),
    status: 422,
    oracle: { status: 413, why: "the protocol has no status; ours is that of size_mismatch" },
  },
  {
    says: "accepts bytes whose checksum is right",
    on: { length: 10 },
    method: "PATCH",
    ask: patch({ "upload-offset": "0", "upload-checksum": `sha1 ${sha("sha1", HELLO)}` }),
    status: 204,
    headers: { "upload-offset": "5" },
  },
  {
    says: "rejects bytes whose checksum is wrong",
    on: { length: 10 },
    method: "PATCH",
    ask: patch({ "upload-offset": "0", "upload-checksum": `sha256 ${sha("sha256", HELLO.slice(1))}` }),
    status: 460,
    oracle: { status: 204, why: "it does not offer the checksum extension" },
  },
  {
    says: "rejects an unknown checksum",
    on: { length: 10 },
    method: "PATCH",
    ask: patch({ "upload-offset": "0", "upload-checksum": `md5 ${sha("md5", HELLO)}` }),
    status: 400,
    oracle: { status: 204, why: "it does not offer the checksum extension" },
  },
  { says: "terminates an upload", on: { length: 10 }, method: "DELETE", ask: { headers: TUS }, status: 204 },
  {
    says: "answers a method override of POST",
    on: { length: 10 },
    method: "POST",
    ask: patch({ "upload-offset": "0", "x-http-method-override": "PATCH" }),
    status: 204,
    headers: { "upload-offset": "5" },
    oracle: { status: 400, why: "it leaves the override to the framework in front of it" },
  },
];

describe.concurrent("§5.2 tus, beside the reference server", () => {
  it.each(TABLE)("§5.2 $says", async ({ on, method, ask: asked, status, headers = {}, oracle: other }) => {
    for (const server of servers()) {
      const url = on === undefined ? server.endpoint : await made(server, on.length, on.offset);
      const answer = await ask(server, method, url, asked);
      const text = await answer.text();
      const expected = server.name === "oracle" ? (other?.status ?? status) : status;
      expect(answer.status, `${server.name}: ${text}`).toBe(expected);
      if (expected !== status) continue;
      for (const [name, value] of Object.entries(headers))
        expect(answer.headers.get(name), `${server.name} ${name}`).toBe(value);
    }
  });

  it("§5.2 answers 404 for a terminated upload, and does not move the offset of a rejected append", async () => {
    for (const server of servers()) {
      const url = await made(server, 10, 5);
      await ask(server, "PATCH", url, patch({ "upload-offset": "3" }));
      expect((await ask(server, "HEAD", url, { headers: TUS })).headers.get("upload-offset")).toBe("5");
      await ask(server, "DELETE", url, { headers: TUS });
      const gone = await ask(server, "HEAD", url, { headers: TUS });
      expect([404, 410]).toContain(gone.status);
      expect(gone.headers.get("upload-offset")).toBeNull();
    }
  });

  it("§5.2 lists what it supports", async () => {
    const [gateway] = servers();
    const answer = await fetch(gateway?.endpoint ?? "", { method: "OPTIONS" });
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "tus-version": "1.0.0",
      "tus-max-size": "500000000",
      "tus-checksum-algorithm": "sha1,sha256",
      "tus-extension":
        "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination,concatenation",
      "accept-patch": expect.stringContaining("application/partial-upload"),
      "upload-limit": "max-size=500000000, max-append-size=95000000",
    });
    const preflight = await fetch(gateway?.endpoint ?? "", {
      method: "OPTIONS",
      headers: {
        origin: "https://page.example",
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "authorization,tus-resumable,upload-offset,content-type,upload-complete",
      },
    });
    expect(preflight.headers.get("access-control-allow-methods")).toMatch(/HEAD.*PATCH.*DELETE/);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("tus-resumable");
  });

  it("§5.2 returns the expiry, and the same offset in JSON", async () => {
    const [gateway] = servers();
    if (gateway === undefined) throw new Error("no gateway");
    const url = await made(gateway, 10);
    const answer = await ask(gateway, "PATCH", url, patch({ "upload-offset": "0" }));
    const expires = Date.parse(answer.headers.get("upload-expires") ?? "");
    expect((expires - Date.now()) / 60_000).toBeCloseTo(24, 0); // an hour is a minute here
    const shown = await member.get(new URL(url).pathname, upload);
    expect(shown).toMatchObject({ offset_bytes: 5, size_bytes: 10, status: "open", metadata: { empty: "" } });
  });

  it("§5.2 rejects a method that an upload does not have, and content in none of the 13 formats", async () => {
    const [gateway] = servers();
    if (gateway === undefined) throw new Error("no gateway");
    await problem(ask(gateway, "POST", await made(gateway, 10), { headers: TUS }), "method_not_allowed");
    const headers = { ...TUS, "upload-length": "5", "upload-metadata": `filename ${b64("a.exe")}` };
    const url = (await ask(gateway, "POST", gateway.endpoint, { headers })).headers.get("location") ?? "";
    const bytes = patch({ "upload-offset": "0" }, new TextEncoder().encode("notes"));
    await problem(ask(gateway, "PATCH", new URL(url, gateway.endpoint).href, bytes), "unsupported_media");
  });
});

/** Waits for the asset of an upload; its hash is that of the bytes in R2. */
async function hashOf(who: Member, id: string): Promise<string | null> {
  const { asset_id } = await until(
    () => who.get(`/v1/uploads/${id}`, upload),
    (got) => got.asset_id !== null,
  );
  return (await who.get(`/v1/assets/${asset_id}`, asset)).sha256;
}

const hexOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("§5.2 tus-js-client", () => {
  const sizes = { "in chunks": 3 * 1024 * 1024 + 1, "in one body": Number.POSITIVE_INFINITY };

  it.each(Object.entries(sizes))("§5.2 uploads %s", async (_, chunkSize) => {
    const who = await newMember();
    const file = largeMp4(7_000_000);
    const sent = await sendByTus(file, { endpoint: `${served.url}/v1/uploads`, headers: who.headers, chunkSize });
    expect(await hashOf(who, sent.id)).toBe(hexOf(file));
    expect(await who.get(`/v1/uploads/${sent.id}`, upload)).toMatchObject({
      status: "completed",
      filename: "clip.mp4",
      metadata: { order: "1234" },
    });
  });

  it("§5.2 uploads a file whose length is sent at the end, its first bytes with the creation", async () => {
    const who = await newMember();
    const file = largeMp4(7_000_000);
    const sent = await sendByTus(file, {
      endpoint: `${served.url}/v1/uploads`,
      headers: who.headers,
      chunkSize: 2_000_000,
      uploadLengthDeferred: true,
      uploadDataDuringCreation: true,
    });
    expect(await hashOf(who, sent.id)).toBe(hexOf(file));
  });

  it("§5.2 resumes after its connection was cut 20 times at random bytes", async () => {
    const who = await newMember();
    const file = largeMp4(12_000_000);
    const cutter = await startCutter(served.url, 20, () => randomInt(1, 900_000));
    try {
      const sent = await sendByTus(file, { endpoint: `${cutter.url}/v1/uploads`, headers: who.headers });
      expect(cutter.cuts()).toBe(20);
      expect(await hashOf(who, sent.id)).toBe(hexOf(file));
    } finally {
      cutter.close();
    }
  });

  it("§5.2 resumes after the gateway was killed with SIGKILL", async () => {
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
        headers: { authorization: `Bearer ${key}` },
        chunkSize: 3_000_000,
        retryDelays: Array.from({ length: 200 }, () => 200),
        onChunkComplete: (_, accepted) => {
          if (accepted > 9_000_000) restarted ??= restart();
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
