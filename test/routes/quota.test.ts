/** Quotas over HTTP: set by the operator, rejected with the exact count. */
import { describe, expect, it } from "vitest";
import type { TurnWire } from "../../src/core/wire/turn.ts";
import { adminHeaders, call, jsonOf, makeKey, readProblem, send } from "../support/gateway.ts";
import { until } from "../support/objects.ts";
import { PNG } from "../support/resources.ts";

const memberWith = async (quotas: Record<string, number>) => {
  const body = { name: "small", quotas: { test: quotas } };
  const tenant = await jsonOf<{ id: string }>(await send("POST", "/admin/tenants", body, adminHeaders), 201);
  const { secret } = await makeKey(tenant.id);
  return { Authorization: `Bearer ${secret}`, "X-User-Id": "ada" };
};

describe("a quota", () => {
  it("that is exhausted is 429 with its name, the remainder, and the end of the day", async () => {
    const headers = await memberWith({ new_users_per_day: 1 });
    expect((await send("POST", "/v1/projects", {}, headers)).status).toBe(201);
    expect((await send("POST", "/v1/projects", {}, headers)).status).toBe(201);
    const problem = await send("POST", "/v1/projects", {}, { ...headers, "X-User-Id": "grace" });
    expect(problem.headers.get("RateLimit-Policy")).toBe('"new_users_per_day";q=1;w=86400');
    expect(problem.headers.get("RateLimit")).toMatch(/^"new_users_per_day";r=0;t=\d+$/);
    expect(Number(problem.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect(await readProblem(problem)).toMatchObject({ status: 429, code: "quota_exceeded", retryable: true });
  });

  /** Everything that a request can create as the first thing of a user. */
  it.each([
    ["/v1/projects", {}],
    ["/v1/videos", { prompt: "make a 1 second video" }],
    ["/v1/generators/generator-online/videos", { variables: { script: "a lamp", seconds: 5 } }],
    ["/v1/generators/make", { description: "promos of lamps" }],
    ["/v1/batches", { items: [{ prompt: "make a 1 second video" }] }],
    ["/v1/uploads", { filename: "a.mp4", size_bytes: 10 }],
    ["/v1/users/grace/tokens", {}],
  ])("of new users counts a user whose first request is POST %s", async (path, body) => {
    const headers = await memberWith({ new_users_per_day: 1 });
    expect((await send("POST", "/v1/projects", {}, headers)).status).toBe(201);
    const rejected = await send("POST", path, body, { ...headers, "X-User-Id": "grace" });
    expect(await readProblem(rejected)).toMatchObject({ status: 429, code: "quota_exceeded" });
  });

  it("reports the remainder of the user's share after a reservation, and on no other answer", async () => {
    const headers = await memberWith({
      new_users_per_day: 5,
      concurrent_turns: 9,
      renders_per_day: 21,
      bytes_per_day: 300,
    });
    const limitOf = (response: Response) => [
      response.headers.get("RateLimit-Policy"),
      response.headers.get("RateLimit"),
    ];
    const made = await send("POST", "/v1/projects", {}, headers);
    expect(limitOf(made)).toEqual([
      '"new_users_per_day";q=5;w=86400',
      expect.stringMatching(/^"new_users_per_day";r=4;t=\d+$/),
    ]);
    const { id } = await jsonOf<{ id: string }>(made, 201);
    for (const silent of [
      await send("POST", "/v1/projects", {}, headers), // the user is no new one
      await call(`/v1/projects/${id}`, { headers }),
    ])
      expect(limitOf(silent)).toEqual([null, null]);

    const turns = `/v1/projects/${id}/turns`;
    const streamed = await send(
      "POST",
      turns,
      { prompt: "make a 1 second video" },
      { ...headers, Accept: "text/event-stream" },
    );
    expect(limitOf(streamed)).toEqual(['"concurrent_turns";q=3', '"concurrent_turns";r=2']);
    await streamed.text();
    const turn = streamed.headers.get("Location") ?? "";
    await until(async () => (await jsonOf<TurnWire>(await call(turn, { headers }))).ended_at); // the answer may end before it
    const keyed = { ...headers, "Idempotency-Key": "once" };
    const render = await send("POST", `/v1/projects/${id}/renders`, {}, keyed);
    expect(limitOf(render)).toEqual([
      '"renders_per_day";q=7;w=86400',
      expect.stringMatching(/^"renders_per_day";r=6;/),
    ]);
    expect(limitOf(await send("POST", `/v1/projects/${id}/renders`, {}, keyed))).toEqual([null, null]);
    const upload = await send("POST", "/v1/uploads", { filename: "a.png", size_bytes: 30 }, headers);
    expect(limitOf(upload)[1]).toMatch(/^"bytes_per_day";r=70;t=\d+$/);
  });

  it("of bytes counts the received bytes of an upload without a length", async () => {
    const headers = await memberWith({ bytes_per_day: 300 });
    const tus = { ...headers, "Tus-Resumable": "1.0.0" };
    const opened = await call("/v1/uploads", {
      method: "POST",
      headers: { ...tus, "Upload-Defer-Length": "1", "Upload-Metadata": `filename ${btoa("a.png")}` },
    });
    expect(opened.headers.get("RateLimit")).toMatch(/"bytes_per_day";r=100;/);
    const patched = await call(opened.headers.get("Location") ?? "", {
      method: "PATCH",
      headers: {
        ...{ ...tus, "Upload-Offset": "0", "Upload-Length": String(PNG.length) },
        "Content-Type": "application/offset+octet-stream",
      },
      body: PNG,
    });
    expect(patched.status).toBe(204);
    await until(async () => {
      const events = await jsonOf<{ data: { type: string }[] }>(await call("/v1/events", { headers }));
      return events.data.some(({ type }) => type === "upload.completed");
    });
    const next = await send("POST", "/v1/uploads", { filename: "b.png", size_bytes: 1 }, headers);
    expect(next.headers.get("RateLimit")).toContain(`"bytes_per_day";r=${99 - PNG.length};`);
  });

  it("of concurrent turns is distinguished from the rate limit and from the day's", async () => {
    const headers = await memberWith({ concurrent_turns: 0 });
    const project = await jsonOf<{ id: string }>(await send("POST", "/v1/projects", {}, headers), 201);
    const problem = await send("POST", `/v1/projects/${project.id}/turns`, { prompt: "hi" }, headers);
    expect(problem.headers.get("RateLimit")).toBe('"concurrent_turns";r=0');
    expect(await readProblem(problem)).toMatchObject({ status: 429, code: "concurrency_limited", charged: "no" });
  });

  it("of bytes is checked when an upload is announced", async () => {
    const headers = await memberWith({ bytes_per_day: 30 });
    const problem = await send("POST", "/v1/uploads", { filename: "a.png", size_bytes: 11 }, headers);
    expect(await readProblem(problem)).toMatchObject({ status: 429, code: "quota_exceeded" });
    expect((await send("POST", "/v1/uploads", { filename: "a.png", size_bytes: 10 }, headers)).status).toBe(201);
  });
});
