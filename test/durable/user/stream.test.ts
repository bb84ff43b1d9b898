import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { TurnId } from "../../../src/core/ids.ts";
import type { UserRpc } from "../../../src/core/rpc/user.ts";
import type { TurnEventWire } from "../../../src/core/wire/turn.ts";
import {
  bad,
  endOf,
  freshAddress,
  good,
  kill,
  newProject,
  requestLog,
  startTurn,
  until,
  userRpc,
  userStub,
} from "../../support/objects.ts";
import { paceIs } from "../../support/pace.ts";

/** Everything a subscriber receives, to the end of its stream. */
async function watch(user: UserRpc, id: TurnId, after: number): Promise<string> {
  const watching = good(await user.watchTurn(id, after));
  if (watching.kind === "ended") return "";
  return new Response(watching.body).text();
}

const isPartialText = (event: TurnEventWire): boolean => event.type === "message" && event.partial;
const framesOf = (text: string): string[] => text.split("\n\n").filter((frame) => frame.startsWith("id: "));
const idOf = (frame: string): number => Number(/^id: (\d+)/.exec(frame)?.[1]);

/** The frames that a subscriber receives to the turn's end, over as many streams as that needs. */
async function follow(user: UserRpc, id: TurnId): Promise<string[]> {
  const frames: string[] = [];
  for (;;) {
    const watching = good(await user.watchTurn(id, frames.length));
    if (watching.kind === "ended") return frames;
    frames.push(...framesOf(await new Response(watching.body).text()));
  }
}

afterEach(() => vi.restoreAllMocks());

describe("a turn's stream", () => {
  it.concurrent("starts with turn.started, counts without gaps and ends with the end", async () => {
    const user = userRpc(freshAddress());
    const id = await startTurn(user, await newProject(user), "make a video of the sea");
    const frames = await follow(user, id);
    expect(frames[0]).toMatch(/^id: 1\nevent: turn\.started\ndata: \{/);
    expect(frames.map(idOf)).toEqual(frames.map((_, at) => at + 1));
    expect(frames.at(-1)).toMatch(/\nevent: turn\.completed\n/);
  });

  it.concurrent("replays from any cursor the same bytes that a live subscriber received", async () => {
    const user = userRpc(freshAddress());
    const id = await startTurn(user, await newProject(user), "make a video of the sea with music #fault:split_bytes");
    const [frames, duplicate] = await Promise.all([follow(user, id), follow(user, id)]);
    expect(duplicate).toEqual(frames);
    for (let after = 0; after < frames.length; after++) {
      expect(framesOf(await watch(user, id, after))).toEqual(frames.slice(after));
    }
    expect(good(await user.watchTurn(id, frames.length))).toEqual({ kind: "ended" });
  });

  it.concurrent("is the same after its object crashed in the middle, and nothing is sent again", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const id = await startTurn(user, await newProject(user), "make a video of the sea #slow:600s");
    const before = await until(async () => {
      const page = good(await user.readTurnEvents(id, 0, 100, 0));
      return page.data.length >= 3 ? page.data : null;
    });
    await kill(address);
    const again = userRpc(address);
    const turn = await endOf(again, id);
    expect(turn).toMatchObject({
      status: "completed",
      text_complete: false,
      evidence: { stream: "lost", timeline: "changed" },
    });
    const after = good(await again.readTurnEvents(id, 0, 100, 0));
    expect(after.data).toEqual(expect.arrayContaining(before.filter(({ event }) => !isPartialText(event))));
    const lost = after.data.findIndex(({ id: seq }, at) => seq !== at + 1);
    expect(after.data[lost]).toMatchObject({ event: { type: "progress", stage: "settling" } });
    expect(after.data[lost]?.id).toBe(lost + 1 + 1_000);
    expect(after.data.map(({ id: seq }) => seq)).toEqual(after.data.map((_, at) => (at < lost ? 1 : 1_001) + at));
    expect((await requestLog(address)).turns).toHaveLength(1);
  });

  it.concurrent("gives the slot of an unread stream to another one when its lifetime ends, and then still ends with whole frames", async () => {
    const user = userRpc(freshAddress());
    const id = await startTurn(user, await newProject(user), "make a video of the sea #slow:600s");
    const unread = await Promise.all(Array.from({ length: 10 }, async () => good(await user.watchTurn(id, 0))));
    expect(bad(await user.watchTurn(id, 0)).code).toBe("concurrency_limited");
    // A life is 4 s, half a second more or less.
    await until(async () => (await user.watchTurn(id, 0)).ok, 8_000);
    const texts = await Promise.all(
      unread.map(async (stream) => (stream.kind === "stream" ? new Response(stream.body).text() : "")),
    );
    for (const text of texts) expect(text).toMatch(/^id: 1\n.*\n\nretry: \d+\n\n$/s);
  });

  it.each([
    { random01: 0, life: 210_000 },
    { random01: 0.5, life: 240_000 },
    { random01: 1, life: 270_000 },
  ])("lasts 240 s, plus or minus a random 30 s, and pings every 15 s: $life ms", async ({ random01, life }) => {
    vi.spyOn(Math, "random").mockReturnValue(random01);
    const user = userRpc(freshAddress());
    const id = await startTurn(user, await newProject(user), "make a video of the sea #slow:600s");
    const [timeouts, intervals] = [vi.spyOn(globalThis, "setTimeout"), vi.spyOn(globalThis, "setInterval")];
    good(await user.watchTurn(id, 0));
    const asked = (timers: { mock: { calls: unknown[][] } }) => timers.mock.calls.map(([, ms]) => ms);
    expect(asked(timeouts)).toContain(life / 60);
    expect(asked(intervals)).toContain(15_000 / 60);
  });

  it.concurrent("ends with a retry interval", async () => {
    const user = userRpc(freshAddress());
    const id = await startTurn(user, await newProject(user), "make a video of the sea #slow:600s");
    expect(await watch(user, id, 0)).toMatch(/\nretry: 500\n\n$/);
  });

  it.concurrent("waits for the next event on request as JSON", async () => {
    const user = userRpc(freshAddress());
    const id = await startTurn(user, await newProject(user), "make a video of the sea #slow:120s");
    const first = good(await user.readTurnEvents(id, 0, 100, 0));
    const next = good(await user.readTurnEvents(id, first.next_after, 100, 10_000));
    expect(next.data[0]?.id).toBe(first.next_after + 1);
  });

  it.concurrent("writes nothing when an unknown object is read", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    expect(bad(await user.readTurn("trn_x")).code).toBe("not_found");
    expect(bad(await user.readProject("prj_x")).code).toBe("not_found");
    expect(await user.listProjects({ limit: 5, after: null })).toEqual({
      data: [],
      has_more: false,
      next_cursor: null,
    });
    const tables = await runInDurableObject(userStub(address), (_, state) =>
      state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
    );
    expect(tables).toEqual([]);
  });
});

describe("stream slots of a turn", () => {
  paceIs(1); // no slot expires meanwhile

  it.concurrent("accept ten subscribers and reject the eleventh", async () => {
    const user = userRpc(freshAddress());
    const id = await startTurn(user, await newProject(user), "make a video of the sea #slow:600s");
    for (let n = 0; n < 10; n++) expect((await user.watchTurn(id, 0)).ok).toBe(true);
    expect(bad(await user.watchTurn(id, 0)).code).toBe("concurrency_limited");
  });

  it.concurrent("accept thirty subscribers over all turns, and reject one more", async () => {
    const user = userRpc(freshAddress());
    const turns: TurnId[] = [];
    for (let n = 0; n < 4; n++)
      turns.push(await startTurn(user, await newProject(user), "make a video of the sea #slow:600s"));
    const [last, ...full] = turns;
    if (last === undefined) throw new Error("four were made");
    for (const id of full) for (let n = 0; n < 10; n++) expect((await user.watchTurn(id, 0)).ok).toBe(true);
    expect(bad(await user.watchTurn(last, 0)).code).toBe("concurrency_limited");
  });
});
