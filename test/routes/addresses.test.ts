/** Every field with an address uses the one check of core/ssrf.ts: the same addresses are rejected, with the same text. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createApp } from "../../src/app.ts";
import { coerceBody } from "../../src/core/requests/body-values.ts";
import { explainTarget, type TargetProblem } from "../../src/core/ssrf.ts";
import { postWebhook } from "../../src/jobs/deliver.ts";
import { createNemo } from "../../src/nemo/client.ts";
import { env, jsonOf, type Member, makeMember, readProblem, send } from "../support/gateway.ts";

/** One address for each reason of rejection that needs no look-up. */
const REJECTED: readonly (readonly [string, TargetProblem])[] = [
  ["http://example.com/a.mp4", "not_https"],
  ["https://example.com:8443/a.mp4", "other_port"],
  ["https://me:pw@example.com/a.mp4", "has_credentials"],
  ["https://10.0.0.1/a.mp4", "address_literal"],
  ["https://0x0a000001/a.mp4", "address_literal"],
  ["https://[::ffff:10.0.0.1]/a.mp4", "address_literal"],
  ["https://metadata.google.internal/a.mp4", "reserved_name"],
];

type AddressField = {
  readonly name: string;
  readonly path: string;
  readonly field: string;
  readonly body: (url: string) => unknown;
};

const fields = (project: string): readonly AddressField[] => [
  { name: "webhooks", path: "/v1/webhook_endpoints", field: "/url", body: (url) => ({ url }) },
  { name: "imports", path: "/v1/uploads/import", field: "/url", body: (url) => ({ url }) },
  {
    name: "hooks",
    path: "/v1/hooks",
    field: "/target_url",
    body: (url) => ({ target_url: url, event: "turn.failed" }),
  },
  {
    name: "callbacks of turns",
    path: `/v1/projects/${project}/turns`,
    field: "/callback_url",
    body: (url) => ({ prompt: "a clip", callback_url: url }),
  },
  {
    name: "callbacks of renders",
    path: `/v1/projects/${project}/renders`,
    field: "/callback_url",
    body: (url) => ({ callback_url: url }),
  },
  {
    name: "files of videos",
    path: "/v1/videos",
    field: "/assets/0",
    body: (url) => ({ prompt: "a clip", assets: [url] }),
  },
  {
    name: "the second file of a flat video",
    path: "/v1/videos",
    field: "/asset_urls/1",
    body: (url) => ({ prompt: "a clip", asset_urls: `https://nemo.org/1.mp4, ${url}` }),
  },
  {
    name: "callbacks of batches",
    path: "/v1/batches",
    field: "/callback_url",
    body: (url) => ({ items: [{ prompt: "a clip" }], callback_url: url }),
  },
  {
    name: "callbacks of generators",
    path: "/v1/generators/make",
    field: "/callback_url",
    body: (url) => ({ description: "quote cards", callback_url: url }),
  },
  {
    name: "files of batches",
    path: "/v1/batches",
    field: "/items/0/assets/0",
    body: (url) => ({ items: [{ prompt: "a clip", assets: [url] }] }),
  },
  {
    name: "callbacks of videos",
    path: "/v1/videos",
    field: "/callback_url",
    body: (url) => ({ prompt: "a clip", callback_url: url }),
  },
];

const problemOf = async (member: Member, { path, body }: AddressField, url: string) =>
  readProblem(await send("POST", path, body(url), member.headers));

describe("an address from a caller", () => {
  it("is checked the same way in every field", async () => {
    const member = await makeMember();
    const { id } = await jsonOf<{ id: string }>(await send("POST", "/v1/projects", {}, member.headers), 201);
    for (const fieldValue of fields(id)) {
      for (const [url, why] of REJECTED) {
        const message = explainTarget(why);
        const problem = await problemOf(member, fieldValue, url);
        expect([fieldValue.name, url, problem]).toMatchObject([
          fieldValue.name,
          url,
          {
            status: 422,
            code: "address_not_allowed",
            detail: fieldValue.field.includes("asset") ? `${fieldValue.field}: ${message}` : message, // says which of several
            errors: [{ field: fieldValue.field, message }],
          },
        ]);
      }
    }
  });

  /** A public address is answered in production alone. */
  const production = (request: Request) => createApp().request(request, {}, { ...env, ENVIRONMENT: "production" });

  it("is rejected if it leads to the host of the request, even without a configured public address", async () => {
    const member = await makeMember();
    const { id } = await jsonOf<{ id: string }>(await send("POST", "/v1/projects", {}, member.headers), 201);
    const endpoint = await send("POST", "/v1/webhook_endpoints", { url: "https://nemo.org/in" }, member.headers);
    const { id: whk } = await jsonOf<{ id: string }>(endpoint, 201);
    const change = { name: "changes", path: `/v1/webhook_endpoints/${whk}`, field: "/url" };
    for (const fieldValue of [...fields(id), { ...change, body: (url: string) => ({ url }) }]) {
      for (const own of ["https://api.nemo.org/v1/me", "https://API.nemo.org.:443/x"]) {
        const sent = new Request(`https://api.nemo.org${fieldValue.path}`, {
          method: fieldValue.name === change.name ? "PATCH" : "POST",
          headers: { ...member.headers, "Content-Type": "application/json" },
          body: JSON.stringify(fieldValue.body(own)),
        });
        expect([fieldValue.name, await readProblem(await production(sent))]).toMatchObject([
          fieldValue.name,
          { code: "address_not_allowed", errors: [{ field: fieldValue.field, message: explainTarget("own_name") }] },
        ]);
      }
    }
  });

  it("is checked by every route: each field of the document that is an address is tested", async () => {
    const seen = new Set<string>();
    for (const one of createApp().openAPIRegistry.definitions) {
      const media = one.type === "route" ? one.route.request?.body?.content["application/json"] : undefined;
      const schema = media !== undefined && "schema" in media ? media.schema : undefined;
      if (one.type !== "route" || !(schema instanceof z.ZodObject)) continue;
      for (const name of Object.keys(schema.shape).filter((field) => /url|assets|items/.test(field))) {
        const url = "https://nemo.org/a";
        const value = name === "assets" ? [url] : name === "items" ? [{ prompt: "a", assets: [url] }] : url;
        const { addresses } = coerceBody(schema, { [name]: value }, () => undefined);
        expect([one.route.path, name, addresses.map(({ text }) => text)]).toEqual([one.route.path, name, [url]]);
        seen.add(name);
      }
    }
    expect([...seen].toSorted()).toEqual(["assets", "callback_url", "items", "target_url", "url"]);
  });

  it("is checked again before a webhook is sent, and before a result's file is downloaded", async () => {
    let left = 0;
    const fetch = async (): Promise<Response> => {
      left += 1;
      return new Response(null, { status: 204 });
    };
    const targets = { rules: { allowLocal: true, ownHosts: [] }, resolve: null };
    const attribution = { source: "s", version: "1", platform: "p" };
    const nemo = createNemo({ baseUrl: "https://nemo.org", fetch, attribution, targets });
    for (const [url, why] of REJECTED) {
      const job = { id: "dlv_1" as const, attempt: 1, url, headers: {}, body: "{}", timeoutMs: 1_000 };
      expect((await postWebhook(job, targets, { fetch, now: Date.now })).error).toBe(explainTarget(why));
      expect(await nemo.fetchResult(url)).toMatchObject({
        error: { reason: "rejected", message: expect.stringContaining(why) },
      });
    }
    expect(left).toBe(0);
  });

  it("whose name resolves to a private network is never requested, if the runtime could reach it", async () => {
    let left = 0;
    const fetch = async (): Promise<Response> => {
      left += 1;
      return new Response(null, { status: 204 });
    };
    const targets = { rules: { allowLocal: true, ownHosts: [] }, resolve: async () => ["192.168.0.1"] };
    const attribution = { source: "s", version: "1", platform: "p" };
    const nemo = createNemo({ baseUrl: "https://nemo.org", fetch, attribution, targets });
    const url = "https://inside.example.com/a.mp4";
    const job = { id: "dlv_1" as const, attempt: 1, url, headers: {}, body: "{}", timeoutMs: 1_000 };
    expect((await postWebhook(job, targets, { fetch, now: Date.now })).error).toBe(explainTarget("private_address"));
    expect(await nemo.fetchResult(url)).toMatchObject({ error: { reason: "rejected" } });
    expect(left).toBe(0);
  });
});
