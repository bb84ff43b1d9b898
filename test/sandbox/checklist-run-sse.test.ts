/** Section 13 of the nemo-api reference, `/run_sse`: one test titled with each line. */
import { describe, expect, test } from "vitest";
import { Caller, type Json, type Streamed, wordsOf } from "./caller.ts";

const CAT = "make a 10 second cat video";
const EDIT = 'add a title "Hi"';

/** A session that has a timeline. */
async function withTimeline(caller: Caller): Promise<string> {
  const session = await caller.session();
  await caller.turn(session, CAT);
  return session;
}

const parts = (streamed: Streamed): Json[] => streamed.events.flatMap((event) => event.content?.parts ?? []);
/** The script as letters: c call, r response, t text, e error. */
const shape = (streamed: Streamed): string =>
  streamed.events
    .map((event) => (event.error === undefined ? (event.content?.parts ?? []).map(letter).join("") : "e"))
    .join("");
const letter = (part: Json): string => (part.functionCall ? "c" : part.functionResponse ? "r" : "t");
const tracks = async (caller: Caller, session: string): Promise<number> =>
  (await caller.state(session)).body.data.state.draft?.t.length ?? 0;

describe("/run_sse", () => {
  test("needs all four fields (422 otherwise; newest ADK makes `new_message` optional); accepts snake and camel case; `Content-Type: text/event-stream`; no ids, no terminator; close = end.", async () => {
    const caller = await Caller.signedIn();
    const session = await caller.session();
    const whole = {
      app_name: "nemo_agent",
      user_id: "me",
      session_id: session,
      new_message: { parts: [{ text: "hello" }] },
    };
    for (const field of Object.keys(whole)) {
      const answer = await caller.json("POST", "/run_sse", { ...whole, [field]: undefined });
      expect(answer).toMatchObject({ status: 422, body: { detail: [{ type: "missing", loc: ["body", field] }] } });
    }
    await caller.set({ message_optional: true });
    const { new_message, ...rest } = whole;
    expect((await caller.send("POST", "/run_sse", rest)).headers.get("content-type")).toBe("text/event-stream");
    await caller.clock.advance(60_000);
    const camel = { appName: "nemo_agent", userId: "me", sessionId: session, newMessage: new_message };
    expect((await caller.send("POST", "/run_sse", camel)).headers.get("content-type")).toBe("text/event-stream");
    await caller.clock.advance(60_000);
    const streamed = await caller.turn(session, CAT);
    expect(streamed.text).not.toMatch(/^(id|retry):|\[DONE\]/m);
    expect(streamed.broken).toBe(false);
    expect(shape(streamed).at(-1)).toBe("t");
  });

  test("ADK mode and typed mode; random chunking of bytes (split inside a UTF-8 character and inside `data:`), CRLF option, several events per chunk.", async () => {
    const caller = await Caller.signedIn({ silent_edits: 0 });
    const session = await withTimeline(caller);
    const typed = await caller.turn(session, `${EDIT} #fault:typed`);
    expect(typed.events.map((event) => event.type)).toEqual(["tool_call", "tool_result", "text"]);
    const split = await caller.turn(session, "加一个标题“你好” #fault:split_bytes #fault:crlf");
    expect(split.text).toContain("添加标题“你好”");
    expect(split.text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    const decoded = split.chunks.map((chunk) => new TextDecoder().decode(chunk));
    expect(decoded.filter((text) => text.includes("\ufffd")).length).toBeGreaterThan(0);
    expect(decoded.filter((text) => /(^|\n)(d|da|dat|data)$/.test(text)).length).toBeGreaterThan(0);
    const random = await caller.turn(session, `${EDIT} #fault:random_chunks`);
    expect(Math.max(...random.chunks.map((chunk) => chunk.length))).toBeGreaterThan(100);
    const merged = await caller.turn(session, `${EDIT} #fault:merged`);
    expect(merged.chunks).toHaveLength(1);
    expect(shape(merged)).toBe("crt");
    const snake = await caller.turn(session, `${EDIT} #fault:snake`);
    expect(snake.events[1]).toMatchObject({
      invocation_id: expect.stringMatching(/^e-/),
      actions: { state_delta: { draft: {} } },
    });
  });

  test("scripted turns, chosen by prompt text or a queue:", async () => {
    const caller = await Caller.signedIn();
    await caller.json("POST", "/__queue", { prompts: ["#fault:question", "#fault:text_only"] });
    const session = await caller.session();
    expect(wordsOf(await caller.turn(session, CAT))).toEqual([expect.stringContaining("landscape")]);
    expect(shape(await caller.turn(session, CAT))).toBe("t");
    expect(shape(await caller.turn(session, CAT))).toBe("crtcrt");
  });

  test("1. text only: one text event.", async () => {
    const caller = await Caller.signedIn();
    const session = await caller.session();
    for (const prompt of ["hello", "你好", "What can you do?", `${CAT} #fault:text_only`]) {
      expect(shape(await caller.turn(session, prompt))).toBe("t");
    }
    expect((await caller.requestLog()).credits_charged).toBe(0);
  });

  test("2. edit with text: call -> response(stateDelta) -> text.", async () => {
    const caller = await Caller.signedIn();
    const streamed = await caller.turn(await withTimeline(caller), `${EDIT} #fault:talkative`);
    expect(shape(streamed)).toBe("crt");
    expect(streamed.events[0]).toMatchObject({
      author: "nemo_agent",
      longRunningToolIds: [],
      content: { role: "model", parts: [{ functionCall: { name: "edit_multitrack" } }] },
    });
    expect(streamed.events[1]).toMatchObject({
      content: { role: "user" },
      actions: { stateDelta: { draft: { t: expect.any(Array) } } },
    });
    const ids = parts(streamed).flatMap((part) => part.functionCall?.id ?? part.functionResponse?.id ?? []);
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(streamed.events.map((event) => event.invocationId)).size).toBe(1);
    expect(streamed.events[2].timestamp).toBeGreaterThan(streamed.events[0].timestamp);
  });

  test("3. silent edit: call -> response -> close (about 30 %, seedable, and forceable).", async () => {
    const silence = async (seed: string) => {
      const caller = await Caller.signedIn({}, seed);
      const session = await withTimeline(caller);
      const turns = [];
      for (let at = 0; at < 60; at++) turns.push(shape(await caller.turn(session, `add a title "${at}"`, {}, 3_000)));
      return turns;
    };
    const turns = await silence("seed-a");
    expect(new Set(turns)).toEqual(new Set(["crt", "cr"]));
    const silent = turns.filter((turn) => turn === "cr").length;
    expect(silent).toBeGreaterThan(8);
    expect(silent).toBeLessThan(30);
    expect(await silence("seed-a")).toEqual(turns);
    expect(await silence("seed-b")).not.toEqual(turns);
    const caller = await Caller.signedIn({ silent_edits: 1 });
    const session = await caller.session();
    expect(shape(await caller.turn(session, CAT))).toBe("crtcrt");
    expect(shape(await caller.turn(session, EDIT))).toBe("cr");
    await caller.set({ silent_edits: 0 });
    expect(shape(await caller.turn(session, `${EDIT} #fault:silent_edit`))).toBe("cr");
  });

  test("4. generation, two stages: call -> heartbeats -> response -> text 1 -> call edit -> response -> text 2; draft goes from 1 track to 3.", async () => {
    const caller = await Caller.signedIn();
    const session = await caller.session();
    const { streamed } = caller.begin(session, CAT);
    await caller.clock.advance(2_900);
    expect(await tracks(caller, session)).toBe(0);
    await caller.clock.advance(200);
    expect(await tracks(caller, session)).toBe(1);
    await caller.clock.advance(3_000);
    expect(await tracks(caller, session)).toBe(3);
    const read = await streamed;
    expect(shape(read)).toBe("crtcrt");
    expect(read.text.indexOf(": heartbeat")).toBeLessThan(read.text.indexOf("functionResponse"));
    const names = parts(read).flatMap((part) => part.functionCall?.name ?? []);
    expect(names).toEqual(["generate_video_with_seedance", "edit_multitrack"]);
    expect((await caller.requestLog()).turns).toMatchObject([{ kind: "generation", charged: 100 }]);
  });

  test("5. trailing noise: as 2, then a last text about a temporary issue.", async () => {
    const caller = await Caller.signedIn();
    const streamed = await caller.turn(await withTimeline(caller), `${EDIT} #fault:talkative #fault:noise`);
    expect(shape(streamed)).toBe("crtt");
    expect(wordsOf(streamed).at(-1)).toContain("temporary issue");
  });

  test('6. mid-stream `{"error":...}`, well-formed and malformed.', async () => {
    const caller = await Caller.signedIn();
    const session = await withTimeline(caller);
    const before = await caller.state(session);
    const good = await caller.turn(session, `${EDIT} #fault:error_midstream`);
    expect(shape(good)).toBe("ce");
    const bad = await caller.turn(session, `${EDIT} #fault:malformed_error`);
    expect(bad.text).toContain('data: {"error": "model "nemo" overloaded"}');
    expect(shape(bad)).toBe("c");
    expect((await caller.state(session)).draft).toBe(before.draft);
    expect((await caller.credits()).frozen).toBe(0);
    expect((await caller.requestLog()).credits_charged).toBe(100);
    expect(shape(await caller.turn(session, `${EDIT} #fault:error_after_work`))).toBe("cre");
    expect((await caller.state(session)).draft).not.toBe(before.draft);
  });

  test("7. cut connection before the response; the work still finishes later and shows in state.", async () => {
    const caller = await Caller.signedIn();
    const session = await caller.session();
    const cut = await caller.turn(session, `${CAT} #fault:two_stage_after_cut`, {}, 2_000);
    expect(cut.broken).toBe(true);
    expect(shape(cut)).toBe("c");
    expect(await tracks(caller, session)).toBe(0);
    await caller.clock.advance(1_500);
    expect(await tracks(caller, session)).toBe(1);
    await caller.clock.advance(3_000);
    expect(await tracks(caller, session)).toBe(3);
    expect((await caller.turn(session, `${EDIT} #fault:drop@1s`)).broken).toBe(true);
    const early = await caller.turn(session, `${EDIT} #fault:close_early@1s`);
    expect([early.broken, shape(early)]).toEqual([false, "c"]);
    const torn = await caller.turn(session, `${EDIT} #fault:cut_in_record`);
    expect(torn.broken).toBe(true);
    expect(torn.text).not.toMatch(/\n\n$/);
    expect((await caller.requestLog()).credits_charged).toBe(250);
  });

  test("8. heartbeats only for > 10 min (with fake time).", async () => {
    const caller = await Caller.signedIn();
    const session = await withTimeline(caller);
    const before = await caller.state(session);
    const dead = await caller.turn(session, `${EDIT} #fault:heartbeats_only@601s`);
    expect(dead.text.replaceAll(": heartbeat\n\n", "")).toBe("");
    expect(dead.chunks.length).toBe(300);
    expect((await caller.state(session)).draft).toBe(before.draft);
    expect((await caller.requestLog()).turns.at(-1).charged).toBe(0);
    const mute = caller.begin(session, `${EDIT} #fault:silent_stream`);
    await caller.clock.advance(5_000);
    expect((await caller.state(session)).draft).not.toBe(before.draft);
    await caller.clock.advance(600_000);
    expect((await mute.streamed).events).toEqual([]);
  });

  test("9. 2001 before the stream (JSON body instead of SSE), and in-stream.", async () => {
    const caller = await Caller.signedIn();
    const session = await caller.session();
    const body = await caller.turn(session, `${CAT} #fault:no_credits`);
    expect([body.status, body.contentType]).toEqual([200, "application/json"]);
    expect(JSON.parse(body.text).code).toBe(2001);
    expect((await caller.turn(session, `${CAT} #fault:no_credits_inline`)).events).toEqual([
      { code: 2001, message: "insufficient credits", data: null },
    ]);
    await caller.set({ no_credits_inline: "error" });
    expect((await caller.turn(session, `${CAT} #fault:no_credits_inline`)).events).toEqual([
      { error: "2001: insufficient credits" },
    ]);
    expect(wordsOf(await caller.turn(session, `${CAT} #fault:no_credits_text`))).toEqual([
      expect.stringContaining("not have enough credits"),
    ]);
    const poor = await Caller.signedIn({ initial_credits: 0, code_status: "4xx" });
    const problem = await poor.turn(await poor.session(), "hello");
    expect([problem.status, JSON.parse(problem.text).code]).toEqual([402, 2001]);
  });

  test("10. `streaming:true`: partial deltas, then the whole text again without `partial`.", async () => {
    const caller = await Caller.signedIn();
    const session = await caller.session();
    for (const streamed of [
      await caller.turn(session, "hello", { streaming: true }),
      await caller.turn(session, "hello #fault:partial"),
    ]) {
      const deltas = streamed.events.filter((event) => event.partial === true);
      expect(deltas.length).toBeGreaterThan(1);
      expect(streamed.events.at(-1).partial).toBeUndefined();
      expect(deltas.map((event) => event.content.parts[0].text).join("")).toBe(
        streamed.events.at(-1).content.parts[0].text,
      );
    }
  });

  test("11. event with `errorCode`/`errorMessage`; event with several parts; `thought` part; sub-agent author; action-only event; duplicate id pair.", async () => {
    const caller = await Caller.signedIn({ silent_edits: 0 });
    const session = await withTimeline(caller);
    const faults = ["error_code", "multi_part", "thought", "subagent", "action_only", "duplicate_id"];
    const streamed = await caller.turn(session, `${EDIT} ${faults.map((name) => `#fault:${name}`).join(" ")}`);
    const some = (claim: (event: Json) => boolean) => expect(streamed.events.filter(claim)).toHaveLength(1);
    some(
      (event) => event.errorCode === "MAX_TOKENS" && event.errorMessage !== undefined && event.content === undefined,
    );
    some((event) => event.content?.parts.length === 2);
    some((event) => event.content?.parts[0].thought === true);
    some((event) => event.author === "video_editor_agent" && event.branch === "nemo_agent.video_editor_agent");
    some((event) => event.content === undefined && event.errorCode === undefined);
    const ids = streamed.events.map((event) => event.id);
    expect(new Set(ids).size).toBe(ids.length - 1);
  });

  test("12. text-only answer with no draft.", async () => {
    const caller = await Caller.signedIn();
    const session = await caller.session();
    expect(wordsOf(await caller.turn(session, `${CAT} #fault:question`))).toHaveLength(1);
    expect((await caller.state(session)).draft).toBe("null");
    expect(shape(await caller.turn(session, `${CAT} #fault:edit #fault:no_change`))).toBe("crt");
    expect((await caller.state(session)).draft).toBe("null");
  });

  test("13. GUI phrases in en and zh.", async () => {
    const caller = await Caller.signedIn({ silent_edits: 0 });
    const session = await caller.session();
    expect(wordsOf(await caller.turn(session, CAT)).at(-1)).toMatch(/Preview it in the timeline.*click Export/);
    expect(wordsOf(await caller.turn(session, "把音乐去掉")).at(-1)).toMatch(/时间线.*点击导出按钮/);
  });

  test("heartbeat bytes selectable from the list in 4.3.", async () => {
    const bytes = {
      comment: ": heartbeat\n\n",
      event: "event: heartbeat\n\n",
      empty_data: "data:\n\n",
      word: "data: heartbeat\n\n",
      typed: 'data: {"type":"heartbeat"}\n\n',
      empty_object: "data: {}\n\n",
    } as const;
    const caller = await Caller.signedIn();
    const session = await caller.session();
    for (const heartbeat of Object.keys(bytes) as (keyof typeof bytes)[]) {
      await caller.set({ heartbeat });
      expect((await caller.turn(session, `${CAT} #fault:heartbeats_only@5s`)).text).toBe(bytes[heartbeat].repeat(2));
    }
    await caller.set({ heartbeat: "none" });
    expect((await caller.turn(session, `${CAT} #fault:heartbeats_only@5s`)).text).toBe("");
  });

  test("second concurrent turn on a session -> stale-session error line.", async () => {
    const caller = await Caller.signedIn();
    const session = await caller.session();
    const first = caller.begin(session, CAT);
    await caller.clock.advance(500);
    const second = await caller.turn(session, CAT);
    expect(second.events.at(-1)).toEqual({ error: expect.stringContaining("stale session") });
    expect(shape(await first.streamed)).toBe("crtcrt");
    expect((await caller.state(session)).body.data.state.generated_media).toHaveLength(1);
    expect(shape(await caller.turn(session, `${EDIT} #fault:stale`))).toBe("ce");
  });

  test("client disconnect does not stop the work; a re-sent message runs and charges again (so tests can catch resends).", async () => {
    const caller = await Caller.signedIn();
    const session = await caller.session();
    const gone = await caller.open(session, CAT);
    await gone.body?.cancel();
    await caller.clock.advance(1_000);
    await caller.turn(session, CAT);
    await caller.clock.advance(10_000);
    expect(await tracks(caller, session)).toBe(3);
    expect((await caller.requestLog()).turns).toMatchObject([
      { prompt: CAT, charged: 100 },
      { prompt: CAT, charged: 100 },
    ]);
    await caller.set({ on_disconnect: "cancel" });
    const other = await caller.session();
    const stopped = await caller.open(other, CAT);
    await caller.clock.advance(1_000);
    await stopped.body?.cancel();
    await caller.clock.advance(20_000);
    expect((await caller.state(other)).draft).toBe("null");
    expect((await caller.requestLog()).credits_charged).toBe(200);
  });
});
