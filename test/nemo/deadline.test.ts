import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Interrupted, openDeadline } from "../../src/nemo/http.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const whyOf = (signal: AbortSignal): unknown =>
  signal.aborted && signal.reason instanceof Interrupted ? signal.reason.why : null;

describe("a deadline", () => {
  it("restarts a wait when it is armed again", async () => {
    const deadline = openDeadline();
    for (let read = 0; read < 10; read++) {
      deadline.arm("idle", 100, "idle");
      await vi.advanceTimersByTimeAsync(90);
    }
    expect(whyOf(deadline.signal)).toBe(null);
    await vi.advanceTimersByTimeAsync(10);
    expect(whyOf(deadline.signal)).toBe("idle");
  });

  it("fires at the earliest of several waits, and at one that was shortened", async () => {
    const deadline = openDeadline();
    deadline.arm("total", 1_000, "timeout");
    deadline.arm("idle", 500, "idle");
    deadline.arm("total", 100, "timeout");
    await vi.advanceTimersByTimeAsync(99);
    expect(whyOf(deadline.signal)).toBe(null);
    await vi.advanceTimersByTimeAsync(1);
    expect(whyOf(deadline.signal)).toBe("timeout");
  });

  it("ignores a disarmed wait and leaves no timer after its release", async () => {
    const deadline = openDeadline();
    deadline.arm("idle", 100, "idle");
    deadline.disarm("idle");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(whyOf(deadline.signal)).toBe(null);
    deadline.arm("idle", 100, "idle");
    deadline.release();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(whyOf(deadline.signal)).toBe(null);
  });

  it("rejects a promise when it ends, and all later ones", async () => {
    const deadline = openDeadline();
    deadline.arm("total", 100, "timeout");
    const pending = deadline.within(new Promise(() => undefined)).catch((error: unknown) => error);
    expect(await deadline.within(Promise.resolve("in time"))).toBe("in time");
    await vi.advanceTimersByTimeAsync(100);
    expect(await pending).toBe(deadline.signal.reason);
    await expect(deadline.within(new Promise(() => undefined))).rejects.toBe(deadline.signal.reason);
  });

  it("is cancelled with the outer signal, also by one that fired before", () => {
    const outer = new AbortController();
    const deadline = openDeadline(outer.signal);
    outer.abort();
    expect(whyOf(deadline.signal)).toBe("cancelled");
    expect(whyOf(openDeadline(outer.signal).signal)).toBe("cancelled");
  });
});
