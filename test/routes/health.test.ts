import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { writeBusy } from "../../src/store/busy.ts";
import { call, env, jsonOf } from "../support/gateway.ts";

describe("/healthz", () => {
  it("works while nothing is late by more than 10 minutes", async () => {
    expect(await jsonOf(await call("/healthz"))).toMatchObject({
      status: "ok",
      database: "reachable",
      oldest_overdue_seconds: null,
    });
    await writeBusy(env.DB, "late", "user", Date.now() - 9 * 60_000, Date.now());
    expect(await jsonOf(await call("/healthz"))).toMatchObject({
      status: "ok",
      oldest_overdue_seconds: expect.any(Number),
    });
  });

  it("fails when work is later than that", async () => {
    await writeBusy(env.DB, "very late", "user", Date.now() - 11 * 60_000, Date.now());
    expect(await jsonOf(await call("/healthz"), 503)).toMatchObject({ status: "failing", database: "reachable" });
  });

  it("fails when the database does not answer", async () => {
    const DB = { prepare: () => ({ first: () => Promise.reject(new Error("D1 is away")) }) };
    const response = await createApp().request("/healthz", {}, { ...env, DB });
    expect(await jsonOf(response, 503)).toMatchObject({ status: "failing", database: "unreachable" });
  });
});
