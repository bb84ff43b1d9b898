/** The `#` words that no line of the checklist covers, and the table itself. */
import { describe, expect, test } from "vitest";
import { FAULTS } from "../../src/core/sandbox-faults.ts";
import { readWords } from "../../src/sandbox/faults.ts";
import { Caller, type Json } from "./caller.ts";

const CAT = "make a 10 second cat video";

async function ready(prompt = CAT, switches = {}): Promise<{ caller: Caller; session: string }> {
  const caller = await Caller.signedIn(switches);
  const session = await caller.session();
  await caller.turn(session, prompt);
  return { caller, session };
}

/** A submitted render of a session whose prompt had this word. */
async function rendered(
  word: string,
): Promise<{ caller: Caller; session: string; answer: { status: number; body: Json } }> {
  const { caller, session } = await ready(`${CAT} ${word}`);
  return { caller, session, answer: await caller.submit(session, "r1") };
}

describe("the #fault: words", () => {
  test("are read with and without a number, and removed from the prompt", () => {
    const words = readWords("add #fault:drop@3s music #fault:noise #slow:2m #slow_render:90s #fault:nonsense please");
    expect(words).toEqual({
      faults: { drop: { atMs: 3_000 }, noise: { atMs: null } },
      slowMs: 120_000,
      slowRenderMs: 90_000,
      unknown: ["nonsense"],
      rest: "add music please",
    });
    expect(readWords("#fault:drop@250ms").faults.drop).toEqual({ atMs: 250 });
    expect(readWords("#fault:drop@99999999s").faults.drop).toEqual({ atMs: 3_600_000 });
  });

  test("are listed by /__faults, and unknown ones by the request log", async () => {
    const { caller } = await ready(`${CAT} #fault:nonsense`);
    expect((await caller.json("GET", "/__faults")).body).toEqual(FAULTS);
    expect((await caller.requestLog()).turns[0]).toMatchObject({ faults: [], unknown_faults: ["nonsense"] });
  });

  test("lengthen a turn: #slow", async () => {
    const caller = await Caller.signedIn();
    const session = await caller.session();
    const { streamed } = caller.begin(session, `${CAT} #slow:180s`);
    await caller.clock.advance(170_000);
    expect((await caller.state(session)).body.data.state.draft.t).toHaveLength(3);
    await caller.clock.advance(11_000);
    expect((await streamed).text.match(/: heartbeat/g)).toHaveLength(89);
  });
});

describe("before the stream", () => {
  test("session_lost: the session is gone for good", async () => {
    const { caller, session } = await ready();
    expect((await caller.turn(session, "add music #fault:session_lost")).text).toContain("1002");
    expect((await caller.state(session)).body.code).toBe(1002);
  });

  test("token_expired: the token is gone for good, another one of the user works", async () => {
    const { caller, session } = await ready();
    expect((await caller.turn(session, "add music #fault:token_expired")).text).toContain("1001");
    expect((await caller.state(session)).body.code).toBe(1001);
    caller.token = (await caller.issue("client-1")).body.data.token;
    expect((await caller.state(session)).body.code).toBe(0);
  });

  test("http_429 and http_500 run nothing; http_503_after_start runs and charges", async () => {
    const { caller, session } = await ready();
    const limited = await caller.open(session, "add music #fault:http_429");
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "1"]);
    expect((await caller.open(session, "add music #fault:http_500")).status).toBe(500);
    expect((await caller.requestLog()).turns).toHaveLength(1);
    expect((await caller.open(session, "add music #fault:http_503_after_start")).status).toBe(503);
    await caller.clock.advance(10_000);
    expect((await caller.requestLog()).turns[1].charged).toBe(50);
  });
});

describe("state", () => {
  test("state_late: the change shows later", async () => {
    const { caller, session } = await ready();
    const before = await caller.state(session);
    await caller.turn(session, 'add a title "Hi" #fault:state_late@10s', {}, 3_000);
    expect((await caller.state(session)).draft).toBe(before.draft);
    await caller.clock.advance(10_000);
    expect((await caller.state(session)).draft).not.toBe(before.draft);
  });

  test("state_5xx: two reads answer 503", async () => {
    const { caller, session } = await ready(`${CAT} #fault:state_5xx`);
    const statuses = [];
    for (let at = 0; at < 3; at++)
      statuses.push((await caller.send("GET", `/api/state/nemo_agent/me/${session}/latest`)).status);
    expect(statuses).toEqual([503, 503, 200]);
  });

  test("no_change: the agent claims success, the draft does not change", async () => {
    const { caller, session } = await ready();
    const before = await caller.state(session);
    const streamed = await caller.turn(session, 'add a title "Hi" #fault:no_change #fault:talkative');
    expect(streamed.text).toContain("Done: added the title");
    expect((await caller.state(session)).draft).toBe(before.draft);
  });
});

describe("renders", () => {
  test("render_402 and render_submit_5xx", async () => {
    expect((await rendered("#fault:render_402")).answer.status).toBe(402);
    const { caller, answer } = await rendered("#fault:render_submit_5xx");
    expect(answer.status).toBe(503);
    await caller.clock.advance(10_000);
    expect((await caller.poll("r1")).body.status).toBe("completed");
  });

  test("render_fail fails every render until a prompt says otherwise", async () => {
    const { caller, session } = await rendered("#fault:render_fail");
    await caller.submit(session, "r2");
    await caller.clock.advance(10_000);
    expect([(await caller.poll("r1")).body.status, (await caller.poll("r2")).body.status]).toEqual([
      "failed",
      "failed",
    ]);
    await caller.turn(session, "add music #slow_render:3s");
    await caller.submit(session, "r3");
    await caller.clock.advance(10_000);
    expect((await caller.poll("r3")).body.status).toBe("completed");
  });

  test("render_stuck, render_odd_status, render_wrapped", async () => {
    const stuck = await rendered("#fault:render_stuck");
    await stuck.caller.clock.advance(3_600_000);
    expect((await stuck.caller.poll("r1")).body).toMatchObject({ status: "processing", progress: 95 });
    const odd = await rendered("#fault:render_odd_status");
    await odd.caller.clock.advance(4_000);
    expect((await odd.caller.poll("r1")).body.status).toBe("ENCODING");
    await odd.caller.clock.advance(4_000);
    expect((await odd.caller.poll("r1")).body.status).toBe("COMPLETED");
    const wrapped = await rendered("#fault:render_wrapped");
    expect((await wrapped.caller.poll("r1")).body).toMatchObject({ success: true, data: { status: "pending" } });
  });

  test("render_expired and render_cut", async () => {
    const expired = await rendered("#fault:render_expired");
    await expired.caller.clock.advance(10_000);
    expect((await expired.caller.send("GET", "/render-result/r1.mp4")).status).toBe(404);
    const cut = await rendered("#fault:render_cut");
    await cut.caller.clock.advance(10_000);
    const file = await cut.caller.send("GET", "/render-result/r1.mp4");
    expect(file.status).toBe(200);
    await expect(file.arrayBuffer()).rejects.toThrow();
  });
});

describe("malformed answers", () => {
  test("/__fail answers for any path, counted", async () => {
    const caller = await Caller.signedIn();
    await caller.json("POST", "/__fail", { path: "/api/credits", status: 502, times: 2 });
    const statuses = [];
    for (let at = 0; at < 3; at++) statuses.push((await caller.send("GET", "/api/credits/balance/simple")).status);
    expect(statuses).toEqual([502, 502, 200]);
    await caller.json("POST", "/__fail", { path: "/api/credits", status: 0 });
    await expect(caller.credits()).rejects.toThrow("connection lost");
    expect((await caller.credits()).total).toBe(1_000_000);
  });
});
