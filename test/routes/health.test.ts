import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { writeBusy } from "../../src/store/busy.ts";
import { call, env, jsonOf } from "../support/gateway.ts";

let tests = 0;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(Date.now() + 60_000 * tests++); // nothing is remembered from the test before
});
afterEach(() => {
  vi.useRealTimers();
});

/** What an answer is remembered for is over. */
const aSecondLater = () => vi.advanceTimersByTime(1_000);

describe("/healthz", () => {
  it("works while nothing is late by more than 10 minutes", async () => {
    expect(await jsonOf(await call("/healthz"))).toMatchObject({
      status: "ok",
      database: "reachable",
      oldest_overdue_seconds: null,
    });
    await writeBusy(env.DB, "late", "user", Date.now() - 9 * 60_000, Date.now());
    aSecondLater();
    expect(await jsonOf(await call("/healthz"))).toMatchObject({
      status: "ok",
      oldest_overdue_seconds: expect.any(Number),
    });
  });

  it("fails when work is later than that", async () => {
    await writeBusy(env.DB, "very late", "user", Date.now() - 11 * 60_000, Date.now());
    aSecondLater();
    expect(await jsonOf(await call("/healthz"), 503)).toMatchObject({ status: "failing", database: "reachable" });
  });

  it("reads the database once a second, however many ask", async () => {
    aSecondLater();
    const first = vi.fn(async () => ({ due_at: null }));
    const bindings = { ...env, DB: { prepare: () => ({ first }) } };
    const app = createApp();
    const ask = async () => (await app.request("/healthz", {}, bindings)).status;
    expect(await Promise.all(Array.from({ length: 50 }, ask))).toEqual(Array.from({ length: 50 }, () => 200));
    expect(await ask()).toBe(200);
    expect(first).toHaveBeenCalledTimes(1);
    aSecondLater();
    await ask();
    expect(first).toHaveBeenCalledTimes(2);
  });

  it("fails when the database does not answer", async () => {
    const DB = { prepare: () => ({ first: () => Promise.reject(new Error("D1 is away")) }) };
    const response = await createApp().request("/healthz", {}, { ...env, DB });
    expect(await jsonOf(response, 503)).toMatchObject({ status: "failing", database: "unreachable" });
  });
});
