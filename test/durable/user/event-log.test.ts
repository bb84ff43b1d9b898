import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import type { TurnEventWire } from "../../../src/core/wire/turn.ts";
import { createRuntime } from "../../../src/durable/shared/context.ts";
import { TurnEventLog } from "../../../src/durable/user/turns/event-log.ts";
import { env, freshAddress, newProject, until, userRpc, userStub } from "../../support/objects.ts";

const TURN = "trn_of_this_test" as const;
const started: TurnEventWire = { type: "turn.started", id: TURN, events_url: "/v1/turns/x/events" };
const settling: TurnEventWire = { type: "progress", stage: "settling", elapsed_ms: 0 };
const text = (words: string, partial: boolean): TurnEventWire => ({
  type: "message",
  message: 1,
  text: words,
  partial,
});

/** Runs `check` with the log of an object that has its tables, and a function that reads the ids in its table. */
async function withLog(
  check: (log: TurnEventLog, storedIds: () => number[], lost: () => TurnEventLog) => Promise<void>,
): Promise<void> {
  const address = freshAddress();
  await newProject(userRpc(address));
  await runInDurableObject(userStub(address), async (_, state) => {
    const runtime = createRuntime(state, env);
    const storedIds = () =>
      state.storage.sql
        .exec<{ seq: number }>("SELECT seq FROM event_log WHERE owner = ? ORDER BY seq", TURN)
        .toArray()
        .map(({ seq }) => seq);
    await check(new TurnEventLog(runtime), storedIds, () => new TurnEventLog(runtime));
  });
}

const idsOf = (log: TurnEventLog, after = 0): number[] => log.readAfter(TURN, after, 5_000).map(({ seq }) => seq);

describe("the event log", () => {
  it("publishes partial text at once and stores it within a quarter of a second", async () => {
    await withLog(async (log, storedIds) => {
      log.append(TURN, [started]);
      await until(async () => idsOf(log).length === 1);
      let wakes = 0;
      log.follow(TURN, () => wakes++);
      log.append(TURN, [text("Hello", true), text(" there", true)]);
      expect([idsOf(log), storedIds(), wakes]).toEqual([[1, 2, 3], [1], 1]);
      await until(async () => storedIds().length === 3);
      expect(idsOf(log)).toEqual([1, 2, 3]);
    });
  });

  it("writes the JSON of an event once, also for the video whose log receives it too", async () => {
    await withLog(async (log) => {
      const video = "vid_of_this_test";
      log.forward(TURN, video);
      const stringify = vi.spyOn(JSON, "stringify");
      log.append(TURN, [text("Hello", true), text("Hello there.", false), settling]);
      expect(stringify).toHaveBeenCalledTimes(3);
      stringify.mockRestore();
      await until(async () => idsOf(log).length === 3);
      const forwarded = log.readAfter(video, 0, 10).map(({ data }) => data);
      expect(forwarded).toEqual(log.readAfter(TURN, 1, 10).map(({ data }) => data)); // partial text is the turn's alone
    });
  });

  it("publishes any other event when it is on disk, and the text before and after it in its order", async () => {
    await withLog(async (log, storedIds) => {
      log.append(TURN, [started]);
      log.append(TURN, [text("Hello", true)]);
      expect([idsOf(log), storedIds()]).toEqual([[], [1]]);
      await until(async () => idsOf(log).length === 2);
      log.append(TURN, [text("Hello.", false)]);
      log.append(TURN, [text("More", true)]);
      expect([idsOf(log), storedIds()]).toEqual([
        [1, 2],
        [1, 2, 3],
      ]);
      await until(async () => idsOf(log).length === 4);
    });
  });

  it("gives the ids of text that was lost with its instance to no other event", async () => {
    await withLog(async (log, storedIds, next) => {
      log.append(TURN, [started]);
      await until(async () => idsOf(log).length === 1);
      // Its instance ends before the text is stored: whatever its timer would do does not happen.
      const timers = vi.spyOn(globalThis, "setTimeout").mockImplementation((() => 0) as unknown as typeof setTimeout);
      log.append(TURN, [text("Hello", true), text(" there", true)]);
      timers.mockRestore();
      const cursor = idsOf(log).at(-1) ?? 0;
      expect(storedIds()).toEqual([1]);
      const restarted = next();
      restarted.skipUnstored(TURN);
      restarted.append(TURN, [settling]);
      await until(async () => idsOf(restarted, cursor).length === 1);
      expect(idsOf(restarted)).toEqual([1, 1_002]);
      expect(idsOf(restarted, cursor)).toEqual([1_002]);
    });
  });

  it("publishes at most 1,000 frames before they are on disk", async () => {
    await withLog(async (log) => {
      log.append(TURN, [started]);
      await until(async () => idsOf(log).length === 1);
      for (let n = 0; n < 1_200; n++) log.append(TURN, [text("a", true)]);
      expect(idsOf(log).at(-1)).toBe(1_001);
      await until(async () => idsOf(log).at(-1) === 1_201);
      expect(idsOf(log)).toEqual(Array.from({ length: 1_201 }, (_, at) => at + 1));
    });
  });
});
