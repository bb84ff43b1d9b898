/** PROTOCOL.md sections 4.1 to 4.3: how a turn is sent, in what order turns run, and what their events look like. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pageSchema } from "../../src/core/wire/common.ts";
import { isTerminal, turn } from "../../src/core/wire/turn.ts";
import { at, leastOf, type Member, newMember, problem, shown } from "./support/client.ts";
import { countTo, idsOf, typesOf, type Watched, watchToEnd } from "./support/frames.ts";
import { clearFailures, failNext, messagesWith, serveAlone } from "./support/nemo.ts";

const listOf = pageSchema(turn);
const STREAM = { accept: "text/event-stream" };

let stop: (() => Promise<void>) | null = null;
beforeAll(async () => {
  stop = await serveAlone();
});
afterAll(() => stop?.());

/** Says something and reads its events to the end, over the POST itself and what it takes after it. */
async function follow(member: Member, project: string, prompt: string): Promise<Watched> {
  const answer = await member.post(`/v1/projects/${project}/turns`, { prompt }, STREAM);
  return watchToEnd(answer, (after) => member.events(answer.headers.get("location") ?? "", after));
}

describe.concurrent("§4.1 sending", () => {
  it("§4.1 answers with a stream of events if a stream is requested", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    const answer = await member.post(`/v1/projects/${id}/turns`, { prompt: "make a clip of the sea" }, STREAM);
    expect(answer.headers.get("location")).toMatch(/^\/v1\/turns\/trn_/);
    const seen = await watchToEnd(answer, (after) => member.events(answer.headers.get("location") ?? "", after));
    expect(typesOf(seen).at(0)).toBe("turn.started");
    expect(typesOf(seen).at(-1)).toBe("turn.completed");
  });

  it("§4.1 answers 202 with a Location by default", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    const answer = await member.post(`/v1/projects/${id}/turns`, { prompt: "make a clip of the sea" });
    const made = await shown(answer, turn, 202);
    expect(made).toMatchObject({ project_id: id, prompt: "make a clip of the sea", charged: null, ended_at: null });
    const location = answer.headers.get("location") ?? "";
    expect(location).toBe(`/v1/turns/${made.id}`);
    expect((await member.get(location, turn)).id).toBe(made.id);
    expect(await member.endOf(made.id)).toMatchObject({ status: "completed", charged: "yes" });
  });

  it("§4.1 answers 200 with Prefer: wait as soon as the turn has ended, 202 when it has not by then", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    const say = (prompt: string, prefer: string): Promise<Response> =>
      member.post(`/v1/projects/${id}/turns`, { prompt }, { prefer });
    const begun = Date.now();
    const quick = await say("make a clip of the sea", "wait=60");
    expect(quick.headers.get("preference-applied")).toBe("wait=60");
    expect(await shown(quick, turn)).toMatchObject({ status: "completed" });
    expect(Date.now() - begun).toBeLessThan(30_000);
    const slow = await say("make a clip of the hills #slow:900s", "wait=1");
    expect(await shown(slow, turn, 202)).toMatchObject({ ended_at: null });
  });
});

describe.concurrent("§4.2 order", () => {
  it("§4.2 runs the turns of a project one at a time, in the order they came, and returns each one's position", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    const first = await member.say(id, "make a clip of the sea #slow:600s");
    await member.running(first.id);
    const followed = ["add music", "hello"].map((prompt) => follow(member, id, prompt));
    const positions = (await Promise.all(followed)).map(({ frames }) =>
      frames.flatMap(({ event }) => (event.type === "turn.queued" ? [event.position] : [])),
    );
    expect(positions.map(([first]) => first).toSorted()).toEqual([1, 2]);
    // Sent again, with the position by then, when a running turn has to be settled by reading Nemo's state.
    for (const of of positions) expect(of.toSorted((one, other) => other - one)).toEqual(of);
    const { data } = await member.get(`/v1/projects/${id}/turns`, listOf);
    const inOrder = data.toReversed();
    expect(inOrder.map(({ status }) => status)).toEqual(["completed", "completed", "completed"]);
    for (const [n, later] of inOrder.entries()) {
      const before = inOrder[n - 1];
      if (before) expect(at(later.sent_at)).toBeGreaterThanOrEqual(at(before.ended_at));
    }
  });

  it("§4.2 runs turns of different projects side by side", async () => {
    const member = await newMember();
    const [one, two] = [await member.newProject(), await member.newProject()];
    const started = await Promise.all([one, two].map(({ id }) => member.say(id, "make a clip of the sea #slow:600s")));
    const [first, second] = await Promise.all(started.map(({ id }) => member.endOf(id)));
    expect(at(first?.sent_at ?? null)).toBeLessThan(at(second?.ended_at ?? null));
    expect(at(second?.sent_at ?? null)).toBeLessThan(at(first?.ended_at ?? null));
  });

  it("§4.2 lets 20 turns of a project wait and rejects the next", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    const { id: first } = await member.running((await member.say(id, "make a clip of the sea #slow:1800s")).id);
    const said = await Promise.all(Array.from({ length: 20 }, (_, n) => member.say(id, `hello ${n + 1}`)));
    const waiting = said.map((one) => one.id);
    const full = await member.post(`/v1/projects/${id}/turns`, { prompt: "hello" });
    expect(Number(full.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await problem(full, "queue_full")).toMatchObject({ charged: "no" });
    await shown(member.post(`/v1/turns/${waiting[7]}/cancel`), turn);
    await member.say(id, "hello again");
    for (const one of [...waiting, first]) await shown(member.post(`/v1/turns/${one}/cancel`), turn);
  });
});

describe.concurrent("§4.3 events", () => {
  const streamed = async (words: string): Promise<Watched> => {
    const member = await newMember();
    return follow(member, (await member.newProject()).id, `make a clip of the sea ${words}`);
  };

  it.each(["", "#fault:split_bytes", "#fault:typed", "#fault:snake #fault:crlf", "#fault:partial", "#fault:noise"])(
    "§4.3 count from 1 without gaps, begin with turn.started and end with one final event (%s)",
    async (words) => {
      const seen = await streamed(words);
      const types = typesOf(seen);
      expect(idsOf(seen)).toEqual(countTo(seen.frames.length));
      expect(types[0]).toBe("turn.started");
      expect(types.filter((type) => type === "turn.started")).toHaveLength(1);
      expect(types.filter(isTerminal)).toEqual([types.at(-1)]);
    },
  );

  it("§4.3 are announced with their address first, before anything reaches Nemo", async () => {
    const live = await newMember("ada", "live");
    const { id } = await live.newProject();
    await failNext("/api/tasks", 503, 8);
    const prompt = `make a clip of the sea, unsent ${Date.now()}`;
    const { frames } = await follow(live, id, prompt);
    await clearFailures("/api/tasks");
    const [first] = frames;
    if (first?.event.type !== "turn.started") throw new Error(`${first?.event.type} came first`);
    expect(first.event.events_url).toMatch(new RegExp(`/v1/turns/${first.event.id}/events$`));
    const last = frames.at(-1)?.event;
    expect(last).toMatchObject({
      type: "turn.failed",
      turn: { charged: "no", sent_at: null, error: { code: "nemo_unavailable" } },
    });
    expect(await messagesWith(prompt)).toBe(0);
  });

  it("§4.3 append partial texts and replace them by the whole one", async () => {
    const { frames } = await streamed("#fault:partial");
    const texts = new Map<number, string>();
    const inChunks = new Set<number>();
    for (const { event } of frames) {
      if (event.type !== "message") continue;
      if (event.partial) inChunks.add(event.message);
      texts.set(event.message, event.partial ? `${texts.get(event.message) ?? ""}${event.text}` : event.text);
    }
    expect(inChunks.size).toBeGreaterThan(0);
    expect([...texts.keys()]).toEqual(countTo(texts.size));
    const text = [...texts.values()].join("\n\n");
    expect(frames.at(-1)?.event).toMatchObject({ type: "turn.completed", turn: { text, text_complete: true } });
  });

  it("§4.3 end with the whole turn, as its own route returns it", async () => {
    const member = await newMember();
    const { frames } = await follow(member, (await member.newProject()).id, "make a clip of the sea");
    const last = frames.at(-1)?.event;
    if (last?.type !== "turn.completed") throw new Error(`${last?.type} came last`);
    expect(last.turn).toEqual(await member.readTurn(last.turn.id));
  });

  it("§4.3 report progress at least every two minutes, and at each new stage", async () => {
    const longestGap = async (): Promise<number> => {
      const { frames } = await streamed("#slow:400s"); // two minutes are two seconds here
      const progress = frames.flatMap(({ event }) => (event.type === "progress" ? [event] : []));
      expect(new Set(progress.map(({ stage }) => stage)).size).toBeGreaterThan(1);
      const elapsed = progress.map(({ elapsed_ms }) => elapsed_ms);
      expect(elapsed).toEqual(elapsed.toSorted((a, b) => a - b));
      const moments = frames.map(({ afterMs }) => afterMs);
      return Math.max(...moments.map((moment, n) => moment - (moments[n - 1] ?? 0)));
    };
    expect(await leastOf(longestGap, 2_000 + 700)).toBeLessThan(2_000 + 700);
  });

  it("§4.3 describe a change of the timeline in one line", async () => {
    const { frames } = await streamed("");
    const changed = frames.flatMap(({ event }) => (event.type === "timeline.changed" ? [event] : []));
    expect(changed).toHaveLength(1);
    expect(changed[0]?.summary).toMatch(/^Timeline \(\d+ tracks?\): 1\. /);
    expect(changed[0]?.line).not.toMatch(/\n/);
  });
});
