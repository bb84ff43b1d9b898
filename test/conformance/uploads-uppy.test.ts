/** PROTOCOL.md section 5.2 in a browser: Uppy in a page of another origin, with a user token, through a reload. */
import { createHash } from "node:crypto";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { largeMp4 } from "../../scripts/lib/large-mp4.ts";
import { asset, upload } from "../../src/core/wire/upload.ts";
import { startBrowser } from "./support/browser.ts";
import { newMember, shown, until } from "./support/client.ts";
import { startUploadProxy } from "./support/upload-proxy.ts";
import { serveUppyPage, type UppyPage } from "./support/uppy-page.ts";

const file = largeMp4(8_000_000);
let browser: Browser;
let page: UppyPage;
beforeAll(async () => {
  [browser, page] = await Promise.all([startBrowser(), serveUppyPage(file)]);
});
afterAll(async () => {
  await browser?.close();
  page?.close();
});

it("§5.2 Uppy continues after a reload where it was", async () => {
  const member = await newMember();
  const made = member.post("/v1/users/ada/tokens", { scopes: ["read", "upload"] });
  const { token } = await shown(made, z.object({ token: z.string() }), 201);
  // Its chunks stop in the middle, so that the upload is not over before the reload, however late that comes.
  let arrived = 0;
  let isHeld = false;
  let isReloaded = false;
  const proxy = await startUploadProxy((bytes) => {
    arrived += bytes;
    isHeld ||= arrived > 2_500_000;
    return isHeld && !isReloaded;
  });
  const tab = await (await browser.newContext()).newPage();
  tab.setDefaultTimeout(0); // a busy machine needs longer; the test's own timeout ends one that hangs
  const creations: string[] = [];
  const rejections: string[] = [];
  tab.on("request", (request) => {
    if (request.method() === "POST" && request.url().startsWith(proxy.url)) creations.push(request.url());
  });
  tab.on("response", (answer) => {
    if (answer.status() >= 400) rejections.push(`${answer.status()} ${answer.request().method()} ${answer.url()}`);
  });
  await tab.goto(`${page.url}#${new URLSearchParams({ endpoint: `${proxy.url}/v1/uploads`, token })}`);
  await tab.waitForFunction("Number(document.title) > 2_000_000");
  await until(
    async () => isHeld,
    (held) => held,
  );
  isReloaded = true;
  await tab.reload();
  await tab.waitForFunction(`document.querySelector("#state").textContent !== "running"`);
  const state = z.string().parse(await tab.evaluate(`document.querySelector("#state").textContent`));
  expect(state).toMatch(/^done /);
  expect(rejections).toEqual([]);
  expect(creations).toHaveLength(1); // it found its upload again
  const path = new URL(state.slice("done ".length)).pathname;
  const { asset_id } = await until(
    () => member.get(path, upload),
    (got) => got.asset_id !== null,
  );
  const { sha256 } = await member.get(`/v1/assets/${asset_id}`, asset);
  expect(sha256).toBe(createHash("sha256").update(file).digest("hex"));
  await tab.context().close();
  proxy.close();
});
