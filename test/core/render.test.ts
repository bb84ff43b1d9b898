import { describe, expect, it } from "vitest";
import {
  ATTESTED_OUTPUT,
  afterPoll,
  afterUnknown,
  cancelledRender,
  isPublished,
  isRenderOver,
  newRenderOf,
  pollAgain,
  pollDelay,
  type Render,
  toCompleted,
  toDropped,
  toPolling,
  toSubmitting,
} from "../../src/core/render.ts";
import { scaledTimings } from "../../src/core/timings.ts";

const timings = scaledTimings(1);
const order = newRenderOf({
  id: "rnd_1",
  project: "prj_1",
  metadata: {},
  callback: null,
  attribution: null,
  key: null,
  output: ATTESTED_OUTPUT,
  createdAt: 0,
  upstreamId: "render_x",
});
const FILE = {
  sizeBytes: 1,
  etag: "e",
  contentType: "video/mp4",
  sha256: null,
  durationMs: 3_000,
  width: 1_280,
  height: 720,
  codec: "h264",
  expiresAt: 99_000,
};
const polling: Render = toPolling(toSubmitting(order, null, 1_000), "accepted", 1_000, timings);

describe("a render", () => {
  it("is polled after 5, 10, 15, then every 30 seconds", () => {
    expect([0, 1, 2, 3, 4, 99].map((polls) => pollDelay(polls, timings))).toEqual([
      5_000, 10_000, 15_000, 30_000, 30_000, 30_000,
    ]);
  });

  it("keeps polling when upstream says completed without an address", () => {
    const next = afterPoll(polling, { status: "completed", progress: 100, url: null }, "render_y", 6_000, timings);
    expect(next).toMatchObject({ phase: "polling", polls: 1, nextAt: 16_000 });
  });

  it("is copied once there is an address, and ends only with a file", () => {
    const next = afterPoll(
      polling,
      { status: "completed", progress: 100, url: "https://x/y.mp4" },
      "render_y",
      6_000,
      timings,
    );
    expect(next).toMatchObject({ phase: "copying", resultUrl: "https://x/y.mp4", progress: 99, nextAt: 6_000 });
    expect(isRenderOver(next)).toBe(false);
    const done = toCompleted(next, FILE, [], 7_000);
    expect(done).toMatchObject({ phase: "completed", progress: 100, endedAt: 7_000 });
    expect(isRenderOver(done)).toBe(true);
  });

  it("has progress that never falls, and never reaches 100 before the file is stored", () => {
    const up = afterPoll(polling, { status: "running", progress: 80, url: null }, "render_y", 6_000, timings);
    const down = afterPoll(up, { status: "running", progress: 20, url: null }, "render_y", 16_000, timings);
    expect(down.progress).toBe(80);
    expect(afterPoll(up, { status: "running", progress: 100, url: null }, "render_y", 16_000, timings).progress).toBe(
      99,
    );
  });

  it("is submitted once more under a new id when upstream fails it, and then ends", () => {
    const failed = { status: "failed", progress: null, url: null } as const;
    const second = afterPoll(polling, failed, "render_y", 6_000, timings);
    expect(second).toMatchObject({
      phase: "queued",
      upstreamId: "render_y",
      submittedAt: null,
      progress: 0,
      nextAt: 6_000,
    });
    expect(second.attempts).toMatchObject([{ upstreamId: "render_x", submittedAt: 1_000, endedAt: 6_000 }]);
    const again = toPolling(toSubmitting(second, null, 7_000), "accepted", 7_000, timings);
    const last = afterPoll(again, failed, "render_z", 9_000, timings);
    expect(last).toMatchObject({
      phase: "failed",
      upstreamId: "render_y",
      error: { code: "render_failed" },
      endedAt: 9_000,
    });
    expect(last.attempts).toHaveLength(2);
  });

  it("is reported as timed out after 30 minutes, and polled for another day", () => {
    expect(pollAgain(polling, 1_000 + timings.renderTimeout - 1, timings)).toMatchObject({
      phase: "polling",
      error: null,
    });
    const at = 1_000 + timings.renderTimeout;
    const late = pollAgain(polling, at, timings);
    expect(late).toMatchObject({ phase: "polling", error: { code: "render_timeout" }, endedAt: at, timedOutAt: at });
    expect([isRenderOver(late), isPublished(late), late.nextAt]).toEqual([false, true, at + timings.renderLatePoll]);
    const still = pollAgain(late, at + timings.renderLatePoll, timings);
    expect(still).toMatchObject({ phase: "polling", endedAt: at, nextAt: at + 2 * timings.renderLatePoll });
    const given = pollAgain(still, 1_000 + timings.renderLate, timings);
    expect(given).toMatchObject({ phase: "failed", error: { code: "render_timeout" }, endedAt: at, nextAt: null });
  });

  it("is completed by a late file, and not submitted again after a late failure", () => {
    const late = pollAgain(polling, 1_000 + timings.renderTimeout, timings);
    const now = late.nextAt ?? 0;
    const copying = afterPoll(
      late,
      { status: "completed", progress: 100, url: "https://x/y.mp4" },
      "render_y",
      now,
      timings,
    );
    expect([copying.phase, isPublished(copying)]).toEqual(["copying", true]);
    expect(toCompleted(copying, FILE, [], now + 1)).toMatchObject({
      phase: "completed",
      error: null,
      timedOutAt: null,
    });
    const failed = afterPoll(late, { status: "failed", progress: null, url: null }, "render_y", now, timings);
    expect(failed).toMatchObject({ phase: "failed", error: { code: "render_timeout" }, endedAt: late.endedAt });
  });

  it("is copied without an address when upstream still says completed at the end of its time", () => {
    const answer = { status: "completed", progress: 100, url: null } as const;
    expect(afterPoll(polling, answer, "y", 1_000 + timings.renderTimeout - 1, timings).phase).toBe("polling");
    expect(afterPoll(polling, answer, "y", 1_000 + timings.renderTimeout, timings)).toMatchObject({
      phase: "copying",
      resultUrl: null,
      nextAt: 1_000 + timings.renderTimeout,
    });
  });

  it("is polled three times before an interrupted submit counts as lost", () => {
    const first = afterUnknown(toSubmitting(order, null, 1_000), "render_y", 2_000, timings);
    expect(first).toMatchObject({ phase: "submitting", nextAt: 7_000 });
    const second = afterUnknown(first, "render_y", 7_000, timings);
    expect(second).toMatchObject({ phase: "submitting", nextAt: 17_000 });
    expect(afterUnknown(second, "render_y", 17_000, timings)).toMatchObject({
      phase: "queued",
      upstreamId: "render_y",
    });
  });

  it("is polled for longer if upstream accepted it, and to its end if upstream has known it", () => {
    let unheard = polling;
    for (let n = 1; n < 10; n++) unheard = afterUnknown(unheard, "render_y", n, timings);
    expect(unheard.upstreamId).toBe("render_x");
    expect(afterUnknown(unheard, "render_y", 10, timings).upstreamId).toBe("render_y");
    let known = afterPoll(polling, { status: "running", progress: 1, url: null }, "render_y", 2_000, timings);
    for (let n = 1; n < 20; n++) known = afterUnknown(known, "render_y", 2_000 + n, timings);
    expect(known).toMatchObject({ phase: "polling", upstreamId: "render_x" });
  });

  it("can be cancelled until its file is being copied, and upstream gets the cancellation if it may have the job", () => {
    expect(cancelledRender(order, 5)).toMatchObject({
      phase: "failed",
      error: { code: "cancelled" },
      cancelScheduled: false,
    });
    for (const sent of [toSubmitting(order, null, 1), polling])
      expect(cancelledRender(sent, 5)).toMatchObject({
        phase: "failed",
        error: { code: "cancelled" },
        cancelScheduled: true,
      });
    const copying = afterPoll(
      polling,
      { status: "completed", progress: 100, url: "https://x/y.mp4" },
      "y",
      6_000,
      timings,
    );
    const late = pollAgain(polling, 1_000 + timings.renderTimeout, timings);
    for (const kept of [copying, toCompleted(copying, FILE, [], 7)]) expect(cancelledRender(kept, 8)).toBe(kept);
    expect(cancelledRender(late, 8)).toMatchObject({
      phase: "failed",
      error: { code: "render_timeout" },
      cancelScheduled: true,
    });
    expect(cancelledRender(cancelledRender(late, 8), 9)).toEqual(cancelledRender(late, 8));
  });

  it("of a deleted resource is ended in any state, unless it has ended", () => {
    const found = { status: "completed", progress: 100, url: "https://x/y.mp4" } as const;
    const copying = afterPoll(polling, found, "y", 6_000, timings);
    for (const one of [toSubmitting(order, null, 1), polling, copying])
      expect(toDropped(one, 5)).toMatchObject({ phase: "failed", cancelScheduled: true });
    const over = toCompleted(copying, FILE, [], 7);
    expect(toDropped(over, 8)).toBe(over);
  });
});
