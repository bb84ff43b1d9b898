/** What becomes of a video, rule by rule: no clock, no storage, no agent. */
import { describe, expect, it } from "vitest";
import { problemOf } from "../../src/core/errors.ts";
import {
  awaitsCost,
  canContinue,
  cancelledVideo,
  type EndedTurn,
  newVideoOf,
  nextRound,
  nextVideoStep,
  roundStartedAt,
  type Video,
  type VideoInputs,
  withLateCost,
  withTurn,
} from "../../src/core/video.ts";

const [AT, NOW] = [1_000, 9_000];
const order = newVideoOf(
  {
    prompt: "make a 2 second video",
    sources: [],
    project: null,
    language: null,
    output: { format: "mp4", quality: "high" },
    metadata: {},
    callback: null,
    onQuestion: "wait",
    key: null,
    generator: null,
    attribution: null,
    accepts: null,
    expectedMs: 120_000,
  },
  "vid_1",
  AT,
  null,
);
const video = (more: Partial<Video> = {}): Video => ({ ...order, project: "prj_1", ...more });
const ended = (more: Partial<EndedTurn> = {}): EndedTurn => ({
  status: "completed",
  charged: "yes",
  spent: 100,
  error: null,
  changed: true,
  text: "Done.",
  ...more,
});
const seen = (more: Partial<VideoInputs> = {}): VideoInputs => ({
  waiting: 0,
  problem: null,
  turn: null,
  exportable: false,
  render: null,
  ...more,
});
const stepOf = (given: Video, what: Partial<VideoInputs> = {}) => nextVideoStep(given, seen(what), NOW);
const saved = (given: Video, what: Partial<VideoInputs> = {}): Video => {
  const step = stepOf(given, what);
  if (step.do !== "save") throw new Error(`it would ${step.do}`);
  return step.video;
};

describe("the next step of a video", () => {
  it.each<[string, Video, Partial<VideoInputs>]>([
    ["make_project", video({ project: null }), {}],
    ["wait", video({ stage: "assets" }), { waiting: 1 }],
    ["attach", video({ stage: "assets" }), {}],
    ["start_turn", video({ stage: "turn" }), {}],
    ["wait", video({ stage: "turn", turn: "trn_1" }), {}],
    ["start_render", video({ stage: "render", turn: "trn_1" }), {}],
    ["wait", video({ stage: "render", turn: "trn_1", render: "rnd_1" }), {}],
    ["wait", video({ stage: "done" }), {}],
  ])("%#: %s", (wanted, given, what) => {
    expect(stepOf(given, what).do).toBe(wanted);
  });

  it("is the export if the agent changed the timeline, or left one and asked nothing", () => {
    const at = video({ stage: "timeline", turn: "trn_1" });
    const go = (turn: Partial<EndedTurn>, exportable: boolean) => saved(at, { turn: ended(turn), exportable });
    expect(go({ text: "Shall I add music?" }, true)).toMatchObject({ stage: "render", endedAt: null });
    expect(go({ changed: false }, true)).toMatchObject({ stage: "render", endedAt: null });
    expect(go({ changed: false, text: "How long?" }, true)).toMatchObject({ status: "needs_input", endedAt: NOW });
    expect(go({}, false)).toMatchObject({ status: "needs_input", endedAt: NOW });
  });

  it("is the caller's prepared answer to a question, or to a turn without a result, once", () => {
    for (const text of ["How long?", "Tell me what you would like."]) {
      const at = video({ stage: "timeline", turn: "trn_1", onQuestion: { answer: "2 seconds" } });
      const next = saved(at, { turn: ended({ text, changed: false }) });
      expect(next).toMatchObject({ stage: "turn", prompt: "2 seconds", answered: true, turn: null, turns: ["trn_1"] });
      const again = saved({ ...next, stage: "timeline", turn: "trn_2" }, { turn: ended({ text, changed: false }) });
      expect(again).toMatchObject({ status: "needs_input" });
      const failing = saved({ ...at, onQuestion: "fail" }, { turn: ended({ text, changed: false }) });
      expect(failing).toMatchObject({ status: "failed", error: { code: "needs_input" } });
    }
  });

  it("needs no message for a prompt that only asks to export, once there may be a timeline", () => {
    const at = video({ stage: "turn", prompt: "please export it" });
    expect(stepOf(at).do).toBe("start_turn"); // its own project is empty
    expect(saved({ ...at, ownsProject: false })).toMatchObject({ stage: "render" });
    expect(saved({ ...at, turns: ["trn_1"] })).toMatchObject({ stage: "render" });
    expect(stepOf({ ...at, prompt: "export it with music", turns: ["trn_1"] }).do).toBe("start_turn");
  });

  it("reports a failure with the next call for a video", () => {
    const error = problemOf("render_failed", "It failed.", { hint: "POST /v1/projects" });
    const at = video({ stage: "render", turn: "trn_1", render: "rnd_1" });
    expect(saved(at, { render: { status: "failed", error } }).error?.hint).toBe(
      'POST /v1/videos/vid_1/turns {"prompt": "export"}',
    );
    const turn = (code: "insufficient_credits" | "session_lost") =>
      saved(video({ stage: "turn", turn: "trn_1" }), {
        turn: ended({ status: "failed", charged: "no", error: problemOf(code, "No.") }),
      }).error?.hint;
    expect(turn("insufficient_credits")).toBe("POST /v1/videos/vid_1/turns");
    expect(turn("session_lost")).toBe("POST /v1/videos");
    const file = saved(video({ stage: "assets" }), {
      problem: problemOf("not_found", "No.", { hint: "POST /v1/uploads" }),
    });
    expect(file.error?.hint).toBe("POST /v1/uploads");
  });
});

describe("the cost of a video", () => {
  const costOf = (...turns: Partial<EndedTurn>[]): unknown => {
    const { charged, spent } = turns.reduce<Video>((sum, turn) => withTurn(sum, ended(turn)), video());
    return [charged, spent];
  };

  it("is the sum of its turns, and unknown if one of them is unknown", () => {
    expect(costOf({}, { spent: 50 })).toEqual(["yes", 150]);
    expect(costOf({ charged: "no", spent: null })).toEqual(["no", 0]);
    expect(costOf({}, { charged: "no", spent: null })).toEqual(["yes", 100]);
    expect(costOf({}, { charged: "unknown", spent: null })).toEqual(["yes", null]);
    expect(costOf({ charged: "unknown", spent: null }, {})).toEqual(["yes", null]);
  });

  it("is updated after a cancellation too, once", () => {
    const stopped = cancelledVideo(video({ stage: "turn" }), { turn: "trn_1", render: null }, NOW);
    expect(awaitsCost(stopped)).toBe(true);
    expect(withLateCost(stopped, null)).toBe(stopped);
    const updated = withLateCost(stopped, ended());
    expect(updated).toMatchObject({ status: "cancelled", charged: "yes", spent: 100 });
    expect(awaitsCost(updated)).toBe(false);
    expect(withLateCost(updated, ended())).toBe(updated);
    const later = cancelledVideo({ ...updated, stage: "render" }, { turn: "trn_1", render: "rnd_1" }, NOW);
    expect(awaitsCost(later)).toBe(false);
  });
});

describe("continuing a video", () => {
  it("begins another round, with new time limits", () => {
    const next = nextRound(video({ stage: "done", turn: "trn_1", render: "rnd_1", endedAt: 5_000 }), "longer", NOW);
    expect(next).toMatchObject({
      stage: "turn",
      round: 2,
      turn: null,
      turns: ["trn_1"],
      renders: ["rnd_1"],
      endedAt: null,
    });
    expect([roundStartedAt(video()), roundStartedAt(next)]).toEqual([AT, NOW]);
  });

  it("reports to the address that its message names, else to the one it has", () => {
    const ended = video({ callback: "https://example.com/first", endedAt: 5_000 });
    expect(nextRound(ended, "longer", NOW).callback).toBe("https://example.com/first");
    expect(nextRound(ended, "longer", NOW, "https://example.com/next").callback).toBe("https://example.com/next");
  });

  it("first does what was not done before its first turn: no file is left out", () => {
    for (const stage of ["project", "assets"] as const)
      expect(nextRound(video({ stage, status: "failed", endedAt: NOW }), "again", NOW).stage).toBe(stage);
  });

  it("is possible for videos that have ended and were not cancelled", () => {
    expect(canContinue(video())).toBe(false);
    expect(canContinue(video({ status: "failed", project: null, endedAt: NOW }))).toBe(true);
    expect(canContinue(cancelledVideo(video(), { turn: null, render: null }, NOW))).toBe(false);
  });
});
