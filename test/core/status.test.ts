import { describe, expect, it } from "vitest";
import { CHECKS, type CheckName, type Measured, metricsOf, statusOf } from "../../src/core/status.ts";
import { SECOND_MS } from "../../src/core/time.ts";

const NOW = 1_800_000_000_000;
const NONE = { ready: 0, expiring: 0, rejected: 0, rationed: 0 };
const QUIET: Measured = {
  now: NOW,
  overdue: 0,
  overdueLimit: 1_000,
  oldestDueAt: NOW + SECOND_MS,
  outboxBacklog: 0,
  deadLetters: { count: 5, last_at: null },
  deadLettersToday: 0,
  staleEncryption: 0,
  hasPreviousRoot: false,
  tokens: { operator: "ready", live: NONE, test: NONE },
};
const late = (seconds: number): Partial<Measured> => ({ oldestDueAt: NOW - seconds * SECOND_MS });
const operator = (state: "expiring" | "rejected" | "none"): Partial<Measured> => ({
  tokens: { operator: state, live: NONE, test: NONE },
});

describe("statusOf", () => {
  it("is ok when nothing is wrong, whatever old dead letters there are", () => {
    const { state, checks } = statusOf(QUIET);
    expect(state).toBe("ok");
    for (const check of checks) expect(check).toMatchObject({ state: "ok", reason: null, next_step: null });
    expect(checks.map(({ name }) => name)).toEqual(Object.keys(CHECKS));
  });

  it.each<[CheckName, Partial<Measured>, string]>([
    ["late_work", late(119), "ok"],
    ["late_work", late(120), "warn"],
    ["late_work", late(599), "warn"],
    ["late_work", late(600), "critical"],
    ["late_objects", { overdue: 99 }, "ok"],
    ["late_objects", { overdue: 100 }, "warn"],
    ["late_objects", { overdue: 1_000 }, "critical"],
    ["unpublished_events", { outboxBacklog: 1 }, "warn"],
    ["unpublished_events", { outboxBacklog: 100 }, "critical"],
    ["dead_letters", { deadLettersToday: 1 }, "warn"],
    ["dead_letters", { deadLettersToday: 100 }, "critical"],
    ["stale_encryption", { staleEncryption: 3, hasPreviousRoot: true }, "warn"],
    ["lost_encryption", { staleEncryption: 1 }, "critical"],
    ["operator_token", operator("none"), "ok"],
    ["operator_token", operator("expiring"), "warn"],
    ["operator_token", operator("rejected"), "critical"],
    ["rejected_tokens", { tokens: { operator: "ready", live: { ...NONE, rejected: 1 }, test: NONE } }, "warn"],
    ["rejected_tokens", { tokens: { operator: "ready", live: NONE, test: { ...NONE, rejected: 1 } } }, "ok"],
  ])("judges %s of %j as %s", (name, more, state) => {
    const status = statusOf({ ...QUIET, ...more });
    const check = status.checks.find((one) => one.name === name);
    expect(check?.state).toBe(state);
    expect(status.state).toBe(state);
    if (state !== "ok") expect(check?.reason && check.next_step).toBeTruthy();
    expect(metricsOf({ ...QUIET, ...more })).toContain(
      `nemo_gateway_check_state{check="${name}"} ${["ok", "warn", "critical"].indexOf(state)}\n`,
    );
  });
});
