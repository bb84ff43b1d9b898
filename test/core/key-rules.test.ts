import { describe, expect, it } from "vitest";
import { checkKeyAccess, type KeyAccess } from "../../src/core/auth.ts";

const own: KeyAccess = { mode: "test", scopes: ["read", "keys"], endsAt: 1_000 };
const fieldsOf = (wanted: Partial<KeyAccess>, of: KeyAccess = own) =>
  checkKeyAccess(of, { ...of, ...wanted })?.errors?.map(({ field }) => field) ?? [];

describe("what a key may grant", () => {
  it("is what it has itself", () => {
    expect(checkKeyAccess(own, own)).toBeNull();
    expect(fieldsOf({ scopes: ["read"], endsAt: 1 })).toEqual([]);
    expect(fieldsOf({ endsAt: null }, { ...own, endsAt: null })).toEqual([]);
  });

  it.each<[Partial<KeyAccess>, string[]]>([
    [{ scopes: ["read", "chat", "keys", "render"] }, ["/scopes/1", "/scopes/3"]],
    [{ mode: "live" }, ["/mode"]],
    [{ endsAt: 1_001 }, ["/expires_at"]],
    [{ endsAt: null }, ["/expires_at"]],
    [{ mode: "live", scopes: ["chat"], endsAt: null }, ["/scopes/0", "/mode", "/expires_at"]],
  ])("is not %j", (wanted, fields) => {
    expect(fieldsOf(wanted)).toEqual(fields);
  });
});
