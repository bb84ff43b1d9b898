/** The console in a browser: one Chromium, one gateway, what a person does and what an attacker would. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { largeMp4 } from "../../scripts/lib/large-mp4.ts";
import { pageSchema } from "../../src/core/wire/common.ts";
import { timeline } from "../../src/core/wire/project.ts";
import { render } from "../../src/core/wire/render.ts";
import { turn } from "../../src/core/wire/turn.ts";
import { asset, upload } from "../../src/core/wire/upload.ts";
import { user } from "../../src/core/wire/user.ts";
import { startBrowser } from "./support/browser.ts";
import { type Member, newMember, problem, request, revokeKey, served, shown, until } from "./support/client.ts";

/** How long an element may take on a busy machine. No test asserts a duration with it. */
const PATIENT = { timeout: 240_000 };
/** The user that the console acts for until another is chosen. */
const CONSOLE_USER = "console";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
});

type Tab = { readonly page: Page; readonly member: Member; readonly faults: string[] };

/** A tab. What the browser reports, and each request to another origin, is a fault. */
async function newTab(size = { width: 1280, height: 900 }): Promise<Omit<Tab, "member">> {
  const page = await (await browser.newContext({ viewport: size, locale: "en" })).newPage();
  page.setDefaultTimeout(PATIENT.timeout);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    // An answer that is no success is reported by the browser too; the tests that cause one look at it.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      faults.push(message.text());
  });
  page.on("request", (sent) => {
    const url = new URL(sent.url());
    if (url.protocol !== "blob:" && url.origin !== served.url) faults.push(`request to ${url.origin}`);
  });
  return { page, faults };
}

/** A tab that is signed in with a key. */
async function signedIn(member?: Member, size?: { width: number; height: number }): Promise<Tab> {
  const owner = member ?? (await newMember(CONSOLE_USER));
  const { page, faults } = await newTab(size);
  await page.goto(`${served.url}/console`);
  await page.getByLabel("API key").fill(owner.key.secret);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#main h1");
  return { page, member: owner, faults };
}

/** A receiver of webhooks on this machine, whose status may be changed. */
async function startWebhookServer(
  status: number,
): Promise<{ url: string; answer: (status: number) => void; server: Server }> {
  let current = status;
  const server = createServer((received, response) => {
    received.resume();
    response.writeHead(current).end();
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the receiver has no port");
  const answer = (next: number): void => {
    current = next;
  };
  return { url: `http://127.0.0.1:${address.port}/hooks`, answer, server };
}

async function open(page: Page, path: string): Promise<void> {
  await page.evaluate(`location.hash = "#/${path}"`);
  await page.locator("main:not(:has(.loading)) h1").waitFor(); // attached and seen: its data is there
}

const close = ({ page }: Pick<Tab, "page">): Promise<void> => page.context().close();

it("a person chats, reloads in the middle, sees the timeline, renders and plays the file", async () => {
  const tab = await signedIn();
  const { page, member, faults } = tab;
  expect(await page.locator(".test-mode").textContent()).toContain("Test mode");
  await open(page, "chat");
  await page.getByLabel("Name").fill("Spring");
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByRole("textbox", { name: "Prompt" }).fill("make a 10-second clip of the sea #slow:300s");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".turn-text");
  const id = page.url().split("/").at(-1) ?? "";
  await page.reload();
  await page.waitForSelector(".turn-text");
  await page.waitForSelector(".turn-foot");
  const turns = await member.get(`/v1/projects/${id}/turns`, pageSchema(turn));
  expect(turns.data).toHaveLength(1);
  expect(await page.locator(".turn-text").textContent()).toBe(turns.data[0]?.text);

  const shownTimeline = await member.get(`/v1/projects/${id}/timeline`, timeline);
  const segments = shownTimeline.tracks.flatMap((track) => track.segments);
  await page.locator(".timeline .clip").first().waitFor();
  const drawn = z
    .array(z.object({ x: z.number(), width: z.number() }))
    .parse(
      await page.evaluate(
        `[...document.querySelectorAll(".timeline .clip")].map((clip) => ({ x: parseFloat(clip.getAttribute("x")), width: parseFloat(clip.getAttribute("width")) }))`,
      ),
    );
  const whole = Math.max(...segments.map(({ start_ms, duration_ms }) => (start_ms ?? 0) + (duration_ms ?? 0)));
  expect(drawn).toHaveLength(segments.length);
  for (const [n, { start_ms, duration_ms }] of segments.entries()) {
    expect(drawn[n]?.x).toBeCloseTo(((start_ms ?? 0) / whole) * 100, 3);
    expect(drawn[n]?.width).toBeCloseTo(((duration_ms ?? 0) / whole) * 100, 3);
  }

  await page.locator(".card", { hasText: "Timeline" }).getByRole("button", { name: "Render" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Render" }).click();
  await page.locator("video").waitFor();
  const played = z.number().parse(
    await page.evaluate(`new Promise((settle, fail) => {
      const video = document.querySelector("video");
      const ready = () => settle(video.duration);
      video.addEventListener("canplay", ready);
      video.addEventListener("error", () => fail(new Error("the video cannot be played")));
      video.preload = "auto";
      if (video.readyState >= 3) ready(); else video.load();
    })`),
  );
  const renders = await member.get(`/v1/projects/${id}/renders`, pageSchema(render));
  expect(played * 1_000).toBeCloseTo(renders.data[0]?.duration_ms ?? 0, -2);
  expect(faults).toEqual([]);
  await close(tab);
});

it("a video's question is answered where it is asked, and no credential is stored", async () => {
  const tab = await signedIn();
  const { page, faults } = tab;
  await open(page, "videos");
  await page.getByLabel("Prompt").fill("something nice #fault:question");
  await page.getByRole("button", { name: "Make a video" }).click();
  await page.getByLabel("Your answer").fill("landscape, ten seconds, waves at sunrise");
  await page.getByRole("button", { name: "Answer" }).click();
  await page.locator("video").waitFor();
  expect(await page.locator(".log li").count()).toBeGreaterThan(4);
  const stored = await page.evaluate(
    `JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state])`,
  );
  expect(stored).not.toMatch(/ngw_|Bearer/);
  const databases = await page.evaluate("indexedDB.databases().then((all) => all.length)");
  expect(databases).toBe(0);
  expect(faults).toEqual([]);
  await close(tab);
});

it("an upload stops without a network, continues where it was, and arrives whole", async () => {
  const tab = await signedIn();
  const { page, member, faults } = tab;
  const file = largeMp4(22_000_000);
  await open(page, "files");
  const patched: string[] = [];
  const wentOffline = new Promise<void>((settle) => {
    page.on("requestfinished", (sent) => {
      if (sent.method() !== "PATCH") return;
      patched.push(sent.headers()["upload-offset"] ?? "");
      if (patched.length === 2) void page.context().setOffline(true).then(settle);
    });
  });
  await page
    .locator('input[type="file"]')
    .setInputFiles({ name: "trip.mp4", mimeType: "video/mp4", buffer: Buffer.from(file) });
  await wentOffline;
  await page.getByText("You are offline").waitFor();
  await page.context().setOffline(false);
  await page.locator(".sent-files").getByText("Ready").waitFor();
  const [sent] = (await member.get("/v1/uploads", pageSchema(upload))).data;
  const { sha256 } = await until(
    () => member.get(`/v1/assets/${sent?.asset_id}`, asset),
    (got) => got.sha256 !== null,
  );
  expect(sha256).toBe(createHash("sha256").update(file).digest("hex"));
  expect(patched.filter((offset) => offset === "0")).toHaveLength(1); // it did not begin again
  expect(faults).toEqual([]);
  await close(tab);
});

it("an endpoint is added with a secret shown once, and what failed is sent again", async () => {
  const receiver = await startWebhookServer(500);
  const tab = await signedIn();
  const { page, faults } = tab;
  await open(page, "webhooks");
  await page.getByRole("button", { name: "Add an endpoint" }).click();
  await page.getByLabel("Address").fill(receiver.url);
  await page.getByRole("dialog").getByRole("button", { name: "Add" }).click();
  expect(await page.locator(".secret code").textContent()).toMatch(/^whsec_/);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Send a test" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Send a test" }).click();
  await page.getByRole("dialog").getByRole("link").click();
  await page.locator(".attempts .status", { hasText: "500" }).first().waitFor();
  await page.getByText('"type": "video.completed"').waitFor();
  receiver.answer(200);
  await page.getByRole("button", { name: "Replay" }).click();
  // Without a reload. It may be there twice: the retry schedule continues beside the replay.
  await page.locator(".attempts .status", { hasText: "200" }).first().waitFor();
  expect(faults).toEqual([]);
  await close(tab);
  receiver.server.close();
});

it("an invite leads to a downloaded file, and a failed webhook to its replay, by what the pages say alone", async () => {
  const receiver = await startWebhookServer(500);
  const member = await newMember(CONSOLE_USER);
  const endpoint = { url: receiver.url, types: ["video.completed"] };
  await shown(member.post("/v1/webhook_endpoints", endpoint), z.looseObject({}), 201);

  const operator = await newTab();
  await operator.page.goto(`${served.url}/console#/operator/${member.tenant.id}`);
  await operator.page.getByLabel("Admin token").fill(served.adminToken);
  await operator.page.getByRole("button", { name: "Continue" }).click();
  await operator.page.getByRole("button", { name: "Invite a person" }).click();
  await operator.page.getByLabel("For whom").fill("Ada");
  await operator.page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  const link = (await operator.page.locator(".secret code").textContent()) ?? "";
  await operator.page.getByRole("button", { name: "Done" }).click();
  await operator.page.getByRole("row", { name: "Ada" }).getByText("Open").waitFor();

  const { page, faults } = await newTab();
  const steps: string[] = [];
  const step = async <T>(what: string, act: () => Promise<T>): Promise<T> => {
    steps.push(what);
    return act();
  };
  await step("open the link", () => page.goto(link));
  await step("sign in", () => page.getByRole("button", { name: "Sign in" }).click());
  await step("choose to make a video", () => page.getByRole("link", { name: "Make a video" }).click());
  await step("say which", () => page.getByLabel("Prompt").fill("a 4-second clip of the sea"));
  await step("make it", () => page.getByRole("button", { name: "Make a video" }).click());
  const [download] = await step("download it", () =>
    Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]),
  );
  expect(
    readFileSync(await download.path())
      .subarray(4, 8)
      .toString("latin1"),
  ).toBe("ftyp");
  const toFile = steps.splice(0);

  await until(
    () => member.get("/v1/deliveries", pageSchema(z.looseObject({ id: z.string(), attempts: z.int() }))),
    ({ data }) => (data[0]?.attempts ?? 0) > 0,
  );
  receiver.answer(200);
  await step("open the deliveries", () => page.getByRole("link", { name: "Deliveries" }).click());
  await step("replay the failed one", () => page.getByRole("button", { name: "Replay" }).click());
  await page.getByRole("row", { name: "video.completed" }).getByText("Delivered").waitFor();
  process.stdout.write(`from an invite to a file: ${toFile.length} steps (${toFile.join(", ")})\n`);
  process.stdout.write(`from a failed webhook to its replay: ${steps.length} steps (${steps.join(", ")})\n`);

  // The link is in no place that the browser keeps, it opens nothing again, and the session outlives a reload.
  const stored = await page.evaluate(
    "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state])",
  );
  expect(stored).not.toMatch(/ngi_|ngw_|Bearer/);
  await page.goto(`${served.url}/console`);
  await page.getByText("You signed in with an invite").waitFor();
  const second = await newTab();
  await second.page.goto(link);
  await second.page.evaluate(AXE);
  for (const theme of ["light", "dark"] as const) expect(await barriersOn(second.page, theme)).toEqual([]);
  await second.page.getByRole("button", { name: "Sign in" }).click();
  await second.page.getByText("This invite is no longer valid").waitFor();
  expect(second.page.url()).not.toContain("ngi_");

  await operator.page.getByRole("row", { name: "Ada" }).getByRole("button", { name: "Revoke" }).click();
  await operator.page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await operator.page.getByRole("row", { name: "Ada" }).getByText("Revoked").waitFor();
  await page.getByRole("link", { name: "Videos", exact: true }).click();
  await page.getByLabel("API key").waitFor(); // the session ended with its invite
  for (const tab of [operator, { page, faults }, second]) {
    expect(tab.faults).toEqual([]);
    await close(tab);
  }
  receiver.server.close();
});

/** Each would set `hacked`, or change the page, if it were put in as anything but text. */
const HOSTILE = [
  `<img src=x onerror="window.hacked=1">`,
  `<script>window.hacked=1</script>`,
  `"><svg onload="window.hacked=1">`,
  `<a href="javascript:window.hacked=1">click</a>`,
  `{{constructor.constructor('window.hacked=1')()}}`,
  `<iframe srcdoc="<script>parent.hacked=1</script>">`,
  `'-window.hacked-'`,
  `\u202Egnp.elif\u202C <b onmouseover=window.hacked=1>x</b>`,
];

it("what users, files and receivers are called is text, whatever it says", async () => {
  const member = await newMember(CONSOLE_USER);
  for (const text of HOSTILE) {
    await member.newProject({ name: text });
    await shown(member.post("/v1/keys", { name: text, scopes: ["read"] }), z.looseObject({ id: z.string() }), 201);
    const made = { name: text, description: text, prompt: `make ${text.replaceAll(/[{}]/g, "")}` };
    await shown(member.post("/v1/generators", { ...made, slug: `g-${HOSTILE.indexOf(text)}` }), z.looseObject({}), 201);
    await shown(
      member.post("/v1/uploads", { filename: `${text.replaceAll("/", "_")}.mp4`, size_bytes: 10 }),
      z.looseObject({}),
      201,
    );
  }
  await member.as(HOSTILE[0] ?? "").newProject();
  await until(
    () => member.get("/v1/users", pageSchema(user)), // a job of the user's object lists it
    ({ data }) => data.some(({ id }) => id === HOSTILE[0]),
  );
  await shown(
    member.post("/v1/videos", { prompt: HOSTILE.join("\n"), metadata: { note: HOSTILE[0] } }),
    z.looseObject({}),
    202,
  );
  const tab = await signedIn(member);
  const { page, faults } = tab;
  for (const [path, sample] of [
    ["chat", HOSTILE[1]],
    ["keys", HOSTILE[2]],
    ["generators", HOSTILE[3]],
    ["files", HOSTILE[0]],
    ["users", HOSTILE[0]],
    ["videos", HOSTILE[0]],
    ["audit", "key.created"],
  ] as const) {
    await open(page, path);
    await page
      .getByText(sample ?? "")
      .first()
      .waitFor({ state: "attached" });
    expect(await page.evaluate("window.hacked"), path).toBeUndefined();
    expect(await page.locator("main script, main iframe, main img, main a[href^='javascript']").count(), path).toBe(0);
  }
  await page.locator("#main").hover();
  expect(await page.evaluate("window.hacked")).toBeUndefined();
  expect(faults).toEqual([]);
  await close(tab);
});

it("a session ends with its key, and by signing out", async () => {
  const member = await newMember(CONSOLE_USER);
  const [tab, other] = [await signedIn(member), await signedIn(member)];
  await other.page.getByRole("button", { name: "Sign out" }).click();
  await other.page.getByLabel("API key").waitFor();
  await other.page.reload();
  await other.page.getByLabel("API key").waitFor();
  await open(tab.page, "usage"); // the other session ended alone
  expect((await revokeKey(member.key.id)).status).toBe(200);
  await tab.page.getByRole("link", { name: "Videos", exact: true }).click();
  await tab.page.getByLabel("API key").waitFor();
  expect(await tab.page.locator(".notice").textContent()).toContain("You were signed out.");
  const cookies = await tab.page.context().cookies();
  expect(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite])).toEqual([
    ["__Host-ngw_console", true, "Strict"],
  ]);
  const cookie = { cookie: `${cookies[0]?.name}=${cookies[0]?.value}` };
  await problem(request("GET", "/v1/me", { headers: cookie }), "unauthenticated");
  for (const one of [tab, other]) {
    expect(one.faults).toEqual([]);
    await close(one);
  }
});

const violations = z.array(
  z.object({ id: z.string(), impact: z.string().nullable(), nodes: z.array(z.looseObject({ html: z.string() })) }),
);

/** What axe-core finds serious, as `rule: element`; in the dark only the contrast is different. */
async function barriersOn(page: Page, theme: "light" | "dark"): Promise<string[]> {
  await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
  await page.evaluate("new Promise((settle) => requestAnimationFrame(() => requestAnimationFrame(settle)))"); // drawn
  const rules = theme === "light" ? "" : ", runOnly: ['color-contrast']";
  const run = `axe.run(document, { resultTypes: ['violations']${rules} }).then((all) => all.violations)`;
  const found = violations.parse(await page.evaluate(run));
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

it("a person connects an app: signs in, sees who asks for what, approves, and disconnects it under Keys", async () => {
  let sent: string | undefined;
  const app: Server = createServer((asked, answer) => {
    if (asked.url?.startsWith("/callback") === true) sent = asked.url;
    answer.setHeader("content-type", "application/json");
    answer.end(JSON.stringify({ client_id: id, client_name: "<b>Desk app</b>", redirect_uris: [redirect] }));
  });
  await new Promise<void>((listening) => app.listen(0, "127.0.0.1", listening));
  const own = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
  const [id, redirect] = [`${own}/client.json`, `${own}/callback`];
  const member = await newMember(null);
  const page = await (await browser.newContext({ locale: "en" })).newPage();
  page.setDefaultTimeout(PATIENT.timeout);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  const url = new URL("/authorize", served.url);
  const query = {
    response_type: "code",
    client_id: id,
    redirect_uri: redirect,
    code_challenge: createHash("sha256").update("x".repeat(43)).digest("base64url"),
    code_challenge_method: "S256",
    state: "s",
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  await page.goto(url.href);
  await page.getByText("An app asks for access. Sign in").waitFor();
  await page.getByLabel("API key").fill(member.key.secret);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Approve" }).waitFor();
  const text = (await page.locator("main").textContent()) ?? "";
  for (const part of ["<b>Desk app</b>", "127.0.0.1", "Test: the sandbox", "render — export files"])
    expect(text).toContain(part);
  await page.evaluate(AXE);
  for (const theme of ["light", "dark"] as const) expect(await barriersOn(page, theme)).toEqual([]);
  await page.getByRole("button", { name: "Approve" }).click();
  await page.waitForURL(`${redirect}?**`);
  const answer = new URL(sent ?? "", own).searchParams;
  expect([answer.get("state"), answer.get("iss")]).toEqual(["s", served.url]);
  const code = {
    grant_type: "authorization_code",
    code: answer.get("code") ?? "",
    client_id: id,
    code_verifier: "x".repeat(43),
  };
  const tokens = await fetch(`${served.url}/token`, { method: "POST", body: new URLSearchParams(code) });
  expect(tokens.status).toBe(200);
  await tokens.body?.cancel();

  await page.goto(`${served.url}/console#/keys`);
  await page.getByRole("button", { name: "Disconnect" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
  await page.getByRole("heading", { name: "Connected apps" }).waitFor({ state: "detached" });
  expect(faults).toEqual([]);
  await page.context().close();
  app.close();
});

const PAGES = [
  "",
  "videos",
  "chat",
  "files",
  "generators",
  "generators/new",
  "generators/generator-maker-generator",
  "generators/none",
  "batches",
  "webhooks",
  "deliveries",
  "keys",
  "users",
  "usage",
  "audit",
  "operator",
];

it("every page can be used without seeing it, light and dark, and fits a phone", async () => {
  const member = await newMember(CONSOLE_USER);
  const video = await shown(
    member.post("/v1/videos", { prompt: "a clip of the sea" }),
    z.looseObject({ id: z.string() }),
    202,
  );
  const project = await member.newProject({ name: "Spring" });
  await member.said(project.id, "make a clip of the sea");
  const tab = await signedIn(member, { width: 390, height: 844 });
  const { page, faults } = tab;
  await page.evaluate(AXE);
  const barriers: string[] = [];
  for (const path of [...PAGES, `videos/${video.id}`, `chat/${project.id}`]) {
    await open(page, path);
    const excess = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect(excess, path).toBe(0);
    for (const theme of ["light", "dark"] as const)
      for (const barrier of await barriersOn(page, theme)) barriers.push(`${path || "overview"} ${theme} ${barrier}`);
  }
  expect(barriers).toEqual([]);
  expect(faults).toEqual([]);
  await close(tab);
});

it("the keyboard alone makes a key, and the language changes every text", async () => {
  const tab = await signedIn();
  const { page, faults } = tab;
  await open(page, "keys");
  await page.getByRole("button", { name: "Create a key" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.getByLabel("Name").focus();
  await page.keyboard.type("from the keyboard");
  await page.keyboard.press("Enter");
  expect(await page.locator(".secret code").textContent()).toMatch(/^ngw_test_/);
  await page.keyboard.press("Escape");
  await page.getByText("from the keyboard").waitFor();
  await page.getByLabel("Language").selectOption("zh");
  await page.getByRole("heading", { name: "密钥", level: 1 }).waitFor();
  expect(await page.evaluate("document.documentElement.lang")).toBe("zh-CN");
  expect(faults).toEqual([]);
  await close(tab);
});

it("the operator sets a quota, pauses a tenant, and deletes one only by its name", async () => {
  const tab = await signedIn();
  const { page, member, faults } = tab;
  await open(page, `operator/${member.tenant.id}`);
  await page.getByLabel("Admin token").fill(served.adminToken);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: member.tenant.name, level: 1 }).waitFor();
  await page.getByLabel("Renders per day").first().fill("7");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved", { exact: true }).waitFor(); // not the button "Save" and what follows it
  const admin = { authorization: `Bearer ${served.adminToken}` };
  const read = async () =>
    shown(
      request("GET", `/admin/tenants/${member.tenant.id}`, { headers: admin }),
      z.looseObject({ state: z.string(), quotas: z.object({ live: z.looseObject({ renders_per_day: z.int() }) }) }),
    );
  expect((await read()).quotas.live.renders_per_day).toBe(7);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Resume" }).waitFor();
  expect((await read()).state).toBe("paused");
  await page.getByRole("button", { name: "Delete" }).click();
  const confirm = page.getByRole("dialog").getByRole("button", { name: "Delete" });
  expect(await confirm.isDisabled()).toBe(true);
  await page.getByRole("dialog").getByRole("textbox").fill(member.tenant.name);
  await confirm.click();
  await until(read, ({ state }) => state === "deleting");
  await page.reload();
  await page.getByLabel("Admin token").waitFor(); // the token was in memory alone
  expect(faults).toEqual([]);
  await close(tab);
});
