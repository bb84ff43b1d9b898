import { describe, expect, it } from "vitest";
import { type Link, linkUrl, readLink, signLink } from "../../src/core/crypto.ts";

const roots = { current: "c".repeat(32), previous: "p".repeat(32) };
const now = 1_763_700_000_000;
const uh = "0123456789abcdef";
const share: Link = {
  purpose: "share",
  id: `rnd_01jd8m3k5xq2w4v7z9ab${uh}`,
  tenant: "ten_01jd8m3k5xq2w4v7z9ab",
  mode: "test",
  expiresAt: now + 60_000,
};
const pull: Link = { ...share, purpose: "pull", id: `ast_01jd8m3k5xq2w4v7z9ab${uh}` };
const upload: Link = {
  ...share,
  purpose: "upload",
  id: `upl_01jd8m3k5xq2w4v7z9ab${uh}`,
  key: "key_01jd8m3k5xq2w4v7z9ab",
  epoch: null,
};

describe("signed links", () => {
  it("open what they were signed for", async () => {
    for (const link of [share, pull, upload, { ...upload, epoch: 0 }, { ...upload, epoch: 12 }]) {
      expect(await readLink(await signLink(link, roots), roots, now)).toEqual({ ok: true, value: link });
    }
  });

  it("need no escaping in a URL", async () => {
    const token = await signLink(share, roots);
    expect(new URL(linkUrl("https://a.example", token)).pathname).toBe(`/f/${token}`);
    expect(token).toMatch(/^[A-Za-z0-9._~-]+$/);
  });

  it("open under the previous root secret, not under an unknown one", async () => {
    const token = await signLink(share, { current: roots.previous, previous: null });
    expect((await readLink(token, roots, now)).ok).toBe(true);
    expect(await readLink(token, { current: roots.current, previous: null }, now)).toEqual({
      ok: false,
      error: "tampered",
    });
  });

  it("expire to the second", async () => {
    const token = await signLink(share, roots);
    expect((await readLink(token, roots, now + 59_999)).ok).toBe(true);
    expect(await readLink(token, roots, now + 60_000)).toEqual({ ok: false, error: "expired" });
  });

  it("reject every change of one character", async () => {
    const token = await signLink(share, roots);
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === "a" ? "b" : "a";
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      expect(await readLink(changed, roots, now), changed).toEqual({ ok: false, error: "tampered" });
    }
  });

  it.each(["", ".", "a.b.c.d.e", "....", "x".repeat(500)])("reject %j", async (token) => {
    expect(await readLink(token, roots, now)).toEqual({ ok: false, error: "tampered" });
  });

  it("reject more parts and a purpose that does not fit the id", async () => {
    expect((await readLink(`${await signLink(share, roots)}.x`, roots, now)).ok).toBe(false);
    for (const other of [
      { purpose: "pull" },
      { purpose: "upload" },
      { ...upload, key: "key_1" },
      { ...upload, epoch: -1 },
    ]) {
      const wrong = { ...share, ...other } as unknown as Link; // what the types forbid
      expect((await readLink(await signLink(wrong, roots), roots, now)).ok).toBe(false);
    }
  });
});
