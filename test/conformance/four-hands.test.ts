/**
 * One project, four hands: the console in Chromium, an agent over MCP, a script with the SDK, and plain requests. Each sends a
 * turn at the same moment. Each then shows all four turns, in the same order, with who sent them, by the same events.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { NemoGateway } from "../../packages/sdk/src/index.ts";
import { pageSchema } from "../../src/core/wire/common.ts";
import { key } from "../../src/core/wire/key.ts";
import { turn, turnEventsPage } from "../../src/core/wire/turn.ts";
import { startBrowser } from "./support/browser.ts";
import { Member, newKey, newMember, served } from "./support/client.ts";
import { modernClient, read } from "./support/mcp.ts";

const HANDS = ["console", "mcp", "sdk", "plain"] as const;
type Hand = (typeof HANDS)[number];
const promptOf = (hand: Hand): string => `make a 2-second clip of the sea, says ${hand}`;

/** What one hand shows of a turn. `by`: who sent it, as this hand names it. */
type Seen = { readonly id: string; readonly prompt: string | null; readonly by: string; readonly at: number };
type Listed = {
  readonly id: string;
  readonly prompt: string | null;
  readonly channel: string | null;
  key_id: string | null;
};

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
});

/** Notes when each turn appears in the page. */
const WATCH = `window.seenAt = {};
new MutationObserver(() => {
  for (const said of document.querySelectorAll(".turn .said")) window.seenAt[said.textContent] ??= Date.now();
}).observe(document.querySelector(".turns"), { childList: true, subtree: true, characterData: true });`;

/** Asks again and again, each time until there is a newer turn, as a client does that follows a project. */
async function followed(list: (newest: string | undefined) => Promise<readonly Listed[]>): Promise<Seen[]> {
  const at = new Map<string, number>();
  for (let newest: string | undefined; ; ) {
    const turns = await list(newest);
    for (const { id } of turns) if (!at.has(id)) at.set(id, Date.now());
    newest = turns[0]?.id;
    if (turns.length < HANDS.length) continue;
    return [...turns].reverse().map((one) => ({
      id: one.id,
      prompt: one.prompt,
      by: `${one.channel} ${one.key_id}`,
      at: at.get(one.id) ?? 0,
    }));
  }
}

async function openConsole(member: Member, project: string): Promise<Page> {
  const page = await (await browser.newContext({ locale: "en" })).newPage();
  page.setDefaultTimeout(240_000); // for a busy machine; it only ends a wait for what never comes
  await page.goto(`${served.url}/console`);
  await page.getByLabel("API key").fill(member.key.secret);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#main h1");
  await page.evaluate(`location.hash = "#/chat/${project}"`);
  await page.locator(".turns .empty").waitFor();
  await page.evaluate(WATCH);
  return page;
}

it("four hands at once see the same turns in the same order, who sent each, and the same events", async () => {
  const member = await newMember("console"); // the user that the console acts for
  const [agent, script, plain] = await Promise.all([
    newKey(member.tenant.id),
    newKey(member.tenant.id),
    newKey(member.tenant.id),
  ]);
  const caller = new Member(member.tenant, plain, member.user);
  const project = await caller.newProject({ name: "Four hands" });
  const path = `/v1/projects/${project.id}/turns`;
  const page = await openConsole(member, project.id);
  const mcp = await modernClient(new Member(member.tenant, agent, member.user).headers);
  const nemo = new NemoGateway({ apiKey: script.secret, baseURL: served.url, user: "console" });
  const keys = await caller.get("/v1/keys?limit=100", pageSchema(key));
  const session = keys.data.find(({ session_of }) => session_of === member.key.id)?.id;

  const structured = async (name: string, args: Record<string, unknown>) =>
    read(await mcp.callTool({ name, arguments: args })).structuredContent;
  const watching = {
    mcp: followed(async (newest) => {
      const got = await structured("list_turns", { project: project.id, newest, wait_seconds: 25 });
      return pageSchema(turn.pick({ id: true, prompt: true, channel: true, key_id: true })).parse(got).data;
    }),
    sdk: followed(async (newest) => {
      const known = newest === undefined ? {} : { newest };
      return (await nemo.turns.list(project.id, { ...known, wait: 25 })).data;
    }),
    plain: followed(async (newest) => {
      const known = newest === undefined ? "" : `&newest=${newest}`;
      return (await caller.get(`${path}?wait=25${known}`, pageSchema(turn))).data;
    }),
  };

  await page.getByRole("textbox", { name: "Prompt" }).fill(promptOf("console"));
  const sentAt = new Map<Hand, number>();
  const sending: Record<Hand, () => Promise<unknown>> = {
    console: () => page.keyboard.press("Enter"),
    mcp: () => structured("chat", { project: project.id, prompt: promptOf("mcp"), wait_seconds: 0 }),
    sdk: () => nemo.turns.create(project.id, { prompt: promptOf("sdk") }),
    plain: () => caller.say(project.id, promptOf("plain")),
  };
  await Promise.all(
    HANDS.map((hand) => {
      sentAt.set(hand, Date.now());
      return sending[hand]();
    }),
  );

  const seen = { mcp: await watching.mcp, sdk: await watching.sdk, plain: await watching.plain };
  const order = seen.plain.map(({ id }) => id);
  const who = {
    console: `console ${session}`,
    mcp: `mcp ${agent.id}`,
    sdk: `api ${script.id}`,
    plain: `api ${plain.id}`,
  };
  expect(seen.plain.map(({ prompt }) => prompt).toSorted()).toEqual(HANDS.map(promptOf).toSorted());
  for (const hand of ["mcp", "sdk", "plain"] as const) {
    expect(
      seen[hand].map(({ id }) => id),
      hand,
    ).toEqual(order);
    for (const { prompt, by } of seen[hand])
      expect(by, hand).toBe(who[HANDS.find((one) => promptOf(one) === prompt) ?? "console"]);
  }

  // They ran one after the other; every hand reads the same events of each, to its end.
  await page.locator(".turn-foot").nth(3).waitFor();
  const texts: (string | null)[] = [];
  const storedAt = new Map<string | null, number>();
  let endedBefore = "";
  for (const id of order) {
    const streamed: unknown[] = [];
    for await (const event of nemo.turns.stream(id)) streamed.push(JSON.parse(JSON.stringify(event)));
    const paged = await caller.get(`/v1/turns/${id}/events`, turnEventsPage, { accept: "application/json" });
    expect(paged.ended).toBe(true);
    expect(streamed).toMatchObject(paged.data.map(({ event }) => event));
    const ended = await caller.readTurn(id);
    expect(ended.status).toBe("completed");
    expect((ended.sent_at ?? "") >= endedBefore, "one turn of a project runs at a time").toBe(true);
    endedBefore = ended.ended_at ?? "";
    expect(await structured("wait_for_turn", { id })).toMatchObject({ id, status: "completed", text: ended.text });
    texts.push(ended.text);
    storedAt.set(ended.prompt, Date.parse(ended.created_at));
  }
  const said = await page.locator(".turn .said").allTextContents();
  expect(said).toEqual(seen.plain.map(({ prompt }) => prompt));
  expect(await page.locator(".turn .turn-text").allTextContents()).toEqual(texts);
  const labels = { console: "You", mcp: "An agent, over MCP", sdk: "An API key", plain: "An API key" };
  expect(await page.locator(".turn .said-by").allTextContents()).toEqual(
    said.map((prompt) => labels[HANDS.find((one) => promptOf(one) === prompt) ?? "console"]),
  );

  // No duration is asserted: a busy machine takes its time. It is printed: from the gateway's own time of the turn, and from the
  // moment before the request was sent.
  const inPage = z.record(z.string(), z.number()).parse(await page.evaluate("window.seenAt"));
  const sights: Record<Hand, Map<string | null, number>> = {
    console: new Map(Object.entries(inPage)),
    mcp: new Map(seen.mcp.map(({ prompt, at }) => [prompt, at])),
    sdk: new Map(seen.sdk.map(({ prompt, at }) => [prompt, at])),
    plain: new Map(seen.plain.map(({ prompt, at }) => [prompt, at])),
  };
  const lines = HANDS.map((from) => {
    const prompt = promptOf(from);
    const delays = HANDS.filter((to) => to !== from).map((to) => {
      const at = sights[to].get(prompt) ?? Number.NaN;
      return `${to} ${at - (storedAt.get(prompt) ?? 0)} ms (${at - (sentAt.get(from) ?? 0)})`;
    });
    return `  what ${from} sent was seen by ${delays.join(", ")}`;
  });
  process.stdout.write(`four hands:\n${lines.join("\n")}\n`);
  await mcp.close();
  await page.context().close();
});
