/** The programs of the guides in docs/, as a reader saves and starts them: a chat in Chromium, a webhook's receiver, an upload that is killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { freePort } from "../../scripts/lib/ports.ts";
import { ROOT } from "../../scripts/lib/root.ts";
import { turn } from "../../src/core/wire/turn.ts";
import { upload } from "../../src/core/wire/upload.ts";
import { shownEndpoint } from "../../src/core/wire/webhook.ts";
import { startBrowser } from "./support/browser.ts";
import { type Member, newMember, served, shown, until } from "./support/client.ts";
import { startUploadProxy, wav } from "./support/upload-proxy.ts";

/** In the repository, so that the programs find its packages. */
const FOLDER = join(ROOT, `.state/guides-${process.pid}`);
const children: ChildProcess[] = [];
let browser: Browser;
beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  browser = await startBrowser();
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await browser?.close();
  rmSync(FOLDER, { recursive: true, force: true });
});

/** The code of a guide's block "```language word". */
function codeOf(guide: string, block: string): string {
  const text = readFileSync(join(ROOT, "docs", `${guide}.md`), "utf8");
  const [, code] = new RegExp(`^\`\`\`${block}\\n(.*?)^\`\`\``, "ms").exec(text) ?? [];
  if (code === undefined) throw new Error(`docs/${guide}.md has no block "${block}"`);
  return code.replaceAll("https://gateway.example", served.url);
}

const save = (name: string, content: string | Buffer): void => writeFileSync(join(FOLDER, name), content);

/** Starts a program in the folder with its variables; `lines` are what it has printed. */
function start(name: string, env: Record<string, string>): { child: ChildProcess; lines: () => string } {
  const child = spawn(process.execPath, [name], { cwd: FOLDER, env: { PATH: process.env.PATH ?? "", ...env } });
  children.push(child);
  let printed = "";
  for (const output of [child.stdout, child.stderr]) output?.on("data", (text) => (printed += String(text)));
  return { child, lines: () => printed };
}

const variablesOf = ({ key }: Member, url = served.url): Record<string, string> => ({
  NGW: `${url}/v1`,
  KEY: key.secret,
});

const turns = z.object({ data: z.array(turn) });

it.concurrent("docs/chat.md: the page shows a conversation, and an answer that was under way when it is reloaded", async () => {
  const member = (await newMember()).as("ada");
  const port = await freePort();
  save("server.mjs", codeOf("chat", "javascript server"));
  save("chat.html", codeOf("chat", "html page"));
  start("server.mjs", { ...variablesOf(member), PORT: String(port) });
  const address = `http://127.0.0.1:${port}`;
  await until(
    () =>
      fetch(address).then(
        ({ ok }) => ok,
        () => false,
      ),
    (isUp) => isUp,
  );
  const page = await browser.newPage();
  page.setDefaultTimeout(0); // a busy machine needs longer; the test's own timeout ends one that hangs
  const faults: string[] = [];
  page.on("pageerror", ({ message }) => faults.push(message));
  await page.goto(address);
  await page.fill("input", "make a 4 second clip of the sea #slow:300s #fault:partial");
  await page.click("button");
  await page.waitForFunction(`document.querySelector(".answer")?.textContent.length > 10`);
  await page.reload();
  const project = String(await page.evaluate("localStorage.project"));
  const [reloaded] = (await member.get(`/v1/projects/${project}/turns`, turns)).data; // in its middle, or on a slow machine ended
  const first = await member.endOf(reloaded?.id ?? "");
  await page.waitForFunction(`document.querySelector(".answer")?.textContent === ${JSON.stringify(first.text)}`);
  await page.fill("input", 'add the title "Summer"');
  await page.click("button");
  // The agent may change the timeline without a word; then the page says "Done."
  await page.waitForFunction(`/Summer|^Done\\.$/.test(document.querySelectorAll(".answer")[1]?.textContent)`);
  const { data } = await member.get(`/v1/projects/${project}/turns`, turns);
  const ended = await Promise.all(data.toReversed().map(({ id }) => member.endOf(id)));
  await page.reload();
  const texts = JSON.stringify(ended.map(({ text }) => text ?? "Done."));
  await page.waitForFunction(
    `JSON.stringify([...document.querySelectorAll(".answer")].map((line) => line.textContent)) === ${JSON.stringify(texts)}`,
  );
  expect(faults).toEqual([]);
  await page.close();
});

it.concurrent("docs/webhooks.md: the server accepts what its secret has signed, and nothing else", async () => {
  const member = (await newMember()).as(null);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/in`;
  const types = ["video.completed"];
  const made = await shown(member.post("/v1/webhook_endpoints", { url, types }), shownEndpoint, 201);
  save("webhooks.mjs", codeOf("webhooks", "javascript server"));
  const server = start("webhooks.mjs", { WEBHOOK_SECRET: made.secret ?? "", PORT: String(port) });
  await until(
    () =>
      fetch(url, { method: "POST", body: "{}" }).then(
        ({ status }) => status,
        () => 0,
      ),
    (status) => status === 400,
  );
  expect(server.lines()).toBe("");
  await member.post("/v1/videos", { prompt: "make a 1 second video of the sea" });
  await until(
    async () => server.lines(),
    (lines) => /^video\.completed vid_\w+ http\S+\n$/.test(lines),
  );
});

it.concurrent("docs/uploads.md: the program for Node continues after a kill", async () => {
  const member = (await newMember()).as(null);
  const bytesSent: number[] = [];
  let isHeld = true;
  const proxy = await startUploadProxy((bytes) => {
    bytesSent.push(bytes);
    return isHeld && bytesSent.length > 1; // the second chunk gets no answer
  });
  save("clip.mp4", wav(12_000_000)); // a file's content decides what it is
  save("upload.mjs", codeOf("uploads", "javascript node"));
  const first = start("upload.mjs", variablesOf(member, proxy.url));
  await until(
    async () => bytesSent.length,
    (sent) => sent > 1,
  );
  first.child.kill("SIGKILL");
  isHeld = false;
  bytesSent.length = 0;
  const second = start("upload.mjs", variablesOf(member, proxy.url));
  await until(
    async () => second.lines(),
    (lines) => lines.includes("upl_"),
  );
  proxy.close();
  expect(bytesSent.reduce((sum, bytes) => sum + bytes, 0)).toBe(12_000_000 - 10_485_760);
  const { data } = await member.get("/v1/uploads", z.object({ data: z.array(upload.loose()) }));
  expect(data.map(({ status, offset_bytes }) => [status, offset_bytes])).toEqual([["completed", 12_000_000]]);
});
