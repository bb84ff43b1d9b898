/** PROTOCOL.md sections 2.2 and 4.4 in a browser: a page of another origin follows a turn through a reload. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { moment, problemBody } from "../../src/core/wire/common.ts";
import { type TurnWire, turnEvent } from "../../src/core/wire/turn.ts";
import { userToken } from "../../src/core/wire/user.ts";
import { type Pages, SESSION, servePages, startBrowser } from "./support/browser.ts";
import { type Member, newMember, served, shown, until } from "./support/client.ts";
import { countTo, watch, withoutKey } from "./support/frames.ts";

const ticketed = z.object({ url: z.string(), first_use_by: moment });
const received = z.array(z.object({ id: z.int(), type: z.string(), data: turnEvent }));
type Received = z.infer<typeof received>;

/** Longer than the life of an answer, 240 s ± 30 s, after a reload on the way. */
const SLOW = "#slow:1800s";

let browser: Browser;
let pages: Pages;
beforeAll(async () => {
  [browser, pages] = await Promise.all([startBrowser(), servePages(tokenOf)]);
});
afterAll(async () => {
  await browser?.close();
  pages?.close();
});

/** Who is signed in at the server of pages, by session. */
const signedIn = new Map<string, Member>();

async function tokenOf(session: string): Promise<string> {
  const member = signedIn.get(session);
  if (member === undefined) throw new Error("no user is signed in");
  const made = member.as(null).post(`/v1/users/${member.user}/tokens`, { scopes: ["read"] });
  return (await shown(made, userToken, 201)).token;
}

/** A page of another origin than the gateway's, whose server knows this member. */
async function newPage(member: Member): Promise<Page> {
  const context = await browser.newContext();
  const session = crypto.randomUUID();
  signedIn.set(session, member);
  await context.addCookies([{ name: SESSION, value: session, url: pages.url }]);
  const page = await context.newPage();
  page.setDefaultTimeout(0); // a busy machine needs longer; the test's own timeout ends one that hangs
  return page;
}

/** What the page is opened with. */
const OPENED = {
  fetch: async (_: Member, turn: TurnWire) => `how=fetch&events_url=${encodeURIComponent(turn.events_url)}`,
  eventsource: async (member: Member, { id }: TurnWire) => {
    const { url } = await shown(member.ask("POST", `/v1/turns/${id}/stream_ticket`), ticketed);
    return `how=eventsource&ticket_url=${encodeURIComponent(url)}`;
  },
};

/** What the page has received, in the order it came. */
const eventsIn = async (page: Page, id: string): Promise<Received> =>
  received.parse(
    JSON.parse(
      z.string().parse(await page.evaluate(`sessionStorage.getItem("events /v1/turns/${id}/events") ?? "[]"`)),
    ),
  );

/** The statuses of the stream's responses as the browser saw them, and which of the requests had a token. */
function seenBy(page: Page, id: string): { statuses: number[]; tokens: boolean[] } {
  const seen = { statuses: [] as number[], tokens: [] as boolean[] };
  page.on("response", (answer) => {
    const request = answer.request();
    if (request.method() !== "GET" || !answer.url().includes(`${id}/events`)) return;
    seen.statuses.push(answer.status());
    seen.tokens.push(request.headers().authorization?.startsWith("Bearer ey") ?? false);
  });
  return seen;
}

/** Follows a turn in a page that is reloaded on its way; every event must be there once, and nothing after the end. */
async function followThroughReload(how: "fetch" | "eventsource"): Promise<void> {
  const member = await newMember();
  const { id: project } = await member.newProject();
  // A busy machine takes seconds for a browser's first page, and the turn lasts thirty: so that one is opened before.
  const page = await newPage(member);
  await page.goto(pages.url);
  await page.goto("about:blank");
  const turn = await member.say(project, `make a clip of the sea ${SLOW}`);
  const { id } = turn;
  const { statuses, tokens } = seenBy(page, id);
  expect(new URL(pages.url).origin).not.toBe(new URL(turn.events_url).origin);
  await page.goto(`${pages.url}/#${await OPENED[how](member, turn)}`);
  await page.waitForFunction(`document.querySelectorAll("#events li").length >= 3`);
  const before = await eventsIn(page, id);
  const opened = statuses.length;
  await page.reload();
  await page.waitForFunction(`document.querySelector("#state").textContent === "ended"`);
  const all = await eventsIn(page, id);
  expect(all.slice(0, before.length)).toEqual(before);
  expect(all.map((event) => event.id)).toEqual(countTo(all.length));
  expect(all.at(-1)?.type).toBe("turn.completed");
  const headers = { accept: "text/event-stream" };
  const { frames } = await watch(await member.ask("GET", `/v1/turns/${id}/events`, { headers }));
  expect(all.map(({ data }) => data)).toEqual(frames.map(({ event }) => withoutKey(event)));
  await until(
    async () => statuses.at(-1), // the browser may report it after the page has read it
    (last) => last === 204,
  );
  const after = statuses.slice(opened);
  expect(after.filter((status) => status === 200).length).toBeGreaterThanOrEqual(2); // it ended itself and was picked up
  expect(after.at(-1)).toBe(204);
  expect(after.filter((status) => status === 204)).toHaveLength(1);
  await page.waitForTimeout(1_500);
  expect(statuses.slice(opened)).toEqual(after); // 204 is the last word
  expect(new Set(tokens)).toEqual(new Set([how === "fetch"]));
  await page.context().close();
}

describe.concurrent("§4.4 in a browser", () => {
  it("§4.4 a page follows a turn through a reload with fetch and a user token", async () => {
    await followThroughReload("fetch");
  });

  it("§4.4 a page follows a turn through a reload with EventSource and a ticket, until 204 stops it", async () => {
    await followThroughReload("eventsource");
  });
});

describe("§2.2 in a browser", () => {
  it("§2.2 a page cannot use an API key, and can read why", async () => {
    const member = await newMember();
    const { key } = member;
    const page = await newPage(member);
    await page.goto(pages.url);
    const forms = [{ Authorization: `Bearer ${key.secret}` }, { "X-Api-Key": key.secret }];
    for (const headers of forms) {
      for (const method of ["GET", "POST"]) {
        const path = method === "GET" ? "/v1/me" : "/v1/projects";
        const init = JSON.stringify({ method, headers });
        const rejected = await page.evaluate(
          `fetch(${JSON.stringify(served.url + path)}, ${init}).then((a) => a.json())`,
        );
        expect(problemBody.parse(rejected)).toMatchObject({ status: 403, code: "key_in_browser" });
      }
    }
    await page.context().close();
  });
});
