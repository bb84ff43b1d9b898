/** Quotas as a caller meets them: set by the operator, refused with the exact count. */
import { describe, expect, it } from "vitest";
import { adminHeaders, jsonOf, makeKey, problemOf, send } from "../support/gateway.ts";

const memberWith = async (quotas: Record<string, number>) => {
  const body = { name: "small", quotas: { test: quotas } };
  const tenant = await jsonOf<{ id: string }>(await send("POST", "/admin/tenants", body, adminHeaders), 201);
  const { secret } = await makeKey(tenant.id);
  return { Authorization: `Bearer ${secret}`, "X-User-Id": "ada" };
};

describe("a quota", () => {
  it("that is used up is 429 with its name, what is left, and when the day ends", async () => {
    const headers = await memberWith({ new_users_per_day: 1 });
    expect((await send("POST", "/v1/projects", {}, headers)).status).toBe(201);
    expect((await send("POST", "/v1/projects", {}, headers)).status).toBe(201);
    const refused = await send("POST", "/v1/projects", {}, { ...headers, "X-User-Id": "grace" });
    expect(refused.headers.get("RateLimit-Policy")).toBe('"new_users_per_day";q=1;w=86400');
    expect(refused.headers.get("RateLimit")).toMatch(/^"new_users_per_day";r=0;t=\d+$/);
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect(await problemOf(refused)).toMatchObject({ status: 429, code: "quota_exceeded", retryable: true });
  });

  it("of turns at once is told apart from the flood gate and from the day's", async () => {
    const headers = await memberWith({ concurrent_turns: 0 });
    const project = await jsonOf<{ id: string }>(await send("POST", "/v1/projects", {}, headers), 201);
    const refused = await send("POST", `/v1/projects/${project.id}/turns`, { prompt: "hi" }, headers);
    expect(refused.headers.get("RateLimit")).toBe('"concurrent_turns";r=0');
    expect(await problemOf(refused)).toMatchObject({ status: 429, code: "concurrency_limited", charged: "no" });
  });

  it("of bytes is met when an upload is announced", async () => {
    const headers = await memberWith({ bytes_per_day: 10 });
    const refused = await send("POST", "/v1/uploads", { filename: "a.png", size_bytes: 11 }, headers);
    expect(await problemOf(refused)).toMatchObject({ status: 429, code: "quota_exceeded" });
    expect((await send("POST", "/v1/uploads", { filename: "a.png", size_bytes: 10 }, headers)).status).toBe(201);
  });
});
