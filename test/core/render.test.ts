import { describe, expect, it } from "vitest";
import {
  afterPoll,
  afterUnknown,
  isOver,
  newRenderOf,
  pollAgain,
  pollWait,
  type Render,
  toCompleted,
  toPolling,
  toSubmitting,
} from "../../src/core/render.ts";
import { scaledWaits } from "../../src/core/waits.ts";

const waits = scaledWaits(1);
const order = newRenderOf({
  id: "rnd_1",
  project: "prj_1",
  metadata: {},
  callback: null,
  createdAt: 0,
  upstreamId: "render_x",
});
const polling: Render = toPolling(toSubmitting(order, 1_000), 1_000, waits);

describe("a render", () => {
  it("is polled after 5, 10, 15, then every 30 seconds", () => {
    expect([0, 1, 2, 3, 4, 99].map((polls) => pollWait(polls, waits))).toEqual([
      5_000, 10_000, 15_000, 30_000, 30_000, 30_000,
    ]);
  });

  it("keeps polling when upstream says completed without an address", () => {
    const next = afterPoll(polling, { status: "completed", progress: 100, url: null }, 6_000, waits);
    expect(next).toMatchObject({ phase: "polling", polls: 1, nextAt: 16_000 });
  });

  it("copies once there is an address, and is over only with a file", () => {
    const next = afterPoll(polling, { status: "completed", progress: 100, url: "https://x/y.mp4" }, 6_000, waits);
    expect(next).toMatchObject({ phase: "copying", resultUrl: "https://x/y.mp4", progress: 99, nextAt: 6_000 });
    expect(isOver(next)).toBe(false);
    const done = toCompleted(next, { sizeBytes: 1, etag: "e", contentType: "video/mp4" }, 7_000);
    expect(done).toMatchObject({ phase: "completed", progress: 100, endedAt: 7_000 });
    expect(isOver(done)).toBe(true);
  });

  it("never lets progress fall, nor reach 100 before the file is ours", () => {
    const up = afterPoll(polling, { status: "running", progress: 80, url: null }, 6_000, waits);
    const down = afterPoll(up, { status: "running", progress: 20, url: null }, 16_000, waits);
    expect(down.progress).toBe(80);
    expect(afterPoll(up, { status: "running", progress: 100, url: null }, 16_000, waits).progress).toBe(99);
  });

  it("fails when upstream says so", () => {
    const next = afterPoll(polling, { status: "failed", progress: null, url: null }, 6_000, waits);
    expect(next).toMatchObject({ phase: "failed", error: { code: "render_failed" }, endedAt: 6_000 });
  });

  it("is called timed out after 30 minutes of answers that bring nothing", () => {
    expect(pollAgain(polling, 1_000 + waits.renderTimeout - 1, waits).phase).toBe("polling");
    expect(pollAgain(polling, 1_000 + waits.renderTimeout, waits)).toMatchObject({
      phase: "failed",
      error: { code: "render_timeout" },
    });
  });

  it("is copied without an address when upstream still says completed at the end of its time", () => {
    const answer = { status: "completed", progress: 100, url: null } as const;
    expect(afterPoll(polling, answer, 1_000 + waits.renderTimeout - 1, waits).phase).toBe("polling");
    expect(afterPoll(polling, answer, 1_000 + waits.renderTimeout, waits)).toMatchObject({
      phase: "copying",
      resultUrl: null,
      nextAt: 1_000 + waits.renderTimeout,
    });
  });

  it("is asked for three times before a job whose submit was interrupted counts as never arrived", () => {
    const first = afterUnknown(toSubmitting(order, 1_000), 2_000, waits);
    expect(first).toMatchObject({ phase: "submitting", nextAt: 7_000 });
    const second = afterUnknown(first, 7_000, waits);
    expect(second).toMatchObject({ phase: "submitting", nextAt: 17_000 });
    expect(afterUnknown(second, 17_000, waits)).toMatchObject({ phase: "failed", error: { code: "render_failed" } });
  });
});
