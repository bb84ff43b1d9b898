/** The bundled client of packages/sdk in a browser, in workerd and in this Node: one scenario, the same outcome. */
import { getEventListeners } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { beforeAll, describe, expect, it } from "vitest";
import { NemoGateway } from "../../packages/sdk/src/index.ts";
import { ROOT } from "../../scripts/lib/root.ts";
import { startBrowser } from "./support/browser.ts";
import { newMember, served } from "./support/client.ts";

/** A project, a streamed turn, an upload and a webhook that is not signed: what each runtime must agree on. */
const SCENARIO = `
  import { NemoGateway } from "${join(ROOT, "packages/sdk/src/index.ts")}";
  import { unwrap } from "${join(ROOT, "packages/sdk/src/webhooks.ts")}";
  export async function run(options) {
    const nemo = new NemoGateway(options);
    const project = await nemo.projects.create();
    if (options.apiKey) await nemo.projects.create({}, { user: "日本 Zoë" });
    const types = [];
    for await (const { type } of nemo.turns.createAndStream(project.id, { prompt: "make a video of the sea" })) types.push(type);
    const gif = Uint8Array.from(atob("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"), (c) => c.charCodeAt(0));
    const upload = await nemo.uploads.send(gif, { filename: "dot.gif" });
    const asset = await nemo.uploads.waitForAsset(upload.id);
    const unsigned = await unwrap("{}", {}, "whsec_AAAA").catch((error) => error.name);
    const missing = await nemo.videos.retrieve("vid_" + "0".repeat(36)).catch((error) => error.code);
    return { first: types[0], last: types.at(-1), asset: asset.status, unsigned, missing };
  }`;

const EXPECTED = {
  first: "turn.started",
  last: "turn.completed",
  asset: "ready",
  unsigned: "WebhookVerificationError",
  missing: "not_found",
};

let bundle = "";
beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: SCENARIO, resolveDir: ROOT, loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
    logLevel: "error",
  });
  bundle = outputFiles[0]?.text ?? "";
});

/** A user token: what a web page gets from its own server. */
async function tokenOf(): Promise<string> {
  const { key, user } = await newMember();
  const server = new NemoGateway({ apiKey: key.secret, baseURL: served.url });
  return (await server.users.createToken(user ?? "ada")).token;
}

describe.concurrent("the client", () => {
  it("runs in a browser, on a page of another origin, with a user token", async () => {
    const web = createServer((request, response) => {
      const isScript = request.url === "/sdk.js";
      response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
      response.end(isScript ? bundle : "<!doctype html><title>page</title>");
    });
    await new Promise<void>((settle) => web.listen(0, "127.0.0.1", settle));
    const address = web.address();
    const port = typeof address === "object" ? address?.port : 0;
    const browser = await startBrowser();
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(0); // a busy machine needs longer; the test's own timeout ends one that hangs
      await page.goto(`http://127.0.0.1:${port}/`);
      // As text: the test runner would rewrite the import of a function that is given to the page.
      const runIn = (options: object) =>
        page.evaluate(`import("/sdk.js").then(({ run }) => run(${JSON.stringify(options)})).catch(String)`);
      expect(await runIn({ userToken: await tokenOf(), baseURL: served.url })).toEqual(EXPECTED);
      const rejected = await runIn({ apiKey: "ngw_test_x", baseURL: served.url });
      expect(rejected).toContain("must not be used in a web page");
    } finally {
      await browser.close();
      web.close();
    }
  });

  it("runs in workerd", async () => {
    const { key } = await newMember();
    const options = JSON.stringify({ apiKey: key.secret, baseURL: served.url, user: "ada" });
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        modules: true,
        script: `${bundle}\nexport default { fetch: async () => Response.json(await run(${options})) };`,
        compatibilityDate: "2026-10-20",
      }),
    );
    try {
      const answer = await miniflare.dispatchFetch("http://worker/");
      expect(await answer.json()).toEqual(EXPECTED);
      const nemo = new NemoGateway({ apiKey: key.secret, baseURL: served.url });
      expect((await nemo.users.retrieve("日本 Zoë")).id).toBe("日本 Zoë");
    } finally {
      await miniflare.dispose();
    }
  });

  it("leaves a signal that is used for many calls", async () => {
    const { key } = await newMember();
    const nemo = new NemoGateway({ apiKey: key.secret, baseURL: served.url });
    const { signal } = new AbortController();
    for (let n = 0; n < 20; n++) await nemo.me({ signal });
    await nemo.videos.retrieve("vid_x", { signal }).catch(() => undefined);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("ends a call whose answer breaks off without an end", async () => {
    const { key } = await newMember();
    const hanging: typeof fetch = async () =>
      new Response(new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode('{"id":')) }));
    const nemo = new NemoGateway({
      apiKey: key.secret,
      baseURL: served.url,
      fetch: hanging,
      timeout: 50,
      maxRetries: 1,
    });
    await expect(nemo.me()).rejects.toMatchObject({
      name: "ConnectionError",
      cause: expect.objectContaining({ message: "no whole answer within 50 ms" }),
    });
  });
});
