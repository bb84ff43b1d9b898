/** Verification of webhooks (Standard Webhooks). Works without a client. */
import { Webhook } from "standardwebhooks";
import type { components } from "./schema.gen.ts";

type Schemas = components["schemas"];
/** The body of a webhook, typed by its `type`. */
export type WebhookEvent = Schemas[Extract<keyof Schemas, `${string}Webhook`>];

/** The signature is missing, wrong or too old. Answer 400, and do not process the body. */
export class WebhookVerificationError extends Error {
  override readonly name = "WebhookVerificationError";
}

type HeadersLike = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Verifies a webhook and returns its body. `rawBody` is the text as it arrived: a body that was parsed and written again has
 * another signature. With several secrets (during a rotation) one must match. A signature is valid for five minutes.
 */
export function unwrap(rawBody: string, headers: HeadersLike, secret: string | readonly string[]): WebhookEvent {
  const signed = {
    "webhook-id": headerOf(headers, "webhook-id"),
    "webhook-timestamp": headerOf(headers, "webhook-timestamp"),
    "webhook-signature": headerOf(headers, "webhook-signature"),
  };
  let cause: unknown;
  for (const one of typeof secret === "string" ? [secret] : secret) {
    try {
      new Webhook(one).verify(rawBody, signed);
      return JSON.parse(rawBody) as WebhookEvent; // the gateway signed it
    } catch (error) {
      cause = error;
    }
  }
  throw new WebhookVerificationError(cause instanceof Error ? cause.message : "No secret was given.", { cause });
}

function headerOf(headers: HeadersLike, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? "";
  const key = Object.keys(headers).find((one) => one.toLowerCase() === name);
  const value = key === undefined ? undefined : headers[key];
  return typeof value === "string" ? value : (value?.[0] ?? "");
}
