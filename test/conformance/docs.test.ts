/** The documentation in a browser: its policy, a phone's width, accessibility in both themes, the search, the keyboard, and without JavaScript. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBrowser } from "./support/browser.ts";
import { newMember, served } from "./support/client.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const MISSING = "/nowhere";

let browser: Browser;
let paths: string[];
beforeAll(async () => {
  browser = await startBrowser();
  const list = await (await fetch(`${served.url}/llms.txt`)).text();
  const listed = [...list.matchAll(/\((http[^)]+)\.md\)/g)].map(([, address = ""]) => new URL(address).pathname);
  paths = ["/", "/docs", ...listed, MISSING];
});
afterAll(() => browser?.close());

/** What a page must not do: errors, violations of its policy, requests to other hosts. */
async function newPage(context: BrowserContext): Promise<{ page: Page; faults: string[] }> {
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(`${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    const isMissing = message.text().includes("404") && message.location().url.endsWith(MISSING);
    if (message.type() === "error" && !isMissing) faults.push(`${page.url()}: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!/^data:/.test(request.url()) && new URL(request.url()).origin !== served.url)
      faults.push(`${page.url()} requests ${request.url()}`);
  });
  await page.exposeFunction("report", (fault: string) => faults.push(`${page.url()} violates ${fault}`));
  await page.addInitScript(
    `addEventListener("securitypolicyviolation", (event) => report(event.violatedDirective + " " + event.blockedURI))`,
  );
  return { page, faults };
}

/** Without timeouts of its own, because a busy machine needs longer; the test's own ends one that hangs. */
async function newContext(options: BrowserContextOptions): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(0);
  return context;
}

const text = (page: Page, selector: string): Promise<string> => page.locator(selector).first().innerText();

describe("a page of the documentation", () => {
  it("obeys its policy, loads nothing from elsewhere and fits a phone", async () => {
    const context = await newContext({ viewport: PHONE, colorScheme: "dark" });
    const { page, faults } = await newPage(context);
    for (const path of paths) {
      await page.goto(served.url + path);
      const wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      expect([path, wide]).toEqual([path, 0]);
    }
    expect(paths.length).toBeGreaterThan(20);
    expect(faults).toEqual([]);
    await context.close();
  });

  it("has no fault that axe finds, in either theme", async () => {
    for (const { colorScheme, viewport, shown } of [
      { colorScheme: "light", viewport: DESK, shown: ["/", "/docs/webhooks", "/docs/reference/users"] },
      { colorScheme: "dark", viewport: PHONE, shown: ["/docs/quick-start", MISSING] },
    ] as const) {
      const context = await newContext({ viewport, colorScheme, bypassCSP: true });
      const page = await context.newPage();
      for (const path of shown) {
        await page.goto(served.url + path);
        await page.addScriptTag({ content: AXE });
        const found: unknown = await page.evaluate(
          "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))",
        );
        expect([path, colorScheme, found]).toEqual([path, colorScheme, []]);
      }
      await context.close();
    }
  });

  it("is found by the search, with the keyboard alone", async () => {
    const context = await newContext({ viewport: DESK });
    const { page, faults } = await newPage(context);
    await page.goto(`${served.url}/docs/quick-start`);
    const search = async (words: string): Promise<void> => {
      await page.keyboard.press("/");
      await page.keyboard.type(words);
      await page.waitForSelector('[role="option"][aria-selected="true"]');
    };
    await search("offset_mismatch");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/docs/errors#offset_mismatch");
    await search("create a video");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    expect(await text(page, '[aria-selected="true"]')).toContain("Create a video");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/docs/reference/videos#videos.create");
    await page.keyboard.press("/");
    await page.keyboard.type("qqqqzzzz");
    await page.waitForFunction(`document.querySelector("[role=status]").textContent === "Nothing found"`);
    await page.keyboard.press("Escape");
    expect(await page.locator("[role=listbox]").isVisible()).toBe(false);
    expect(faults).toEqual([]);
    await context.close();
  });

  it("can be read without JavaScript", async () => {
    const context = await newContext({ viewport: PHONE, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${served.url}/docs/quick-start`);
    expect(await page.locator("main pre").count()).toBeGreaterThan(5);
    expect(await page.locator(".copy, input").count()).toBe(0); // nothing that does not work
    await page.locator("summary").click();
    await page.locator(".menu").getByText("Webhooks", { exact: true }).click();
    await page.waitForURL("**/docs/webhooks"); // a click does not wait for the next page
    expect(await text(page, "h1")).toBe("Webhooks");
    await page.locator('[rel="next"]').click();
    await page.waitForURL("**/docs/testing");
    expect(await text(page, "h1")).toBe("Testing");
    await page.goto(`${served.url}/docs/explorer`);
    expect(await text(page, "noscript, main")).toContain("needs JavaScript");
    await context.close();
  });

  it("copies a block of code, and a reader with the keyboard can skip the navigation", async () => {
    const context = await newContext({ viewport: DESK });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const { page, faults } = await newPage(context);
    await page.goto(`${served.url}/docs/quick-start`);
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.className")).toBe("skip");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("location.hash")).toBe("#content");
    await page.locator(".code").first().hover();
    await page.locator(".copy").first().click();
    await page.waitForFunction(`document.querySelector(".copy").textContent === "Copied"`);
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(
      `export NGW=${served.url}/v1\nexport KEY=ngw_test_...`,
    );
    expect(faults).toEqual([]);
    await context.close();
  });
});

it("the explorer sends a request with a key", async () => {
  const { key } = await newMember();
  const context = await newContext({ viewport: DESK });
  const { page, faults } = await newPage(context);
  await page.goto(`${served.url}/docs/explorer#/Account/me.retrieve`);
  await page.locator(".authorize").first().click();
  await page.locator('[id="auth-bearer-value"], .auth-container input').first().fill(key.secret);
  await page.locator(".auth-btn-wrapper .authorize").first().click();
  await page.locator(".close-modal").click();
  await page.locator(".try-out__btn").click();
  await page.locator(".execute").click();
  await page.waitForSelector(".live-responses-table .response-col_status");
  expect(await text(page, ".live-responses-table tbody .response-col_status")).toContain("200");
  expect(faults).toEqual([]);
  await context.close();
});

it("the front page's command makes a video on this gateway", async () => {
  const { key } = await newMember();
  const html = await (await fetch(served.url, { headers: { Accept: "text/html" } })).text();
  const command = (/<code>(curl.*?)<\/code>/s.exec(html)?.[1] ?? "")
    .replace(/<[^>]+>/g, "")
    .replaceAll("&quot;", '"')
    .replaceAll("&#x27;", "'");
  const answer = execFileSync("sh", ["-c", command.replace("curl", "curl -s")], {
    env: { ...process.env, KEY: key.secret },
    encoding: "utf8",
  });
  expect(JSON.parse(answer)).toMatchObject({ id: expect.stringMatching(/^vid_/), status: "completed" });
});
