/** The load of an upload measurement, in its own process: several files at once, by tus-js-client or in one body each. */
import { request as open } from "node:http";
import { pipeline } from "node:stream/promises";
import * as tus from "tus-js-client";
import { report, settings } from "./child.ts";
import { type UploadSettings, uploadSettings } from "./upload-messages.ts";

const given = await settings(uploadSettings);
/** Begins like an MP4, so that it passes the check of the first bytes. */
const file = Buffer.alloc(given.bytes, "0123456789abcdef");
file.write("\0\0\0\x18ftypisom\0\0\x02\0isommp42", "latin1");

function byTus({ url, headers, bytes, chunkBytes }: UploadSettings): Promise<void> {
  return new Promise((settle, fail) => {
    const options = {
      endpoint: url,
      headers,
      chunkSize: chunkBytes,
      uploadSize: bytes,
      retryDelays: [0, 1_000, 3_000, 5_000, 5_000],
      metadata: { filename: "bench.mp4", filetype: "video/mp4" },
      onSuccess: () => settle(),
      onError: fail,
    };
    new tus.Upload(file, options).start();
  });
}

async function byPut({ url, headers, bytes }: UploadSettings, n: number): Promise<void> {
  const request = open(`${url}/${n}`, { method: "PUT", headers: { ...headers, "content-length": bytes } });
  const answered = new Promise<number>((settle, fail) => {
    request
      .on("error", fail)
      .on("response", (answer) => answer.resume().on("end", () => settle(answer.statusCode ?? 0)));
  });
  await pipeline(chunks, request);
  const status = await answered;
  if (status !== 200) throw new Error(`answered ${status}`);
}

const CHUNK = 1024 * 1024;

function* chunks(): Generator<Buffer> {
  for (let at = 0; at < file.length; at += CHUNK) yield file.subarray(at, at + CHUNK);
}

const began = performance.now();
const sent = await Promise.allSettled(
  Array.from({ length: given.files }, (_, n) => (given.how === "tus" ? byTus(given) : byPut(given, n))),
);
const failed = sent.filter((one) => one.status === "rejected");
report({
  seconds: (performance.now() - began) / 1_000,
  failed: failed.length,
  fault: failed.length === 0 ? null : String(failed[0]?.reason).slice(0, 500),
});
