/** PROTOCOL.md section 4.4: a stream can be left and picked up anywhere; every frame is the bytes that were first sent. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { moment } from "../../src/core/wire/common.ts";
import { isTerminal, turn, turnEventsPage } from "../../src/core/wire/turn.ts";
import { leastOf, type Member, newMember, problem, request, served, shown } from "./support/client.ts";
import { bytesOf, countTo, idsOf, typesOf, type Watched, watch, watchToEnd, withoutKey } from "./support/frames.ts";

const STREAM = { accept: "text/event-stream" };
const ticketed = z.object({ url: z.string(), first_use_by: moment });

const eventsOf = (id: string): string => `/v1/turns/${id}/events`;
const open = (member: Member, id: string, headers: Record<string, string> = {}, query = ""): Promise<Response> =>
  member.ask("GET", `${eventsOf(id)}${query}`, { headers: { ...STREAM, ...headers } });

async function started(words: string): Promise<{ member: Member; id: string }> {
  const member = await newMember();
  const { id } = await member.say((await member.newProject()).id, `make a clip of the sea ${words}`);
  return { member, id };
}

const ticketFor = (member: Member, id: string): Promise<z.infer<typeof ticketed>> =>
  shown(member.ask("POST", `/v1/turns/${id}/stream_ticket`), ticketed);

/** Follows a turn from a cursor to its end, over as many answers as it takes. */
async function follow(poll: (after: number) => Promise<Response>, after = 0): Promise<Watched> {
  return watchToEnd(await poll(after), (last) => poll(Math.max(after, last)));
}

describe.concurrent("§4.4 resuming", () => {
  it("§4.4 sends every subscriber the same bytes, and replays them from every cursor by header and by query", async () => {
    const { member, id } = await started("with music #slow:60s #fault:split_bytes #fault:partial");
    const live = await Promise.all(
      [1, 2, 3].map(() => follow((after) => open(member, id, { "last-event-id": String(after) }))),
    );
    const [first] = live;
    if (!first) throw new Error("no subscriber");
    const bytes = bytesOf(first);
    expect(idsOf(first)).toEqual(countTo(bytes.length));
    for (const duplicate of live) expect(bytesOf(duplicate)).toEqual(bytes);
    for (let after = 0; after < bytes.length; after++) {
      const byHeader = await watch(await open(member, id, { "last-event-id": String(after) }));
      const byQuery = await watch(await open(member, id, {}, `?after=${after}`));
      expect(bytesOf(byHeader), `Last-Event-ID: ${after}`).toEqual(bytes.slice(after));
      expect(bytesOf(byQuery), `after=${after}`).toEqual(bytes.slice(after));
    }
    for (const end of [
      open(member, id, { "last-event-id": String(bytes.length) }),
      open(member, id, {}, `?after=${bytes.length}`),
    ])
      expect((await end).status).toBe(204);
  });

  it("§4.4 follows a running turn from every cursor to the same end", async () => {
    const { member, id } = await started("with music #slow:120s");
    const poll = (after: number): Promise<Response> => open(member, id, { "last-event-id": String(after) });
    const live = follow(poll);
    const parts: Promise<Watched>[] = [];
    const seen = await watch(await open(member, id), (frame) => {
      parts.push(follow(poll, frame.id));
      return frame.event.type === "message";
    });
    expect(seen.frames.at(-1)?.event.type).toBe("message");
    const bytes = bytesOf(await live);
    expect(bytesOf(seen)).toEqual(bytes.slice(0, seen.frames.length));
    for (const [at, part] of (await Promise.all(parts)).entries()) expect(bytesOf(part)).toEqual(bytes.slice(at + 1));
  });

  it("§4.4 returns the same turn from its first event to a phone that repeats its interrupted POST", async () => {
    const member = await newMember();
    const { id: project } = await member.newProject();
    const say = (signal: AbortSignal | undefined): Promise<Response> =>
      member.ask("POST", `/v1/projects/${project}/turns`, {
        json: { prompt: "make a clip of the sea #slow:240s" },
        headers: { ...STREAM, "idempotency-key": "from-the-phone" },
        ...(signal ? { signal } : {}),
      });
    const lost = new AbortController();
    const before: string[] = [];
    await say(lost.signal)
      .then((answer) =>
        watch(answer, (frame) => {
          if (before.push(`${frame.id} ${frame.hash}`) === 2) lost.abort();
          return false;
        }),
      )
      .catch(() => undefined); // the connection is gone
    expect(lost.signal.aborted).toBe(true);
    expect(before.length).toBeGreaterThan(1);
    const there = await say(undefined);
    const again = await watchToEnd(there, (after) => member.events(there.headers.get("location") ?? "", after));
    expect(bytesOf(again).slice(0, before.length)).toEqual(before);
    expect(idsOf(again)).toEqual(countTo(again.frames.length));
    expect(typesOf(again).at(-1)).toBe("turn.completed");
    const turns = await member.get(`/v1/projects/${project}/turns`, z.object({ data: z.array(z.unknown()) }));
    expect(turns.data).toHaveLength(1);
  });

  it("§4.4 ends a response after 240 s ± 30 s with retry: 500, pings every 15 s, and continues by id", async () => {
    const minute = 60_000 / served.timeScale;
    const bounds = { answer: 4.5 * minute + 1_000, gap: minute / 4 + 750 };
    const answers: Watched[] = [];
    const least = (of: (one: Watched) => number): number => Math.min(...answers.map(of));
    const longestGap = ({ pings }: Watched) => Math.max(...pings.map((moment, n) => moment - (pings[n - 1] ?? 0)));
    // Seen from here a pause of this machine lengthens an answer; it does not lengthen all of six.
    const isLong = (): boolean => least(({ tookMs }) => tookMs) >= bounds.answer || least(longestGap) >= bounds.gap;
    for (let turns = 0; turns < 3 && (answers.length < 2 || isLong()); turns++) {
      // The turn outlasts two answers, and no more of them are read of it: it is cancelled then.
      const { member, id } = await started("#slow:1800s");
      const poll = (after: number): Promise<Response> => open(member, id, { "last-event-id": String(after) });
      // From the request on: on a busy machine its headers arrive when the answer's life has long begun.
      const timed = async (after: number): Promise<Watched> => {
        const begun = Date.now();
        return watch(await poll(after), undefined, begun);
      };
      const first = await timed(0);
      const second = await timed(idsOf(first).at(-1) ?? 0);
      for (const one of [first, second]) {
        expect(one.retryMs, `ended after ${one.tookMs} ms with ${typesOf(one).at(-1)}`).toBe(500);
        expect(one.tookMs).toBeGreaterThanOrEqual(3.5 * minute - 50);
        expect(typesOf(one).filter(isTerminal)).toEqual([]);
      }
      await shown(member.ask("POST", `/v1/turns/${id}/cancel`), turn);
      const seen = [...first.frames, ...second.frames];
      const rest = await follow(poll, seen.at(-1)?.id ?? 0);
      const all = [...seen, ...rest.frames];
      expect(all.map((frame) => frame.id)).toEqual(countTo(all.length));
      const whole = await watch(await open(member, id));
      expect(all.map((frame) => frame.hash)).toEqual(whole.frames.map((frame) => frame.hash));
      answers.push(first, second);
    }
    expect(least(({ tookMs }) => tookMs)).toBeLessThan(bounds.answer);
    expect(least(longestGap)).toBeLessThan(bounds.gap);
    expect(Math.max(...answers.map(({ pings }) => pings.length))).toBeGreaterThan(8);
  });

  it("§4.4 rejects an invalid cursor", async () => {
    const { member, id } = await started("");
    for (const wrong of ["x", "-1", "1.5"]) {
      const answer = await open(member, id, { "last-event-id": wrong });
      expect(answer.status, wrong).toBe(422);
      await answer.body?.cancel();
    }
  });
});

describe.concurrent("§4.4 pages", () => {
  const json = { accept: "application/json" };

  it("§4.4 gives the same events as JSON, by the same cursor", async () => {
    const { member, id } = await started("");
    await member.endOf(id);
    const stream = await watch(await open(member, id));
    const rows = stream.frames.map(({ id: n, event }) => ({ id: n, event }));
    for (let after = 0; after <= rows.length; after++) {
      const page = await member.get(`${eventsOf(id)}?after=${after}`, turnEventsPage, json);
      expect(page).toEqual({ data: rows.slice(after), next_after: rows.length, ended: true });
      const byHeader = await member.get(eventsOf(id), turnEventsPage, { ...json, "last-event-id": String(after) });
      expect(byHeader).toEqual(page);
    }
    const two = await member.get(`${eventsOf(id)}?after=0&limit=2`, turnEventsPage, json);
    expect(two).toEqual({ data: rows.slice(0, 2), next_after: 2, ended: false });
  });

  it("§4.4 waits with ?wait= for the first event, and no longer than it says", async () => {
    const { member, id } = await started("#slow:300s");
    const seen: number[] = [];
    let ended = false;
    for (let after = 0; !ended; ) {
      const page = await member.get(`${eventsOf(id)}?after=${after}&wait=25`, turnEventsPage, json);
      expect(page.data.length).toBeGreaterThan(0);
      seen.push(...page.data.map((row) => row.id));
      ({ next_after: after, ended } = page);
    }
    expect(seen).toEqual(countTo(seen.length));
    const tookMs = async (): Promise<number> => {
      const begun = Date.now();
      const over = await member.get(`${eventsOf(id)}?after=${seen.length}&wait=25`, turnEventsPage, json);
      expect(over).toEqual({ data: [], next_after: seen.length, ended: true });
      return Date.now() - begun;
    };
    expect(await leastOf(tookMs, 5_000)).toBeLessThan(5_000);
    await problem(member.ask("GET", `${eventsOf(id)}?wait=26`, { headers: json }), "invalid_request");
  });

  it("§4.4 answers an empty page when no event arrived in time", async () => {
    const { member, id } = await started("#slow:1800s");
    await member.running(id);
    const far = await member.get(`${eventsOf(id)}?after=1000&wait=0`, turnEventsPage, json);
    expect(far).toMatchObject({ data: [], ended: false });
    await member.ask("POST", `/v1/turns/${id}/cancel`);
  });
});

describe.concurrent("§4.4 stream tickets", () => {
  it("§4.4 open the turn's stream from a page without a key, repeatedly, until 204", async () => {
    const { member, id } = await started("#slow:60s");
    const { url, first_use_by } = await ticketFor(member, id);
    expect(Date.parse(first_use_by)).toBeGreaterThan(Date.now());
    expect(url).not.toContain(member.key.secret);
    const page = { ...STREAM, origin: "https://app.example" };
    const poll = (after: number): Promise<Response> =>
      request("GET", url, { headers: { ...page, "last-event-id": String(after) } });
    const live = await poll(0);
    expect(live.headers.get("access-control-allow-origin")).toBe("*");
    const bytes = bytesOf(await watchToEnd(live, poll));
    const [byTicket, byKey] = [await watch(await poll(0)), await watch(await open(member, id))];
    expect(bytes).toEqual(bytesOf(byTicket));
    expect(byTicket.frames.map(({ event }) => event)).toEqual(byKey.frames.map(({ event }) => withoutKey(event)));
    for (let after = 0; after < bytes.length; after++)
      expect(bytesOf(await watch(await poll(after)))).toEqual(bytes.slice(after));
    expect((await poll(bytes.length)).status).toBe(204);
    const later = await request("GET", `${url}&after=2`, { headers: page });
    expect(bytesOf(await watch(later))).toEqual(bytes.slice(2));
  });

  it("§4.4 open nothing else: no other turn, no other route, not after a change of one character", async () => {
    const [mine, other] = [await started(""), await started("")];
    const { url } = await ticketFor(mine.member, mine.id);
    const ticket = new URL(url).searchParams.get("ticket") ?? "";
    for (const wrong of [
      `${eventsOf(other.id)}?ticket=${ticket}`,
      `${eventsOf(mine.id)}?ticket=${ticket.slice(0, -2)}xx`,
    ])
      await problem(request("GET", wrong), "not_found");
    for (const path of [`/v1/turns/${mine.id}?ticket=${ticket}`, `/v1/me?ticket=${ticket}`])
      await problem(request("GET", path), "unauthenticated");
    await problem(other.member.ask("POST", `/v1/turns/${mine.id}/stream_ticket`), "not_found");
  });
});
