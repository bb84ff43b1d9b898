import { describe, expect, it } from "vitest";
import { QUOTA_DEFAULTS } from "../../src/core/limits.ts";
import { changeSettings, settingsOf } from "../../src/core/tenant.ts";
import { SCOPES } from "../../src/core/wire/key.ts";

describe("a tenant's settings", () => {
  it("are the defaults where nothing is stored", () => {
    expect(settingsOf({})).toEqual({ scopes: SCOPES, origins: [], quotas: QUOTA_DEFAULTS });
  });

  it("keep what a change leaves out", () => {
    const first = changeSettings({}, { scopes: ["read"], quotas: { live: { renders_per_day: 5 } } });
    const second = changeSettings(first, { origins: ["https://a.example"], quotas: { live: { concurrent_turns: 0 } } });
    expect(second).toEqual({
      scopes: ["read"],
      origins: ["https://a.example"],
      quotas: { live: { renders_per_day: 5, concurrent_turns: 0 }, test: {} },
    });
    expect(settingsOf(second).quotas.live).toEqual({
      ...QUOTA_DEFAULTS.live,
      renders_per_day: 5,
      concurrent_turns: 0,
    });
  });

  it("go back to the default, and store nothing, where a quota is null", () => {
    const set = changeSettings({}, { quotas: { test: { bytes_per_day: 7 } } });
    const back = changeSettings(set, { quotas: { test: { bytes_per_day: null } } });
    expect(back.quotas).toEqual({ live: {}, test: {} });
    expect(settingsOf(back).quotas).toEqual(QUOTA_DEFAULTS);
  });
});
