/** Files to upload, and bodies that break before their end. */
import { readFileSync } from "node:fs";
import { request as open } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { ROOT } from "../../../scripts/lib/root.ts";
import { type UploadWire, upload } from "../../../src/core/wire/upload.ts";
import { type Member, shown, until } from "./client.ts";

/** A file of test/media. */
export const media = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(join(ROOT, "test/media", name)));

export const announce = (member: Member, filename: string, size_bytes: number): Promise<UploadWire> =>
  shown(member.post("/v1/uploads", { filename, size_bytes }), upload, 201);

export const put = (member: Member, { content_url }: UploadWire, body: Uint8Array<ArrayBuffer>): Promise<Response> =>
  member.ask("PUT", content_url, { body, headers: { "content-type": "application/octet-stream" } });

/** Uploads a file of test/media; returns its asset's id as soon as there is one. */
export async function sendFile(member: Member, name: string): Promise<string> {
  const bytes = media(name);
  const made = await announce(member, name, bytes.length);
  await shown(put(member, made, bytes), upload);
  const { asset_id } = await until(
    () => member.get(`/v1/uploads/${made.id}`, upload),
    (got) => got.asset_id !== null,
  );
  return asset_id ?? "";
}

/** A PUT that announces `bytes` bytes, sends `body`, and breaks its connection; resolves then. */
export const putAndBreak = (member: Member, url: string, bytes: number, body: Uint8Array): Promise<void> =>
  sendAndBreak(member, "PUT", url, { "content-length": String(bytes) }, body);

/** A request that sends `body` as if more followed, without a length unless `headers` have one, and breaks; resolves then. */
export function sendAndBreak(
  member: Member,
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Promise<void> {
  return new Promise((settle) => {
    const request = open(url, { method, headers: { ...member.headers, ...headers } });
    request.on("error", () => settle()).on("close", () => settle());
    request.write(body, () => setTimeout(() => request.destroy(), 100));
  });
}

const CHUNK = new Uint8Array(1_000_000);

/** A PUT of this many zeros with a length; resolves with the response. */
export function putZeros(member: Member, url: string, bytes: number): Promise<{ status: number; text: string }> {
  function* chunks(): Generator<Uint8Array> {
    for (let left = bytes; left > 0; left -= CHUNK.length) yield CHUNK.subarray(0, left);
  }
  return new Promise((settle, fail) => {
    const headers = { ...member.headers, "content-length": String(bytes) };
    const request = open(url, { method: "PUT", headers });
    request.on("error", fail).on("response", async (answer) => {
      const chunksValue: Buffer[] = [];
      for await (const chunk of answer) chunksValue.push(chunk);
      settle({ status: answer.statusCode ?? 0, text: Buffer.concat(chunksValue).toString("utf8") });
    });
    Readable.from(chunks()).pipe(request);
  });
}
