import { describe, expect, it } from "vitest";
import { capProblem, monthOf, NO_CAPS, reachedCaps } from "../../src/core/usage/usage.ts";

const NOW = Date.parse("2026-11-21T10:00:00.000Z");

describe("monthOf", () => {
  it.each([
    ["2026-11-21T10:00:00.000Z", "2026-11", "2026-11-30", "2026-12-01T00:00:00.000Z"],
    ["2026-12-31T23:59:59.999Z", "2026-12", "2026-12-31", "2027-01-01T00:00:00.000Z"],
    ["2028-02-01T00:00:00.000Z", "2028-02", "2028-02-29", "2028-03-01T00:00:00.000Z"],
  ])("of %s is %s to %s", (at, name, to, next) => {
    expect(monthOf(Date.parse(at))).toEqual({ name, from: `${name}-01`, to, resetsAt: Date.parse(next) });
  });
});

describe("reachedCaps", () => {
  it("is empty without caps, and below them", () => {
    expect(reachedCaps(NO_CAPS, { tenant: 1e9, user: 1e9 })).toEqual([]);
    const caps = { tenant_soft: 10, tenant_hard: 20, user_soft: 5, user_hard: 6 };
    expect(reachedCaps(caps, { tenant: 9.99, user: 4.99 })).toEqual([]);
  });

  it("lists a cap from its limit on, hard ones first", () => {
    const caps = { tenant_soft: 10, tenant_hard: 20, user_soft: 5, user_hard: 6 };
    expect(reachedCaps(caps, { tenant: 20, user: 6 }).map(({ scope, cap }) => `${scope} ${cap}`)).toEqual([
      "tenant hard",
      "user hard",
      "tenant soft",
      "user soft",
    ]);
    expect(reachedCaps(caps, { tenant: 10, user: null })).toEqual([
      { scope: "tenant", cap: "soft", limit: 10, used: 10 },
    ]);
    expect(reachedCaps({ ...NO_CAPS, tenant_hard: 0 }, { tenant: 0, user: null })).toHaveLength(1);
  });
});

describe("capProblem", () => {
  it("says which cap, what was used, the limit, when it resets and what to do; the account's numbers only as members", () => {
    const ofUser = capProblem({ scope: "user", cap: "hard", limit: 5, used: 7 }, NOW);
    expect(ofUser).toMatchObject({
      code: "spending_cap_reached",
      charged: "no",
      hint: "GET /v1/usage",
      members: { cap: { scope: "user", cap: "hard", limit: 5, used: 7, resets_at: "2026-12-01T00:00:00.000Z" } },
    });
    expect(ofUser.detail).toContain("spent 7 of the 5 credits");
    const ofTenant = capProblem({ scope: "tenant", cap: "hard", limit: 1_234, used: 5_678 }, NOW);
    expect(ofTenant.detail).not.toMatch(/1.?234|5.?678/);
    expect(ofTenant.detail).toContain("2026-12-01");
  });
});
