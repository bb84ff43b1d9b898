import { describe, expect, it } from "vitest";
import { QUOTA_DEFAULTS } from "../../src/core/limits.ts";
import { settingsOf } from "../../src/core/tenant.ts";
import { NO_ATTRIBUTION, NO_CAPS } from "../../src/core/usage/usage.ts";
import { SCOPES } from "../../src/core/wire/key.ts";

describe("a tenant's settings", () => {
  it("are the defaults if nothing is stored", () => {
    expect(settingsOf({})).toEqual({
      scopes: SCOPES,
      origins: [],
      renderFileSeconds: 30 * 24 * 3600,
      quotas: QUOTA_DEFAULTS,
      spendingCaps: { live: NO_CAPS, test: NO_CAPS },
      attribution: NO_ATTRIBUTION,
    });
  });

  it("are the stored values, and the defaults for the others", () => {
    const found = settingsOf({ scopes: ["read"], quotas: { live: { renders_per_day: 0 } } });
    expect(found.scopes).toEqual(["read"]);
    expect(found.quotas.live).toEqual({ ...QUOTA_DEFAULTS.live, renders_per_day: 0 });
    expect(found.quotas.test).toEqual(QUOTA_DEFAULTS.test);
  });
});
