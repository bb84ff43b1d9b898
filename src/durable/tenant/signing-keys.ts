/**
 * What one owner signs webhooks with: a shared secret for HMAC (`v1`), and for endpoints an Ed25519 pair (`v1a`), whose public
 * half anybody may hold. Written as one text, so that one seal holds both: `whsec_… d x`, the pair as in a JWK (RFC 8037).
 */
import { Webhook } from "standardwebhooks";
import { base64 } from "../../core/encode.ts";
import type { EventId } from "../../core/ids.ts";
import { SECOND_MS } from "../../core/time.ts";

/** Random bytes of a signing secret. Source: Standard Webhooks, 24 to 64 bytes. */
export const SECRET_BYTES = 32;

export type SigningKeys = {
  readonly secret: string;
  /** Signs messages; null where there is no pair. */
  readonly pair: CryptoKey | null;
  /** The public half, a JWK's `x`; null where there is no pair. */
  readonly publicX: string | null;
};

const ED25519 = { name: "Ed25519" };
const utf8 = new TextEncoder();

/** A secret and a new pair as text. The pair is the platform's to make. */
export async function withPair(secret: string): Promise<string> {
  const pair = (await crypto.subtle.generateKey(ED25519, true, ["sign", "verify"])) as CryptoKeyPair; // Ed25519 makes pairs
  const { d, x } = (await crypto.subtle.exportKey("jwk", pair.privateKey)) as JsonWebKey; // "jwk" makes JWKs
  return `${secret} ${d} ${x}`;
}

/** Reads what `withPair` wrote, or a secret alone. */
export async function readKeys(text: string): Promise<SigningKeys> {
  const [secret = "", d, x] = text.split(" ");
  if (d === undefined || x === undefined) return { secret, pair: null, publicX: null };
  const jwk = { kty: "OKP", crv: "Ed25519", d, x };
  return { secret, pair: await crypto.subtle.importKey("jwk", jwk, ED25519, false, ["sign"]), publicX: x };
}

/** The signatures of one message, as the header `webhook-signature` has them. Source: Standard Webhooks. */
export async function signatures(
  { secret, pair }: SigningKeys,
  id: EventId,
  at: Date,
  body: string,
): Promise<string[]> {
  const shared = new Webhook(secret).sign(id, at, body);
  if (pair === null) return [shared];
  const message = utf8.encode(`${id}.${Math.floor(at.getTime() / SECOND_MS)}.${body}`);
  const signed = await crypto.subtle.sign(ED25519, pair, message);
  return [shared, `v1a,${base64(new Uint8Array(signed))}`];
}
