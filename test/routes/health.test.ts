import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { writeWatchdog } from "../../src/store/status.ts";
import { call, env, jsonOf, readProblem } from "../support/gateway.ts";

let tests = 0;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(Date.now() + 60_000 * tests++); // nothing is remembered from the test before
});
afterEach(() => {
  vi.useRealTimers();
});

/** Longer than an answer is cached. */
const aSecondLater = () => vi.advanceTimersByTime(1_000);

describe("/healthz", () => {
  it("succeeds while nothing is late by more than 10 minutes", async () => {
    expect(await jsonOf(await call("/healthz"))).toMatchObject({
      status: "ok",
      database: "reachable",
      oldest_overdue_seconds: null,
    });
    await writeWatchdog(env.DB, "late", "user", Date.now() - 9 * 60_000, Date.now());
    aSecondLater();
    expect(await jsonOf(await call("/healthz"))).toMatchObject({
      status: "ok",
      oldest_overdue_seconds: expect.any(Number),
    });
  });

  it("fails when work is later than that", async () => {
    await writeWatchdog(env.DB, "very late", "user", Date.now() - 11 * 60_000, Date.now());
    aSecondLater();
    expect(await jsonOf(await call("/healthz"), 503)).toMatchObject({ status: "failing", database: "reachable" });
  });

  it("reads the database once a second, for any number of requests", async () => {
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

describe("settings for development", () => {
  const development = { ...env, ENVIRONMENT: "development" };
  const ask = (url: string, bindings = development) => createApp().request(url, {}, bindings);

  it.each([
    "https://gateway.someone.workers.dev",
    "https://api.acme.com",
    "http://192.168.1.7:8787",
    "https://localhost.acme.com",
    "https://127.0.0.1.nip.io",
    "http://0.0.0.0:8787",
  ])("are rejected by every route at %s, and reported by /healthz and one log line", async (origin) => {
    const printed = vi.spyOn(console, "error").mockImplementation(() => undefined);
    try {
      for (const path of [
        "/",
        "/v1/me",
        "/v1/videos",
        "/admin/tenants",
        "/f/x",
        "/openapi.json",
        "/docs",
        "/nowhere",
      ]) {
        const problem = await readProblem(await ask(origin + path));
        expect([path, problem]).toMatchObject([path, { status: 503, code: "misconfigured", retryable: false }]);
        expect(problem.detail).toContain("ENVIRONMENT=development");
      }
      const health = await jsonOf(await ask(`${origin}/healthz`), 503);
      expect(health).toMatchObject({
        status: "failing",
        problem: expect.stringContaining("ENVIRONMENT=development"),
      });
      const lines = printed.mock.calls.map(([line]) => String(line)).filter((line) => line.includes("misconfigured"));
      expect(lines.length).toBeLessThanOrEqual(1);
      for (const line of lines) expect(JSON.parse(line).message).toContain("ENVIRONMENT=development");
    } finally {
      printed.mockRestore();
    }
  });

  it.each(["http://127.0.0.1:8787", "http://localhost:8787", "http://[::1]:8787", "http://ngw.localhost"])(
    "are accepted at %s",
    async (origin) => {
      expect(await (await ask(`${origin}/healthz`)).json()).toMatchObject({ problem: null });
      expect((await ask(`${origin}/v1/me`)).status).toBe(401);
    },
  );

  it("are not checked in production", async () => {
    const production = { ...env, ENVIRONMENT: "production" };
    expect((await ask("https://api.acme.com/v1/me", production)).status).toBe(401);
    expect((await ask("https://api.acme.com/v1/me", { ...env, ENVIRONMENT: "staging" })).status).toBe(401);
  });

  it("are logged once", async () => {
    vi.resetModules();
    const { createApp: fresh } = await import("../../src/app.ts");
    const printed = vi.spyOn(console, "error").mockImplementation(() => undefined);
    try {
      for (let time = 0; time < 3; time++) await fresh().request("https://api.acme.com/v1/me", {}, development);
      const lines = printed.mock.calls.map(([line]) => JSON.parse(String(line)));
      expect(lines.filter(({ event }) => event === "misconfigured")).toMatchObject([
        { message: expect.stringMatching(/^ENVIRONMENT=development is allowed on a loopback address only/) },
      ]);
    } finally {
      printed.mockRestore();
    }
  });
});
