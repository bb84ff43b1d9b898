/** The OpenAPI 3.1 document, generated from the route definitions. */

import * as z from "zod";
import { base32, sha256 } from "../core/encoding.ts";
import { hookBody } from "../core/webhooks/flat-body.ts";
import { sampleEvent } from "../core/webhooks/samples.ts";
import { webhookBodies } from "../core/webhooks/schemas.ts";
import { codeSamplesOf } from "./code-samples.ts";
import type { Api, Ctx } from "./context.ts";
import { SHARED } from "./define-route.ts";
import { buildDocument, type DocumentedRoute } from "./document.ts";
import { EXAMPLES } from "./examples.ts";
import { matchesEtag } from "./files.ts";

const INFO = {
  title: "nemo-gateway",
  version: "1",
  description:
    "A REST gateway to the NemoVideo API. It creates videos from prompts, keeps projects, uploads and renders, and reports results by polling, event streams and webhooks.\n\n`x-scope` is the scope that a route requires: `any` accepts every valid key, `a_or_b` requires one of the scopes. `x-credentials` says whether a route also accepts user tokens. Errors are `application/problem+json` (RFC 9457). Every response has a `Request-Id` header. Lists return `data`, `has_more` and `next_cursor`; pass `next_cursor` as `?after=` for the next page. Times are RFC 3339 in UTC; durations and sizes have their unit in the name.",
  contact: { name: "The operator of this gateway" },
  license: { name: "MIT", identifier: "MIT" },
};

/** The ways to send an API key, and user tokens. Basic is for no-code tools. */
const SCHEMES = {
  bearer: { type: "http", scheme: "bearer", description: "An API key." },
  api_key: { type: "apiKey", in: "header", name: "X-Api-Key", description: "An API key." },
  basic: {
    type: "http",
    scheme: "basic",
    description: "An API key as the user name or the password. The other part is ignored.",
  },
  user_token: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "A short-lived user token, created with `POST /v1/users/{id}/tokens`.",
  },
} as const;

/** The sections of the document, the most used first. */
const TAGS = [
  { name: "Videos", description: "A video is created from a prompt in one call." },
  {
    name: "Projects and turns",
    description: "A project has one conversation and one timeline. A turn is one prompt to its agent, and the result.",
  },
  {
    name: "Uploads and assets",
    description:
      "Uploads receive files: whole, in chunks, by a form or by import. A completed upload becomes an asset, which projects can use.",
  },
  { name: "Renders", description: "A render exports the timeline of a project to a file." },
  { name: "Generators", description: "Generators are saved prompt templates with variables." },
  { name: "Batches", description: "A batch creates many videos in one call." },
  {
    name: "Webhooks and events",
    description:
      "Events are sent to webhook endpoints, to REST hooks of automation tools (Zapier, Make, n8n) and to the `callback_url` of a request. Everything that is sent can also be listed.",
  },
  { name: "Users", description: "Your end users and their short-lived tokens." },
  { name: "Keys", description: "API keys and the audit log." },
  { name: "Account", description: "The current credential, its Nemo token, its credits and its usage." },
  { name: "Gateway", description: "The health of the gateway." },
];

/** The operator's document, which is served to the operator alone. */
const ADMIN = {
  info: {
    ...INFO,
    title: "nemo-gateway: operator routes",
    description:
      "Routes of the operator, with `Authorization: Bearer <ADMIN_TOKEN>`. They send no CORS headers. Errors are `application/problem+json` (RFC 9457).",
  },
  tags: [
    { name: "Tenants", description: "A tenant is an account of the gateway, with its quotas and its audit log." },
    { name: "Keys", description: "API keys of any tenant, mode and scope." },
    { name: "Usage", description: "What all tenants used." },
    { name: "Status", description: "What is late, and what failed." },
  ],
  securitySchemes: { admin: { type: "http", scheme: "bearer", description: "The operator's token." } },
};

/** The headers of every webhook. Source: Standard Webhooks specification. */
const WEBHOOK_HEADERS = z.object({
  "webhook-id": z.string().meta({ description: "The event's id: the same for every attempt." }),
  "webhook-timestamp": z.string().meta({ description: "When this attempt was signed, in seconds since 1970." }),
  "webhook-signature": z.string().meta({
    description:
      "Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair.",
  }),
});

const webhook = (operationId: string, summary: string, schema: z.ZodType, example: unknown): DocumentedRoute => ({
  method: "post",
  path: "",
  operationId,
  tags: ["Webhooks and events"],
  summary,
  description: "Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.",
  security: [],
  request: { headers: WEBHOOK_HEADERS, body: { content: { "application/json": { schema, example } } } },
  responses: {
    "2XX": { description: "The event was received." },
    410: { description: "Send no more: the endpoint is disabled, the hook deleted." },
  },
});

/** What the gateway sends: every event as endpoints and callbacks receive it, and as hooks do (`.flat`). */
const webhooksOf = (): Record<string, DocumentedRoute> =>
  Object.fromEntries(
    webhookBodies().flatMap(({ type, nested, flat }) => {
      const sample = sampleEvent(type, "live");
      return [
        [type, webhook(`webhook.${type}`, `${type}, nested`, nested, { ...sample, endpoint: null })],
        [`${type}.flat`, webhook(`hook.${type}`, `${type}, flat`, flat, hookBody(sample))],
      ];
    }),
  );

/** The document of the public API. */
export const documentOf = (app: Api): object => {
  const head = {
    info: INFO,
    tags: TAGS,
    securitySchemes: SCHEMES,
    ...SHARED,
    examples: EXAMPLES,
    samples: codeSamplesOf,
    webhooks: webhooksOf(),
  };
  return buildDocument(routesOf(app), head);
};

/** The document of the operator's routes. */
export const adminDocumentOf = (routes: readonly DocumentedRoute[]): object =>
  buildDocument(routes, {
    ...ADMIN,
    responses: SHARED.responses,
    parameters: { IdempotencyKey: SHARED.parameters.IdempotencyKey },
  });

type EncodedDocument = {
  readonly origin: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the bytes: a client that has them gets 304 in their place. */
  readonly etag: string;
};

/** Serves a document. It is built and encoded once for the server's address, which an isolate's requests share. */
export function serveDocument(build: () => object): (c: Ctx) => Promise<Response> {
  let json: string | undefined;
  const encodeFor = async (origin: string): Promise<EncodedDocument> => {
    json ??= JSON.stringify(build());
    const text = `{"servers":${JSON.stringify([{ url: origin }])},${json.slice(1)}`;
    const bytes = new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>; // an encoder's own buffer
    return { origin, bytes, etag: `"${base32(await sha256(bytes)).slice(0, 26)}"` };
  };
  let last: EncodedDocument | null = null;
  return async (c) => {
    const origin = c.get("origin");
    const served = last?.origin === origin ? last : await encodeFor(origin);
    last = served;
    const headers = { ETag: served.etag, "Cache-Control": "no-cache" };
    if (matchesEtag(c.req.header("If-None-Match") ?? null, served.etag)) return c.body(null, 304, headers);
    return c.body(served.bytes, 200, { ...headers, "Content-Type": "application/json" });
  };
}

/** The documented routes, in the order of the document. */
const routesOf = (app: Api): DocumentedRoute[] =>
  app.openAPIRegistry.definitions.flatMap((one) => (one.type === "route" ? [one.route] : []));
