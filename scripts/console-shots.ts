/**
 * `npm run console:shots`: a screenshot of every page of the console, light and dark, wide and narrow, in .state/console-shots.
 *
 * Starts a gateway with a sandbox, makes something to see through the API, and opens each page in Chromium. Says which page is
 * wider than its window, reports what the browser prints, and fails for either.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, chromium, type Page } from "playwright-core";
import * as z from "zod";
import { type Api, apiWith } from "./lib/api.ts";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { readFlags } from "./lib/flags.ts";
import { startGateway } from "./lib/gateway.ts";
import { green, red } from "./lib/paint.ts";
import { ROOT } from "./lib/root.ts";
import { makeKey, makeTenant } from "./lib/tenant.ts";

const { only = "" } = readFlags({
  command: "npm run console:shots",
  says: "Makes a screenshot of every page of the console in .state/console-shots.",
  flags: { only: { value: "NAME", says: "only the pages whose name contains this" } },
}).flags;

const FOLDER = join(ROOT, ".state/console-shots");
const SIZES = { wide: { width: 1360, height: 900 }, narrow: { width: 390, height: 844 } } as const;
const THEMES = ["light", "dark"] as const;
const USER = { "x-user-id": "console" };
const resource = z.looseObject({ id: z.string(), status: z.string().optional() });

async function startChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) throw new Error(`There is no Chromium at ${executablePath}; set CHROMIUM_PATH.`);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  onEnd(() => browser.close());
  return browser;
}

/** A receiver of webhooks: at `/down` it answers 500, elsewhere 204. */
async function startReceiver(): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    const isDown = request.url === "/down";
    response.writeHead(isDown ? 500 : 204).end(isDown ? '{"error":"the queue is full"}' : undefined);
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  onEnd(() => void server.close());
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the receiver has no port");
  return `http://127.0.0.1:${address.port}`;
}

/** Makes what the pages show, and returns the ids of the pages of single resources. */
async function makeData(api: Api, receiver: string): Promise<Readonly<Record<string, string>>> {
  const post = (path: string, json: unknown) => api.get(path, resource, { method: "POST", json, headers: USER });
  const ended = async (path: string, isEnd: RegExp): Promise<void> => {
    for (;;) {
      const { status = "" } = await api.get(path, resource);
      if (isEnd.test(status)) return;
      await sleep(200);
    }
  };
  await post("/v1/webhook_endpoints", { url: `${receiver}/hooks` });
  await post("/v1/webhook_endpoints", { url: `${receiver}/down`, types: ["video.completed", "video.failed"] });
  await post("/v1/keys", { name: "production server", scopes: ["read", "chat", "render"] });
  await post("/v1/keys", { name: "数据分析 report job", scopes: ["read"] });
  await post("/v1/generators", {
    name: "Product teaser",
    description: "Short teasers for new products, in the tone of the brand.",
    prompt: "make a {{seconds}}-second teaser for {{product}} in a {{tone}} tone",
    variables: [
      { name: "seconds", type: "number", default: 10, min: 5, max: 60, description: "How long the teaser is." },
      { name: "product", type: "text", description: "The product's name." },
      { name: "tone", type: "choice", choices: ["calm", "bold", "funny"], default: "calm" },
    ],
  });
  const video = await post("/v1/videos", { prompt: "a 10-second clip of waves at sunrise, with calm music" });
  const asked = await post("/v1/videos", { prompt: "something nice #fault:question", on_question: "wait" });
  const failed = await post("/v1/videos", { prompt: "a clip that fails at the end #fault:render_fail" });
  await post("/v1/videos", { prompt: "مقطع قصير عن غروب الشمس فوق المدينة" });
  const project = await post("/v1/projects", { name: "Spring campaign" });
  for (const prompt of [
    "make a 12-second video of a red bicycle with captions and music",
    "make the title larger and the music quieter",
  ]) {
    const turn = await post(`/v1/projects/${project.id}/turns`, { prompt });
    await ended(`/v1/turns/${turn.id}`, /^(completed|failed|unknown)$/);
  }
  const render = await post(`/v1/projects/${project.id}/renders`, {});
  const batch = await post("/v1/batches", {
    items: [
      { prompt: "a clip of a forest" },
      { prompt: "a clip of a river" },
      { prompt: "a clip of the snow #fault:render_fail" },
    ],
  });
  const image = readFileSync(join(ROOT, "test/media/photo.jpg"));
  const upload = await post("/v1/uploads", { filename: "photo of the beach.jpg", size_bytes: image.length });
  await api.send(`/v1/uploads/${upload.id}`, {
    method: "PATCH",
    bytes: new Uint8Array(image),
    headers: { "tus-resumable": "1.0.0", "upload-offset": "0", "content-type": "application/offset+octet-stream" },
  });
  await ended(`/v1/videos/${video.id}`, /^completed$/);
  await ended(`/v1/videos/${asked.id}`, /^needs_input$/);
  await ended(`/v1/videos/${failed.id}`, /^(failed|completed)$/);
  await ended(`/v1/renders/${render.id}`, /^(completed|failed)$/);
  await ended(`/v1/batches/${batch.id}`, /^completed$/);
  const { data } = await api.get("/v1/deliveries?state=pending", z.object({ data: z.array(resource) }));
  return {
    "videos-completed": `videos/${video.id}`,
    "videos-question": `videos/${asked.id}`,
    "videos-failed": `videos/${failed.id}`,
    "chat-project": `chat/${project.id}`,
    "batches-one": `batches/${batch.id}`,
    "generators-one": "generators/product-teaser",
    "generators-built-in": "generators/generator-maker-generator",
    ...(data[0] === undefined ? {} : { "deliveries-one": `deliveries/${data[0].id}` }),
  };
}

const PAGES: Readonly<Record<string, string>> = {
  overview: "",
  videos: "videos",
  chat: "chat",
  files: "files",
  generators: "generators",
  "generators-new": "generators/new",
  batches: "batches",
  webhooks: "webhooks",
  deliveries: "deliveries",
  keys: "keys",
  users: "users",
  usage: "usage",
  audit: "audit",
};

const faults: string[] = [];

/** Waits until nothing is being loaded any more. */
async function settled(page: Page): Promise<void> {
  await page.waitForSelector("main:not(:has(.loading)) h1"); // not waitForFunction: the page allows no eval
  await page.waitForTimeout(250);
}

async function shoot(page: Page, name: string, themes: readonly ("light" | "dark")[] = THEMES): Promise<void> {
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await page.waitForTimeout(60);
      await page.screenshot({ path: join(FOLDER, `${name}-${size}-${theme}.png`), fullPage: true });
    }
    const excess = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    if (Number(excess) > 0) faults.push(`${name}: ${excess} px wider than a window of ${viewport.width}`);
  }
}

async function main(): Promise<void> {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), "console-shots-"));
  onEnd(() => rmSync(scratch, { recursive: true, force: true }));
  const [gateway, receiver, browser] = await Promise.all([
    startGateway({ stateDir: scratch, vars: { TIME_SCALE: "60" } }),
    startReceiver(),
    startChromium(),
  ]);
  onEnd(() => gateway.stop());
  const admin = apiWith(gateway.url, gateway.adminToken);
  const tenant = await makeTenant(admin, "Blue Harbour Studio");
  const key = await makeKey(admin, tenant, "test", "first key");
  const empty = await makeKey(admin, await makeTenant(admin, "Empty Ltd"), "test", "first key");
  const single = await makeData(apiWith(gateway.url, key), receiver);
  const invites = `/admin/tenants/${tenant}/invites`;
  const invite = (label: string) => admin.get(invites, resource, { method: "POST", json: { label } });
  await invite("ada@example.com");
  await admin.send(`/admin/invites/${(await invite("王小明，市场部")).id}`, { method: "DELETE" });

  const page = await (await browser.newContext({ locale: "en-GB" })).newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !/Failed to load resource/.test(message.text()))
      faults.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`${page.url()}: ${error.message}`));
  const signIn = async (secret: string): Promise<void> => {
    await page.goto(`${gateway.url}/console`);
    await page.getByLabel("API key").fill(secret);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForSelector("#main h1");
  };
  const open = async (path: string): Promise<void> => {
    await page.evaluate(`location.hash = "#/${path}"`);
    await page.waitForTimeout(100);
    await settled(page);
  };
  const wanted = (name: string): boolean => name.includes(only);

  await page.goto(`${gateway.url}/console`);
  await page.waitForSelector("input");
  if (wanted("sign-in")) await shoot(page, "sign-in");
  if (wanted("invited")) {
    await page.goto(`${gateway.url}/console#invite=ngi_mistyped`);
    await page.getByRole("heading", { name: "You are invited" }).waitFor();
    await shoot(page, "invited");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator(".problem").waitFor();
    await shoot(page, "invited-mistyped", ["light"]);
    await page.getByRole("button", { name: "Use an API key instead" }).click();
  }
  await signIn(key);
  for (const [name, path] of Object.entries({ ...PAGES, ...single }).filter(([one]) => wanted(one))) {
    await open(path);
    await shoot(page, name);
  }
  if (wanted("menu")) {
    await page.setViewportSize(SIZES.narrow);
    await page.getByRole("button", { name: "Menu" }).click();
    await page.screenshot({ path: join(FOLDER, "menu-narrow-light.png") });
    await page.getByRole("button", { name: "Menu" }).click();
  }
  await page.setViewportSize(SIZES.wide);
  if (wanted("dialog")) {
    await open("keys");
    await page.getByRole("button", { name: "Create a key" }).click();
    await shoot(page, "dialog-key");
    await page.keyboard.press("Escape");
    await open("webhooks");
    await page.getByRole("button", { name: "Add an endpoint" }).click();
    await page.getByLabel("All events").uncheck();
    await shoot(page, "dialog-endpoint", ["light"]);
    await page.keyboard.press("Escape");
  }
  if (wanted("zh")) {
    await page.setViewportSize(SIZES.wide);
    await page.getByLabel("Language").selectOption("zh");
    for (const path of ["", "videos", "keys"]) {
      await open(path);
      await shoot(page, `zh-${path || "overview"}`, ["light"]);
    }
    await page.setViewportSize(SIZES.wide);
    await page.getByLabel("语言").selectOption("en");
  }
  if (wanted("operator")) {
    await page.setViewportSize(SIZES.wide);
    await open("operator");
    await shoot(page, "operator-token", ["light"]);
    await page.setViewportSize(SIZES.wide);
    await page.getByLabel("Admin token").fill(gateway.adminToken);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.waitForSelector("table");
    await settled(page);
    await shoot(page, "operator");
    await page.setViewportSize(SIZES.wide);
    await open(`operator/${tenant}`);
    await shoot(page, "operator-tenant");
    await page.setViewportSize(SIZES.wide);
    await page.getByRole("button", { name: "Invite a person" }).click();
    await shoot(page, "operator-invite", ["light"]);
    await page.setViewportSize(SIZES.wide);
    await page.getByLabel("For whom").fill("grace@example.com");
    await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
    await page.locator(".secret").waitFor();
    await shoot(page, "operator-invite-link", ["light"]);
    await page.keyboard.press("Escape");
  }
  if (wanted("empty")) {
    await page.setViewportSize(SIZES.wide);
    await open("");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForSelector("input");
    await signIn(empty);
    for (const name of ["overview", "videos", "chat", "files", "batches", "webhooks", "deliveries", "users", "usage"]) {
      await open(PAGES[name] ?? name);
      await shoot(page, `empty-${name}`, ["light"]);
    }
  }
}

try {
  await main();
} finally {
  await cleanUp();
}
for (const fault of faults) console.error(red(fault));
if (faults.length > 0) process.exit(1);
console.log(`${green("✓")} ${FOLDER}`);
