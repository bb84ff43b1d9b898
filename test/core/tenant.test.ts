import { describe, expect, it } from "vitest";
import { QUOTA_DEFAULTS } from "../../src/core/limits.ts";
import { settingsOf } from "../../src/core/tenant.ts";
import { NO_ATTRIBUTION } from "../../src/core/usage.ts";
import { SCOPES } from "../../src/core/wire/key.ts";

describe("a tenant's settings", () => {
  it("are the defaults where nothing is stored", () => {
    expect(settingsOf({})).toEqual({
      scopes: SCOPES,
      origins: [],
      renderFileSeconds: 30 * 24 * 3600,
      quotas: QUOTA_DEFAULTS,
      attribution: NO_ATTRIBUTION,
    });
  });

  it("are what is stored where something is, and the defaults beside it", () => {
    const found = settingsOf({ scopes: ["read"], quotas: { live: { renders_per_day: 0 } } });
    expect(found.scopes).toEqual(["read"]);
    expect(found.quotas.live).toEqual({ ...QUOTA_DEFAULTS.live, renders_per_day: 0 });
    expect(found.quotas.test).toEqual(QUOTA_DEFAULTS.test);
  });
});
