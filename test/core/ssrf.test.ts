import { describe, expect, it } from "vitest";
import { TARGET_CHARS } from "../../src/core/limits.ts";
import { checkTarget, explainTarget, isPublicAddress, resolveTarget, type TargetProblem } from "../../src/core/ssrf.ts";

const PUBLIC = { allowLocal: false, ownHosts: ["api.gateway.dev"] };
const LOCAL = { ...PUBLIC, allowLocal: true };

const ACCEPTED = [
  "https://example.org/hook",
  "https://hooks.zapier.com/a/b?c=d",
  "https://hook.eu1.make.com/abc123",
  "https://n8n.customer.io/webhook-waiting/42",
  "https://xn--bcher-kva.ch/",
  "https://bücher.ch/",
  "https://EXAMPLE.org/Path",
  "https://example.org:443/",
  "https://example.org./",
  "https://cdn.example.co.uk/a.mp4?sig=1%2F2",
  "https://a_b.example.org/",
  "https://10.0.0.1.nip.io/", // a name like any other: where it leads is judged by address or by the platform
  "https://localhost.example.org/",
  "https://127.0.0.1.example.org/",
  "https://test.org/",
  "https://internal.org/",
  "https://my-gateway.dev/",
  "https://receiver.someone-else.workers.dev/in",
  " https://example.org/a",
  "https://example.org/a\n",
  "https://example.org/a b.mp4",
  "https://example.org/a\u00a0b.mp4",
  "https://example.org/\u0639\u06a9\u0633\u200c\u0647\u0627.png",
  "https://example.org/👨\u200d👩\u200d👧.png?q=é ü#x y",
  "https://example.org/pho\u00adto.png",
  "https://example.org?a b",
  "https://hooks.api.gateway.dev/",
] as const;

const REJECTED: readonly (readonly [string, TargetProblem])[] = [
  // not an address at all
  ["", "unreadable"],
  ["nonsense", "unreadable"],
  ["example.org/hook", "unreadable"],
  ["//example.org/hook", "unreadable"],
  ["https://", "unreadable"],
  ["https:///", "unreadable"],
  ["https://exa mple.org/", "unreadable"],
  ["https://exa mple.org/a", "unreadable"],
  ["https:// example.org/", "unreadable"],
  ["https://example.org /a", "unreadable"],
  ["https://example.org/a\tb", "unreadable"],
  ["https://example.org/a\nb", "unreadable"],
  ["https://example.org/a\\b", "unreadable"],
  ["https://example.org/?a=\u0085", "unreadable"],
  ["https://exam\u00adple.org/", "unreadable"],
  ["https:/\\example.org/a", "unreadable"],
  ["https://exam\tple.org/", "unreadable"],
  ["https://example.org\\@evil.org/", "unreadable"],
  ["https:\\\\example.org\\", "unreadable"],
  ["https://exa\u200bmple.org/", "unreadable"],
  ["https://example.org/\u0000", "unreadable"],
  ["https://exam\u202eple.org/", "unreadable"],
  ["https://[::1/", "unreadable"],
  ["https://1.2.3.4.5/", "unreadable"],
  ["https://256.1.1.1/", "unreadable"],
  ["https://-bad.org/", "unreadable"],
  ["https://bad-.org/", "unreadable"],
  ["https://a..org/", "unreadable"],
  [`https://${"a".repeat(64)}.org/`, "unreadable"],
  [`https://${"a.".repeat(130)}org/`, "unreadable"],
  ["https://ex%61mple%2Forg/", "unreadable"],
  // too long
  [`https://example.org/${"a".repeat(TARGET_CHARS)}`, "too_long"],
  // other schemes
  ["http://example.org/", "not_https"],
  ["ftp://example.org/", "not_https"],
  ["ws://example.org/", "not_https"],
  ["wss://example.org/", "not_https"],
  ["file:///etc/passwd", "not_https"],
  ["data:text/plain,hello", "not_https"],
  ["javascript:alert(1)", "not_https"],
  ["gopher://example.org/", "not_https"],
  ["blob:https://example.org/1", "not_https"],
  ["HTTP://EXAMPLE.ORG/", "not_https"],
  // with credentials in it
  ["https://user:pw@example.org/", "has_credentials"],
  ["https://user@example.org/", "has_credentials"],
  ["https://:pw@example.org/", "has_credentials"],
  ["https://example.org@127.0.0.1/", "has_credentials"],
  ["https://example.org%20@10.0.0.1/", "has_credentials"],
  // other ports
  ["https://example.org:8443/", "other_port"],
  ["https://example.org:80/", "other_port"],
  ["https://example.org:22/", "other_port"],
  ["https://10.0.0.1:8080/", "other_port"],
  // literals, in every spelling
  ["https://127.0.0.1/", "address_literal"],
  ["https://127.1/", "address_literal"],
  ["https://0/", "address_literal"],
  ["https://0.0.0.0/", "address_literal"],
  ["https://2130706433/", "address_literal"],
  ["https://0x7f.1/", "address_literal"],
  ["https://0x7f000001/", "address_literal"],
  ["https://0177.0.0.1/", "address_literal"],
  ["https://017700000001/", "address_literal"],
  ["https://127.0.0.1./", "address_literal"],
  ["https://%31%32%37.0.0.1/", "address_literal"],
  ["https://１２７.０.０.１/", "address_literal"],
  ["https://127。0。0。1/", "address_literal"],
  ["https://①②⑦.0.0.1/", "address_literal"],
  ["https://10.0.0.1/", "address_literal"],
  ["https://172.16.0.1/", "address_literal"],
  ["https://192.168.1.1/", "address_literal"],
  ["https://169.254.169.254/latest/meta-data/", "address_literal"],
  ["https://100.64.0.1/", "address_literal"],
  ["https://8.8.8.8/", "address_literal"],
  ["https://[::1]/", "address_literal"],
  ["https://[::]/", "address_literal"],
  ["https://[::ffff:10.0.0.1]/", "address_literal"],
  ["https://[::ffff:7f00:1]/", "address_literal"],
  ["https://[0:0:0:0:0:ffff:127.0.0.1]/", "address_literal"],
  ["https://[fd00:ec2::254]/", "address_literal"],
  ["https://[fe80::1]/", "address_literal"],
  ["https://[64:ff9b::a00:1]/", "address_literal"],
  ["https://[2606:4700:4700::1111]/", "address_literal"],
  // names that are not public
  ["https://localhost/", "reserved_name"],
  ["https://localhost./", "reserved_name"],
  ["https://LOCALHOST/", "reserved_name"],
  ["https://ｌｏｃａｌｈｏｓｔ/", "reserved_name"],
  ["https://foo.localhost/", "reserved_name"],
  ["https://localhost.localdomain/", "reserved_name"],
  ["https://metadata.google.internal/", "reserved_name"],
  ["https://metadata/", "reserved_name"],
  ["https://instance-data.ec2.internal/", "reserved_name"],
  ["https://printer.local/", "reserved_name"],
  ["https://router.home.arpa/", "reserved_name"],
  ["https://nas.lan/", "reserved_name"],
  ["https://wiki.corp/", "reserved_name"],
  ["https://intranet/", "reserved_name"],
  ["https://hook.test/", "reserved_name"],
  ["https://hook.example/", "reserved_name"],
  ["https://hook.invalid/", "reserved_name"],
  ["https://abc.onion/", "reserved_name"],
  ["https://1.0.0.127.in-addr.arpa/", "reserved_name"],
  // ours
  ["https://api.gateway.dev/v1/me", "own_name"],
  ["https://API.Gateway.dev./", "own_name"],
];

describe("an address to send to", () => {
  it("is checked in at least 80 spellings", () => {
    expect(new Set([...ACCEPTED, ...REJECTED.map(([url]) => url)]).size).toBeGreaterThanOrEqual(80);
  });

  it.each(ACCEPTED)("accepts %j", (url) => {
    expect(checkTarget(url, PUBLIC).ok).toBe(true);
  });

  it.each(REJECTED)("rejects %j as %s", (url, why) => {
    expect(checkTarget(url, PUBLIC)).toEqual({ ok: false, error: why });
    expect(explainTarget(why)).toMatch(/^The address .+\.$/);
  });

  it("may be as long as a link signed with temporary credentials", () => {
    const long = (chars: number): string => `https://example.org/${"a".repeat(chars - "https://example.org/".length)}`;
    expect(checkTarget(long(4_096), PUBLIC).ok).toBe(true);
    expect(checkTarget(long(4_097), PUBLIC)).toEqual({ ok: false, error: "too_long" });
  });

  it("is accepted unchanged only if the operator configured its origin", () => {
    const rules = { ...PUBLIC, trusted: ["http://10.0.0.5:9000"] };
    expect(checkTarget("http://10.0.0.5:9000/a.mp4", rules).ok).toBe(true);
    for (const url of ["http://10.0.0.5/a.mp4", "https://10.0.0.5:9000/a.mp4", "http://u@10.0.0.5:9000/a.mp4"])
      expect(checkTarget(url, rules).ok).toBe(false);
  });

  it.each([
    ["https://example.org/My Photo.png", "https://example.org/My%20Photo.png"],
    [" https://example.org/été.png\n", "https://example.org/%C3%A9t%C3%A9.png"],
    ["https://example.org/e\u0301.png", "https://example.org/e%CC%81.png"],
    ["https://example.org/a\u200db\u00ad.png", "https://example.org/a%E2%80%8Db%C2%AD.png"],
    ["https://example.org/o/a%2Fb.png?alt=media&x=a b+c", "https://example.org/o/a%2Fb.png?alt=media&x=a%20b+c"],
    ["https://example.org/%41%zz|.png", "https://example.org/%41%zz|.png"],
  ])("is normalised as browsers do: %j", (sent, asked) => {
    const checked = checkTarget(sent, PUBLIC);
    expect(checked.ok && checked.value.href).toBe(asked);
  });

  it("on workers.dev is external, except for the gateway's own name and its version previews", () => {
    const rules = { allowLocal: false, ownHosts: ["Gateway.me.workers.dev"] };
    for (const url of ["https://gateway.me.workers.dev/", "https://1a2b-gateway.me.workers.dev/x"])
      expect(checkTarget(url, rules)).toEqual({ ok: false, error: "own_name" });
    for (const url of ["https://gateway.you.workers.dev/", "https://mygateway.me.workers.dev/"])
      expect(checkTarget(url, rules).ok).toBe(true);
  });

  it("drops the fragment, which is never sent", () => {
    const checked = checkTarget("https://example.org/a#b", PUBLIC);
    expect(checked.ok && checked.value.href).toBe("https://example.org/a");
  });

  it("accepts loopback only if it is allowed, and nothing else of the local network", () => {
    for (const url of ["http://127.0.0.1:9000/hook", "http://localhost:9000/hook", "http://[::1]:9000/hook"]) {
      expect(checkTarget(url, LOCAL).ok).toBe(true);
      expect(checkTarget(url, PUBLIC).ok).toBe(false);
    }
    for (const url of ["http://10.0.0.1/", "http://127.0.0.2/", "http://u@localhost/", "ftp://localhost/"])
      expect(checkTarget(url, LOCAL).ok).toBe(false);
  });
});

describe("the resolution of a name", () => {
  it.each(["8.8.8.8", "104.16.1.1", "2606:4700:4700::1111"])("%s is public", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.31.255.255",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:a00:1::",
    "fc00::1",
    "fe80::1",
    "ff02::1",
    "not an address",
  ])("%s is not public", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  const leadsTo =
    (...addresses: string[]) =>
    async (): Promise<string[]> =>
      addresses;

  it("happens only if the runtime could reach private hosts", async () => {
    const url = "https://rebound.example.org/";
    expect((await resolveTarget(url, { rules: PUBLIC, resolve: leadsTo("8.8.8.8") })).ok).toBe(true);
    expect(await resolveTarget(url, { rules: PUBLIC, resolve: leadsTo("8.8.8.8", "10.0.0.1") })).toEqual({
      ok: false,
      error: "private_address",
    });
    expect(await resolveTarget(url, { rules: PUBLIC, resolve: leadsTo() })).toEqual({ ok: false, error: "unresolved" });
    expect((await resolveTarget(url, { rules: PUBLIC, resolve: null })).ok).toBe(true);
  });

  it("is skipped for a name that is rejected anyway, and for the allowed loopback", async () => {
    const never = (): Promise<string[]> => Promise.reject(new Error("asked"));
    expect(await resolveTarget("https://localhost/", { rules: PUBLIC, resolve: never })).toEqual({
      ok: false,
      error: "reserved_name",
    });
    expect((await resolveTarget("http://localhost:9000/", { rules: LOCAL, resolve: never })).ok).toBe(true);
  });
});
