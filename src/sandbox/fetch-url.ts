/** A file by its URL: pretended, or fetched where the switch says so. */
import { formatOfName } from "../core/formats.ts";
import type { Sandbox } from "./context.ts";
import { hash32 } from "./random.ts";
import type { UploadRecord } from "./records.ts";
import type { Switches } from "./switches.ts";

type Fact = Pick<UploadRecord, "content_type" | "size_bytes" | "sha256" | "head">;

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * The file's name: the last part of the path, or a query value that ends like a file. A path without an ending is taken for a
 * video, as a server would learn the type from the answer. Null when the ending is one that Nemo refuses.
 */
export function nameInUrl(text: string): string | null {
  const url = new URL(text);
  const last = decodeURIComponent(url.pathname.split("/").at(-1) ?? "");
  const named = [last, ...url.searchParams.values()].find((name) => formatOfName(name) !== null);
  if (named !== undefined) return named;
  return /\.[a-z0-9]{1,5}$/i.test(last) ? null : `${last.slice(0, 24) || "file"}.mp4`;
}

/** What came from the URL; null when nothing did. A pretended file has no bytes. Stops reading above the limit. */
export async function fetchFact(sandbox: Sandbox, url: string, switches: Switches): Promise<Fact | null> {
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
  for await (const piece of answer.body) {
    if (head === "") head = hex(piece.subarray(0, 256));
    size += piece.length;
    await hashing.write(piece);
    if (size > switches.upload_limit_bytes) break;
  }
  await hashing.close();
  return {
    content_type: answer.headers.get("content-type") ?? "",
    size_bytes: size,
    sha256: hex(new Uint8Array(await digest.digest)),
    head,
  };
}
