/** Verification of webhooks (Standard Webhooks), by the platform's own cryptography. Works without a client. */
import type { components } from "./schema.gen.ts";

type Schemas = components["schemas"];
/** The body of a webhook, typed by its `type`. */
export type WebhookEvent = Schemas[Extract<keyof Schemas, `${string}Webhook`>];

/** The signature is missing, wrong or too old. Answer 400, and do not process the body. */
export class WebhookVerificationError extends Error {
  override readonly name = "WebhookVerificationError";
}

type HeadersLike = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Seconds by which a signature's time may differ from now. Source: Standard Webhooks specification. */
const TOLERANCE_SECONDS = 300;
const PREFIX = "whsec_";
const utf8 = new TextEncoder();

/**
 * Verifies a webhook and returns its body. `rawBody` is the text as it arrived: a body that was parsed and written again has
 * another signature. With several secrets (during a rotation) one must match. A signature is valid for five minutes.
 */
export async function unwrap(
  rawBody: string,
  headers: HeadersLike,
  secret: string | readonly string[],
): Promise<WebhookEvent> {
  const [id, time, signatures] = ["id", "timestamp", "signature"].map((name) => headerOf(headers, `webhook-${name}`));
  if (!id || !time || !signatures) throw new WebhookVerificationError("The webhook-* headers are missing.");
  const age = Date.now() / 1_000 - Number(time);
  if (!(Math.abs(age) <= TOLERANCE_SECONDS))
    throw new WebhookVerificationError("The signature is older than five minutes, or this machine's clock is wrong.");
  const signed = utf8.encode(`${id}.${time}.${rawBody}`);
  const sent = signatures.split(" ").flatMap((one) => (one.startsWith("v1,") ? [bytesOf(one.slice(3))] : []));
  for (const one of typeof secret === "string" ? [secret] : secret) {
    const key = bytesOf(one.startsWith(PREFIX) ? one.slice(PREFIX.length) : one);
    if (key === null || key.length === 0) throw new WebhookVerificationError("The secret must be whsec_ and base64.");
    const hmac = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    // `verify` compares in constant time.
    for (const signature of sent)
      if (signature !== null && (await crypto.subtle.verify("HMAC", hmac, signature, signed)))
        return JSON.parse(rawBody) as WebhookEvent; // the gateway signed it
  }
  throw new WebhookVerificationError("No signature matches: the secret or the body is another one.");
}

/** The bytes of a base64 text; null when it is none. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

function headerOf(headers: HeadersLike, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? "";
  const key = Object.keys(headers).find((one) => one.toLowerCase() === name);
  const value = key === undefined ? undefined : headers[key];
  return typeof value === "string" ? value : (value?.[0] ?? "");
}
