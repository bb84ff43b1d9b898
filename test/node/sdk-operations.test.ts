/** The SDK has a method for every operation of the OpenAPI document, with its HTTP method and path. */
import { describe, expect, it } from "vitest";
import { NemoGateway } from "../../packages/sdk/src/index.ts";
import type { operations } from "../../packages/sdk/src/schema.gen.ts";
import { buildDocuments } from "../../scripts/lib/openapi.ts";

/** Operations without a method of their own, and why. */
const WITHOUT_METHOD = {
  "files.download": "fetched by its link, without a client",
  "files.download_head": "fetched by its link, without a client",
  "files.download_named": "fetched by its link, without a client",
  "files.download_named_head": "fetched by its link, without a client",
  "renders.content_head": "renders.content says the same",
  "videos.content_head": "videos.content says the same",
  "uploads.append": "uploads.send",
  "uploads.content": "uploads.send",
  "uploads.retrieve_head": "uploads.send",
  "webhook_endpoints.jwks": "public keys, for libraries that verify signatures",
} as const;

type Sent = `${"webhook" | "hook"}.${string}`;
type WithMethod = Exclude<keyof operations, Sent | keyof typeof WITHOUT_METHOD>;

const ID = "an-id";
const collect = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of items) return;
};

/** How each operation is called. A new operation does not compile until it is here. */
const CALLS: { readonly [O in WithMethod]: (nemo: NemoGateway) => Promise<unknown> | PromiseLike<unknown> } = {
  "videos.list": (nemo) => nemo.videos.list(),
  "videos.create": (nemo) => nemo.videos.create({ prompt: "p" }),
  "videos.retrieve": (nemo) => nemo.videos.retrieve(ID),
  "videos.delete": (nemo) => nemo.videos.delete(ID),
  "videos.continue": (nemo) => nemo.videos.continue(ID, { prompt: "p" }),
  "videos.cancel": (nemo) => nemo.videos.cancel(ID),
  "videos.content": (nemo) => nemo.videos.content(ID),
  "videos.link": (nemo) => nemo.videos.link(ID),
  "videos.events": (nemo) => collect(nemo.videos.events(ID)),
  "projects.list": (nemo) => nemo.projects.list(),
  "projects.create": (nemo) => nemo.projects.create(),
  "projects.retrieve": (nemo) => nemo.projects.retrieve(ID),
  "projects.delete": (nemo) => nemo.projects.delete(ID),
  "projects.update": (nemo) => nemo.projects.update(ID, {}),
  "projects.timeline": (nemo) => nemo.projects.timeline(ID),
  "projects.browser_link": (nemo) => nemo.projects.browserLink(ID),
  "projects.renders": (nemo) => nemo.projects.renders(ID),
  "turns.list": (nemo) => nemo.turns.list(ID),
  "turns.create": (nemo) => nemo.turns.create(ID, { prompt: "p" }),
  "turns.retrieve": (nemo) => nemo.turns.retrieve(ID),
  "turns.cancel": (nemo) => nemo.turns.cancel(ID),
  "turns.stream_ticket": (nemo) => nemo.turns.streamTicket(ID),
  "turns.events": (nemo) => collect(nemo.turns.stream(ID)),
  "uploads.list": (nemo) => nemo.uploads.list(),
  "uploads.create": (nemo) => nemo.uploads.send(new Blob(["bytes"]), { filename: "a.mp4" }),
  "uploads.retrieve": (nemo) => nemo.uploads.retrieve(ID),
  "uploads.delete": (nemo) => nemo.uploads.delete(ID),
  "uploads.import": (nemo) => nemo.uploads.importUrl("https://files.example/a.mp4"),
  "assets.list": (nemo) => nemo.assets.list(),
  "assets.retrieve": (nemo) => nemo.assets.retrieve(ID),
  "assets.delete": (nemo) => nemo.assets.delete(ID),
  "assets.attach": (nemo) => nemo.assets.attach(ID, { asset_id: "ast_1" }),
  "renders.create": (nemo) => nemo.renders.create(ID),
  "renders.list": (nemo) => nemo.renders.list(),
  "renders.cancel": (nemo) => nemo.renders.cancel(ID),
  "renders.retrieve": (nemo) => nemo.renders.retrieve(ID),
  "renders.content": (nemo) => nemo.renders.content(ID),
  "renders.link": (nemo) => nemo.renders.link(ID),
  "generators.list": (nemo) => nemo.generators.list(),
  "generators.create": (nemo) => nemo.generators.create({ slug: "s", name: "n", prompt: "p" }),
  "generators.retrieve": (nemo) => nemo.generators.retrieve(ID),
  "generators.delete": (nemo) => nemo.generators.delete(ID),
  "generators.update": (nemo) => nemo.generators.update(ID, {}),
  "generators.make": (nemo) => nemo.generators.make({ description: "d" }),
  "generators.videos.create": (nemo) => nemo.generators.createVideo(ID, {}),
  "generator_jobs.retrieve": (nemo) => nemo.generators.job(ID),
  "batches.list": (nemo) => nemo.batches.list(),
  "batches.create": (nemo) => nemo.batches.create({ items: [{ prompt: "p" }] }),
  "batches.retrieve": (nemo) => nemo.batches.retrieve(ID),
  "batches.videos": (nemo) => nemo.batches.videos(ID),
  "batches.pause": (nemo) => nemo.batches.pause(ID),
  "batches.resume": (nemo) => nemo.batches.resume(ID),
  "batches.cancel": (nemo) => nemo.batches.cancel(ID),
  "webhook_endpoints.list": (nemo) => nemo.webhookEndpoints.list(),
  "webhook_endpoints.create": (nemo) => nemo.webhookEndpoints.create({ url: "https://receiver.example" }),
  "webhook_endpoints.retrieve": (nemo) => nemo.webhookEndpoints.retrieve(ID),
  "webhook_endpoints.delete": (nemo) => nemo.webhookEndpoints.delete(ID),
  "webhook_endpoints.update": (nemo) => nemo.webhookEndpoints.update(ID, {}),
  "webhook_endpoints.enable": (nemo) => nemo.webhookEndpoints.enable(ID),
  "webhook_endpoints.recover": (nemo) => nemo.webhookEndpoints.recover(ID, { since: "2026-11-29T00:00:00Z" }),
  "webhook_endpoints.test": (nemo) => nemo.webhookEndpoints.test(ID, {}),
  "webhook_endpoints.rotate_secret": (nemo) => nemo.webhookEndpoints.rotateSecret(ID),
  "webhook_secret.show": (nemo) => nemo.webhookSecret.show(),
  "webhook_secret.rotate": (nemo) => nemo.webhookSecret.rotate(),
  "hooks.list": (nemo) => nemo.hooks.list(),
  "hooks.create": (nemo) => nemo.hooks.create({ target_url: "https://receiver.example", event: "video.completed" }),
  "hooks.delete": (nemo) => nemo.hooks.delete(ID),
  "hooks.delete_address": (nemo) => nemo.hooks.deleteByAddress({ target_url: "https://receiver.example" }),
  "hooks.samples": (nemo) => nemo.hooks.samples({ event: "video.completed" }),
  "hooks.test": (nemo) => nemo.hooks.test(ID),
  "events.list": (nemo) => nemo.events.list(),
  "events.retrieve": (nemo) => nemo.events.retrieve(ID),
  "deliveries.list": (nemo) => nemo.deliveries.list(),
  "deliveries.retrieve": (nemo) => nemo.deliveries.retrieve(ID),
  "deliveries.retry": (nemo) => nemo.deliveries.retry(ID),
  "users.list": (nemo) => nemo.users.list(),
  "users.retrieve": (nemo) => nemo.users.retrieve(ID),
  "users.delete": (nemo) => nemo.users.delete(ID),
  "users.tokens.create": (nemo) => nemo.users.createToken(ID),
  "users.sign_out": (nemo) => nemo.users.signOut(ID),
  "keys.list": (nemo) => nemo.keys.list(),
  "keys.create": (nemo) => nemo.keys.create({ name: "n" }),
  "keys.retrieve": (nemo) => nemo.keys.retrieve(ID),
  "keys.revoke": (nemo) => nemo.keys.revoke(ID),
  "keys.rotate": (nemo) => nemo.keys.rotate(ID, { grace_seconds: 0 }),
  "audit_log.list": (nemo) => nemo.auditLog(),
  "me.retrieve": (nemo) => nemo.me(),
  "usage.list": (nemo) => nemo.usage(),
  "credits.retrieve": (nemo) => nemo.credits(),
  "nemo_token.retrieve": (nemo) => nemo.nemoToken.retrieve(),
  "nemo_token.set": (nemo) => nemo.nemoToken.set({ for: "tenant", token: "t" }),
  "nemo_token.delete": (nemo) => nemo.nemoToken.delete(),
  "health.retrieve": (nemo) => nemo.health(),
};

type Operation = { readonly operationId?: string };
type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };

const document = (await buildDocuments("https://gateway.example")).open as Document;
const OPERATIONS = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, { operationId }]) =>
    operationId === undefined ? [] : [{ operationId, request: `${method.toUpperCase()} ${path}` }],
  ),
);

/** The first request that a call sends; the server answers 404. */
async function requestOf(call: (nemo: NemoGateway) => PromiseLike<unknown>): Promise<string> {
  const sent: string[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { method, url } = new Request(input, init);
    sent.push(`${method} ${new URL(url).pathname}`);
    return Response.json({ code: "not_found", status: 404 }, { status: 404 });
  };
  const nemo = new NemoGateway({ apiKey: "ngw_test_none", baseURL: "https://gateway.example", maxRetries: 0, fetch });
  await Promise.resolve(call(nemo)).catch(() => undefined);
  return sent[0] ?? "nothing";
}

describe("the SDK", () => {
  it("knows every operation of the document", () => {
    const known = [...Object.keys(CALLS), ...Object.keys(WITHOUT_METHOD)].toSorted();
    expect(known).toEqual(OPERATIONS.map(({ operationId }) => operationId).toSorted());
  });

  it.each(OPERATIONS.filter(({ operationId }) => operationId in CALLS))("sends $operationId", async (operation) => {
    const sent = await requestOf(CALLS[operation.operationId as WithMethod]);
    expect(sent).toBe(operation.request.replace("{id}", ID));
  });
});
