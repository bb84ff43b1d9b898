/** PROTOCOL.md section 5.2 in a browser: Uppy in a page of another origin, with a user token, through a reload. */
import { createHash } from "node:crypto";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { largeMp4 } from "../../scripts/lib/large-mp4.ts";
import { asset, upload } from "../../src/core/wire/upload.ts";
import { startBrowser } from "./support/browser.ts";
import { newMember, served, shown, until } from "./support/client.ts";
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
  const tab = await (await browser.newContext()).newPage();
  const creations: string[] = [];
  const rejections: string[] = [];
  tab.on("request", (request) => {
    if (request.method() === "POST" && request.url().startsWith(served.url)) creations.push(request.url());
  });
  tab.on("response", (answer) => {
    if (answer.status() >= 400) rejections.push(`${answer.status()} ${answer.request().method()} ${answer.url()}`);
  });
  await tab.goto(`${page.url}#${new URLSearchParams({ endpoint: `${served.url}/v1/uploads`, token })}`);
  await tab.waitForFunction("Number(document.title) > 2_000_000", null, { timeout: 60_000 });
  await tab.reload();
  await tab.waitForFunction(`document.querySelector("#state").textContent !== "running"`, null, { timeout: 90_000 });
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
});
