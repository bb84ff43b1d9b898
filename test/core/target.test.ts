import { describe, expect, it } from "vitest";
import { checkTarget, explainTarget } from "../../src/core/target.ts";

describe("an address to send to", () => {
  it.each(["https://example.org/hook", "https://hooks.zapier.com/a/b?c=d", "https://xn--bcher-kva.ch/"])(
    "takes %s",
    (url) => {
      expect(checkTarget(url, false).ok).toBe(true);
    },
  );

  it.each([
    ["nonsense", "unreadable"],
    ["http://example.org/", "not_https"],
    ["ftp://example.org/", "not_https"],
    ["https://user:pw@example.org/", "has_credentials"],
    ["https://example.org:8443/", "other_port"],
    ["https://127.0.0.1/", "address_literal"],
    ["https://2130706433/", "address_literal"],
    ["https://0x7f.1/", "address_literal"],
    ["https://0177.0.0.1/", "address_literal"],
    ["https://[::1]/", "address_literal"],
    ["https://[::ffff:10.0.0.1]/", "address_literal"],
    ["https://localhost/", "reserved_name"],
    ["https://localhost./", "reserved_name"],
    ["https://metadata.google.internal/", "reserved_name"],
    ["https://printer.local/", "reserved_name"],
    ["https://intranet/", "reserved_name"],
  ])("refuses %s as %s", (url, why) => {
    const checked = checkTarget(url, false);
    expect(checked).toEqual({ ok: false, error: why });
    if (!checked.ok) expect(explainTarget(checked.error).length).toBeGreaterThan(10);
  });

  it("takes loopback only where it is allowed", () => {
    expect(checkTarget("http://127.0.0.1:9000/hook", true).ok).toBe(true);
    expect(checkTarget("http://localhost:9000/hook", true).ok).toBe(true);
    expect(checkTarget("http://127.0.0.1:9000/hook", false).ok).toBe(false);
    expect(checkTarget("http://10.0.0.1/", true).ok).toBe(false);
  });
});
