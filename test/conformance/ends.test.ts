/** PROTOCOL.md sections 4.5 and 4.6: how turns end, what they cost, and what the end rests on. */
import { describe, expect, it } from "vitest";
import { type TurnWire, turn } from "../../src/core/wire/turn.ts";
import { type Member, newMember, shown } from "./support/client.ts";
import { typesOf, watch } from "./support/frames.ts";
import { messagesWith } from "./support/nemo.ts";

/** A live project that has a clip, so that the next turn is an edit. */
async function edited(): Promise<{ member: Member; project: string }> {
  const member = await newMember("ada", "live");
  const { id: project } = await member.newProject();
  expect(await member.said(project, "make a clip of the sea")).toMatchObject({ status: "completed" });
  return { member, project };
}

let runs = 0;
/** Sends a message with a unique text to Nemo; the request log must have it once. */
async function saidOnce(member: Member, project: string, words: string): Promise<TurnWire> {
  const name = `run ${process.pid}-${++runs}`;
  const ended = await member.said(project, `${words}, ${name}`);
  expect(await messagesWith(name)).toBe(1);
  return ended;
}

const typesAgain = async (member: Member, id: string): Promise<string[]> =>
  typesOf(await watch(await member.events(`/v1/turns/${id}`)));

describe.concurrent("§4.5 ends", () => {
  it("§4.5 completes a turn whose stream ended by itself after a final text", async () => {
    const { member, project } = await edited();
    expect(await saidOnce(member, project, "add jazz music #fault:talkative")).toMatchObject({
      status: "completed",
      charged: "yes",
      text: expect.stringMatching(/./),
      text_complete: true,
      credits: { amount: 50, basis: "measured" },
      timeline: { changed: true },
      evidence: { stream: "closed", timeline: "changed", balance: "lower" },
      error: null,
    });
  });

  it("§4.5 charges nothing for an answer of text alone", async () => {
    const { member, project } = await edited();
    expect(await saidOnce(member, project, "tell me #fault:text_only")).toMatchObject({
      status: "completed",
      charged: "no",
      credits: { amount: 0 },
      timeline: { changed: false },
      evidence: { stream: "closed", timeline: "unchanged", balance: "equal" },
    });
  });

  it("§4.5 completes an edit that ended without text, and reports the change", async () => {
    const { member, project } = await edited();
    const ended = await saidOnce(member, project, "add jazz music #fault:silent_edit");
    expect(ended).toMatchObject({ status: "completed", charged: "yes", text: null, timeline: { changed: true } });
    expect(ended.timeline?.summary).toMatch(/jazz/i);
    expect(await typesAgain(member, ended.id)).toContain("timeline.changed");
  });

  it.each(["#fault:drop", "#fault:cut_in_record", "#fault:close_early"])(
    "§4.5 settles a stream that was cut by the timeline, and says that text may be missing (%s)",
    async (fault) => {
      const { member, project } = await edited();
      expect(await saidOnce(member, project, `add jazz music ${fault}`)).toMatchObject({
        status: "completed",
        charged: "yes",
        text_complete: false,
        timeline: { changed: true },
        evidence: { stream: fault === "#fault:close_early" ? "closed" : "cut", timeline: "changed", balance: "lower" },
      });
    },
  );

  it("§4.5 waits for both stages of a generation whose stream was cut", async () => {
    const member = await newMember("ada", "live");
    const { id: project } = await member.newProject();
    const ended = await saidOnce(member, project, "a clip of the sea #fault:two_stage_after_cut #slow:60s");
    expect(ended).toMatchObject({ status: "completed", charged: "yes", text_complete: false });
    expect(ended.timeline?.summary).toMatch(/^Timeline \(3 tracks\)/);
  });

  it.each(["no_credits", "no_credits_inline"])(
    "§4.5 fails a turn for lack of credits, and says where to get some (%s)",
    async (fault) => {
      const { member, project } = await edited();
      const ended = await member.said(project, `add jazz music #fault:${fault}`);
      expect(ended).toMatchObject({
        status: "failed",
        charged: "no",
        timeline: null,
        error: { code: "insufficient_credits", retryable: false },
      });
      expect(ended.error?.register_url).toMatch(/^https:\/\//);
    },
  );

  it("§4.5 fails a turn of which Nemo accepted nothing", async () => {
    const { member, project } = await edited();
    expect(await member.said(project, "add jazz music #fault:http_429")).toMatchObject({
      status: "failed",
      charged: "no",
      error: { code: "nemo_busy", retryable: true },
    });
    expect(await member.said(project, "add jazz music #fault:session_lost")).toMatchObject({
      status: "failed",
      charged: "no",
      error: { code: "session_lost" },
    });
  });

  it("§4.5 completes a turn that Nemo rejected after it had started, when its result appears", async () => {
    const { member, project } = await edited();
    expect(await saidOnce(member, project, "add jazz music #fault:http_503_after_start")).toMatchObject({
      status: "completed",
      charged: "yes",
      text_complete: false,
      timeline: { changed: true },
    });
  });

  it("§4.5 fails a turn without any progress for 15 minutes and without a charge", async () => {
    const { member, project } = await edited();
    expect(await saidOnce(member, project, "add jazz music #fault:error_midstream")).toMatchObject({
      status: "failed",
      charged: "no",
      timeline: { changed: false },
      evidence: { timeline: "unchanged", balance: "equal" },
      error: { code: "turn_failed" },
    });
  });

  it("§4.5 fails a turn whose agent failed and changed nothing, and reports the charge", async () => {
    const { member, project } = await edited();
    expect(await saidOnce(member, project, "add jazz music #fault:stale")).toMatchObject({
      status: "failed",
      charged: "yes",
      timeline: { changed: false },
      evidence: { timeline: "unchanged", balance: "lower" },
    });
  });

  it("§4.5 never changes the result of an ended turn", async () => {
    const { member, project } = await edited();
    const ended = await saidOnce(member, project, "add jazz music #fault:talkative");
    await member.said(project, "add a title saying 'Waves'");
    expect(await member.readTurn(ended.id)).toEqual(ended);
  });
});

describe.concurrent("§4.6 cancelling", () => {
  const cancel = (member: Member, id: string): Promise<TurnWire> => shown(member.post(`/v1/turns/${id}/cancel`), turn);

  it("§4.6 removes a waiting turn: it fails, uncharged and unsent", async () => {
    const { member, project } = await edited();
    const first = await member.say(project, "add jazz music #slow:600s");
    await member.running(first.id);
    const name = `never sent ${process.pid}-${Date.now()}`;
    const waiting = await member.say(project, name);
    expect(waiting.status).toBe("queued");
    expect(await cancel(member, waiting.id)).toMatchObject({
      status: "failed",
      charged: "no",
      sent_at: null,
      error: { code: "cancelled" },
    });
    expect((await typesAgain(member, waiting.id)).at(-1)).toBe("turn.failed");
    expect(await member.endOf(first.id)).toMatchObject({ status: "completed" });
    expect(await member.said(project, "hello")).toMatchObject({ status: "completed" });
    expect(await messagesWith(name)).toBe(0);
  });

  it("§4.6 no longer follows a running turn, and still settles its result", async () => {
    const { member, project } = await edited();
    const { id } = await member.say(project, "add jazz music #fault:talkative #slow:600s");
    await member.running(id);
    await cancel(member, id);
    expect(await member.endOf(id)).toMatchObject({
      status: "completed",
      charged: "yes",
      text_complete: false,
      timeline: { changed: true },
      evidence: { stream: "cancelled", timeline: "changed", balance: "lower" },
    });
  });

  it("§4.6 does not change a turn that has ended", async () => {
    const { member, project } = await edited();
    const ended = await member.said(project, "hello");
    await (await member.post(`/v1/turns/${ended.id}/cancel`)).body?.cancel();
    expect(await member.readTurn(ended.id)).toEqual(ended);
  });
});
